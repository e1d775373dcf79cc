"""What a family's settings are: its own, else those for all, else the defaults; and what depends on them."""

import pytest

from temperance.core.errors import InputError
from temperance.workflow.configuration import check_files, configure, family_plans, reduce_to_family, source_key
from temperance.workflow.judge_settings import has_hmm


def family(**settings):
    return configure({"families": {"x": settings}})["families"]["x"]


def test_settings_of_a_run_are_the_user_s_or_the_defaults():
    run = configure({"alignment": "a.fasta", "seed": 5, "results": "out", "gpu": True, "checkpoint_seconds": 7})
    assert {key: run[key] for key in run.keys() - {"families", "studies"}} == {
        "seed": 5, "results": "out", "engine": "auto", "gpu": True, "batch_replicates": 1, "memory_factor": 1,
        "figure_formats": ["pdf", "png"], "checkpoint_seconds": 7, "environment": "cpu", "container": "temperance.sif",
    }  # fmt: skip


def test_a_seed_that_is_a_path_is_a_seed_alignment_and_leaves_the_default_seed():
    run = configure({"seed": "seed.sto", "database": "db.fasta"})
    assert run["seed"] == 1 and list(run["families"]) == ["seed"]
    assert (run["families"]["seed"].seed, run["families"]["seed"].database) == ("seed.sto", "db.fasta")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"alignment": "some/PF1.full.fasta.gz"}, "PF1"), ({"alignment": "my family.fasta"}, "my_family"),
        ({"alignment": "a.fasta", "family": "b"}, "b"), ({"pfam": "PF00014"}, "PF00014"),
        ({"query": "q.fa", "database": "d"}, "q"), ({"alignment": ".fasta"}, "family"),
    ],
)  # fmt: skip
def test_a_single_family_is_called_as_its_file_is(config, name):
    assert list(configure(config)["families"]) == [name]


def test_a_family_s_own_settings_come_first_then_those_for_all_section_by_section():
    families = configure({
        "filter": {"max_column_gaps": 0.1, "duplicates": "keep"}, "optimum": {"novelty_floor": 0.3},
        "families": {"x": {"alignment": "a", "filter": {"max_column_gaps": 0.2}}, "y": {"alignment": "b"}},
    })["families"]  # fmt: skip
    x, y = families["x"], families["y"]
    assert x.filter.model_dump() == {
        "max_column_gaps": 0.2, "max_sequence_gaps": 0.5, "duplicates": "keep", "columns": "all", "reference": "",
    }  # fmt: skip
    assert (y.filter.max_column_gaps, y.filter.duplicates) == (0.1, "keep")
    assert x.optimum.novelty_floor == y.optimum.novelty_floor == 0.3


def test_draws_from_a_truth_are_neither_filtered_nor_weighted_nor_discarded():
    """Not even where all families are."""
    shared = {"filter": {"max_column_gaps": 0.1}, "weights": {"identity": 0.7}, "heldout": {"identity": 0.6}}
    plan = configure({**shared, "families": {"x": {"truth": {"kind": "planted"}}}})["families"]["x"]
    assert (plan.filter.max_column_gaps, plan.filter.max_sequence_gaps, plan.filter.duplicates) == (1, 1, "keep")
    assert plan.weights.identity is None and plan.heldout.identity is None and plan.heldout.fraction == 0.2
    own = family(truth={"kind": "planted"}, weights={"identity": 0.7}, heldout={"fraction": 0.3})
    assert (own.weights.identity, own.heldout.identity, own.heldout.fraction) == (0.7, None, 0.3)


def test_an_imported_model_has_all_columns_and_one_training_set():
    plan = family(alignment="a", model="m.dat")
    assert (plan.filter.max_column_gaps, plan.filter.max_sequence_gaps) == (1, 0.5)
    assert (plan.subsets.sizes, plan.subsets.replicates) == ([1.0], 1)
    shared = configure({"alignment": "a", "model": "m.dat", "subsets": {"replicates": 3}})["families"]["a"]
    assert (shared.subsets.sizes, shared.subsets.replicates) == ([1.0], 3)
    usual = family(alignment="a")
    assert (usual.subsets.sizes, usual.subsets.replicates, usual.filter.max_column_gaps) == ([0.1, 0.316, 1.0], 2, 0.5)


@pytest.mark.parametrize(
    ("truth", "alphabet", "judge"),
    [
        ({"kind": "lattice"}, "ACDEFGHIKLMNPQRSTVWY", "p_nat"), ({"kind": "planted"}, "01", "truth"),
        ({"kind": "random", "q": 12, "length": 3}, "0123456789AB", "truth"),
        ({"kind": "two_level"}, "0123456789", "truth"), ({"kind": "ising"}, "01", "truth"),
        ({"kind": "sector"}, "ABCDE", "truth"),
        ({"kind": "teacher", "teacher": "m"}, "protein", "truth"),
    ],
)  # fmt: skip
def test_a_truth_has_its_alphabet_and_judge(truth, alphabet, judge):
    plan = family(truth=truth)
    assert (plan.alphabet, plan.optimum.fidelity) == (alphabet, judge)
    assert (plan.truth.kind, source_key(plan)) == (truth["kind"], "truth")


