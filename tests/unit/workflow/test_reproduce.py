"""The command that reproduces a recorded result: what it says of a record that it cannot use."""

import pytest

from temperance.workflow.reproduce import main


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ("{", "record.json: not a complete JSON file"),
        ("[]", "record.json: not the record of a job"),
        ('{"config": {}, "versions": {}}', "record.json: not the record of a job"),
    ],
)
def test_a_file_that_is_no_record_is_reported_in_one_line(content, message, tmp_path, capsys):
    path = tmp_path / "record.json"
    if content is not None:
        path.write_text(content)
    assert main([str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1
