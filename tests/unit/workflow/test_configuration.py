import inspect
import os
from pathlib import Path
from typing import get_args

import pytest
import yaml

from temperance.core.errors import InputError
from temperance.core.settings.alignment import FilterSettings, HeldoutSettings
from temperance.core.settings.run import Configuration
from temperance.core.settings.section import Section
from temperance.core.settings.stages import STAGES
from temperance.core.settings.training import AnnealingSettings, SampleSettings, TrainSettings
from temperance.core.settings.truths import Truth
from temperance.msa.alignment import filter_alignment
from temperance.msa.split import split
from temperance.sampling.replica_exchange import sample
from temperance.thermo.annealing import estimate_log_z
from temperance.training import train
from temperance.workflow import judge_settings, reference
from temperance.workflow.configuration import check_files, configure, family_plans, reduce_to_family
from temperance.workflow.family_table import with_table

ROOT = Path(__file__).parents[3]


def test_the_embedded_default_is_valid_and_complete():
    run = configure(yaml.safe_load((ROOT / "config" / "config.yaml").read_text()))
    family = run["families"]["lattice"]
    assert len(family.subsets.sizes) == 3
    assert len(family.sample.temperatures) == 7
    assert family.optimum.fidelity == "p_nat"
    assert family.weights.identity is None
    assert configure({"alignment": "a.fasta"})["families"]["a"].weights.identity == 0.8


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_are_valid(path):
    configure(yaml.safe_load(path.read_text()))


def test_an_alignment_alone_is_a_run():
    run = configure({"alignment": "some/PF00014.fasta.gz", "train": {"chains": 50}})
    assert list(run["families"]) == ["PF00014"]
    family = run["families"]["PF00014"]
    assert family.train.chains == 50
    assert family.train.sweeps == 10
    assert family.optimum.fidelity == "potts"


