"""Every reader under a coverage-guided fuzzer, for a bounded time: FUZZ_SECONDS each."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import yaml
from small_systems import random_potts
from workflow_run import ROOT, SMALL

from temperance.core.alphabet import alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import save_json, save_table
from temperance.potts.formats.registry import FORMATS, write_model

SECONDS = os.environ.get("FUZZ_SECONDS", "3")
ROWS = ["ACDEFGHIKL", "ACDEFGHIKV", "TCDEFGHIKL", "ACWEFGHIKL", "YCDEFGAIKL"]


def seeds(folder, reader):
    """Whole files, from which the fuzzer makes others."""
    if reader == "alignment":
        (folder / "fasta").write_text("".join(f">s{n}\n{row}\n" for n, row in enumerate(ROWS)))
        (folder / "a3m").write_text(">a\nACDEfg-GHI\n>b\nACDE--GHI\n")
        (folder / "sto").write_text(
            "# STOCKHOLM 1.0\n" + "".join(f"s{n} {row}\n" for n, row in enumerate(ROWS)) + "//\n"
        )
        (folder / "aln").write_text("CLUSTAL W\n\na ACD\nb ACE\n  **\n")
        (folder / "psicov").write_text("\n".join(ROWS))
    elif reader == "configuration":
        (folder / "small").write_text(yaml.safe_dump(SMALL | {"alignment": "a.fasta"}))
        for path in (ROOT / "config").rglob("*.yaml"):
            (folder / path.name).write_text(path.read_text())
    elif reader == "model":
        random_potts(3, 4, 0).save(folder / "model", alphabet("dna"), {})
    elif reader == "checkpoint":
        Checkpoint(folder / "x", {}).save({"array": np.arange(4), "step": 3})
    elif reader == "format":
        for form, name in FORMATS.items():
            if form != "ccmpred":
                write_model(folder / name, random_potts(3, 5, 0), alphabet("dna"), form)
    elif reader == "mutants":
        (folder / "dms").write_text("mutant,score\nA1C,0.5\nA1C:G2T,1e-3\n")
    elif reader == "results":
        (folder / "aligned").write_text("name\tsequence\tscore\tplate\na\tACDEFG\t0.5\t1\nb\tAC-EFG\tnan\t\n")
        (folder / "free").write_text("sequence;score;plate\nACDE;1e-3;2.0\nACDEF*;1;x\n")
    elif reader == "families":
        (folder / "table").write_text("family\talignment\ttrain.chains\tsubsets.sizes\nx\ta\t100\t[10, all]\n")
    elif reader == "json":
        save_json(folder / "x", {"a": [1, 2.5, None]})
    else:
        save_table(folder / f"x.{reader}", pd.DataFrame({"name": ["a", "b"], "value": [1.0, 2.0]}))


READERS = [
    "alignment",
    "configuration",
    "model",
    "checkpoint",
    "tsv",
    "parquet",
    "json",
    "format",
    "mutants",
    "results",
    "families",
]


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_crashes_hangs_or_takes_all_memory(tmp_path, reader):
    if find_spec("atheris") is None:
        pytest.skip("atheris, the fuzzer, is installed with Python 3.11 on Linux x86-64 only")
    seeds(tmp_path, reader)
    run = subprocess.run(
        [sys.executable, ROOT / "tests" / "helpers" / "fuzz.py", reader, tmp_path, SECONDS],
        capture_output=True, text=True, errors="replace", env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "Done" in run.stderr
