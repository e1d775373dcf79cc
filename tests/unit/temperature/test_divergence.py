"""Divergences and optimal temperatures of two states, of which all is known in closed form."""

import numpy as np
import pandas as pd
import pytest
from two_states import BETAS, exact_curves, exact_energies, log_z, share_of_one

from temperance.stats.estimate import Estimate
from temperance.temperature.divergence import (
    Divergences,
    Heldout,
    Optimum,
    _combine,
    _find_minima,
    _find_roots,
    divergences,
    optima_row,
    sampled_training_temperature,
    training_temperature,
)

K = 4
ENERGIES = exact_energies(K)
LOG4 = np.log(4)


EXACT, EXACT_WITH_TRUTH = exact_curves(K), exact_curves(K, second=LOG4)


def of_states(states, weights=None, clusters=None):
    """Held-out sequences; the truth has energy ln 4 in state 1, and so one in five of its sequences is in it."""
    states = np.asarray(states, float)
    return Heldout(states, np.ones(len(states)) if weights is None else np.asarray(weights), LOG4 * states, clusters)


# ---------------------------------------------------------------- held-out sequences


def test_means_are_weighted_and_draws_are_of_clusters():
    """Clusters 7 and 3: weight 2 of energy 1 with weight 1 of 4, a mean of 2, and weight 1 of 6."""
    heldout = Heldout(
        np.array([1.0, 6.0, 4.0]), np.array([2.0, 1.0, 1.0]), np.array([10.0, 60.0, 40.0]), np.array([7, 3, 7])
    )
    means, true_means = heldout.means(40, np.random.default_rng(0))
    # (2 + 4 + 6) / 4 of all; one cluster of the two is drawn.
    assert means[0] == 3
    assert set(means[1:]) == {2.0, 6.0}
    np.testing.assert_allclose(true_means, 10 * means)
    assert len(means) == 41
    # (3 + 1)^2 / (9 + 1)
    assert heldout.units == pytest.approx(1.6)


def test_sequences_without_clusters_are_units_of_their_own():
    heldout = Heldout(np.array([1.0, 2.0, 6.0]), np.array([2.0, 1.0, 1.0]))
    assert heldout.labels.tolist() == [0, 1, 2]
    assert heldout.units == pytest.approx(16 / 6)
    means, true_means = heldout.means(2000, np.random.default_rng(0))
    assert true_means is None
    # Two of three are drawn: (2 * 1 + 6) / 3 of the first and the last.
    assert set(means[1:].round(6)) == {1.0, 2.0, 6.0, round(4 / 3, 6), round(8 / 3, 6), 4.0}


# ---------------------------------------------------------------- tables


def test_divergences_from_a_truth_are_their_closed_forms():
    """One in five sequences of the truth is in state 1, exactly, in the held-out ones, too."""
    heldout = of_states([1, 0, 0, 0, 0])
    result = divergences(
        EXACT_WITH_TRUTH, BETAS, ENERGIES, heldout, np.random.default_rng(0), 2000,
        true_energies=LOG4 * ENERGIES, true_log_z=(np.log(1.25), 0.0),
    )  # fmt: skip
    table = result.table
    beta = table["beta"].to_numpy()
    q = share_of_one(beta)
    forward = 0.2 * np.log(0.2 / q) + 0.8 * np.log(0.8 / (1 - q))
    reverse = q * np.log(q / 0.2) + (1 - q) * np.log((1 - q) / 0.8)
    for name, values in {"forward": forward, "reverse": reverse, "jeffreys": forward + reverse}.items():
        np.testing.assert_allclose(table[name], values, atol=1e-6)
        assert table[f"{name}_absolute"].all()
        # Student's t of four ladders.
        error = table[f"{name}_error"]
        np.testing.assert_allclose(table[f"{name}_low"], table[name] - 3.182446 * error, atol=1e-6)
        np.testing.assert_allclose(table[f"{name}_high"], table[name] + 3.182446 * error, atol=1e-6)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(table["temperature"], 1 / beta)
    assert (beta[0], beta[-1]) == (0, BETAS[-1])
    # A draw is four of five held-out sequences: its mean state has a variance of 0.16 / 4, and beta - ln 4 is what it
    # counts in D_f, 0 in D_r, whose ladders are exact. 2000 draws know a standard deviation to 1.6 %.
    np.testing.assert_allclose(table["forward_error"], 0.2 * np.abs(beta - LOG4), rtol=0.06)
    np.testing.assert_allclose(table["reverse_error"], 0, atol=1e-6)
    assert result.absolute == {"forward": True, "reverse": True, "jeffreys": True}
    # True energies are ln 4 times the model's, whose variance is that of one state in 1 / q.
    capacity = beta**2 * q * (1 - q)
    expected = {"kappa": LOG4 * capacity, "heat_capacity": capacity, "energy_slope": np.full_like(beta, LOG4)}
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, atol=1e-6)
        assert f"{name}_absolute" not in table
    assert list(result.sign_rule) == list(expected)
    assert result.sign_rule["energy_slope"] == Estimate(*[pytest.approx(LOG4)] * 3)
    # Lines between inverse temperatures that are 0.14 apart.
    at_one = np.e / (1 + np.e) ** 2
    assert result.sign_rule["heat_capacity"].value == pytest.approx(at_one, rel=3e-3)
    assert result.sign_rule["kappa"].value == pytest.approx(LOG4 * at_one, rel=3e-3)


