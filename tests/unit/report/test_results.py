"""Results of a family as figures and pages get them."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import small_family
from numpy.testing import assert_allclose, assert_array_equal

from temperance.core.artefacts import COLUMNS
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, load_table, save_arrays, save_table
from temperance.core.settings.scoring import OptimumSettings
from temperance.report import results
from temperance.report.results import Evidence, _reference


def load(folder, **sections):
    return Evidence.load(folder, small_family.SUBSETS, small_family.read_settings(**sections))


def test_natural_sequences_have_the_fidelity_novelty_and_diversity_of_weighted_held_out_ones(evidence):
    # Held out are GCGU of weight 1 and GUGU of weight 3.
    # Scores of natural sequences: 1, 2, 2.5, 3, 4, 5. Of six, 2.5 has 2.5 below it and 5 has 5.5, itself counted half:
    # (2.5 / 6 + 3 * 5.5 / 6) / 4.
    assert evidence.reference["fidelity"] == pytest.approx(19 / 24)
    # (0.25 + 3 * 0.5) / 4.
    assert evidence.reference["novelty"] == pytest.approx(0.4375)
    # They differ in one site of four, where 1 - (1 / 4)^2 - (3 / 4)^2 = 3 / 8.
    assert evidence.reference["diversity"] == pytest.approx(3 / 8 / 4)
    assert evidence.reference.keys() == {"fidelity", "novelty", "diversity"}


def test_a_probability_of_folding_is_its_own_fidelity(folder):
    probable = load(folder, optimum={"fidelity": "p_nat"})
    # (0.2 + 3 * 0.6) / 4, not a percentile.
    assert probable.reference["fidelity"] == pytest.approx(0.5)
    assert probable.judge == "p_nat"


def test_percentiles_are_of_natural_sequences_by_their_weight_on_the_scale(folder, evidence):
    # The best training sequence counts as five: of ten, 2.5 has 2.5 below it and 5 has 9.5.
    heavy = evidence.natural.assign(scale_weight=[1, 1, 1, 5, 1, 1, 9, 9])
    sequences = load_arrays(folder / "alignment.safetensors")[0]["sequences"]
    assert _reference(folder, sequences, heavy, 5, "hmm")["fidelity"] == pytest.approx((2.5 + 3 * 9.5) / 40)


def test_natural_diversity_is_that_of_the_held_out_sequences(folder, evidence, tmp_path):
    sequences = load_arrays(folder / "alignment.safetensors")[0]["sequences"]
    parts = {"training": np.array([1, 2]), "heldout": np.array([0, 5]), "heldout_weights": np.array([1.0, 1.0])}
    save_arrays(tmp_path / "split.safetensors", parts, {})
    # ACGU and GUGU differ in two sites of four, at each of which two draws differ by half.
    assert _reference(tmp_path, sequences, evidence.natural, 5, "hmm")["diversity"] == pytest.approx(0.25)


def test_tables_of_all_models_are_joined_under_their_names(evidence):
    assert list(evidence.scores["subset"].unique()) == small_family.SUBSETS
    assert len(evidence.scores) == 3 + 3 + 5 + 3 + 3
    row = evidence.scores.set_index(["subset", "temperature"]).loc[("n200-r2", 1.0)]
    assert (row["M"], row["replicate"], row["fidelity"], row["novelty"]) == (200, 2, 0.4, 0.25)
    for table in (evidence.thermodynamics, evidence.divergence, evidence.calibration, evidence.rungs, evidence.history,
                  evidence.strengths):  # fmt: skip
        assert list(table["subset"].unique()) == small_family.SUBSETS
        assert set(table["replicate"]) == {1, 2, 3} and set(table["M"]) == {100, 200}


def test_training_is_one_flat_row_a_model(evidence):
    rows = evidence.training.set_index("subset")
    assert list(rows.index) == small_family.SUBSETS
    assert list(rows["M"]) == [100, 100, 200, 200, 200] and list(rows["replicate"]) == [1, 2, 1, 2, 3]
    last = rows.loc["n200-r3"]
    assert last[["Meff", "steps", "stopped", "l2_couplings", "l2_choice"]].tolist() == [
        100, 24, "converged", 0.03, "by held-out sequences",
    ]  # fmt: skip
    # Of independent chains.
    assert last[["pearson", "slope", "ceiling", "families"]].tolist() == pytest.approx([0.94, 0.6, 0.95, 1004])


def test_the_largest_subset_is_the_first_replicate_of_the_last_size(evidence):
    assert evidence.largest == "n200-r1"
    # Its tables alone were written.
    assert len(evidence.orders) == 3 * 6 and len(evidence.samples) == 20 and len(evidence.natural) == 8
    assert evidence.landscape["ground_state"]["hits"] == 1234


def test_models_to_compare_with_stand_below_the_family_s_own(evidence):
    assert list(evidence.models["model"].unique()) == ["potts", "sites"]
    assert len(evidence.models) == 17 + 15
    own = evidence.models[evidence.models["model"] == "potts"].set_index(["subset", "temperature"])
    # -2 - n + tau / 10 of the fourth model.
    assert own.loc[("n200-r2", 0.5), "log_likelihood"] == pytest.approx(-4.95)
    assert list(evidence.compared["model"]) == ["potts"] * 5 + ["sites"] * 5
    # The likelihood of a model is that of its best temperature, 2.
    assert_allclose(evidence.compared["log_likelihood"][:5], [-1.8, -2.8, -3.8, -4.8, -5.8])
    assert_allclose(evidence.compared["log_likelihood"][5:], [-4, -4.1, -4.2, -4.3, -4.4])
    assert_allclose(evidence.compared["tau"][:5], [0.6, 0.62, 0.68, 0.78, 0.92])


def test_a_truth_is_read_where_there_is_one(folder, evidence):
    assert evidence.truth is None
    (folder / "truth.json").write_text('{"rhat": 1.01}')
    with_truth = load(folder, truth={"kind": "gapless", "length": 4, "q": 4}, alignment=None)
    (folder / "truth.json").unlink()
    assert with_truth.truth == {"rhat": 1.01}


def test_the_chosen_temperature_is_that_of_the_recommendation_or_the_one_that_misses_least(evidence, refused):
    assert evidence.temperature == 0.7
    assert replace(refused, best=refused.best | {"sampling_temperature": 0.55}).temperature == 0.55


def test_empty_notes_and_symbols_are_text(evidence):
    assert list(evidence.points["note"]) == ["", "a note", "", "", "not judged", "", ""]
    assert evidence.design_table["aligned"].tolist() == ["AC-U", "GCGA"]
    assert evidence.names.tolist() == ["one", "two", "3", "four", "five", "six"]
    # A residue's number may have an insertion code; the last residue is at none of the sites.
    assert evidence.chain["number"].tolist() == ["11", "12", "12A", "14", "15"]
    assert evidence.chain["site"].isna().tolist() == [False, False, False, False, True]


# ---------------------------------------------------------------- arguments of figures


def test_each_figure_gets_the_tables_of_its_own(evidence):
    arguments = evidence.figure_arguments()
    trade_off = (evidence.scores, evidence.reference, evidence.best, "hmm")
    _, sets, q = arguments["pca"]
    expected = {
        "trade_off": (*trade_off, small_family.FLOORS),
        "novelty_fidelity": (*trade_off, small_family.FLOORS),
        "sensitivity": (evidence.sensitivity, evidence.best, small_family.FLOORS),
        "optimum": (evidence.optimum,),
        "thermodynamics": (evidence.thermodynamics, evidence.density, evidence.landscape, 4),
        "calibration": (evidence.calibration, evidence.optimum, evidence.reliability),
        "energies": (evidence.natural, evidence.samples, list(sets)),
        "orders": (evidence.orders, evidence.best, list(sets)),
        "contacts": (evidence.contacts, evidence.predictions),
        "mutants": (evidence.mutants, evidence.predictions, evidence.alphabet),
        "measured": (None, evidence.expected, evidence.best),
        "training": (evidence.history, evidence.training, evidence.strengths),
        "ladder": (evidence.rungs,),
        "models": (evidence.models, evidence.compared, evidence.reference, "hmm", small_family.FLOORS),
    }
    for name, values in expected.items():
        for actual, value in zip(arguments[name], values, strict=True):
            assert actual is value or actual == value, name
    levels, probabilities, tau = arguments["bias"]
    assert levels is evidence.levels and tau == 0.7
    # ln Z of the third model at 1 is 20 + 2 + 1; that of the truth is not known.
    assert probabilities["predicted"].tolist()[:2] == pytest.approx([5 - 23, 4 - 23])
    points, best, temperatures = arguments["operating_points"]
    assert points is evidence.points and best is evidence.best
    # Of the model that designs come from.
    assert temperatures.tolist() == [0.25, 0.5, 0.7, 1, 2]
    divergence, optimum, sampled = arguments["divergence"]
    assert divergence is evidence.divergence and optimum is evidence.optimum
    assert sampled.tolist() == [0.25, 0.5, 0.7, 1, 2]
    assert arguments["distances"][2:] == (5, evidence.natural, evidence.samples) and len(arguments["distances"]) == 5
    assert arguments["logo"][1:] == (["AC-U", "GCGA"], evidence.conservation, evidence.alphabet)
    pool, weights, _, tau, states = arguments["correlations"]
    # Sequences that may be trained on: the first three, with their weights.
    assert pool.tolist() == [[1, 2, 3, 4], [1, 2, 3, 1], [1, 2, 0, 4]] and weights.tolist() == [1, 2, 0.5]
    assert (tau, states, q) == (0.7, 5, 5)


def test_samples_are_of_the_coldest_and_hottest_equilibrated_temperature_the_chosen_one_and_1(evidence):
    natural, sets, q = evidence.sequence_sets()
    # 0.25 is not equilibrated.
    assert list(sets) == [0.5, 0.7, 1.0, 2.0] and q == 5
    # Ladders and draws of the second temperature, one after the other.
    assert sets[0.5].tolist() == [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 1], [3, 2, 3, 4]]
    assert sets[2.0][0].tolist() == [4, 3, 2, 1]
    assert len(natural) == 6 and natural[5].tolist() == [3, 4, 3, 4]


def test_without_equilibrated_temperatures_the_coldest_and_hottest_are_drawn(evidence):
    none = replace(evidence, scores=evidence.scores.assign(equilibrated=False))
    assert list(none.sequence_sets()[1]) == [0.25, 0.7, 1.0, 2.0]
    # Where only 1 is equilibrated, it is coldest and hottest, and nearest to 1.
    one = replace(evidence, scores=evidence.scores.assign(equilibrated=evidence.scores["temperature"] == 1))
    assert list(one.sequence_sets()[1]) == [0.7, 1.0]


def test_of_many_natural_sequences_every_second_or_third_is_drawn(evidence, monkeypatch):
    monkeypatch.setattr(results, "_MOST_POINTS", 5)
    # Six sequences: every second.
    natural = evidence.sequence_sets()[0]
    assert_array_equal(natural, [[1, 2, 3, 4], [1, 2, 0, 4], [3, 2, 3, 4]])
    monkeypatch.setattr(results, "_MOST_POINTS", 6)
    assert len(evidence.sequence_sets()[0]) == 6


def test_arrays_are_read_from_the_family_s_folder(evidence, folder, tmp_path):
    arrays = load_arrays(folder / "alignment.safetensors")[0]
    save_arrays(tmp_path / "alignment.safetensors", {name: array[::-1] for name, array in arrays.items()}, {})
    save_arrays(tmp_path / "split.safetensors", {"training": np.array([0])}, {})
    # The last of the six is the first here, of weight 3.
    sequences, weights = replace(evidence, folder=tmp_path)._training_pool()
    assert sequences.tolist() == [[3, 4, 3, 4]] and weights.tolist() == [3]


def test_floors_are_those_of_the_settings(evidence):
    settings = evidence.settings.model_copy(update={"optimum": OptimumSettings(novelty_floor=0.3, diversity_floor=0.7)})
    floors = replace(evidence, settings=settings).figure_arguments()["sensitivity"][2]
    assert floors == {"novelty_floor": 0.3, "diversity_floor": 0.7}


def test_a_table_of_an_older_version_is_named_whichever_model_it_is_of(folder, tmp_path):
    for name in ("n100-r2/scores.tsv", "n200-r1/models/sites/scores.tsv", "n200-r1/levels.tsv", "sensitivity.tsv"):
        older = shutil.copytree(folder, tmp_path / name.replace("/", "-"))
        column = COLUMNS[(older / name).name][-1]
        save_table(older / name, load_table(older / name).drop(columns=column))
        with pytest.raises(InputError, match=f"{name}: has no column {column}, so it was written by an older version"):
            Evidence.load(older, small_family.SUBSETS, small_family.read_settings())
