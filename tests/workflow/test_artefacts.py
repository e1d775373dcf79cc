"""Every file that a rule reads is an input of it, and what is missing or newer is made again, with what rests on it."""

import json
import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from workflow_run import ONE_SUBSET, ROOT, SMALL, command, fasta, planted_rows, snakemake

from temperance.core.alphabet import alphabet

TRUTH = {"kind": "planted", "sequences": 300}
MEASURED = {"table": "results.tsv", "threshold": 0.5, "groups": ["plate"], "feedback": 0.3}
CONFIG = SMALL | {
    "figure_formats": ["pdf", "png"],
    "families": {"family": {"truth": TRUTH, "constraints": {"forbidden": {1: "1"}}, "measured": MEASURED}},
    "models": {"profile": {"kind": "profile"}},
}
# Files of a run that are no results: logs, times, records of what was read and written, checkpoints.
ASIDE = ("logs", "benchmarks", "provenance")


def run(folder, *arguments, **environment):
    call = command(folder, CONFIG, *arguments)
    call["env"] |= environment
    return subprocess.run(**call, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A finished run, and what each of its processes opened."""
    folder, opened = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("opened")
    # Every seventh sequence of ten states; of plate 1 are designs. Functional ones begin with 1.
    rows = [f"{number:010b}\t{number // 512}\t{number % 14 // 7}" for number in range(0, 1024, 7)]
    table = "\n".join(["sequence\tscore\tplate", *rows, ""])
    (folder / "results.tsv").write_text(table.replace("\t0\n", "\t\n"))
    hook = str(ROOT / "tests" / "helpers" / "audit")
    done = run(folder, PYTHONPATH=hook, OPENED_FILES=str(opened))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [[line.split("\t") for line in file.read_text().splitlines()] for file in opened.iterdir()]
    return folder, lines


def is_result(path, results):
    return path.is_relative_to(results) and path.parent.name not in ASIDE and not path.name.startswith(".")


def test_every_file_that_a_job_reads_is_an_input_of_its_rule(audited):
    folder, processes = audited
    results = folder / "results"
    records = [json.loads(path.read_text()) for path in results.glob("**/provenance/*.json")]
    by_log = {str((folder / record["log"]).resolve()): record for record in records}
    checked = set()
    for lines in processes:
        written = {path for mode, path in lines if mode.startswith("w")}
        (record,) = [by_log[path] for path in written if path in by_log] or [None]
        if record is None:
            continue  # of Snakemake itself
        inputs = {(folder / path).resolve() for path in record["input"]}
        outputs = {(folder / path).resolve() for path in record["output"]}
        reads = {Path(path) for mode, path in lines if not mode.startswith("w")}
        hidden = {path for path in reads if is_result(path, results)} - inputs - outputs
        assert not hidden, (record["rule"], sorted(map(str, hidden)))
        # The hook sees what compiled libraries read, too: all jobs but those that make something from nothing read.
        assert reads & inputs or not inputs, record["rule"]
        checked.add(record["rule"])
    assert checked == {record["rule"] for record in records}
    assert {
        "thermodynamics", "score", "compare", "measured", "feedback", "optimum", "design", "figures", "page", "truth",
    } <= checked  # fmt: skip


def rules_to_run(folder):
    """Rules of the jobs that a dry run would do."""
    planned = run(folder, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    counted = re.findall(r"^(\w+) +\d+$", planned.stdout + planned.stderr, re.M)
    return set(counted) - {"total"}


AFTER_SCORE = {"compare", "optimum", "design", "figures", "page", "report", "all"}
AFTER_SAMPLE = {"thermodynamics", "score", "measured", "feedback"} | AFTER_SCORE
# What is deleted or touched in a finished run -> the rules that have to run again.
DEPENDENTS = {
    "f1-r1/ladder.tsv": {"sample"} | AFTER_SAMPLE,
    "f1-r1/samples.safetensors": {"sample"} | AFTER_SAMPLE,
    "n60-r1/landscape.json": {"thermodynamics", "score"} | AFTER_SCORE,
    "n60-r1/calibration.tsv": {"score"} | AFTER_SCORE,
    "f1-r1/models/profile/scores.tsv": {"compare", "figures", "page", "report", "all"},
    "operating_points.tsv": {"optimum", "design", "figures", "page", "report", "all"},
    "measured-temperatures.tsv": {"measured", "feedback", "optimum", "design", "figures", "page", "report", "all"},
    "feedback.safetensors": {"feedback", "figures", "page", "report", "all"},
    "plates.csv": {"design", "figures", "page", "report", "all"},
    "contacts.tsv": {"predict", "figures", "page", "report", "all"},
    "figures/pca.png": {"figures", "page", "report", "all"},
    "report.json": {"page", "report", "all"},
}


@pytest.mark.parametrize("name", DEPENDENTS)
def test_what_was_deleted_is_made_again_with_what_rests_on_it(audited, name):
    folder, _ = audited
    path = folder / "results" / "family" / name
    kept, times = path.read_bytes(), path.stat()
    path.unlink()
    try:
        assert rules_to_run(folder) == DEPENDENTS[name]
    finally:
        path.write_bytes(kept)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_finished_run_has_nothing_to_do_and_deleted_deliverables_come_back_as_they_were(audited):
    folder, _ = audited
    assert rules_to_run(folder) == set()
    names = ["designs.aligned.fasta", "plates.csv", "figures/logo.pdf", "f1-r1/density.tsv", "report.html"]
    files = [folder / "results" / "family" / name for name in names]
    before = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    done = run(folder)
    assert done.returncode == 0, done.stderr
    after = [file.read_bytes() for file in files]
    # PDFs hold the time at which they were made.
    assert [a == b for a, b, name in zip(before, after, names, strict=True) if not name.endswith("pdf")] == [True] * 4
    assert after[2].startswith(b"%PDF")
    assert rules_to_run(folder) == set()


def test_a_users_file_that_is_older_but_another_is_noticed(tmp_path):
    rows = planted_rows(alphabet("protein"))
    family = tmp_path / "family.fasta"
    family.write_text(fasta(rows))
    plan = SMALL | ONE_SUBSET | {"alignment": "family.fasta"}
    target = str(tmp_path / "results" / "family" / "ingest.json")
    assert snakemake(tmp_path, plan, "--", target).returncode == 0
    before = json.loads(Path(target).read_text())["M"]
    times = family.stat()
    family.write_text(fasta(rows[:-30]))
    os.utime(family, ns=(times.st_atime_ns, times.st_mtime_ns - 10**12))
    assert snakemake(tmp_path, plan, "--", target).returncode == 0
    assert json.loads(Path(target).read_text())["M"] == before - 30
    done = snakemake(tmp_path, plan, "--", target)
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_judge_that_changed_scores_anew(tmp_path):
    (tmp_path / "family.fasta").write_text(fasta(planted_rows(alphabet("protein"))))
    script = tmp_path / "judge.py"
    text = "import sys\nnames = [l[1:].split()[0] for l in open(sys.argv[1]) if l[0] == '>']\n"
    text += "open(sys.argv[2], 'w').writelines(f'{name}\\t{VALUE}\\n' for name in names)\n"
    script.write_text(text.replace("VALUE", "1"))
    judges = {"own": {"command": ["python3", "judge.py", "{fasta}", "{scores}"]}}
    plan = SMALL | ONE_SUBSET | {"alignment": "family.fasta", "judges": judges}
    target = str(tmp_path / "results" / "family" / "f1-r1" / "scores.tsv")
    assert snakemake(tmp_path, plan, "--", target).returncode == 0
    assert set(pd.read_parquet(Path(target).with_name("samples.parquet"))["own"]) == {1.0}
    times = script.stat()
    script.write_text(text.replace("VALUE", "2"))
    os.utime(script, ns=(times.st_atime_ns, times.st_mtime_ns - 10**12))
    done = snakemake(tmp_path, plan, "--", target)
    assert done.returncode == 0
    assert set(pd.read_parquet(Path(target).with_name("samples.parquet"))["own"]) == {2.0}
    assert set(re.findall(r"^(\w+) +\d+$", done.stdout + done.stderr, re.M)) == {"score", "total"}
