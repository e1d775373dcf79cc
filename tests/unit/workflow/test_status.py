"""What is done, what runs and what has failed."""

import json
import os
import time

import yaml

from temperance.workflow.status import main, status

FAMILIES = ("done", "busy", "broken", "later", "waiting", "mixed", "designed")


def record(folder, rule, subset=None):
    place = (folder / subset if subset else folder) / "provenance" / f"{rule}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    stem = rule if subset is None else f"{rule}-{subset}"
    place.write_text(json.dumps({"log": f"results/{folder.name}/logs/{stem}.log"}))
    log(folder, stem, "12:00:00 done\n")


def log(folder, stem, text, seconds=0):
    path = folder / "logs" / f"{stem}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - seconds,) * 2)


def test_each_family_has_a_row(tmp_path):
    subsets = ["n60-r1", "f1-r1"]
    for rule in ("ingest", "page", "design"):
        record(tmp_path / "done", rule)
    for rule in ("train", "sample", "score"):
        for subset in subsets:
            record(tmp_path / "done", rule, subset)
    record(tmp_path / "busy", "train", "n60-r1")
    log(tmp_path / "busy", "train-f1-r1", "12:00:00 step 10: Pearson 0.4\n", seconds=300)
    log(tmp_path / "broken", "ingest", "12:00:00 error: a.fasta: no sequences\n")
    record(tmp_path / "waiting", "sample", "f1-r1")
    for job, text in (("train-n60-r1", ""), ("train-f1-r1", "12:00:00 error: out of memory\n")):
        log(tmp_path / "mixed", job, text, seconds=40)
    record(tmp_path / "designed", "design")
    record(tmp_path / "designed", "score", "f1-r1")
    table = status(str(tmp_path), dict.fromkeys(FAMILIES, subsets)).set_index("family")
    assert table.index.tolist() == list(FAMILIES) and table.columns.tolist() == [
        "train", "sample", "score", "designs", "state",
    ]  # fmt: skip
    assert table.loc["done"].tolist() == ["2/2", "2/2", "2/2", "yes", "done"]
    assert table.loc["busy"].tolist() == ["1/2", "0/2", "0/2", "", "train-f1-r1 5 min ago: step 10: Pearson 0.4"]
    assert table.loc["broken", "state"] == "ingest failed: a.fasta: no sequences"
    assert table.loc["later"].tolist() == ["0/2", "0/2", "0/2", "", "not started"]
    assert table.loc["waiting"].tolist() == ["0/2", "1/2", "0/2", "", "waiting"]
    assert table.loc["mixed", "state"] == "train-f1-r1 failed: out of memory; train-n60-r1 40 s ago: started"
    assert table.loc["designed"].tolist() == ["0/2", "0/2", "1/2", "yes", "waiting"]


def test_the_command_prints_every_time_and_writes_nothing(tmp_path, capsys):
    record(tmp_path / "results" / "one", "train", "f0.5-r1")
    config = {"families": {"one": {"alignment": "a", "subsets": {"sizes": [0.5, "all"], "replicates": 1}}}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    before = sorted(tmp_path.rglob("*"))
    for _ in range(2):
        assert main([str(tmp_path / "config.yaml"), "--results", str(tmp_path / "results")]) == 0
        assert capsys.readouterr().out.splitlines()[1].split() == ["one", "1/2", "0/2", "0/2", "waiting"]
    assert sorted(tmp_path.rglob("*")) == before
    assert main([str(tmp_path / "none.yaml")]) == 1
    assert "error: " in capsys.readouterr().err


def test_the_command_names_the_line_of_a_mistake_in_a_configuration(tmp_path, capsys):
    (tmp_path / "config.yaml").write_text("alignment: a\ntrain: {chains: 20}\ntrain: {max_steps: 7}\n")
    assert main([str(tmp_path / "config.yaml")]) == 1
    assert "config.yaml, line 3: the key 'train' is on line 2 already" in capsys.readouterr().err
