"""What a reader has to know before trusting the answer."""

import pandas as pd

from temperance.failures import unfinished
from temperance.report import _of_chains


def test_frozen_chains_are_told_by_subset():
    history = pd.DataFrame(
        {"subset": ["n60-r1", "n60-r1", "f1-r1", "f1-r1"], "acceptance": [0.5, 0.002, 0.001, 0.4], "step": [10, 20] * 2}
    )
    (said,) = _of_chains(history)
    assert "n60-r1 0.20%" in said
    assert "f1-r1" not in said
    assert list(_of_chains(history[history["subset"] == "f1-r1"])) == []


def test_families_that_are_not_done_are_listed_with_the_last_error_of_each_job(tmp_path):
    logs = tmp_path / "broken" / "logs"
    logs.mkdir(parents=True)
    (logs / "ingest.log").write_text("10:00:00 M 3 of 9\n")
    (logs / "train-f1-r1.log").write_text(
        "10:00:01 step 10: scale error +0.1\n10:00:02 error: first\n10:00:03 error: last\n"
    )
    table = unfinished(str(tmp_path), ["broken", "killed"])
    assert table.to_dict("records") == [
        {"family": "broken", "job": "train-f1-r1", "reason": "last"},
        {"family": "killed", "job": "", "reason": "not finished"},
    ]