def test_the_error_of_the_truths_ln_z_is_one_of_forward_and_reverse_divergence():
    """All sequences are in one state of five clusters, so nothing else varies: 0.1, and nothing of their sum."""
    heldout = of_states([0.2] * 5)
    table = divergences(
        EXACT_WITH_TRUTH, BETAS, ENERGIES, heldout, np.random.default_rng(0), 2000,
        true_energies=LOG4 * ENERGIES, true_log_z=(np.log(1.25), 0.1),
    ).table  # fmt: skip
    np.testing.assert_allclose(table[["forward_error", "reverse_error"]], 0.1, rtol=0.06)
    np.testing.assert_allclose(table["jeffreys_error"], 0, atol=1e-9)
    np.testing.assert_allclose(table["jeffreys"].min(), 0, atol=1e-4)


def test_divergences_of_unknown_ln_z_count_from_the_least():
    heldout = of_states([1, 0, 0, 0, 0])
    without = divergences(EXACT, BETAS, ENERGIES, heldout, np.random.default_rng(0), 50)
    assert without.absolute == {"forward": False}
    beta = without.table["beta"].to_numpy()
    forward = 0.2 * beta + log_z(beta)
    np.testing.assert_allclose(without.table["forward"], forward - forward.min(), atol=1e-6)
    assert not without.table["forward_absolute"].any()
    of_truths = ("reverse", "jeffreys", "kappa", "heat_capacity", "energy_slope")
    assert [column for column in without.table if column.startswith(of_truths)] == []
    assert without.sign_rule == {}
    unknown = divergences(
        EXACT_WITH_TRUTH, BETAS, ENERGIES, heldout, np.random.default_rng(0), 50, true_energies=LOG4 * ENERGIES
    )
    assert unknown.absolute == {"forward": False, "reverse": False, "jeffreys": True}
    assert unknown.table[["forward", "reverse"]].min().tolist() == [0, 0]
    np.testing.assert_allclose(unknown.table["jeffreys"].min(), 0, atol=1e-4)


# ---------------------------------------------------------------- optima


