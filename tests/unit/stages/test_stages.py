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
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, load_table, save_arrays
from temperance.core.settings.stages import STAGES
from temperance.potts.model import Potts
from temperance.stages import constrain, export, ingest, split, subsample, truth
from temperance.workflow.job import _paths

ROOT = Path(__file__).parents[3]
NAMES = sorted(path.stem for path in Path(stages.__file__).parent.glob("[a-z]*.py"))
# Seven sequences of five columns: the last but one has an unknown letter; two are alike; column four is mostly gaps.
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
>seven
WWW-W
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
    """What `ingest` makes of the seven sequences."""
    (tmp_path / "family.fasta").write_text(FAMILY)
    outputs = files(
        ingest.Outputs, tmp_path, sequences=tmp_path / "sequences.parquet", audit=tmp_path / "audit.tsv",
        columns=tmp_path / "columns.tsv",
    )  # fmt: skip
    ingest.run(ingest.Inputs(tmp_path / "family.fasta"), outputs, STAGES["ingest"].of(SETTINGS))
    return outputs


def test_an_alignment_is_read_filtered_and_weighed(family, tmp_path):
    """The column with six gaps of seven is dropped, without which four and five are alike, as one and two are."""
    summary = json.loads(family.summary.read_text())
    source = summary.pop("provenance")
    assert summary == {
        "source": str(tmp_path / "family.fasta"), "alphabet": "protein", "sequences_read": 7, "columns_read": 5,
        "M": 5, "L": 4, "q": 21, "Meff": 3.0, "sequences_dropped": 2, "columns_dropped": 1, "reference": "one",
    }  # fmt: skip
    assert source["settings"]["weights"] == {"identity": 0.7} and source["settings"]["ambiguous"] == "gap"
    arrays, metadata = load_arrays(family.alignment)
    assert metadata["alphabet"] == "protein" and metadata["settings"] == source["settings"]
    assert arrays["columns"].tolist() == [1, 2, 3, 5]
    # `one` and `three` share three of four columns, and so do `four` and `six`, whose unknown letter is a gap.
    assert alphabet("protein").decode(arrays["sequences"]) == ["ACDE", "ACDF", "GHIL", "GH-L", "WWWW"]
    assert arrays["weights"].tolist() == [0.5, 0.5, 0.5, 0.5, 1]
    table = load_table(family.sequences)
    assert table["name"].tolist() == ["one", "three", "four", "six", "seven"]
    assert table["weight"].tolist() == arrays["weights"].tolist()
    audit = load_table(family.audit)
    assert audit[audit["what"] == "column"].iloc[:, 1:].to_numpy().tolist() == [["4", "gap fraction 0.857 > 0.5"]]
    assert audit[audit["what"] == "sequence"].iloc[:, 1:].to_numpy().tolist() == [
        ["two", "same as one"], ["five", "same as four"],
    ]  # fmt: skip
    # Residues of `one`, which has none in the column that is dropped: E is its fourth.
    columns = load_table(family.columns)
    assert columns.to_numpy().tolist() == [[1, 1, "A", 1], [2, 2, "C", 2], [3, 3, "D", 3], [4, 5, "E", 4]]


def test_sequences_are_held_out_by_the_seed_and_weighed_among_themselves(family, tmp_path):
    """Of five any may be held out: the first two of a random order, whose relatives do not count if they are not."""
    settings = STAGES["split"].of({"heldout": {"fraction": 0.4, "identity": None}, "weights": {"identity": 0.7}})
    outputs = split.Outputs(tmp_path / "split")
    # One and four have no relative among those held out; four and six have each other.
    for seed, heldout, training, weights in ((7, [0, 2], [1, 3, 4], [1, 1]), (10, [2, 3], [0, 1, 4], [0.5, 0.5])):
        assert sorted(np.random.default_rng(seed).permutation(5)[:2]) == heldout
        split.run(split.Inputs(family.alignment), outputs, settings, seed, "seven", [2])
        parts, metadata = load_arrays(outputs.split)
        assert [parts[name].tolist() for name in ("heldout", "training", "discarded")] == [heldout, training, []]
        assert parts["heldout_weights"].tolist() == weights
        assert metadata["seed"] == seed and metadata["settings"]["heldout"]["fraction"] == 0.4
    with pytest.raises(InputError, match=r"seven: subsets.sizes: 9 is larger than the 3 sequences"):
        split.run(split.Inputs(family.alignment), outputs, settings, 1, "seven", [2, 9])


