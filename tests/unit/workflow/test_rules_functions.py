"""Functions of the rules, taken from `common.smk` and `requests.smk`: seeds, sizes, requests, and where files are."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from temperance.core.seeds import derive_seed
from temperance.core.settings.stages import STAGES
from temperance.core.sizes import size_label, subset_names
from temperance.core.stamps import file_stamps
from temperance.potts.formats.names import EXPORTS
from temperance.workflow.configuration import configure, family_plans, source_key

COMMON = Path(__file__).parents[3] / "workflow" / "rules" / "common.smk"
SUBSETS = {"sizes": [0.5, "all"], "replicates": 2}
FAMILIES = {
    "nested": {"alignment": "a.fasta", "subsets": SUBSETS},
    "independent": {"alignment": "a.fasta", "subsets": SUBSETS | {"draws": "independent"}},
    "fetched": {"pfam": "PF00014", "constraints": {"fixed": {"1": "C"}}, "model": "m.dat"},
    "drawn": {"truth": {"kind": "lattice"}},
    "student": {"truth": {"kind": "teacher", "teacher": "nested"}},
}  # fmt: skip


class Wildcards(SimpleNamespace):
    """Named values in the order of the rule's output, as Snakemake has them."""

    def __iter__(self):
        return iter(vars(self).values())


@pytest.fixture(scope="module")
def rules():
    run = configure({"families": FAMILIES, "seed": 3, "batch_replicates": 2, "memory_factor": 1.5})
    points = [point for study in run["studies"].values() for point in study["points"]]
    names = {
        "Path": Path, "STAGES": STAGES, "derive_seed": derive_seed, "size_label": size_label, "source_key": source_key,
        "subset_names": subset_names, "RUN": run, "PLANS": family_plans(run), "FAMILIES": run["families"],
        "OUT": "out", "FOLDS": "out/folds", "JOINT_TRAINING": True, "GPU": 1, "file_stamps": file_stamps,
        "EXPORTS": EXPORTS, "MEMORY": None,
        # Made up: megabytes and minutes that tell what they were computed from.
        "alignment_size": lambda path, plan: len(path),
        "minutes": lambda stage, size, plan, threads: len(stage) * threads,
        "expected_seconds": lambda stage, size, plan, threads: 100 * len(stage) + size + threads / 10,
        "memory": lambda stage, size, plan, engine, gpu: 100 * len(stage) + size + 10_000 * (engine == "auto" and gpu),
        "SOURCES": {point["label"]: point["source"] for point in points},
        "SEED_FAMILY": {name: name for name in FAMILIES}
        | {point[name]: point["family"] for point in points for name in ("source", "label")},
    }  # fmt: skip
    text = "\n".join((COMMON.parent / name).read_text() for name in ("common.smk", "requests.smk"))
    functions = re.findall(r"^def .*?\n(?=\S)", text, re.M | re.S)
    exec("\n".join(functions), names)
    keep_all = re.search(r"keep_all=(lambda .*),\n", (COMMON.parent / "sample.smk").read_text())[1]
    form = re.search(r"form=(lambda .*?\n        \)),", (COMMON.parent / "export.smk").read_text(), re.S)[1]
    names |= {"keep_all": eval(keep_all, names), "form": eval(form, names)}
    return SimpleNamespace(**names, globals=names)


def test_the_seed_of_a_job_depends_on_run_family_subset_and_stage(rules):
    wildcards = Wildcards(family="nested", subset="f1-r1")
    assert rules.seed("train")(wildcards) == derive_seed(3, "nested", "f1-r1", "train")
    assert rules.seed("split")(Wildcards(family="drawn")) == derive_seed(3, "drawn", "split")
    # One job that trains all models of a family has the seeds of jobs of their own.
    seeds = rules.seeds("train")(Wildcards(family="nested"))
    assert list(seeds) == ["f0.5-r1", "f0.5-r2", "f1-r1", "f1-r2"]
    assert seeds == {name: rules.seed("train")(Wildcards(family="nested", subset=name)) for name in seeds}
    # Points of a study share the seeds of its family, so that they are paired.
    one, other = (Wildcards(family=f"studies/gap/planted/{gap}", subset="n30-r1") for gap in (3, 4))
    assert rules.seed("train")(one) == rules.seed("train")(other) == derive_seed(3, "planted", "n30-r1", "train")


def test_nested_training_sets_of_a_replicate_share_a_seed_and_independent_ones_do_not(rules):
    def seeds(family):
        return [rules.subset_seed(Wildcards(family=family, subset=name)) for name in rules.subsets(family)]

    nested, independent = seeds("nested"), seeds("independent")
    # Two sizes of two replicates each.
    assert nested == [derive_seed(3, "nested", "subsample", replicate) for replicate in (1, 2, 1, 2)]
    assert len(set(nested)) == 2 and len({*independent, *nested}) == 6
    assert rules.size_and_replicate(Wildcards(family="nested", subset="f0.5-r2")) == (0.5, 2)
    assert rules.size_and_replicate(Wildcards(family="nested", subset="f1-r1")) == (1.0, 1)


