"""The workflow as a module of another."""

import os
import re
import subprocess
import sys

import yaml
from workflow_run import ONE_SUBSET, ROOT, SMALL, fasta, planted_rows

from temperance.core.alphabet import alphabet

SNAKEFILE = """
configfile: "config.yaml"

rule all:
    input:
        "count.txt",

module temperance:
    snakefile:
        config["where"]
    config:
        config["temperance"]

use rule * from temperance as temperance_*

rule count:
    input:
        "designs/family/designs.fasta",
    output:
        "count.txt",
    shell:
        "grep -c '>' {input} > {output}"
"""


def test_another_workflow_takes_designs_from_this_one(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "family.fasta").write_text(fasta(planted_rows(alphabet("protein"), length=12)))
    own = SMALL | ONE_SUBSET | {"families": {"family": {"alignment": "family.fasta"}}, "results": "designs"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"where": str(ROOT / "Snakefile"), "temperance": own}))
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert 1 <= int((tmp_path / "count.txt").read_text()) <= 5
    # Finished jobs are not repeated.
    again = subprocess.run([*command, "--dry-run"], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert "Nothing to be done" in again.stdout + again.stderr
    # The status is read from what jobs leave, which in another workflow have other names.
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(own))
    status = subprocess.run(
        [sys.executable, "-m", "temperance.workflow.status", "own.yaml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert status.returncode == 0, status.stderr
    assert re.search(r"^family +1/1 +1/1 +1/1 +yes +", status.stdout.strip().splitlines()[-1])