def test_a_family_overrides_what_all_share():
    config = {"train": {"chains": 50, "sweeps": 2}, "families": {"a": {"alignment": "a"}, "b": {"alignment": "b"}}}
    config["families"]["b"]["train"] = {"chains": 70}
    families = configure(config)["families"]
    assert [families[name].train.chains for name in "ab"] == [50, 70]
    assert families["b"].train.sweeps == 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "alignment: missing"),
        ({"alignment": "a", "trian": {}}, "trian: unknown key; did you mean train?"),
        ({"alignment": "a", "train": {"chain": 50}}, "train.chain: unknown key; did you mean chains?"),
        (
            {"alignment": "a", "train": {"chains": "many"}},
            "train.chains: 'many' is of the wrong type; expected a whole number",
        ),
        ({"alignment": "a", "train": {"chains": 3}}, "train.chains: 3 is too small; 10 is the smallest allowed"),
        ({"alignment": "a", "sample": {"temperatures": [0, 1]}}, "sample.temperatures.0: 0 is too small"),
        ({"alignment": "a", "sample": {"temperatures": [1, 1]}}, "sample.temperatures: an entry is repeated"),
        # Of sampling temperatures and of a study's values tables have six digits, and folders are named by these.
        ({"alignment": "a", "sample": {"temperatures": [1.0, 1.0000001]}}, "sample.temperatures: an entry is repeated"),
        (
            {"alignment": "a", "studies": {"gap": {"values": [1.0000001, 1.0000002]}}},
            "values: an entry is repeated",
        ),
        (
            {"alignment": "a", "sample": {"temperatures": [1e-310, 1]}},
            ".0: 1e-310 is too small; 0.001 is the",
        ),
        (
            {"alignment": "a", "subsets": {"sizes": [0.1, 0.1000001]}},
            "sizes: 0.1 and 0.1000001 are too close",
        ),
        ({"alignment": "a", "constraints": {"fixed": {"9" * 5000: "C"}}}, "constraints.fixed: '999"),
        ({"alignment": "a", "constraints": {"forbidden": {"1" + "0" * 9: "C"}}}, "constraints.forbidden: '1000000000'"),
        ({"alignment": "a", "memory_factor": 1e308}, "memory_factor: 1e+308 is too large; 1000"),
        ({"alignment": "a", "threads": 1 << 63}, "threads: 9223372036854775808 is too large"),
        ({"alignment": 123}, "alignment: 123 is of the wrong type; expected text, in quotes in a configuration file"),
        (
            {"alignment": "a", "filter": {"reference": 1e5}},
            "100000.0 is of the wrong type; expected text, in",
        ),
        ({"families": {"provenance": {"alignment": "a"}}}, "families.provenance: provenance is a folder of results"),
        ({"families": {"report.html": {"alignment": "a"}}}, "families.report.html: report.html is a folder of results"),
        ({"alignment": "a", "seed": -1}, "seed: -1 is too small"),
        ({"alignment": "a", "alphabet": "protien"}, "alphabet: 'protien' is unknown"),
        ({"alignment": "a", "alphabet": "AAC"}, "alphabet: 'AAC'"),
        ({"alignment": "a", "engine": "torch"}, "engine: 'torch' is not one of auto, cuda, jax, numba"),
        ({"alignment": "a", "subsets": {"sizes": "geometric(500, 100, 3)"}}, "subsets.sizes: geometric(500, 100, 3)"),
        ({"alignment": "a", "subsets": {"sizes": "geometric(1, 2)"}}, "subsets.sizes"),
        ({"alignment": "a", "subsets": {"sizes": [100, 0.5]}}, "counts and fractions are mixed"),
        ({"alignment": "a", "subsets": {"sizes": [0]}}, "subsets.sizes"),
        ({"families": {"../x": {"alignment": "a"}}}, "families"),
        ({"families": {"x": {}}}, "families.x: give either"),
        ({"families": {"x": {"alignment": "a", "truth": {"kind": "lattice"}}}}, "families.x: give either"),
        ({"families": {"x": {"truth": {"kind": "lattice", "native": 103_346}}}}, "families.x.truth.native"),
        ({"families": {"x": {"truth": {"kind": "planted", "gapp": 3}}}}, "families.x.truth.gapp: unknown key; did you"),
        ({"families": {"x": {"truth": {"kind": "plant"}}}}, "families.x.truth.kind: 'plant' is not one of lattice,"),
        (
            {"families": {"x": {"truth": {"kind": "hopfield", "q": 3, "length": 13}}}},
            "3^13 sequences; at most 2^20",
        ),
        ({"families": {"x": {"truth": {"kind": "teacher"}}}}, "the key 'teacher' is missing"),
        (
            {"families": {"x": {"truth": {"kind": "planted"}, "filter": {"duplicates": "drop"}}}},
            "families.x.filter: sequences drawn from a truth are not filtered",
        ),
        (
            {"alignment": "a", "family": "b", "studies": {"gap": {"families": {"b": {}}}}},
            "studies.gap.families.b: a study needs a truth",
        ),
        (
            {"alignment": "a", "studies": {"gap": {"vary": "sample.ladders"}}},
            "sample.ladders: only keys of truth, train and weights can be varied",
        ),
        (
            {"alignment": "a", "studies": {"regularisation": {"values": [-1]}}},
            "train.l2_couplings: -1.0 is too small",
        ),
        (
            {"families": {"x": {"truth": {"kind": "planted"}, "optimum": {"fidelity": "p_nat"}}}},
            "optimum.fidelity: p_nat needs a lattice truth",
        ),
        ({"families": {"studies": {"alignment": "a"}}}, "families.studies: studies is a folder of results"),
        ({"family": "x"}, "family: names the single family"),
        ({"alignment": "a", "optimum": {"fidelity": "p_nat"}}, "optimum.fidelity: p_nat needs a lattice truth"),
        ({"alignment": "a", "alphabet": "01", "optimum": {"fidelity": "hmm"}}, "optimum.fidelity: hmm needs"),
        (
            {"alignment": "a", "optimum": {"folding": True}},
            "optimum.folding: this judge is for RNA and DNA",
        ),
        ({"alignment": "a", "optimum": {"covariance": True}}, "optimum.covariance: this judge is for RNA and DNA"),
        (
            {"alignment": "a", "alphabet": "rna", "optimum": {"fidelity": "covariance"}},
            "optimum.fidelity: covariance is turned off; set optimum.covariance to true",
        ),
        (
            {"alignment": "a", "models": {"potts": {"kind": "profile"}}},
            "models: 'potts' is the name of the family's own model; choose another",
        ),
        # tau_train is the temperature of the training sequences' mean energy, not of a judge.
        ({"alignment": "a", "judges": {"train": {"command": ["x"]}}}, "judges.train: tables have a column train"),
        ({"alignment": "a", "judges": {"functional": {"command": ["x"]}}}, "judges.functional: tables have a column"),
        ({"alignment": "a", "judges": {"recommended": {"command": ["x"]}}}, "judges.recommended: tables have a column"),
        ({"alignment": "a", "judges": {"energy_error": {"command": ["x"]}}}, "judges.energy_error: reserved"),
        ({"alignment": "a", "judges": {"a": {"command": ["x"]}, "a_error": {"command": ["x"]}}}, "a_error: reserved"),
        ({"alignment": "a", "judges": {"train_low": {"command": ["x"]}}}, "judges.train_low: reserved"),
        ({"alignment": "a", "judges": {"train_high": {"command": ["x"]}}}, "judges.train_high: reserved"),
    ],
)
def test_a_mistake_is_named_in_one_line(config, message):
    with pytest.raises(InputError) as error:
        configure(config)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("judge", ["covariance", "folding"])