def test_relatives_of_held_out_sequences_are_discarded_as_far_as_settings_allow(family, tmp_path):
    """Relatives agree in more than half of their columns. The order is one, four, six, three, seven.

    One of five may be discarded: `three`, for `one` is held out. `four` and `six` would need another: `seven` is next.
    """
    assert np.random.default_rng(13).permutation(5).tolist() == [0, 2, 3, 1, 4]
    heldout = {"fraction": 0.4, "identity": 0.5, "max_discarded": 0.2}
    settings = STAGES["split"].of({"heldout": heldout, "weights": {"identity": 0.7}})
    outputs = split.Outputs(tmp_path / "split")
    split.run(split.Inputs(family.alignment), outputs, settings, 13, "seven", [2])
    parts = load_arrays(outputs.split)[0]
    assert [parts[name].tolist() for name in ("heldout", "training", "discarded")] == [[0, 4], [2, 3], [1]]


def test_a_subset_is_drawn_of_training_sequences_and_weighed_within_itself(family, tmp_path):
    """Of one, three and seven, the first two are relatives: both weigh a half if both are drawn, else one."""
    save_arrays(tmp_path / "split", {"training": np.array([0, 1, 4])}, {})
    outputs = subsample.Outputs(tmp_path / "subset")
    inputs = subsample.Inputs(family.alignment, tmp_path / "split")

    def draw(size, seed, identity=0.7):
        settings = STAGES["subsample"].of({"weights": {"identity": identity}})
        subsample.run(inputs, outputs, settings, seed, "seven", (size, 1))
        subset, metadata = load_arrays(outputs.subset)
        assert metadata["seed"] == seed and metadata["settings"] == {"weights": {"identity": identity}}
        return subset["indices"].tolist(), subset["weights"].tolist()

    assert draw(3, 1) == ([0, 1, 4], [0.5, 0.5, 1])
    assert draw(3, 1, None) == ([0, 1, 4], [1, 1, 1])
    weights = {(0, 1): [0.5, 0.5], (0, 4): [1, 1], (1, 4): [1, 1]}
    pairs = [tuple(sorted(np.random.default_rng(seed).permutation([0, 1, 4])[:2].tolist())) for seed in range(8)]
    assert set(pairs) == weights.keys()
    for seed, pair in enumerate(pairs):
        assert draw(2, seed) == (list(pair), weights[pair])
    # Two thirds of three.
    assert len(draw(0.6, 1)[0]) == 2 and len(draw(1.0, 1)[0]) == 3
    with pytest.raises(InputError, match=r"seven: subsets.sizes: 4 is larger than the 3 sequences"):
        draw(4, 1)


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
    assert out.file.read_text().splitlines()[-4:] == [">six", "GH-L", ">seven", "WWWW"]


def test_a_truth_is_drawn_with_its_diagnostics(tmp_path):
    settings = {"truth": {"kind": "gapless", "length": 4, "q": 2, "sequences": 50, "width": 0.5},
                "alphabet": "01"}  # fmt: skip
    outputs = files(truth.Outputs, tmp_path)
    truth.run(truth.Inputs(), outputs, STAGES["truth"].of(settings), 3, "numba")
    lines = outputs.alignment.read_text().splitlines()
    assert lines[0] == ">draw_1" and len(lines) == 100 and set("".join(lines[1::2])) <= set("01")
    assert json.loads(outputs.diagnostics.read_text())["sequences"] == 50


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