def test_designs_come_from_the_first_replicate_of_the_largest_size(rules):
    assert rules.largest_subset("nested") == "f1-r1"
    files = rules.files_of_largest("model.safetensors", "x")(Wildcards(family="nested"))
    assert files == ["out/nested/f1-r1/model.safetensors", "out/nested/f1-r1/x"]
    assert rules.files_of_subsets("x")(Wildcards(family="nested")) == [
        f"out/nested/{name}/x" for name in ("f0.5-r1", "f0.5-r2", "f1-r1", "f1-r2")
    ]


def test_each_source_has_its_alignment(rules):
    def path(family):
        return rules.alignment_path(Wildcards(family=family))

    assert [path(name) for name in FAMILIES] == [
        "a.fasta", "a.fasta", "out/fetched/fetched.sto", "out/drawn/truth.fasta", "out/student/truth.fasta",
    ]  # fmt: skip
    # Penalties are compared on the same draws.
    assert path("studies/regularisation/planted/0.1") == "out/studies/regularisation/planted/truth.fasta"
    assert rules.truth_origin(Wildcards(family="drawn")) == "out/folds"
    assert rules.truth_origin(Wildcards(family="student")) == "out/nested/f1-r1/model.safetensors"
    assert rules.truth_input(Wildcards(family="nested")) == {}
    assert rules.truth_input(Wildcards(family="drawn")) == {"truth": "out/drawn/truth.safetensors"}


def test_inputs_that_a_family_does_not_have_are_none(rules):
    nested, fetched = Wildcards(family="nested"), Wildcards(family="fetched")
    assert rules.constraints_input(nested) == {}
    assert rules.constraints_input(fetched) == {"constraints": "out/fetched/constraints.safetensors"}
    assert rules.imported_model_input(fetched) == {"imported": "m.dat"}
    # An imported model is not trained with others.
    assert rules.joint_training_input(nested) == {"trained": "out/nested/trained"}
    assert rules.joint_training_input(fetched) == {}
    assert rules.settings("subsample")(nested) == {"identity": 0.8}


def test_requests_are_those_of_the_family_s_stage_and_double_with_each_attempt(rules, monkeypatch):
    """`train` has five letters and `out/nested/ingest.json` 22: 1.5 times 10,522 MB."""
    nested = Wildcards(family="nested")
    assert [rules.stage_memory("train")(nested, attempt) for attempt in (1, 2, 3)] == [15783, 31566, 63132]
    # On this computer no job requests more than there is.
    monkeypatch.setitem(rules.globals, "MEMORY", 20_000)
    assert [rules.stage_memory("train")(nested, attempt) for attempt in (1, 2)] == [15783, 20_000]
    monkeypatch.setitem(rules.globals, "MEMORY", None)
    # The size of a point of a study is that of its source: `out/studies/regularisation/planted/ingest.json`, 46.
    point = Wildcards(family="studies/regularisation/planted/0.1")
    assert rules.stage_memory("train")(point, 1) == round(1.5 * 10_546)
    assert [rules.stage_minutes("train")(nested, attempt, 2) for attempt in (1, 2, 3)] == [10, 20, 40]
    # One job for all four training sets.
    assert rules.stage_minutes("train", all_subsets=True)(nested, 2, 2) == 80


def test_files_of_the_user_and_not_of_the_run_are_stamped(rules, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    for name in ("a", "b", "out/b"):
        Path(name).write_text("1")
    inputs = [lambda wildcards: {"one": wildcards.family, "made": "out/b"}, lambda wildcards: {"many": ["b", "none"]}]
    stamps = rules.stamps(*inputs)(Wildcards(family="a"))
    assert stamps == {name: (1, Path(name).stat().st_mtime_ns) for name in ("a", "b")}


def test_sequences_of_all_rungs_are_kept_where_there_is_a_truth(rules):
    assert [rules.keep_all(Wildcards(family=family)) for family in ("nested", "drawn")] == [False, True]


def test_an_exported_file_has_the_form_that_it_is_called_after(rules):
    assert {form: rules.form(Wildcards(file=file)) for form, file in EXPORTS.items()} == {
        form: form for form in EXPORTS
    }


def test_the_time_of_a_job_is_expected_once_the_size_of_its_family_is_known(rules, tmp_path, monkeypatch):
    """`sample` has six letters, and the path of the family's summary, which stands for its size, 22 characters."""
    monkeypatch.chdir(tmp_path)
    assert (rules.job_seconds("report", {}), rules.job_seconds("folds", {})) == (10, 5)
    assert rules.job_seconds("sample", {"family": "nested"}) is rules.job_seconds("ingest", {"family": "drawn"}) is None
    Path("a.fasta").touch()
    threads = rules.PLANS["nested"].threads
    assert rules.job_seconds("sample", {"family": "nested"}) == 5 + 600 + len("out/nested/ingest.json") + threads / 10
    scored = 5 + 0.2 * (500 + len("out/nested/ingest.json") + threads / 10)
    assert rules.job_seconds("score", {"family": "nested"}) == pytest.approx(scored)
    # One job trains the models of two sizes, two replicates of one and one of the whole set.
    models = len(rules.subsets("nested"))
    expected = 5 + models * (500 + len("out/nested/ingest.json") + threads / 10)
    assert models > 1 and rules.job_seconds("train_together", {"family": "nested"}) == pytest.approx(expected)
    assert rules.job_seconds("sample", {"family": "drawn"}) is None
    Path("out/drawn").mkdir(parents=True)
    Path("out/drawn/ingest.json").touch()
    assert rules.job_seconds("figures", {"family": "drawn"}) > 30 + 700
