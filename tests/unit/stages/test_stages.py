"""Stages without Snakemake, on what can be counted by hand; and that each rule has the files that its stage names."""

import ast
import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from temperance import stages
from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, load_table, save_arrays
from temperance.core.settings.stages import STAGES
from temperance.potts.model import Potts
from temperance.stages import constrain, export, hmm, ingest, split, subsample, truth
from temperance.workflow.job import _paths

ROOT = Path(__file__).parents[3]
NAMES = sorted(path.stem for path in Path(stages.__file__).parent.glob("[a-z]*.py"))
# Six sequences of five columns: the last has an unknown letter; two are alike; the fourth column is mostly gaps.
FAMILY = """>one
ACD-E
>two
ACD-E
>three
ACD-F
>four
GHIKL
>five
GHI-L
>six
GHX-L
"""
SETTINGS = {
    "alphabet": "protein",
    "ambiguous": "gap",
    "filter": {"max_column_gaps": 0.5, "max_sequence_gaps": 0.5, "duplicates": "drop"},
    "weights": {"identity": 0.7},
}


def files(form, folder, **others):
    """Outputs of a stage in a folder, each called as its field is."""
    return form(**{name: others.get(name, folder / name) for name in form._fields})


@pytest.fixture
def family(tmp_path):
    """What `ingest` makes of the six sequences."""
    (tmp_path / "family.fasta").write_text(FAMILY)
    outputs = files(
        ingest.Outputs, tmp_path, sequences=tmp_path / "sequences.parquet", audit=tmp_path / "audit.tsv",
        columns=tmp_path / "columns.tsv",
    )  # fmt: skip
    ingest.run(ingest.Inputs(tmp_path / "family.fasta"), outputs, STAGES["ingest"].of(SETTINGS))
    return outputs


def test_an_alignment_is_read_filtered_and_weighed(family):
    summary = json.loads(family.summary.read_text())
    # The column with five gaps of six is dropped, without which four and five are alike, as one and two are.
    assert (summary["sequences_read"], summary["M"], summary["sequences_dropped"]) == (6, 4, 2)
    assert (summary["columns_read"], summary["L"], summary["columns_dropped"]) == (5, 4, 1)
    arrays = load_arrays(family.alignment)[0]
    assert arrays["columns"].tolist() == [1, 2, 3, 5]
    # `one` and `three` share three of four columns, and so do `four` and `six`, whose unknown letter is a gap.
    assert load_table(family.sequences)["name"].tolist() == ["one", "three", "four", "six"]
    np.testing.assert_allclose(arrays["weights"], 1 / 2)
    assert summary["Meff"] == pytest.approx(2)


def test_split_and_subset_are_parts_of_the_alignment(family, tmp_path):
    settings = {"heldout": {"fraction": 0.4, "identity": None}, "weights": {"identity": 0.7}}
    held, weights = STAGES["split"].of(settings), STAGES["subsample"].of(settings)
    outputs = split.Outputs(tmp_path / "split")
    split.run(split.Inputs(family.alignment), outputs, held, 1, "six", [2])
    parts = load_arrays(outputs.split)[0]
    assert sorted(np.concatenate([parts["training"], parts["heldout"], parts["discarded"]])) == [0, 1, 2, 3]
    assert len(parts["heldout"]) == len(parts["heldout_weights"]) == 2
    chosen = subsample.Outputs(tmp_path / "subset")
    subsample.run(subsample.Inputs(family.alignment, outputs.split), chosen, weights, 1, "six", (2, 1))
    subset = load_arrays(chosen.subset)[0]
    assert len(subset["indices"]) == 2 and set(subset["indices"]) <= set(parts["training"])
    with pytest.raises(Exception, match=r"six: subsets.sizes: 9 is larger than the 2 sequences"):
        split.run(split.Inputs(family.alignment), outputs, held, 1, "six", [9])