def test_optima_are_where_the_shares_are_those_of_the_data():
    """One in five held-out sequences, and of the truth's, is in state 1, one in six of training: odds of 4 and 5."""
    result = divergences(
        EXACT_WITH_TRUTH, BETAS, ENERGIES, of_states([1, 0, 0, 0, 0]), np.random.default_rng(0), 200,
        training_energy=1 / 6, true_energies=LOG4 * ENERGIES, true_log_z=(np.log(1.25), 0.0),
    )  # fmt: skip
    assert list(result.optima) == ["tau_f", "tau_train", "tau_r", "tau_j"]
    for name, optimum in result.optima.items():
        expected = 1 / np.log(5) if name == "tau_train" else 1 / LOG4
        # Parabolas and lines between inverse temperatures that are 0.14 apart.
        assert optimum.minimum.value == pytest.approx(expected, rel=4e-3), name
        assert optimum.root.value == pytest.approx(expected, rel=4e-3), name
        assert optimum.agree
    # Nothing of tau_train and tau_r depends on held-out sequences, and ladders agree.
    for name in ("tau_train", "tau_r"):
        assert result.optima[name].minimum.low == pytest.approx(result.optima[name].minimum.high, abs=1e-9)
    assert result.optima["tau_f"].minimum.high - result.optima["tau_f"].minimum.low > 0.3
    assert result.optima["tau_train"].shared == 0
    assert np.isnan([result.optima[name].shared for name in ("tau_r", "tau_j")]).all()
    # Held-out sequences without one in state 1 are drawn, whose optimum is colder than all.
    assert np.isnan(result.optima["tau_f"].shared)


def test_the_error_that_training_sets_share_is_that_of_held_out_sequences():
    """100 of 500: the mean has a standard error of 0.4 / sqrt(499), and d ln tau / d mean = 1 / (0.2 * 0.8 * ln 4).

    Ladders that differ by more than that are no part of it.
    """
    heldout = of_states(np.repeat([1, 0], [100, 400]))
    for offsets in (np.zeros(K), np.array([-0.05, 0.05, -0.05, 0.05])):
        averages, energies = exact_curves(K, offsets), ENERGIES + offsets[:, None]
        shared = divergences(averages, BETAS, energies, heldout, np.random.default_rng(0), 2000).optima["tau_f"].shared
        assert shared == pytest.approx(0.4 / 499**0.5 / (0.16 * LOG4), rel=0.06)


def test_the_interval_of_tau_f_is_as_wide_as_held_out_clusters_are_few():
    """Five clusters of mean states 0.1 to 0.3, of which four are drawn; sixteen ladders agree.

    Percentile 0.27, the lower end of Student's t of five, is a mean of 0.1125 (three of 0.1 and one of 0.15: up to
    there are 0.8 % of draws, of 0.1 alone 0.16 %); with 1.6, of sixteen, it would be 0.125.
    """
    energies = exact_energies(16)
    heldout = of_states([0.1, 0.15, 0.2, 0.25, 0.3])
    result = divergences(exact_curves(16), BETAS, energies, heldout, np.random.default_rng(0), 4000)
    for estimate in (result.optima["tau_f"].minimum, result.optima["tau_f"].root):
        assert estimate.low == pytest.approx(1 / np.log(1 / 0.1125 - 1), rel=3e-3)
        assert estimate.high == pytest.approx(1 / np.log(1 / 0.2875 - 1), rel=3e-3)


def test_the_interval_of_tau_train_is_that_of_ladders_whatever_is_held_out():
    """Each ladder's energies are shifted by some hundredths."""
    offsets = np.linspace(-0.05, 0.06, 12)
    energies = exact_energies(12) + offsets[:, None]
    averages = exact_curves(12, offsets)

    def tau_train(heldout):
        return divergences(
            averages, BETAS, energies, heldout, np.random.default_rng(0), 300, training_energy=0.2
        ).optima["tau_train"]

    few, many = tau_train(of_states([0, 1])), tau_train(of_states([0, 1] * 40))
    assert few.minimum == many.minimum
    assert few.root == many.root
    assert few.minimum.low < few.minimum.value < few.minimum.high


def test_tau_train_alone_is_that_of_the_samples():
    for energy in (1 / 6, 0.3):
        tau = training_temperature(BETAS, ENERGIES, energy, np.random.default_rng(0), 50)
        # 256 inverse temperatures: lines between them are exact to 1e-5.
        assert tau.value == pytest.approx(1 / np.log(1 / energy - 1), rel=1e-4)
        assert (tau.low, tau.high) == (pytest.approx(tau.value), pytest.approx(tau.value))
    # One of two ladders is drawn, whose energies are 0.02 lower or higher: 0.2 is that of a share of 0.22 or 0.18.
    apart = exact_energies(2) + np.array([[-0.02], [0.02]])
    tau = training_temperature(BETAS, apart, 0.2, np.random.default_rng(0), 50)
    expected = [1 / np.log(1 / share - 1) for share in (0.2, 0.18, 0.22)]
    assert [tau.value, tau.low, tau.high] == pytest.approx(expected, rel=1e-4)
    assert training_temperature(BETAS, ENERGIES, 0.6, np.random.default_rng(0), 5).value == np.inf
    assert training_temperature(BETAS, ENERGIES, 0.04, np.random.default_rng(0), 5).value == 0


