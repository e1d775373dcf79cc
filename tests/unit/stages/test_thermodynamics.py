"""The stage `thermodynamics` on two sites without a coupling, sampled exactly, beside sites that decide nothing."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.files import load_json, load_table, save_arrays, save_table
from temperance.core.settings.stages import STAGES
from temperance.potts.model import Potts
from temperance.sampling.diagnostics import largest_sequence_rhat, sequence_rhat
from temperance.stages import thermodynamics
from temperance.stages.thermodynamics import complete_optima, summarise_sign_rule
from temperance.stats.estimate import Estimate
from temperance.truth import Truth

# The energy is the number of ones of the first two sites; at each rung a share 1 / (odds + 1) of either is in state 1.
# The other sites, in which relatives are alike, have no energy.
OTHERS = 22
L = 2 + OTHERS
ODDS = np.array([1, 3, 4, 9, 19])
BETAS = np.log(ODDS)
ASKED = [4, 2, 1]  # rungs that were asked for, from cold to hot
COLD_TO_HOT = BETAS[ASKED]
LADDERS, DRAWS = 2, 400
SETTINGS = {
    "optimum": {"bootstrap": 300},
    "annealing": {"chains": 400, "steps": 20},
    "sample": {"max_rhat": 1.00125},
}
# Eleven pairs of equal sequences are held out: six of 00, the first of which weighs twice as much, two of 01, two of
# 10, and one of 11: of a weight of 12 pairs 4 have energy 1 and one has energy 2, a mean of 1/2.
PAIRS = np.array([[0, 0]] * 6 + [[0, 1]] * 2 + [[1, 0]] * 2 + [[1, 1]])
OTHER_SITES = np.random.default_rng(1).integers(0, 2, (11, OTHERS))
HELDOUT = np.repeat(np.concatenate([PAIRS, OTHER_SITES], axis=1), 2, axis=0).astype(np.uint8)
HELDOUT_WEIGHTS = np.repeat([2.0] + [1.0] * 10, 2)
# Training sequences of weights 1 and 3 begin with 10 and 00, and have no other ones: a mean energy of 1/4.
TRAINING = np.zeros((2, L), np.uint8)
TRAINING[0, 0] = 1


def fields(energy_of_one, length=L):
    values = np.zeros((length, 2), np.float32)
    values[:2, 1] = -energy_of_one
    return values


def model_of(length):
    return Potts(fields(1.0, length), np.zeros((length, 2, length, 2), np.float32))


def exact_sequences():
    """(R, K, D, L) sequences in their proportions, in a different order in each ladder; other sites are in state 0."""
    sequences = np.zeros((len(ODDS), LADDERS, DRAWS, L), np.uint8)
    for rung, odds in enumerate(ODDS):
        counts = DRAWS // (odds + 1) ** 2 * np.array([odds**2, odds, odds, 1])
        listed = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8), counts, axis=0)
        for ladder in range(LADDERS):
            sequences[rung, ladder, :, :2] = np.random.default_rng(ladder).permutation(listed)
    return sequences


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("thermodynamics")
    sequences = exact_sequences()
    model_of(L).save(folder / "model", alphabet("01"), {})
    natural = np.concatenate([TRAINING, HELDOUT, np.ones((1, L), np.uint8)])
    save_arrays(folder / "alignment", {"sequences": natural, "weights": np.ones(25)}, {"alphabet": "01"})
    parts = {"training": np.array([0, 1, 24]), "heldout": np.arange(2, 24), "heldout_weights": HELDOUT_WEIGHTS}
    save_arrays(folder / "split", parts, {})
    save_arrays(folder / "subset", {"indices": np.array([0, 1]), "weights": np.array([1.0, 3.0])}, {})
    samples = {
        "temperatures": 1 / COLD_TO_HOT, "sequences": sequences[ASKED], "energies": sequences.sum(axis=3).astype(float),
        "betas": BETAS, "requested": np.array([0, 1, 1, 0, 1], np.uint8), "others": sequences[[0, 3]],
    }  # fmt: skip
    save_arrays(folder / "samples", samples, {})
    rungs = pd.DataFrame(
        {
            "temperature": [*1 / COLD_TO_HOT, 1 / BETAS[3], np.inf], "requested": [1, 1, 1, 0, 0],
            "equilibrated": [True, True, False, False, True],
        }
    )  # fmt: skip
    save_table(folder / "ladder.tsv", rungs)
    # Under the truth each one has ln 3 more energy: a share of 1/4 of either site is in state 1.
    save_arrays(
        folder / "truth", {"fields": fields(np.log(3)), "couplings": np.zeros((L, 2, L, 2), np.float32)},
        {"kind": "teacher", "log_z": 2 * np.log(4 / 3) + OTHERS * np.log(2), "log_z_error": 0.0},
    )  # fmt: skip
    outputs = thermodynamics.Outputs(
        *(folder / name for name in ("states.tsv", "density.tsv", "divergence.tsv", "optima.tsv", "landscape.json"))
    )
    inputs = thermodynamics.Inputs(
        *(folder / name for name in ("model", "subset", "samples", "ladder.tsv", "alignment", "split", "truth"))
    )
    thermodynamics.run(inputs, outputs, STAGES["thermodynamics"].of(SETTINGS), 3, "numba")
    tables = {name: load_table(getattr(outputs, name)) for name in ("table", "density", "divergence", "optima")}
    return SimpleNamespace(**tables, landscape=load_json(outputs.landscape), sequences=sequences, inputs=inputs)


def log_z(beta):
    return 2 * np.log(1 + np.exp(-beta)) + OTHERS * np.log(2)


def test_states_are_tabulated_from_cold_to_hot(results):
    table, beta = results.table, COLD_TO_HOT
    p = 1 / (ODDS[ASKED] + 1)
    expected = {
        "temperature": 1 / beta, "energy": 2 * p, "entropy": log_z(beta) + 2 * beta * p,
        "free_energy": -log_z(beta) / beta, "heat_capacity": 2 * beta**2 * p * (1 - p), "log_z": log_z(beta),
        "log_likelihood": -(beta / 2 + log_z(beta)) / L,
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, rtol=1e-5, err_msg=name)
    # Ladders have the same sequences.
    for name in ("energy", "entropy", "free_energy", "heat_capacity", "log_z"):
        np.testing.assert_allclose(table[f"{name}_error"], 0, atol=1e-5, err_msg=name)
    # Deviations of pairs from 1/2, of shares of a twelfth: 5 of -1/2, one of twice the share, 4 of 1/2, one of 3/2.
    error = (5 / 4 + 4 / 4 + 4 / 4 + 9 / 4) ** 0.5 / 12
    np.testing.assert_allclose(table["log_likelihood_error"], beta * error / L, rtol=1e-4)


def test_ln_z_is_compared_with_other_estimates_of_it(results):
    table, beta = results.table, COLD_TO_HOT
    np.testing.assert_allclose(table["log_z_integrated"], log_z(beta), atol=2e-3)
    # The coldest samples and training are four sequences, 00, 01, 10 and 11 before zeros. Quenches end at 00 before
    # other sites at random, of which 2^22 are: 802 distinct ones but for one or two.
    bound = np.log(802 + (1 + np.exp(-beta)) ** 2)
    np.testing.assert_allclose(table["log_z_bound"], bound, atol=0.004)
    np.testing.assert_allclose(np.diff(table["log_z_bound"]), np.diff(bound), atol=2e-5)
    assert (table["log_z_ais"] - log_z(beta)).abs().max() < 4 * table["log_z_ais_error"].max() < 0.2
    z = (table["log_z"] - table["log_z_ais"]) / table["log_z_ais_error"]
    np.testing.assert_allclose(table["z_ais"], z, atol=0.02)
    assert ((table["ais_ess"] > 100) & (table["ais_ess"] <= 400)).all()
    assert table["missing"].tolist() == [0, 0, 0]


def test_temperatures_are_equilibrated_by_ladders_and_sequences(results):
    rhat = [sequence_rhat(sequences, 2) for sequences in results.sequences[ASKED]]
    np.testing.assert_allclose(results.table["rhat_sequences"], rhat, rtol=1e-5)
    # By their energies ladders disagree at the hottest temperature alone, by their sequences at the middle one.
    limit = largest_sequence_rhat(SETTINGS["sample"]["max_rhat"])
    assert limit == pytest.approx(1.0025)
    assert rhat[0] < limit < rhat[1]
    assert results.table["equilibrated"].tolist() == [True, False, False]


def test_the_density_of_states_counts_all_sequences(results):
    # 2^22 times one sequence without a one, two with one, one with two; bins are 1/30 wide.
    np.testing.assert_allclose(results.density["energy"], [0, 1, 2], atol=0.02)
    np.testing.assert_allclose(results.density["log_g"], np.log([1, 2, 1]) + OTHERS * np.log(2), atol=1e-4)
    np.testing.assert_allclose(results.density["log_g_error"], 0, atol=1e-6)
    np.testing.assert_allclose(results.density["width"], 1 / 30, rtol=1e-5)


def test_divergences_are_those_of_the_truth(results):
    table = results.divergence
    beta = table["beta"].to_numpy()
    q = 1 / (1 + np.exp(beta))
    reverse = 2 * (q * np.log(4 * q) + (1 - q) * np.log(4 / 3 * (1 - q)))
    # Held-out sequences have the mean energy 1/2, as those of the truth, 2 * 1/4.
    forward = 2 * (np.log(1 / q / 4) / 4 + 3 / 4 * np.log(3 / 4 / (1 - q)))
    np.testing.assert_allclose(1 / table["temperature"], beta, rtol=1e-4, atol=1e-9)
    for name, values in {"forward": forward, "reverse": reverse, "jeffreys": forward + reverse}.items():
        np.testing.assert_allclose(table[name], values, atol=2e-5, err_msg=name)
        assert table[f"{name}_absolute"].all()
    # A draw is ten of eleven pairs. The error of their mean, of 0.195 by the deviations of pairs, counts beta - ln 3;
    # 300 draws know it to 4 %, and a ratio of weights is not quite its derivative.
    error = (5 / 4 + 4 / 4 + 4 / 4 + 9 / 4) ** 0.5 / 12 * (11 / 10) ** 0.5
    np.testing.assert_allclose(table["forward_error"], error * np.abs(beta - np.log(3)), rtol=0.15, atol=1e-5)
    np.testing.assert_allclose(table["reverse_error"], 0, atol=1e-5)
    # Two sites of variance q (1 - q), of which the true energy has ln 3 each.
    capacity = 2 * beta**2 * q * (1 - q)
    np.testing.assert_allclose(table["heat_capacity"], capacity, atol=2e-5)
    np.testing.assert_allclose(table["kappa"], np.log(3) * capacity, atol=2e-5)
    np.testing.assert_allclose(table["energy_slope"], np.log(3), rtol=1e-5)


def test_the_landscape_has_what_the_energies_of_samples_gain_with_temperature_at_one(results):
    sign_rule = results.landscape["sign_rule"]
    # Lines between inverse temperatures that are up to 0.14 apart; ladders have the same sequences.
    capacity = 2 * np.e / (1 + np.e) ** 2
    expected = {"kappa": np.log(3) * capacity, "heat_capacity": capacity, "energy_slope": np.log(3)}
    assert list(sign_rule) == list(expected)
    for name, value in expected.items():
        assert sign_rule[name] == {key: pytest.approx(value, rel=3e-3) for key in ("value", "low", "high")}


def test_optima_are_where_samples_have_the_energies_of_natural_sequences(results):
    optima = results.optima.set_index("optimum")
    # Samples have the energy 1/2 of what is held out and the truth has at odds of 3, and 1/4 of training at odds of 7.
    assert optima.index.tolist() == ["tau_f", "tau_train", "tau_r", "tau_j"]
    for name in ("tau_f", "tau_r", "tau_j"):
        assert optima.loc[name, ["value", "root"]].tolist() == pytest.approx([1 / np.log(3)] * 2, rel=2e-3)
    assert optima.loc["tau_train", ["value", "root"]].tolist() == pytest.approx([1 / np.log(7)] * 2, rel=2e-3)
    assert not optima.loc["tau_train", "equilibrated"]


def test_under_a_truth_that_forbids_sequences_only_what_covers_them_is_optimal(results, monkeypatch, tmp_path):
    """Samples that are impossible make KL(Q || P) infinite at every temperature: tau_f is known all the same."""
    truth = Truth(lambda sequences: np.where(sequences[:, :2].all(axis=1), np.inf, 0.0), (0.0, 0.0), forbids=True)
    monkeypatch.setattr(thermodynamics, "load_truth", lambda path: truth)
    names = ("states.tsv", "density.tsv", "divergence.tsv", "optima.tsv", "landscape.json")
    outputs = thermodynamics.Outputs(*(tmp_path / name for name in names))
    thermodynamics.run(results.inputs, outputs, STAGES["thermodynamics"].of(SETTINGS), 3, "numba")
    optima = load_table(outputs.optima).set_index("optimum")
    assert optima["value"].to_dict() == pytest.approx({"tau_f": 1 / np.log(3), "tau_train": 1 / np.log(7)}, rel=2e-3)
    assert load_json(outputs.landscape)["sign_rule"] == {}
    assert "reverse" not in load_table(outputs.divergence)


def test_the_landscape_has_the_ground_state_and_the_energies_of_sets(results):
    landscape = results.landscape
    # All 800 samples of the coldest rung and both training sequences are quenched to 00 at the first two sites.
    ground = landscape["ground_state"]
    assert (ground["energy"], ground["hits"], ground["quenches"]) == (0, 802, 802)
    assert ground["sequence"][:2] == "00" and len(ground["sequence"]) == L
    sets = {row["set"]: row for row in landscape["energies"]}
    assert list(sets) == ["uniform", "profile", "training", "heldout", "samples"]
    # Training: 1 and 0, each counted once; held out, by weights: 4 of 12 have energy 1, one has 2, squares of 8;
    # samples at odds of 3, next to beta = 1, have a variance of 2 * 3/16.
    for name, mean, sd, number in (
        ("training", 0.5, 0.5, 2), ("heldout", 0.5, (8 / 12 - 1 / 4) ** 0.5, 22), ("samples", 0.5, 0.375**0.5, 800),
    ):  # fmt: skip
        assert [sets[name][key] for key in ("mean", "sd", "sequences")] == pytest.approx([mean, sd, number])
    # By the weights of training a quarter of the first site is in state 1, of the second none; 2000 draws.
    for name, mean, sd in (("uniform", 1.0, 0.5**0.5), ("profile", 0.25, 0.1875**0.5)):
        assert [sets[name][key] for key in ("mean", "sd")] == pytest.approx([mean, sd], abs=0.06)


def test_gaps_are_those_of_held_out_sequences_by_the_entropy_at_one(results):
    landscape = results.landscape
    sets = {row["set"]: row for row in landscape["energies"]}
    for name, entropy in (("uniform", L * np.log(2)), ("profile", np.log(4) - 0.75 * np.log(3))):
        gap = landscape["gaps"][name]
        assert gap["random_entropy"] == pytest.approx(entropy)
        assert gap["gap"] == pytest.approx((sets[name]["mean"] - 0.5) / sets[name]["sd"])
        assert gap["freezing_temperature"] == pytest.approx(sets[name]["sd"] / (2 * entropy) ** 0.5)
    # Entropy lost by the family at 1, where a share 1 / (1 + e) of either site is in state 1; what lies above it folds.
    lost = L * np.log(2) - (log_z(1.0) + 2 / (1 + np.e))
    depth, sd = sets["uniform"]["mean"] - 0.5, sets["uniform"]["sd"]
    folding = (depth + (depth**2 - 2 * sd**2 * lost) ** 0.5) / (2 * lost)
    assert landscape["gaps"]["uniform"]["folding_temperature"] == pytest.approx(folding, rel=2e-2)
    assert landscape["gaps"]["profile"]["folding_temperature"] is None


def test_the_gain_is_that_over_the_training_sets_profile(results):
    gain = results.landscape["gain"]
    # Of weights 1 and 3 with one pseudocount a share of 4/5 * 1/4 + 1/10 = 0.3 of the first site is in state 1, and 0.1
    # of all others.
    ones = np.average(HELDOUT, axis=0, weights=HELDOUT_WEIGHTS)
    shares = np.array([0.3] + [0.1] * (L - 1))
    independent = (ones @ np.log(shares) + (1 - ones) @ np.log(1 - shares)) / L
    assert gain["independent"] == pytest.approx(independent)
    assert gain["at_one"]["value"] == pytest.approx(-(0.5 + log_z(1.0)) / L - independent, abs=1e-4)
    assert gain["temperature"] == pytest.approx(1 / np.log(3), rel=2e-3)
    # Independent sites are as flat as makes these sequences likeliest, too.
    logs = np.arange(0, 2, 1e-4)[:, None] * np.log([shares, 1 - shares])[:, None]
    ones_log, zeros_log = logs - np.logaddexp(*logs)
    flattened = (ones_log @ ones + zeros_log @ (1 - ones)).max() / L
    assert flattened > independent + 0.1
    best = -(0.5 * np.log(3) + log_z(np.log(3))) / L - flattened
    assert gain["best"]["value"] == pytest.approx(best, abs=1e-4)
    assert gain["best"]["low"] < best < gain["best"]["high"]
    # Pairs of weight 2, and one of 4: 24^2 / (10 * 4 + 16).
    assert (gain["heldout"], gain["clusters"]) == (22, pytest.approx(576 / 56))


def test_the_file_has_the_settings_that_make_it_again(results):
    assert results.landscape["provenance"]["settings"] == SETTINGS
    assert results.landscape["provenance"]["seed"] == 3


# ---------------------------------------------------------------- optima


STATES = pd.DataFrame({"temperature": [0.5, 1.0, 2.0], "equilibrated": [False, True, True]})
OPTIMA = pd.DataFrame({"optimum": ["tau_f", "tau_train", "tau_r", "tau_j"], "value": [0.7, 1.0, 1.5, 3.0]})


@pytest.mark.parametrize("truth", [None, Truth(lambda sequences: np.zeros(len(sequences)), None)])
def test_optima_without_an_enumerable_truth_have_no_exact_values(truth):
    table = complete_optima(OPTIMA.copy(), STATES, model_of(2), truth, 0.25)
    # Between two temperatures that are equilibrated, at one that is, or above all.
    assert table["equilibrated"].tolist() == [False, True, True, True]
    assert "exact" not in table


def test_optima_of_an_enumerable_truth_have_exact_values():
    """The truth is the model at odds of 3; a training energy of 1/2 of two sites is that, and of 1/4 odds of 7."""
    energies = np.log(3) * np.array([0.0, 1, 1, 2])
    truth = Truth(lambda sequences: energies[sequences @ [2, 1]], (2 * np.log(4 / 3), 0.0), energies)
    values = complete_optima(OPTIMA.copy(), STATES, model_of(2), truth, 0.25).set_index("optimum")["exact"]
    for name in ("tau_f", "tau_r", "tau_j"):
        assert values[name] == pytest.approx(1 / np.log(3), rel=1e-4)
    assert values["tau_train"] == pytest.approx(1 / np.log(7), rel=1e-4)


def test_the_sign_rule_of_an_enumerable_truth_has_exact_values():
    """At 1 each of two sites has a variance e / (1 + e)^2 of the model's energy, and ln 3 as much of the true one."""
    energies = np.log(3) * np.array([0.0, 1, 1, 2])
    truth = Truth(lambda sequences: energies[sequences @ [2, 1]], (2 * np.log(4 / 3), 0.0), energies)
    nothing = Estimate(np.nan, np.nan, np.nan)
    estimates = {"kappa": Estimate(0.4, 0.3, 0.5), "heat_capacity": Estimate(0.4, 0.3, 0.5), "energy_slope": nothing}
    capacity = 2 * np.e / (1 + np.e) ** 2
    assert summarise_sign_rule(estimates, model_of(2), truth) == {
        "kappa": {"value": 0.4, "low": 0.3, "high": 0.5, "exact": pytest.approx(np.log(3) * capacity)},
        "heat_capacity": {"value": 0.4, "low": 0.3, "high": 0.5, "exact": pytest.approx(capacity)},
        "energy_slope": {"value": None, "low": None, "high": None, "exact": pytest.approx(np.log(3))},
    }
    teacher = Truth(truth.energies, None)
    without = summarise_sign_rule({"kappa": Estimate(0.4, 0.3, 0.5)}, model_of(2), teacher)
    assert without == {"kappa": {"value": 0.4, "low": 0.3, "high": 0.5}}
    assert summarise_sign_rule({}, model_of(2), None) == {}