def test_a_program_that_a_judge_of_rna_lacks_is_named(monkeypatch, judge):
    config = {"families": {"a": {"alignment": "a", "alphabet": "rna", "optimum": {judge: True}}}}
    monkeypatch.setitem(judge_settings._RNA_JUDGES, judge, lambda: "it needs a program that is not installed")
    with pytest.raises(InputError) as error:
        configure(config)
    assert str(error.value) == f"a: optimum.{judge}: it needs a program that is not installed"
    monkeypatch.setitem(judge_settings._RNA_JUDGES, judge, lambda: "")
    assert configure(config)["families"]["a"].alphabet == "rna"


_WRONG = (
    5, 1.5, 1e308, 10**400, True, None, "", "9" * 5000, [], [[1]], {}, {"": 1}, {"a": {"b": 1}},
)  # fmt: skip


def paths_of_keys(section: type[Section], path: tuple[str, ...] = ()):
    for name, field in section.model_fields.items():
        yield (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from paths_of_keys(field.annotation, (*path, name))


_ENTRIES = [
    ("judges", "x"), ("judges", "x", "command"), ("models", "x"), ("models", "x", "kind"), ("families", "x"),
    ("families", "x", "alignment"), ("families", "x", "truth"), ("families", "x", "truth", "kind"),
    ("studies", "gap", "families", "x"), ("studies", "gap", "families", "x", "truth"),
]  # fmt: skip


@pytest.mark.parametrize("path", [*paths_of_keys(Configuration), *_ENTRIES], ids=".".join)
def test_any_value_of_any_key_is_taken_or_refused_in_one_line(path):
    for value in _WRONG:
        config: object = value
        for key in reversed(path):
            config = {key: config}
        try:
            run = configure(with_table(config if path[0] in ("alignment", "families") else {"alignment": "a"} | config))
            check_files(run)
        except InputError as error:
            assert str(error).isprintable()


def test_a_file_is_not_taken_for_the_folder_of_results(tmp_path):
    (tmp_path / "file").write_text(">a\nACD\n")
    (tmp_path / "folder").mkdir()
    config = {"alignment": str(tmp_path / "file")}
    for results in ("folder", "new/deep", "folder/new"):
        check_files(configure(config | {"results": str(tmp_path / results)}))
    for results in ("file", "file/new/deep"):
        run = configure(config | {"results": str(tmp_path / results)})
        with pytest.raises(InputError, match=f"^results: {tmp_path / 'file'}: is a file, not a folder"):
            check_files(run)
        # In a storage of Snakemake's the path has another meaning.
        check_files(run, local=False)


def test_every_key_is_described():
    def walk(section, path):
        for name, field in section.model_fields.items():
            assert name == "kind" or field.description, f"{path}{name}"
            for part in (field.annotation, *get_args(field.annotation)):
                if isinstance(part, type) and issubclass(part, Section):
                    walk(part, f"{path}{name}.")

    walk(Configuration, "")
    for truth in get_args(get_args(Truth)[0]):
        walk(truth, "truth.")


def test_schema_and_documentation_are_those_of_the_settings():
    assert reference.SCHEMA.read_text() == reference.schema()
    assert reference.README.read_text() == reference.readme(reference.README.read_text())
    schema = yaml.safe_load(reference.schema())
    train = schema["$defs"]["TrainSettings"]["properties"]
    assert train["chains"] == {
        "default": 4000, "description": "Persistent chains.", "minimum": 10, "type": "integer",
    }  # fmt: skip
    assert "| `train.chains` | 4000 | Persistent chains. |" in reference.README.read_text()


def test_numbers_as_text_and_whole_numbers_with_a_point_are_taken():
    """As `--config 'train={l2_couplings: 0.01}'` passes them."""
    config = {
        "alignment": "a", "gpu": "true", "threads": "3", "subsets": {"sizes": "200", "replicates": 2.0},
        "train": {"l2_couplings": "1e-3", "chains": 200.0, "l2_path": ["1", "0.1"]},
    }  # fmt: skip
    run = configure(config)
    family = run["families"]["a"]
    assert (run["gpu"], family.threads, family.subsets.sizes, family.subsets.replicates) == (
        True, 3, [200], 2,
    )  # fmt: skip
    assert (family.train.l2_couplings, family.train.chains, family.train.l2_path) == (
        0.001, 200, [1.0, 0.1],
    )  # fmt: skip
    assert type(family.train.chains) is int


def test_defaults_of_functions_are_those_of_the_configuration():
    for function, settings in (
        (train, TrainSettings()), (sample, SampleSettings()), (estimate_log_z, AnnealingSettings()),
        (split, HeldoutSettings()), (filter_alignment, FilterSettings()),
    ):  # fmt: skip
        defaults = {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }
        values = settings.model_dump()
        # Who samples at temperatures of his own gets these and no others.
        shared = (defaults.keys() & values.keys()) - {"spacing"}
        assert len(shared) >= 2
        assert {name: defaults[name] for name in shared} == {
            name: tuple(values[name]) if isinstance(values[name], list) else values[name] for name in shared
        }


def stages_changed(one, other):
    stages = {name: stage for name, stage in STAGES.items() if name != "truth"}
    return {name for name, stage in stages.items() if stage.of(one) != stage.of(other)}


def test_a_stage_reads_its_own_settings_alone():
    family = configure({"alignment": "a", "optimum": {"bootstrap": 50, "novelty_floor": 0.1}})["families"]["a"]
    stage = STAGES["thermodynamics"].of(family)
    assert (stage.bootstrap, stage.max_rhat, stage.annealing.steps) == (50, 1.05, 1000)
    assert stage.configured() == {
        "optimum": {"bootstrap": 50}, "annealing": {"chains": 500, "steps": 1000}, "sample": {"max_rhat": 1.05},
    }  # fmt: skip
    other = configure({"alignment": "a", "optimum": {"novelty_floor": 0.3}, "threads": 7})["families"]["a"]
    changed = {
        name for name, settings in STAGES.items() if name != "truth" and settings.of(other) != settings.of(family)
    }
    assert changed == {
        "thermodynamics", "score", "compare", "optimum", "design", "measured", "feedback", "predict",
    }  # fmt: skip
    floor = configure({"alignment": "a", "optimum": {"bootstrap": 50, "novelty_floor": 0.3}})["families"]["a"]
    changed = {
        name for name, settings in STAGES.items() if name != "truth" and settings.of(floor) != settings.of(family)
    }
    assert changed == {"compare", "optimum", "design", "measured"}


def test_points_of_a_study_share_a_truth_unless_it_is_varied():
    lattice = {"truth": {"kind": "lattice"}, "train": {"chains": 50}}
    studies = {
        "gap": {"families": {"x": {}}, "vary": "truth.gamma", "values": [3, 30]},
        "regularisation": {"families": {"x": {"threads": 1}}, "values": [0, 0.5], "sizes": [100], "replicates": 3},
    }
    studies_of_run = configure({"families": {"x": lattice}, "studies": studies})["studies"]
    gap, l2 = studies_of_run["gap"]["points"], studies_of_run["regularisation"]["points"]
    assert [point["settings"].truth.gamma for point in gap] == [3, 30]
    assert [point["source"] for point in gap] == ["studies/gap/x/3", "studies/gap/x/30"]
    assert [point["label"] for point in l2] == ["studies/regularisation/x/0", "studies/regularisation/x/0.5"]
    assert {point["source"] for point in l2} == {"studies/regularisation/x"}
    assert [point["settings"].train.l2_couplings for point in l2] == [0, 0.5]
    assert all(point["settings"].train.chains == 50 and point["settings"].threads == 1 for point in l2)
    assert l2[0]["settings"].subsets.model_dump() == {"sizes": [100], "replicates": 3, "draws": "nested"}


def test_a_family_called_by_a_number_is_that_of_its_jobs():
    """YAML reads the name as a number; jobs know it as a folder."""
    config = {"families": {12: {"alignment": "a", "threads": 3}, "x": {"alignment": "b"}}, "seed": 2}
    reduced = reduce_to_family(config, "12")
    assert reduced == {"families": {"12": {"alignment": "a", "threads": 3}}, "seed": 2}
    assert family_plans(configure(reduced))["12"].threads == 3
    assert reduce_to_family({"families": None, "alignment": "a"}, "a") == {"families": None, "alignment": "a"}


def test_students_speak_their_teachers_alphabet():
    run = {
        "families": {
            "rna": {"alignment": "a", "alphabet": "rna"},
            "x": {"truth": {"kind": "teacher", "teacher": "rna"}},
        }
    }
    assert configure(run)["families"]["x"].alphabet == "rna"


def test_what_is_no_file_is_named_for_what_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "file").write_text(">a\nACD\n")
    for name, message in (
        ("pipe", "is a pipe or a device, not a file"),
        ("zero", "is a pipe or a device, not a file"),
        ("", "is a folder, not a file"),
        ("none", "there is no such file"),
        ("file/none", "there is no such file"),
        ("x" * 300, "cannot be read (File name too long)"),
    ):
        path = tmp_path / name
        with pytest.raises(InputError) as raised:
            check_files(configure({"alignment": str(path), "family": "x"}))
        assert str(raised.value) == f"x: alignment: {path}: {message} (paths are relative to {Path.cwd()})"
    check_files(configure({"alignment": str(tmp_path / "file"), "family": "x"}))


@pytest.mark.parametrize(
    "optimum", [{"fidelity": "hmm"}, {"fidelity": "profile", "folding": True}, {"covariance": True}]
)
def test_judges_of_the_families_are_none_of_the_studies_truths(optimum, monkeypatch):
    """Studies of spins have no HMM and no base pairs, whatever the run's own families are judged by."""
    for judge in ("folding", "covariance"):
        monkeypatch.setitem(judge_settings._RNA_JUDGES, judge, lambda: "")
    run = configure({"alignment": "a", "alphabet": "rna", "optimum": optimum})
    assert run["families"]["a"].optimum.model_dump(include=set(optimum)) == optimum
    points = [point["settings"].optimum for study in run["studies"].values() for point in study["points"]]
    assert len(points) > 5
    assert {(plan.fidelity, plan.folding, plan.covariance) for plan in points} == {("truth", False, False)}