def test_constraints_name_columns_of_the_alignment(family, tmp_path):
    constraints = {"fixed": {"5": "L"}, "forbidden": {"1": "AG"}}
    outputs = constrain.Outputs(tmp_path / "constraints")
    inputs = constrain.Inputs(family.alignment, family.sequences, family.summary)
    constrain.run(inputs, outputs, STAGES["constrain"].of({"constraints": constraints}))
    allowed = load_arrays(outputs.constraints)[0]["allowed"]
    # Column 5 is the last of four sites: one state of 21; column 1 has lost two.
    assert allowed.sum(axis=1).tolist() == [19, 21, 21, 1]


def test_an_alignment_is_exported_as_models_see_it(family, tmp_path):
    Potts(np.zeros((4, 21)), np.zeros((4, 21, 4, 21))).save(tmp_path / "model", alphabet("protein"), {})
    out = export.Outputs(tmp_path / "alignment.fasta")
    nothing = tmp_path / "nothing"
    inputs = export.Inputs(nothing, tmp_path / "model", family.alignment, family.sequences, nothing)
    export.run(inputs, out, "alignment")
    assert out.file.read_text().splitlines()[:4] == [">one", "ACDE", ">three", "ACDF"]
    assert out.file.read_text().splitlines()[-2:] == [">six", "GH-L"]


def test_a_truth_is_drawn_with_its_diagnostics(tmp_path):
    settings = {"truth": {"kind": "gapless", "length": 4, "q": 2, "sequences": 50, "width": 0.5},
                "alphabet": "01"}  # fmt: skip
    outputs = files(truth.Outputs, tmp_path)
    truth.run(truth.Inputs(), outputs, STAGES["truth"].of(settings), 3, "numba")
    lines = outputs.alignment.read_text().splitlines()
    assert lines[0] == ">draw_1" and len(lines) == 100 and set("".join(lines[1::2])) <= set("01")
    assert json.loads(outputs.diagnostics.read_text())["sequences"] == 50


def test_a_profile_hmm_is_built_of_held_out_sequences_alone(family, tmp_path):
    save_arrays(tmp_path / "split", {"heldout": np.array([0, 1])}, {})
    hmm.run(hmm.Inputs(family.alignment, tmp_path / "split"), hmm.Outputs(tmp_path / "a.hmm"), "six")
    text = (tmp_path / "a.hmm").read_text()
    assert re.search(r"^NAME +six$", text, re.M) and re.search(r"^NSEQ +2$", text, re.M)


# ---------------------------------------------------------------- rules


def test_every_script_runs_the_stage_of_its_name():
    scripts = {path.stem: path.read_text() for path in (ROOT / "scripts").glob("*.py")}
    assert set(NAMES) == scripts.keys()
    for name in NAMES:
        lines = scripts[name].splitlines()
        assert lines[-1] == f"run_stage({name}, snakemake)" and len(lines) <= 7, name


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_takes_what_run_stage_can_give(name):
    stage = importlib.import_module(f"temperance.stages.{name}")
    tree = ast.parse(Path(stage.__file__).read_text())
    taken = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    parameters = {argument.arg for argument in taken.args.args} - {
        "inputs",
        "outputs",
        "threads",
        "checkpoint",
        "sizes",
    }
    rule = re.search(
        rf"^rule {name}:\n(.*?)(?=^rule |^onerror|\Z)",
        "\n".join(path.read_text() for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))), re.S | re.M,
    )[1]  # fmt: skip
    wildcards = {"family", "subset", "model", "name", "claim", "kind", "size", "study", "file"}
    declared = set(re.findall(r"^        (\w+)=", rule.partition("    params:\n")[2], re.M))
    assert parameters <= declared | wildcards, name


def test_files_go_to_the_fields_of_their_names():
    class Files(SimpleNamespace):
        __annotations__ = {"one": Path, "many": list[Path], "maybe": Path | None}

    got = _paths(Files, {"one": "a", "many": ["b", "c"], "maybe": []})
    assert (got.one, got.many, hasattr(got, "maybe")) == (Path("a"), [Path("b"), Path("c")], False)
    assert _paths(Files, {"one": ["a"], "many": "b"}).many == [Path("b")]
    with pytest.raises(TypeError, match="unknown"):
        _paths(ingest.Inputs, {"alignment": "a", "unknown": "b"})
    with pytest.raises(TypeError, match="alignment"):
        _paths(ingest.Inputs, {})
