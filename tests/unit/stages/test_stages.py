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
from temperance.design.constraints import Constraints
from temperance.stages import constrain, ingest, split, subsample
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
    return ingested(tmp_path, SETTINGS)


def ingested(folder, settings):
    outputs = files(
        ingest.Outputs, folder, sequences=folder / "sequences.parquet", audit=folder / "audit.tsv",
        columns=folder / "columns.tsv",
    )  # fmt: skip
    ingest.run(ingest.Inputs(folder / "family.fasta"), outputs, STAGES["ingest"].of(settings))
    return outputs


def test_rows_that_are_no_sequences_are_audited_and_named_in_the_log(tmp_path, caplog):
    annotation = [f">{name}\nCCHHE\n" for name in ("ss_pred", "ss_conf", "aa_dssp", "Consensus")]
    (tmp_path / "family.fasta").write_text("".join(annotation) + FAMILY)
    with caplog.at_level("INFO"):
        outputs = ingested(tmp_path, SETTINGS)
    assert "rows that are no sequences are dropped: ss_pred, ss_conf, aa_dssp and 1 more" in caplog.text
    audit = load_table(outputs.audit)
    assert audit[audit["what"] == "annotation"]["name"].tolist() == ["ss_pred", "ss_conf", "aa_dssp", "Consensus"]
    summary = json.loads(outputs.summary.read_text())
    # As without them: they count neither as read nor as dropped.
    assert [summary[key] for key in ("sequences_read", "M", "sequences_dropped")] == [6, 4, 2]
    assert summary["reference"] == "one"


def test_an_alignment_is_read_filtered_and_weighed(family, tmp_path):
    summary = json.loads(family.summary.read_text())
    assert summary.pop("provenance")["settings"]["weights"] == {"identity": 0.7}
    # The column with five gaps of six is dropped, without which four and five are alike, as one and two are.
    # `one` and `three` share three of four columns, and so do `four` and `six`, whose unknown letter is a gap.
    assert summary == {
        "source": str(tmp_path / "family.fasta"), "alphabet": "protein", "sequences_read": 6, "columns_read": 5,
        "M": 4, "L": 4, "q": 21, "Meff": pytest.approx(2), "sequences_dropped": 2, "columns_dropped": 1,
        "reference": "one",
    }  # fmt: skip
    arrays, metadata = load_arrays(family.alignment)
    assert metadata["alphabet"] == "protein"
    assert arrays["columns"].tolist() == [1, 2, 3, 5]
    assert alphabet("protein").decode(arrays["sequences"]) == ["ACDE", "ACDF", "GHIL", "GH-L"]
    sequences = load_table(family.sequences)
    assert sequences["name"].tolist() == ["one", "three", "four", "six"]
    np.testing.assert_allclose(arrays["weights"], 1 / 2)
    np.testing.assert_allclose(sequences["weight"], 1 / 2)
    audit = load_table(family.audit)
    assert audit[["what", "name"]].to_numpy().tolist() == [["column", "4"], ["sequence", "two"], ["sequence", "five"]]
    columns = load_table(family.columns, text=["residue"])
    assert columns["residue"].tolist() == list("ACDE")
    # The reference has a gap in the fourth column.
    assert columns[["site", "column", "number"]].to_numpy().tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 5, 4]]


@pytest.mark.parametrize(
    ("changes", "names", "meff"),
    [
        # From 76 % identity on all differ.
        ({"weights": {"identity": 0.76}}, ["one", "three", "four", "six"], 4),
        # Exactly three of four columns is enough.
        ({"weights": {"identity": 0.75}}, ["one", "three", "four", "six"], 2),
        ({"weights": {"identity": None}}, ["one", "three", "four", "six"], 4),
        # Repeats kept: three and three are alike.
        ({"filter": {"duplicates": "keep"}}, ["one", "two", "three", "four", "five", "six"], 2),
        # `six` has an unknown letter, in one of four columns.
        ({"ambiguous": "drop", "filter": {"duplicates": "keep"}}, ["one", "two", "three", "four", "five"], 2),
        ({"filter": {"max_sequence_gaps": 0.24, "duplicates": "keep"}}, ["one", "two", "three", "four", "five"], 2),
        ({"filter": {"max_sequence_gaps": 0.25}}, ["one", "three", "four", "six"], 2),
    ],
)
def test_each_setting_of_an_alignment_is_used(tmp_path, changes, names, meff):
    (tmp_path / "family.fasta").write_text(FAMILY)
    settings = SETTINGS | changes | {"filter": SETTINGS["filter"] | changes.get("filter", {})}
    outputs = ingested(tmp_path, settings)
    assert load_table(outputs.sequences)["name"].tolist() == names
    assert json.loads(outputs.summary.read_text())["Meff"] == pytest.approx(meff)