def test_enumerable_truths_have_2_to_the_20_sequences_at_most():
    assert family(truth={"kind": "random", "length": 20, "q": 2}).truth.length == 20
    with pytest.raises(InputError, match=r"families\.x\.truth\.length: 8\^7 sequences; at most 2\^20 are enumerated"):
        family(truth={"kind": "random", "length": 7, "q": 8})
    assert family(truth={"kind": "ising", "rows": 5}).truth.length == 20
    with pytest.raises(InputError, match=r"families\.x\.truth\.rows: 2\^24 sequences; at most 2\^20 are enumerated"):
        family(truth={"kind": "ising", "rows": 6})


def test_some_states_of_two_levels_are_above_the_gap():
    assert family(truth={"kind": "two_level", "ground_states": 99}).truth.ground_states == 99
    with pytest.raises(InputError, match=r"truth\.ground_states: 100 of 10\^2 sequences; some have to be left above"):
        family(truth={"kind": "two_level", "ground_states": 100})


@pytest.mark.parametrize(
    ("settings", "judge"),
    [
        ({"alignment": "a"}, "potts"),
        ({"alignment": "a", "optimum": {"fidelity": "hmm"}}, "hmm"),
        ({"alignment": "a", "judges": {"mine": {"command": ["x"]}}, "optimum": {"fidelity": "mine"}}, "mine"),
        ({"truth": {"kind": "lattice"}, "optimum": {"fidelity": "hmm"}}, "hmm"),
    ],
)
def test_the_judge_of_fidelity_is_the_one_that_is_asked_for(settings, judge):
    assert family(**settings).optimum.fidelity == judge


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"query": "q"}, "a database is searched with a query or a seed; give both or neither"),
        ({"alignment": "a", "database": "d"}, "give both or neither"),
        ({"alignment": "a", "pfam": "PF00014"}, "not alignment and pfam"),
        ({"alignment": "a", "models": {"b": {"kind": "file"}}}, "models.b.path: required with kind: file, and"),
        ({"alignment": "a", "models": {"b": {"kind": "profile", "path": "p"}}},
         "models.b.path: required with kind: file, and allowed with no other kind"),
        ({"alignment": "a", "optimum": {"fidelity": "mine"}}, "'mine' is not one of auto, p_nat, truth, potts, hmm,"),
        ({"alignment": "a", "optimum": {"fidelity": "truth"}}, "truth needs a truth other than lattice"),
        ({"truth": {"kind": "lattice"}, "optimum": {"fidelity": "truth"}}, "truth needs a truth other than lattice"),
        ({"alignment": "a", "judges": {"mine": {"command": ["x"], "sequences": 3}}, "optimum": {"fidelity": "mine"}},
         "mine must score all sequences; remove judges.mine.sequences"),
        ({"alignment": "a", "judges": {"percentile_x": {"command": ["x"]}}}, "judges.percentile_x: reserved"),
        ({"alignment": "a", "judges": {"above_median_x": {"command": ["x"]}}},
         "judges.above_median_x: reserved for columns of tables"),
        ({"alignment": "a", "alphabet": "rna", "optimum": {"fidelity": "folding"}},
         "folding is turned off; set optimum.folding to true"),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        family(**settings)


@pytest.mark.parametrize("name", ["studies", "claims", "coverage", "paper", "logs", "benchmarks"])
def test_no_family_is_called_as_a_folder_of_results(name):
    with pytest.raises(InputError, match=f"{name} is a folder of results"):
        configure({"families": {name: {"alignment": "a"}}})


@pytest.mark.parametrize(
    ("alphabet", "supported"),
    [("protein", True), ("rna", True), ("dna", True), ("ACDEFGHIKLMNPQRSTVWY", True), ("01", False), ("-ACGU", False)],
)
def test_hmmer_knows_protein_and_nucleic_acids(alphabet, supported):
    assert has_hmm(alphabet) == supported


def test_studies_have_the_points_and_settings_of_their_defaults():
    """Penalties are alike at all points, but where they are varied."""
    studies = configure({"alignment": "a"})["studies"]
    sizes = {name: [point["settings"].subsets for point in study["points"]] for name, study in studies.items()}
    assert {name: study["vary"] for name, study in studies.items()} == {
        "data_size": None, "gap": "truth.gap", "regularisation": "train.l2_couplings",
    }  # fmt: skip
    # Three families; two with seven gaps; three with seven penalties.
    assert {name: len(study["points"]) for name, study in studies.items()} == {
        "data_size": 3, "gap": 14, "regularisation": 21,
    }  # fmt: skip
    assert sizes["data_size"][0].sizes == [30, 100, 300, 1000, 3000, 10000]
    assert {subsets.replicates for points in sizes.values() for subsets in points} == {6}
    first = studies["gap"]["points"][3]
    assert (first["family"], first["value"], first["label"], first["source"]) == (
        "planted", 3, "studies/gap/planted/3", "studies/gap/planted/3",
    )  # fmt: skip
    assert (first["settings"].truth.gap, first["settings"].train.l2_couplings) == (3, 0.003)
    (data_size, *_) = studies["data_size"]["points"]
    assert (data_size["value"], data_size["label"]) == (None, "studies/data_size/planted")
    last = studies["regularisation"]["points"][6]
    assert (last["label"], last["source"], last["settings"].train.l2_couplings) == (
        "studies/regularisation/planted/1", "studies/regularisation/planted", 1,
    )  # fmt: skip
    plans = family_plans(configure({"alignment": "a"}))
    assert len(plans) == 1 + 3 + 14 + 21 + 3  # the family, the points, and the families that penalties share
    assert plans["studies/regularisation/planted"].truth.kind == "planted"


