"""Families without results."""

from temperance.report.unfinished import unfinished


def test_families_that_are_not_done_are_listed_with_the_last_error_of_each_job(tmp_path):
    logs = tmp_path / "broken" / "logs"
    logs.mkdir(parents=True)
    (logs / "ingest.log").write_text("10:00:00 M 3 of 9\n")
    (logs / "train-f1-r1.log").write_text(
        "10:00:01 step 10: scale error +0.1\n10:00:02 error: first\n10:00:03 error: last\n"
    )
    (logs / "sample-f1-r1.log").write_text("10:00:04 error: another\n")
    (logs / "notes.txt").write_text("error: not a log\n")
    table = unfinished(str(tmp_path), ["broken", "killed"])
    assert table.to_dict("records") == [
        {"family": "broken", "job": "sample-f1-r1", "reason": "another"},
        {"family": "broken", "job": "train-f1-r1", "reason": "last"},
        {"family": "killed", "job": "", "reason": "not finished"},
    ]


def test_where_all_are_done_the_table_is_empty(tmp_path):
    table = unfinished(str(tmp_path), [])
    assert list(table) == ["family", "job", "reason"] and table.empty