def test_the_interval_of_tau_train_alone_is_as_wide_as_ladders_are_few():
    """Five ladders whose energies are shifted by -0.04 to 0.04, of which four are drawn.

    Percentile 0.27, the lower end of Student's t of five, is a shift of -0.035 (three of -0.04 and one of -0.02: up to
    there are 0.8 % of draws, of -0.04 alone 0.16 %), where 0.2 is the energy of a share of 0.235; percentile 2.5 would
    be a shift of -0.025.
    """
    energies = exact_energies(5) + np.linspace(-0.04, 0.04, 5)[:, None]
    tau = training_temperature(BETAS, energies, 0.2, np.random.default_rng(0), 4000)
    assert (tau.low, tau.high) == pytest.approx((1 / np.log(1 / 0.165 - 1), 1 / np.log(1 / 0.235 - 1)), rel=3e-3)


def test_tau_train_of_samples_that_cannot_be_reweighted_is_interpolated_in_the_inverse_temperature():
    """Means 0.2 at 1 and 0.4 at 2, of inverse temperatures 1 and 0.5: 0.3 is at 0.75, and 0.35 at 0.625."""
    energies = np.array([[0.2, 0.2, 0.2], [0.4, 0.4, 0.4], [0.45, 0.45, 0.45]])
    for energy, beta in ((0.3, 0.75), (0.35, 0.625)):
        tau = sampled_training_temperature(np.array([1.0, 2, 4]), energies, energy, np.random.default_rng(0), 50)
        assert tau == Estimate(*[pytest.approx(1 / beta, rel=1e-6)] * 3)
    # Groups that differ by 0.04: two of three are drawn, and ends are those of the lowest and the highest.
    varied = energies + np.array([-0.02, 0.0, 0.02])
    tau = sampled_training_temperature(np.array([1.0, 2, 4]), varied, 0.3, np.random.default_rng(0), 400)
    # A higher mean energy is that of a colder temperature: at 0.22 to 0.42 the energy 0.3 is at beta = 0.8.
    assert (tau.low, tau.high) == (pytest.approx(1 / 0.8, rel=1e-3), pytest.approx(1 / 0.7, rel=1e-3))


def test_minima_are_those_of_parabolas():
    betas = np.array([0.0, 0.5, 1.2, 2.0, 3.0])
    rows = np.array([(betas - 1.3) ** 2, (betas - 0.7) ** 2 + 5, betas, -betas])
    # An increasing curve has its minimum at infinite temperature, a falling one below the coldest.
    np.testing.assert_allclose(_find_minima(betas, rows), [1 / 1.3, 1 / 0.7, np.inf, 0])


def test_the_parabola_of_a_minimum_next_to_an_end_goes_through_both_neighbours():
    """Slopes of -1 and 3 at 1.5 and 2.5 are 0 at 1.75; in the other order of -3 and 1 at 3.5 and 4.5, at 4.25."""
    rows = np.array([[2.0, 1, 4, 9, 100], [100.0, 9, 4, 1, 2]])
    np.testing.assert_allclose(_find_minima(np.arange(1.0, 6), rows), [1 / 1.75, 1 / 4.25])


def test_roots_are_where_slopes_turn_positive_and_the_integral_is_least():
    betas = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    rows = np.array(
        [
            [-3, -1, 1, 3, 5],  # through 0 at 1.5
            [-3, -2, -1, 3, 5],  # a quarter of the way from 2 to 3
            [-1, 1, -3, 1, 3],  # twice; the integral is least at the second, three quarters of the way from 2 to 3
            [1, 1, 1, 1, 1],
            [-1, -1, -1, -1, -1],
        ]
    )  # fmt: skip
    np.testing.assert_allclose(_find_roots(betas, rows), [1 / 1.5, 1 / 2.25, 1 / 2.75, np.inf, 0])


