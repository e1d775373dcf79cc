"""The workflow as a module of another."""

import subprocess
import sys

import yaml
from workflow_run import ROOT, SMALL, fasta, planted_rows

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
    own = SMALL | {"families": {"family": {"alignment": "family.fasta"}}, "results": "designs"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"where": str(ROOT / "Snakefile"), "temperance": own}))
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert 1 <= int((tmp_path / "count.txt").read_text()) <= 5
    # Finished jobs are not repeated, and status knows them by another name.
    again = subprocess.run([*command, "--dry-run"], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert "Nothing to be done" in again.stdout + again.stderr
    status = subprocess.run(
        [*command, "--nolock", "--quiet", "all", "--", "temperance_status"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "2/2" in status.stdout + status.stderr
