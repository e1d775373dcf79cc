"""A run described as an RO-Crate, from the records that its jobs have left."""

import hashlib
import json
import os
import shutil
from types import SimpleNamespace

import pytest

from temperance.core.errors import InputError
from temperance.core.files import versions
from temperance.core.version import __version__
from temperance.workflow import provenance
from temperance.workflow.crate import describe_run, main


class Named(dict):
    __getattr__ = dict.__getitem__


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Two jobs: one reads the user's alignment, the other what the first wrote; their paths are relative."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "family.fasta").write_text(">a\nAC\n")
    folder = tmp_path / "results" / "kunitz"
    (folder / "n5-r1").mkdir(parents=True)
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "train-n5-r1.tsv").write_text("s\th:m:s\n20.4\t0:00:20\n")

    def done(rule, inputs, output, text, log, **wildcards):
        (tmp_path / output).write_text(text)
        job = SimpleNamespace(
            rule=rule,
            log=[f"results/kunitz/logs/{log}.log"],
            wildcards=wildcards,
            output=[output],
            params=Named(seed=7),
        )
        provenance.write(job, provenance.digests(inputs), {"results": "results"})

    done("ingest", ["family.fasta"], "results/kunitz/alignment.tsv", "aligned", "ingest", family="kunitz")
    done("train", ["results/kunitz/alignment.tsv"], "results/kunitz/n5-r1/model.safetensors", "model", "train-n5-r1",
         family="kunitz", subset="n5-r1")  # fmt: skip
    for record in folder.glob("**/provenance/*.json"):
        os.utime(record, (1_000_000, 1_000_000))
    return tmp_path / "results"


def graph(results, **options):
    return {entity["@id"]: entity for entity in describe_run(results, **options)["@graph"]}


def test_files_and_the_jobs_that_made_them_are_linked(run):
    entities = graph(run)
    action = entities["#kunitz/n5-r1/provenance/model.safetensors.json"]
    assert (action["@type"], action["name"]) == ("CreateAction", "train kunitz n5-r1")
    assert action["object"] == [{"@id": "kunitz/alignment.tsv"}]
    assert action["result"] == [{"@id": "kunitz/n5-r1/model.safetensors"}]
    # 1,000,000 s after 1970 began; the job took 20.4 s.
    assert (action["startTime"], action["endTime"]) == ("1970-01-12T13:46:20+00:00", "1970-01-12T13:46:40+00:00")
    assert entities["kunitz/alignment.tsv"] == {
        "@id": "kunitz/alignment.tsv", "@type": "File", "name": "kunitz/alignment.tsv",
        "encodingFormat": "text/tab-separated-values", "contentSize": "7", "sha256": sha256("aligned"),
    }  # fmt: skip
    # The alignment lies outside: its name and digest, not its place.
    (alignment,) = entities["#kunitz/provenance/alignment.tsv.json"]["object"]
    assert entities[alignment["@id"]] == {
        "@id": "#sha256-" + sha256(">a\nAC\n"), "@type": "CreativeWork", "name": "family.fasta",
        "sha256": sha256(">a\nAC\n"),
    }  # fmt: skip
    assert "startTime" not in entities["#kunitz/provenance/alignment.tsv.json"]


def test_a_crate_has_what_the_specification_requires(run):
    """RO-Crate 1.1: the descriptor and the root with its name, description, date and licence, and every part there."""
    content = describe_run(run, license_="https://creativecommons.org/licenses/by/4.0/", author="A. Person")
    assert content["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in content["@graph"]}
    assert len(entities) == len(content["@graph"])
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert (descriptor["@type"], descriptor["about"]) == ("CreativeWork", {"@id": "./"})
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert root["@type"] == "Dataset" and root["name"] and root["description"]
    assert root["datePublished"] == "1970-01-12T13:46:40+00:00"
    assert entities[root["license"]["@id"]]["@id"] == "https://creativecommons.org/licenses/by/4.0/"
    parts = {link["@id"] for link in root["hasPart"]}
    assert parts == {name for name, entity in entities.items() if entity["@type"] == "File"}
    assert parts == {
        "kunitz/alignment.tsv", "kunitz/provenance/alignment.tsv.json",
        "kunitz/n5-r1/model.safetensors", "kunitz/n5-r1/provenance/model.safetensors.json",
    }  # fmt: skip
    assert all((run / part).is_file() for part in parts)
    actions = [entity for entity in entities.values() if entity["@type"] == "CreateAction"]
    assert {link["@id"] for link in root["mentions"]} == {action["@id"] for action in actions} and len(actions) == 2
    assert all(entities[action["agent"]["@id"]]["name"] == "A. Person" for action in actions)
    program = entities[actions[0]["instrument"]["@id"]]
    assert (program["@type"], program["name"], program["softwareVersion"]) == (
        "SoftwareApplication", "temperance", __version__
    )  # fmt: skip
    needed = {entities[link["@id"]]["name"]: entities[link["@id"]]["softwareVersion"]
              for link in program["softwareRequirements"]}  # fmt: skip
    assert needed == {name: version for name, version in versions().items() if name != "temperance"}
    for action in actions:
        assert all(link["@id"] in entities for link in [*action["object"], *action["result"], action["subjectOf"]])


def test_results_that_were_moved_are_described_as_before(run, tmp_path):
    before = describe_run(run)["@graph"][2:]
    shutil.move(run, tmp_path / "elsewhere" / "results")
    assert describe_run(tmp_path / "elsewhere" / "results")["@graph"][2:] == before


def test_a_file_that_is_gone_is_named_and_no_part(run):
    (run / "kunitz" / "alignment.tsv").unlink()
    entities = graph(run)
    assert entities[f"#sha256-{sha256('aligned')}"]["name"] == "alignment.tsv"
    assert "kunitz/alignment.tsv" not in {link["@id"] for link in entities["./"]["hasPart"]}


def test_a_changed_file_and_a_folder_without_records_are_refused(run, tmp_path, capsys):
    (run / "kunitz" / "alignment.tsv").write_text("changed")
    with pytest.raises(InputError, match=r"alignment\.tsv: is not what its job wrote"):
        describe_run(run)
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty")]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'empty'}: no records of jobs")


def test_the_command_writes_the_description_beside_the_results(run, capsys):
    assert main([]) == 0
    assert json.loads((run / "ro-crate-metadata.json").read_text()) == describe_run(run)
    assert capsys.readouterr().out == "wrote results/ro-crate-metadata.json\n"
    assert graph(run)["#no-licence"]["name"] == "No licence is stated"