def test_a_family_s_configuration_has_what_its_results_depend_on():
    student = {"truth": {"kind": "teacher", "teacher": "b"}}
    config = {
        "seed": 2,
        "families": {"a": {"alignment": "a"}, "b": {"alignment": "b"}, "s": student},
        "studies": {"gap": {"replicates": 2}, "data_size": {"replicates": 3}},
    }  # fmt: skip
    families = config["families"]
    assert reduce_to_family(config, None) == config
    assert reduce_to_family(config, "a") == {"seed": 2, "families": {"a": families["a"]}, "studies": {}}
    assert reduce_to_family(config, "s")["families"] == {"b": families["b"], "s": families["s"]}
    # A point of a study may take over the settings of a family.
    assert reduce_to_family(config, "studies/gap/a/3") == config | {"studies": {"gap": {"replicates": 2}}}


def test_files_and_programs_that_are_not_there_are_named(tmp_path):
    there, folder = tmp_path / "a.fasta", tmp_path / "folder"
    there.write_text(">a\nA\n")
    folder.mkdir()

    def check(local=True, **settings):
        check_files(configure({"families": {"x": {"alignment": str(there)} | settings}}), local)

    check()
    missing = str(tmp_path / "none")
    for settings, message in (
        ({"alignment": missing}, "x: alignment: .*: there is no such file"),
        ({"alignment": str(folder)}, "x: alignment: .*: is a folder, not a file"),
        ({"model": missing}, "x: model: "),
        ({"structure": {"path": missing}}, "x: structure.path: "),
        ({"mutants": {"table": missing}}, "x: mutants.table: "),
        ({"measured": {"table": missing}}, "x: measured.table: "),
        ({"measured": {"table": [str(there), missing]}}, r"x: measured\.table\[1\]: .*: there is no such file"),
        (
            {"measured": {"table": [str(there), str(folder / ".." / "a.fasta")]}},
            f"x: measured.table: {there} is listed twice; keep one of its names",
        ),
        ({"models": {"b": {"kind": "file", "path": missing}}}, "x: models.b.path: "),
    ):
        with pytest.raises(InputError, match=message):
            check(**settings)
        # Not where files lie in a storage, of which Snakemake sees that.
        check(local=False, **settings)
    for local in (True, False):
        with pytest.raises(InputError, match="braces are wildcards"):
            check(local, alignment="{x}.fasta")
    check(local=False, alignment="PFXXXXX.fasta")
    for local in (True, False):
        with pytest.raises(InputError, match=r"x: judges\.mine\.command: no program no-such-program"):
            check(local, judges={"mine": {"command": ["no-such-program"]}})
        with pytest.raises(InputError, match=r"x: judges\.mine\.command: it has no {scores}"):
            check(local, judges={"mine": {"command": ["bash", "-c", "yes", "{fasta}"]}})
    student = {"truth": {"kind": "teacher", "teacher": "y"}}
    with pytest.raises(InputError, match=r"x: truth\.teacher: y is neither a family \(x\) nor a file"):
        check_files(configure({"families": {"x": student}}))
    check_files(configure({"families": {"x": student, "y": {"alignment": str(there)}}}))
    check_files(configure({"families": {"x": {"truth": {"kind": "teacher", "teacher": str(there)}}}}))


@pytest.mark.parametrize("settings", [{"design": {"objective": "learning"}}, {"measured": {"feedback": "auto"}}])
def test_what_results_choose_needs_results(settings):
    with pytest.raises(InputError, match=r"x: (design\.objective: learning|measured\.feedback: auto) needs measured"):
        configure({"families": {"x": {"alignment": "a.fasta"} | settings}})
    measured = {"measured": {"table": "results.tsv"} | settings.get("measured", {})}
    configure({"families": {"x": {"alignment": "a.fasta"} | settings | measured}})
    # Families of studies, which share settings at the top, have no results.
    configure({"families": {"x": {"alignment": "a.fasta"} | measured}} | settings)


@pytest.mark.parametrize("settings", [{"model": "m.safetensors"}, {"train": {"stop": "pearson"}}])
def test_results_are_added_to_a_penalised_likelihood_alone(settings):
    measured = {"measured": {"table": "results.tsv", "feedback": 1}}
    with pytest.raises(InputError, match=r"x: measured\.feedback: .*; set it to 0"):
        configure({"families": {"x": {"alignment": "a.fasta"} | settings | measured}})