def alignment_of(tmp_path, sequences):
    path = tmp_path / "alignment"
    save_arrays(path, {"sequences": sequences, "weights": np.full(len(sequences), 0.1)}, {"alphabet": "protein"})
    return path


def split_of(tmp_path, alignment, seed, sizes, heldout, identity=0.7):
    outputs = split.Outputs(tmp_path / f"split-{seed}")
    settings = STAGES["split"].of({"heldout": heldout, "weights": {"identity": identity}})
    split.run(split.Inputs(alignment), outputs, settings, seed, "six", sizes)
    return load_arrays(outputs.split)[0]


def test_sequences_are_held_out_with_weights_among_each_other(tmp_path):
    """Ten sequences alike in nine of ten sites, and ten that are alike in none with these or each other."""
    sequences = np.zeros((20, 10), np.uint8)
    sequences[np.arange(10), np.arange(10)] = 20
    sequences[10:] = np.arange(1, 11)[:, None]
    alignment = alignment_of(tmp_path, sequences)
    options = {"fraction": 0.5, "identity": None}
    for seed in (1, 2, 3):
        parts = split_of(tmp_path, alignment, seed, [10, 1.0], options)
        assert (len(parts["training"]), len(parts["heldout"]), len(parts["discarded"])) == (10, 10, 0)
        assert sorted([*parts["training"], *parts["heldout"]]) == list(range(20))
        # Those of the first ten that are held out share one weight.
        alike = parts["heldout"] < 10
        np.testing.assert_allclose(parts["heldout_weights"], np.where(alike, 1 / max(alike.sum(), 1), 1))
    first, again, other = (split_of(tmp_path, alignment, seed, [], options)["heldout"].tolist() for seed in (1, 1, 2))
    assert first == again != other
    # None of the ten that are alike is held out from the others: they are alike in eight of ten sites.
    strict = split_of(tmp_path, alignment, 1, [], {"fraction": 0.2, "identity": 0.7, "max_discarded": 0.0})
    assert (len(strict["heldout"]), len(strict["discarded"])) == (4, 0) and (strict["heldout"] >= 10).all()
    # Where they may be 80 % identical they are as good as others.
    lenient = split_of(tmp_path, alignment, 1, [], {"fraction": 0.2, "identity": 0.8, "max_discarded": 0.0})
    assert len(lenient["heldout"]) == 4 and (lenient["heldout"] < 10).any()


def test_a_training_set_that_is_too_large_is_refused_before_anything_is_trained(family, tmp_path):
    options = {"fraction": 0.4, "identity": None}
    assert len(split_of(tmp_path, family.alignment, 1, [2], options)["training"]) == 2
    with pytest.raises(InputError, match=r"six: subsets.sizes: 3 is larger than the 2 sequences"):
        split_of(tmp_path, family.alignment, 1, [2, 3], options)


