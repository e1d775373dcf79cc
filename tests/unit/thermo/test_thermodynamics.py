"""Thermodynamics, divergences and optima from samples, against enumeration."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_systems import all_states, random_potts
from two_states import BETAS, exact_energies, log_z, share_of_one

from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.potts import enumeration, exact_optima
from temperance.sampling.diagnostics import sequence_rhat
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import sequences_of_all_rungs
from temperance.stats.resampling import bootstrap_weights, interval_factor, jackknife_error, resample
from temperance.temperature.divergence import Heldout, divergences
from temperance.thermo.annealing import Annealed, estimate_log_z
from temperance.thermo.energy_curve import interpolate_energies
from temperance.thermo.landscape import find_valleys, measure_gaps, summarise_energies
from temperance.thermo.thermodynamics import (
    _reweight,
    compare_log_z,
    estimate_curves,
    estimate_density_of_states,
    group_ladders,
    is_equilibrated,
    tabulate_states,
)
from temperance.truth.enumerable import KINDS

TEMPERATURES = np.array([0.4, 0.7, 1.0, 2.0])
L, Q = 6, 3


@pytest.fixture(scope="module")
def model():
    return random_potts(L, Q, seed=4, scale=0.8)


@pytest.fixture(scope="module")
def truth():
    """Another system of the same size, not pairwise."""
    return 0.8 * enumeration.energies_of_all(random_potts(L, Q, seed=4, scale=0.8)) + KINDS["random"](
        L, Q, np.random.default_rng(9), width=0.7
    )


@pytest.fixture(scope="module")
def samples(model):
    starts = draw_uniform_chains(50, L, Q, np.random.default_rng(0))
    return sample(
        model, choose_engine("numba"), 7, list(TEMPERATURES), starts=starts, sequences=4096, ladders=32, keep_all=True
    )


@pytest.fixture(scope="module")
def of_all(model):
    return enumeration.energies_of_all(model)


def under_truth(samples, truth):
    sequences = sequences_of_all_rungs(samples.arrays()).reshape(-1, L)
    return truth[enumeration.find_positions(sequences, Q)].reshape(samples.energies.shape)


@pytest.fixture(scope="module")
def curves(samples, truth):
    return estimate_curves(samples.betas, samples.energies, L, Q, under_truth(samples, truth))


@pytest.fixture(scope="module")
def plain(curves):
    """The same averages where there is no truth."""
    return replace(curves, second_energy=None, covariance=None)


def at(curves, beta):
    return int(np.argmin(np.abs(curves.betas - beta)))


@pytest.mark.parametrize("beta", [0.25, 0.5, 0.62, 1.0, 1.21, 2.5])
def test_curves_are_those_of_enumeration_at_and_between_rungs(curves, of_all, truth, beta):
    g = at(curves, beta)
    beta = curves.betas[g]
    p = enumeration.boltzmann(of_all, beta)
    mean, other = p @ of_all, p @ truth
    expected = {
        "log_z": enumeration.log_z(of_all, beta),
        "energy": mean,
        "variance": p @ (of_all - mean) ** 2,
        "entropy": enumeration.entropy(p),
        "heat_capacity": enumeration.heat_capacity(of_all, beta),
        "free_energy": -enumeration.log_z(of_all, beta) / beta,
        "second_energy": other,
        "covariance": p @ ((of_all - mean) * (truth - other)),
    }
    for name, value in expected.items():
        estimate = getattr(curves, name)[:, g]
        assert abs(estimate[0] - value) < 4 * jackknife_error(estimate), name


def test_reweighting_two_states_has_their_closed_forms():
    """Samples in their exact proportions: what lies between the rungs is exact, too."""
    energies = exact_energies(1)
    curves = estimate_curves(BETAS, energies, 1, 2, 3 * energies)
    beta = curves.betas
    # Eight inverse temperatures from one of four rungs to the next, and the last.
    assert len(beta) == 25
    np.testing.assert_allclose(beta[::8], BETAS)
    np.testing.assert_allclose(np.diff(beta[8:17]), np.log(3) / 8)
    p = share_of_one(beta)
    expected = {
        "log_z": log_z(beta),
        "energy": p,
        "variance": p * (1 - p),
        "second_energy": 3 * p,
        "covariance": 3 * p * (1 - p),
        "entropy": -p * np.log(p) - (1 - p) * np.log(1 - p),
        "heat_capacity": beta**2 * p * (1 - p),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(curves, name), [values], atol=2e-6, err_msg=name)
    np.testing.assert_allclose(curves.free_energy[0, 1:], -log_z(beta[1:]) / beta[1:], atol=1e-5)
    assert curves.free_energy[0, 0] == -np.inf


def test_the_infinite_temperature_is_exact(curves):
    assert curves.betas[0] == 0
    np.testing.assert_allclose(curves.log_z[:, 0], L * np.log(Q))
    np.testing.assert_allclose(curves.entropy[:, 0], L * np.log(Q))


def test_annealing_and_integration_agree_with_enumeration_and_with_mbar(model, samples, curves, of_all):
    heldout = of_all[:200]
    betas = 1 / TEMPERATURES[::-1]
    curve = interpolate_energies(samples.betas, samples.energies)
    check = estimate_log_z(model, choose_engine("numba"), 3, betas, curve, chains=400, steps=200)
    for beta, value, error in zip(betas, check.log_z, check.error, strict=True):
        assert abs(value - enumeration.log_z(of_all, beta)) < 4 * error
        assert abs(curve.log_z(beta, L, Q) - enumeration.log_z(of_all, beta)) < 0.05
    states = compare_log_z(
        tabulate_states(curves, betas, heldout, np.ones(200), L), check, curve.log_z(betas, L, Q), check.log_z - 9
    )
    agree = [sequence_rhat(sequences, Q) for sequences in samples.sequences]
    assert is_equilibrated(states.assign(rhat_sequences=agree), samples.rungs, 1.05).all()
    assert max(agree) < 1.05
    assert states["temperature"].is_monotonic_increasing
    assert (states["z_ais"].abs() < 4).all()
    expected = [-(heldout.mean() / t + enumeration.log_z(of_all, 1 / t)) / L for t in TEMPERATURES]
    assert (np.abs(states["log_likelihood"] - expected) < 4 * states["log_z_error"] / L).all()


def test_annealing_without_steps_is_plain_importance_sampling_and_says_so(model, samples):
    curve = interpolate_energies(samples.betas, samples.energies)
    check = estimate_log_z(model, choose_engine("numba"), 3, np.array([2.5]), curve, chains=400, steps=1)
    assert check.ess[0] < 20


def test_the_density_of_states_counts_every_sequence(samples, curves, of_all):
    counted = estimate_density_of_states(curves, samples.betas, samples.energies, L, Q, bins=12)
    assert np.exp(counted["log_g"]).sum() == pytest.approx(Q**L)
    np.testing.assert_allclose(counted["width"], np.ptp(samples.energies) / 12, rtol=1e-6)
    for row in counted.itertuples():
        inside = np.abs(of_all - row.energy) <= row.width / 2
        if inside.sum() > 3:
            assert abs(row.log_g - np.log(inside.sum())) < 5 * row.log_g_error + 0.02


def test_a_valley_that_no_ladder_has_entered_is_proven_by_the_free_energy():
    """Equal R-hats, but one sequence alone outweighs the partition function; colder temperatures fall with it."""
    states = pd.DataFrame({"temperature": [0.5, 1.0, 2.0, 4.0], "log_z": [40.0, 20, 10, 5], "log_z_error": 0.1})
    rungs = pd.DataFrame({"temperature": [0.5, 1.0, 2.0, 4.0], "requested": True, "equilibrated": True})

    def judged(bound, ais, ladder=(True,) * 4, agree=(1.0,) * 4, weights=100.0):
        check = Annealed(np.array(ais), np.full(4, 0.1), np.full(4, weights))
        beside = compare_log_z(states, check, states["log_z"].to_numpy(), np.array(bound))
        return is_equilibrated(beside.assign(rhat_sequences=agree), rungs.assign(equilibrated=ladder), 1.05).tolist()

    low = [30.0, 15, 8, 4]
    assert judged(low, [40.1, 20, 10, 5]) == [True] * 4
    assert judged([39.0, 24, 9, 4], low) == [False, False, True, True]
    # Two errors of 0.1 * sqrt(2), and ln(10 / 9) for the tenth that may be missing: 0.388 in all.
    assert judged(low, [40.0, 20.38, 10, 5]) == [True] * 4
    assert judged(low, [40.0, 20.40, 10, 5]) == [False, False, True, True]
    # Where few weights count, 3 nats, four errors of 0.1, and the same tenth: 3.505.
    assert judged(low, [40.0, 23.50, 10, 5], weights=19.9) == [True] * 4
    assert judged(low, [40.0, 23.51, 10, 5], weights=19.9) == [False, False, True, True]
    assert judged(low, [40.0, 20.40, 10, 5], weights=20.0) == [False, False, True, True]
    # Ladders that disagree at one temperature, in energies or in sequences, may agree at all others.
    assert judged(low, low, (True, True, False, True)) == [True, True, False, True]
    assert judged(low, low, agree=(1.02, 1.11, 1.09, 1.2)) == [True, False, True, False]
    assert judged([39.0, 24, 9, 4], low, (True, True, False, True)) == [False, False, False, True]


def test_quenches_find_the_ground_state(model, samples, of_all):
    lowest = find_valleys(model, choose_engine("numba"), 1, samples.sequences[0].reshape(-1, L)[:200])
    assert (
        lowest.log_z_bound(np.array([0.5, 2.0])) <= [enumeration.log_z(of_all, 0.5), enumeration.log_z(of_all, 2.0)]
    ).all()
    assert lowest.log_z_bound(np.array([5.0]))[0] == pytest.approx(enumeration.log_z(of_all, 5.0), abs=0.05)
    assert lowest.energy == pytest.approx(of_all.min(), abs=1e-4)
    assert model.energies(lowest.sequence[None])[0] == pytest.approx(lowest.energy, abs=1e-4)
    assert lowest.hits > 20


def test_gaps_are_distances_in_standard_deviations(model, samples, of_all):
    rng = np.random.default_rng(0)
    states = all_states(L, Q)
    cold = states[rng.choice(len(states), 500, p=enumeration.boltzmann(of_all, 2.0))]
    single = np.full((L, Q), 1 / Q)
    sets = summarise_energies(model, cold, cold, np.ones(500), single, samples.energies[-1].ravel(), rng)
    measured = measure_gaps(sets, single, Q, entropy=2.0)
    expected = (of_all.mean() - model.energies(cold).mean()) / of_all.std()
    for reference in ("uniform", "profile"):
        assert measured[reference]["gap"] == pytest.approx(expected, rel=0.1)
        assert measured[reference]["random_entropy"] == pytest.approx(L * np.log(Q))


@pytest.fixture(scope="module")
def measured(samples, curves, of_all, truth):
    rng = np.random.default_rng(2)
    heldout = rng.choice(len(truth), 3000, p=enumeration.boltzmann(truth))
    return divergences(
        curves, samples.betas, samples.energies, Heldout(of_all[heldout], np.ones(3000), truth[heldout]), rng,
        true_energies=under_truth(samples, truth), true_log_z=(enumeration.log_z(truth), 0.0),
    )  # fmt: skip


def test_divergences_are_those_of_enumeration(measured, of_all, truth):
    for row in measured.table.iloc[::7].itertuples():
        for name in ("forward", "reverse", "jeffreys"):
            expected = getattr(exact_optima, f"{name}_divergence")(truth, of_all, row.beta)
            assert abs(getattr(row, name) - expected) < 4 * getattr(row, f"{name}_error") + 1e-9, (name, row.beta)


@pytest.mark.parametrize("name", ["tau_f", "tau_r", "tau_j"])
def test_optima_are_those_of_enumeration_found_twice(measured, of_all, truth, name):
    expected = getattr(exact_optima.find_optima(truth, of_all), name)
    optimum = measured.optima[name]
    for estimate in (optimum.minimum, optimum.root):
        assert estimate.low < estimate.value < estimate.high
        assert abs(estimate.value - expected) < estimate.high - estimate.low
        assert estimate.high - estimate.low < 0.15 * expected
    assert abs(optimum.z) < 4


def test_optima_outside_the_ladder_are_said_to_be(samples, plain, of_all):
    rng = np.random.default_rng(0)
    for energy, expected in ((of_all.mean() + 5, np.inf), (of_all.min() - 5, 0.0)):
        outside = divergences(plain, samples.betas, samples.energies, Heldout(np.full(9, energy), np.ones(9)), rng)
        assert outside.optima["tau_f"].minimum.value == expected
        assert outside.optima["tau_f"].root.value == expected
        assert outside.optima["tau_f"].agree


def test_without_a_truth_the_forward_divergence_is_known_up_to_a_constant(samples, plain, of_all):
    rng = np.random.default_rng(3)
    heldout = of_all[rng.choice(len(of_all), 4000, p=enumeration.boltzmann(of_all, 1 / 0.8))]
    result = divergences(plain, samples.betas, samples.energies, Heldout(heldout, np.ones(4000)), rng)
    assert result.absolute == {"forward": False}
    assert result.table["forward"].min() == 0
    assert result.optima["tau_f"].minimum.low < 0.8 < result.optima["tau_f"].minimum.high


def test_the_first_order_bootstrap_has_the_error_of_the_mean():
    values = np.random.default_rng(0).normal(size=(40, 3))
    rows = np.concatenate([[values.mean(axis=0)], [np.delete(values, k, axis=0).mean(axis=0) for k in range(40)]])
    error = values.std(axis=0, ddof=1) / 40**0.5
    np.testing.assert_allclose(jackknife_error(rows), error)
    shares = bootstrap_weights(40, 4000, np.random.default_rng(1))
    means = resample(rows, shares)
    np.testing.assert_allclose(means[0], values.mean(axis=0))
    np.testing.assert_allclose(means[1:].std(axis=0), error, rtol=0.05)
    assert interval_factor(40) == pytest.approx(2.02, abs=0.01)


@pytest.mark.parametrize("apart", [3.0, 2000.0, -2000.0])
def test_leaving_a_ladder_out_is_as_if_it_had_not_been(apart):
    """Also where what the others weigh then differs by more than numbers hold."""
    rng, betas, grid = np.random.default_rng(0), np.array([0.0, 0.5, 1.0]), np.linspace(0, 1, 9)
    energies, other = rng.normal(0, 2, (3, 4, 20)), rng.normal(0, 1, (3, 4, 20))
    everything, kept = np.ones(4, bool), np.arange(4) != 1
    free = [np.zeros(3), np.full(3, apart)]
    _, left = _reweight(betas, energies, other, [everything, kept], free, grid)
    (alone,) = _reweight(betas, energies[:, kept], other[:, kept], [everything[kept]], free[1:], grid)
    np.testing.assert_allclose(left, alone, rtol=1e-9, atol=1e-9)


def test_ladders_are_joined_in_order():
    energies = np.arange(2 * 32 * 3).reshape(2, 32, 3)
    groups = group_ladders(energies)
    assert groups.shape == (2, 16, 6)
    assert groups[1, 0].tolist() == energies[1, :2].ravel().tolist()