def test_between_two_rungs_the_samples_of_the_nearer_one_count_more():
    """All energies are 1 at beta = 0 and 0 at 1, so nothing is reweighted: a quarter of the way the mean is 3/4."""
    energies = np.array([np.ones((2, 5)), np.zeros((2, 5))])
    for energy, beta in ((0.75, 0.25), (0.2, 0.8)):
        tau = training_temperature(np.array([0.0, 1.0]), energies, energy, np.random.default_rng(0), 5)
        assert tau.value == pytest.approx(1 / beta, rel=1e-6)


@pytest.mark.parametrize(
    ("difference", "spread", "z", "agree"),
    [(0.02, 0.01, 2.0, True), (0.0257, 0.01, 2.57, True), (0.0259, 0.01, 2.59, False), (-0.0259, 0.01, -2.59, False),
     (0.0049, 0.001, 4.9, True), (0.0051, 0.001, 5.1, False), (0.02, 0.0, 0.0, True)],
)  # fmt: skip
def test_two_estimates_agree_within_their_error_or_where_they_hardly_differ(difference, spread, z, agree):
    """One draw in two is `spread` above and one below no difference, two lie outside the ladder."""
    roots = np.full(7, 0.8)
    minima = roots * np.exp([difference, spread, -spread, spread, -spread, 0, 0])
    minima[5:] = 0.0, np.inf
    optimum = _combine(minima, roots, 1000.0)
    assert (optimum.z, optimum.agree) == (pytest.approx(z), agree)
    assert (optimum.minimum.value, optimum.root.value) == (pytest.approx(0.8 * np.exp(difference)), 0.8)


def test_estimates_outside_the_ladder_agree_if_they_are_equal():
    ones = np.full(4, 0.8)
    outside = np.array([0.0, 0.8, 0.8, 0.8])
    assert _combine(outside, outside, 1000.0).agree
    assert np.isnan(_combine(outside, outside, 1000.0).z)
    assert not _combine(outside, ones, 1000.0).agree
    assert np.isnan(_combine(outside, ones, 1000.0).z)


# ---------------------------------------------------------------- tables of optima


OPTIMA = {
    "tau_f": Optimum(Estimate(0.9, 0.8, 1.0), Estimate(0.91, 0.81, 1.01), 0.5, True, 0.03),
    "tau_r": Optimum(Estimate(0.7, 0.6, 0.75), Estimate(0.74, 0.64, 0.79), -3.0, False),
}


def test_optima_are_tabulated_one_a_row():
    table = Divergences(pd.DataFrame(), {}, OPTIMA).optima_table()
    expected = pd.DataFrame(
        {
            "optimum": ["tau_f", "tau_r"], "value": [0.9, 0.7], "low": [0.8, 0.6], "high": [1.0, 0.75],
            "root": [0.91, 0.74], "root_low": [0.81, 0.64], "root_high": [1.01, 0.79], "z": [0.5, -3.0],
            "agree": [True, False], "shared": [0.03, np.nan],
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(table, expected)


def test_optima_are_written_as_one_row():
    table = Divergences(pd.DataFrame(), {}, OPTIMA).optima_table().assign(equilibrated=[True, False])
    expected = {
        "tau_f": 0.9, "tau_f_low": 0.8, "tau_f_high": 1.0, "tau_f_root": 0.91, "tau_f_agree": True,
        "tau_f_shared": 0.03, "tau_f_equilibrated": True,
        "tau_r": 0.7, "tau_r_low": 0.6, "tau_r_high": 0.75, "tau_r_root": 0.74, "tau_r_agree": False,
        "tau_r_shared": pytest.approx(np.nan, nan_ok=True), "tau_r_equilibrated": False,
    }  # fmt: skip
    assert optima_row(table) == expected
    exact = {"tau_f_exact": 0.95, "tau_r_exact": 0.72}
    assert optima_row(table.assign(exact=[0.95, 0.72])) == expected | exact
