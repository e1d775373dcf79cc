"""The workflow with the oldest version of Snakemake that it says it runs with; all other tests have the newest."""

import subprocess
import sys

import pytest
from workflow_run import SMALL, command, fasta, install, planted_rows

from temperance.core.alphabet import alphabet
from temperance.workflow.versions import OLDEST


@pytest.fixture(scope="module")
def oldest(tmp_path_factory):
    """A folder with the packages of the oldest version, or a reason why there are none."""
    return install(tmp_path_factory.mktemp("oldest"), f"snakemake=={OLDEST}.0")


def test_a_family_is_learnt_with_the_oldest_version(oldest, tmp_path):
    (tmp_path / "family.fasta").write_text(fasta(planted_rows(alphabet("protein"))))
    config = SMALL | {"alignment": str(tmp_path / "family.fasta")}
    run = command(tmp_path, config, "--", f"{tmp_path}/results/family/n60-r1/model.safetensors")
    run["env"] = run["env"] | {"PYTHONPATH": oldest}
    version = subprocess.run(
        [sys.executable, "-c", "import snakemake; print(snakemake.__version__)"],
        env=run["env"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert version.stdout.strip() == f"{OLDEST}.0"
    done = subprocess.run(**run, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results" / "family" / "n60-r1" / "training.json").is_file()
