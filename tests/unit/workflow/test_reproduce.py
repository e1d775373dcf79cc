"""A recorded result is made again by a small workflow in place of the whole one, and compared by digest."""

import pytest

from temperance.core.files import save_json, versions
from temperance.workflow import reproduce
from temperance.workflow.provenance import digests

# Writes the word of the configuration, where the records of the real workflow have their files.
SNAKEFILE = """
rule:
    output: config["results"] + "/x/{name}.txt"
    shell: "printf '{config[word]}' > {output}"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    monkeypatch.setattr(reproduce, "SNAKEFILE", tmp_path / "Snakefile")
    (tmp_path / "out" / "x").mkdir(parents=True)
    for name in ("one", "two"):
        (tmp_path / "out" / "x" / f"{name}.txt").write_text("word")
    return tmp_path


def record(config, outputs=("out/x/one.txt", "out/x/two.txt"), **changes):
    content = {"config": config, "output": digests(outputs), "versions": versions() | changes}
    save_json("record.json", content)
    return "record.json"


def test_the_same_configuration_makes_the_same_bytes(folder, capfd):
    assert reproduce.reproduce(record({"results": "out", "word": "word"}, numpy="0.1"), "1") == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines == [
        f"numpy is {versions()['numpy']}, was 0.1", "out/x/one.txt: the same bytes", "out/x/two.txt: the same bytes",
    ]  # fmt: skip
    # Results are as they were, and nothing else is there but Snakemake's own folder.
    assert sorted(path.name for path in folder.glob("[!.]*")) == ["Snakefile", "out", "record.json"]


def test_other_bytes_and_workflows_that_fail_end_with_status_1(folder, capfd):
    (folder / "out" / "x" / "two.txt").write_text("other")
    path = record({"results": "out", "word": "word"})
    assert reproduce.reproduce(path, "1") == 1
    assert capfd.readouterr().out.splitlines() == ["out/x/one.txt: the same bytes", "out/x/two.txt: differs"]
    (folder / "Snakefile").write_text(SNAKEFILE.replace("printf", "no-such-program"))
    assert reproduce.main([path, "1"]) == 1
    assert "the same bytes" not in capfd.readouterr().out
    assert (folder / "out" / "x" / "one.txt").read_text() == "word"


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
    assert reproduce.main([str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1