def test_smaller_training_sets_of_a_seed_are_parts_of_larger_ones(tmp_path):
    rng = np.random.default_rng(0)
    sequences = rng.integers(0, 3, (40, 6), dtype=np.uint8)
    alignment = alignment_of(tmp_path, sequences)
    training = np.arange(3, 39, 2)  # 18 of 40
    save_arrays(tmp_path / "split", {"training": training}, {})

    def draw(size, seed, identity=0.7, replicate=1):
        outputs = subsample.Outputs(tmp_path / "subset")
        settings = STAGES["subsample"].of({"weights": {"identity": identity}})
        inputs = subsample.Inputs(alignment, tmp_path / "split")
        subsample.run(inputs, outputs, settings, seed, "x", (size, replicate))
        subset = load_arrays(outputs.subset)[0]
        return subset["indices"].tolist(), subset["weights"]

    sets = [set(draw(size, 1)[0]) for size in (3, 0.5, 12, 1.0)]
    # Half of 18 is 9.
    assert [len(indices) for indices in sets] == [3, 9, 12, 18]
    assert sets[0] < sets[1] < sets[2] < sets[3] == set(training.tolist())
    assert draw(9, 2)[0] != draw(9, 1)[0] == draw(9, 1, replicate=2)[0]
    indices, weights = draw(12, 1)
    assert indices == sorted(indices)
    # One over the number of those in the training set that are at least 70 % identical, itself included.
    members = sequences[indices]
    alike = (members[:, None] == members[None]).mean(axis=2) >= 0.7
    np.testing.assert_allclose(weights, 1 / alike.sum(axis=1))
    assert 1 < weights.sum() < 12
    assert (draw(12, 1, identity=None)[1] == 1).all()
    with pytest.raises(InputError, match=r"x: subsets.sizes: 19 is larger than the 18 sequences"):
        draw(19, 1)


@pytest.mark.parametrize(
    ("constraints", "allowed", "seed", "budget"),
    [
        # Column 5 is the last of four sites: one state of 21; column 1 has lost two.
        ({"fixed": {"5": "L"}, "forbidden": {"1": "AG"}}, ["CDEFHIKLMNPQRSTVWY-", "", "", "L"], None, 10),
        ({"forbidden": {"all": "-C", "2": "W"}, "fixed": {"2": "C"}}, ["ADEFGHIKLMNPQRSTVWY", "C",
          "ADEFGHIKLMNPQRSTVWY", "ADEFGHIKLMNPQRSTVWY"], None, 10),
        # By name, and with all five columns of the file.
        ({"seed": "six", "mutations": 3}, ["", "", "", ""], "GH-L", 3),
        ({"seed": "ACDWE", "mutations": 2}, ["", "", "", ""], "ACDE", 2),
    ],
)  # fmt: skip
def test_constraints_name_columns_of_the_alignment(family, tmp_path, constraints, allowed, seed, budget):
    outputs = constrain.Outputs(tmp_path / "constraints")
    inputs = constrain.Inputs(family.alignment, family.sequences, family.summary)
    constrain.run(inputs, outputs, STAGES["constrain"].of({"constraints": constraints}))
    loaded, letters = Constraints.load(outputs.constraints), alphabet("protein")
    states = ["".join(np.array(list(letters.symbols))[row]) for row in loaded.allowed]
    # What is empty here is not constrained.
    assert [set(row) for row in states] == [set(row or letters.symbols) for row in allowed]
    assert (loaded.seed if seed is None else letters.decode(loaded.seed[None])[0]) == seed
    assert loaded.budget == budget


# ---------------------------------------------------------------- rules


def test_every_script_runs_the_stage_of_its_name():
    scripts = {path.stem: path.read_text() for path in (ROOT / "scripts").glob("*.py")}
    assert set(NAMES) == scripts.keys()
    for name in NAMES:
        lines = scripts[name].splitlines()
        assert lines[-1] == f'run_script("{name}", snakemake)' and len(lines) <= 7, name


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_takes_what_run_stage_can_give(name):
    stage = importlib.import_module(f"temperance.stages.{name}")
    tree = ast.parse(Path(stage.__file__).read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    parameters = {argument.arg for argument in function.args.args} - {
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
    wildcards = {"family", "subset", "model", "name", "claim", "kind", "size", "study", "file", "temperature"}
    declared = set(re.findall(r"^        (\w+)=", rule.partition("    params:\n")[2], re.M))
    assert parameters <= declared | wildcards, name


def test_files_go_to_the_fields_of_their_names():
    class Files(SimpleNamespace):
        __annotations__ = {"one": Path, "many": list[Path], "maybe": Path | None}

    paths = _paths(Files, {"one": "a", "many": ["b", "c"], "maybe": []})
    assert (paths.one, paths.many, hasattr(paths, "maybe")) == (Path("a"), [Path("b"), Path("c")], False)
    assert _paths(Files, {"one": ["a"], "many": "b"}).many == [Path("b")]
    with pytest.raises(TypeError, match="unknown"):
        _paths(ingest.Inputs, {"alignment": "a", "unknown": "b"})
    with pytest.raises(TypeError, match="alignment"):
        _paths(ingest.Inputs, {})
