"""The two-level system of arXiv:2512.09152: closed forms against its worked example, enumeration and minimisation."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from temperance.core.errors import InputError
from temperance.potts import enumeration, exact_optima
from temperance.validation.two_level import TwoLevelModel, find_two_level_optima, fit_two_levels


def test_the_worked_example_of_the_paper():
    """Ten states, three of them low by 5; five draws find two of these."""
    truth = np.where(np.arange(10) < 3, 0.0, 5.0)
    model = fit_two_levels(np.array([3, 2, 0, 0, 0, 0, 0, 0, 0, 0]), np.random.default_rng(0))
    np.testing.assert_array_equal(np.flatnonzero(model.low), [0, 1])
    assert model.gap == pytest.approx(np.log(16))
    p, q = enumeration.boltzmann(truth), enumeration.boltzmann(model.energies)
    np.testing.assert_allclose(q, [0.4, 0.4] + 8 * [0.025])
    groups = [0, 2, 3]  # low states that were found, one that was missed, high ones
    reverse, forward = (np.add.reduceat(x * np.log(x / y), groups).round(4) for x, y in ((q, p), (p, q)))
    np.testing.assert_array_equal(reverse, [0.1583, -0.0644, 0.4244])
    np.testing.assert_array_equal(forward, [-0.1299, 0.8449, -0.0375])
    assert enumeration.heat_capacity(model.energies) == pytest.approx(1.230, abs=5e-4)
    # The slope in beta at 1 is C - kappa.
    slope = exact_optima.reverse_divergence_slope(truth, model.energies, 1.0)
    assert 1.230 - slope == pytest.approx(1.941, abs=1e-3)
    tau_f, tau_r = find_two_level_optima(truth, model)
    assert (round(tau_f, 4), round(tau_r, 4)) == (1.3636, 0.6337)
    assert exact_optima.reverse_divergence(truth, model.energies, 1 / tau_r) == pytest.approx(0.3719, abs=5e-5)
    assert exact_optima.forward_divergence(truth, model.energies, 1 / tau_f) == pytest.approx(0.6214, abs=5e-5)


def paper_optima(truth_high, gap, model_high, model_gap):
    """The paper's closed forms, by numbers of states."""
    both = (truth_high & model_high).sum()
    n_e, n_g = truth_high.sum(), (~truth_high).sum()
    m_e, m_g = model_high.sum(), (~model_high).sum()
    numerator = m_g * (both + np.exp(gap) * (n_e - both + n_g - m_g))
    denominator = m_e * (m_g + (n_e - both) * (np.exp(-gap) - 1))
    tau_f = model_gap / (gap - np.log(numerator / denominator))
    return tau_f, model_gap / gap * m_e * m_g / (both * m_e - n_e * m_e + both * m_g)


@pytest.mark.parametrize("seed", range(12))
def test_closed_forms_are_those_of_the_paper_and_where_divergences_are_least(seed):
    rng = np.random.default_rng(seed)
    truth_high = rng.random(60) < rng.uniform(0.3, 0.8)
    gap = rng.uniform(1, 8)
    # Some states are on the other level; an inverted model has its gap inverted, too.
    model_high, sign = truth_high ^ (rng.random(60) < 0.15), 1 if seed % 4 else -1
    model = TwoLevelModel(~model_high if sign > 0 else model_high, sign * rng.uniform(1, 5))
    truth = np.where(truth_high, gap, 0.0)
    tau_f, tau_r = find_two_level_optima(truth, model)
    assert (tau_f, tau_r) == pytest.approx(paper_optima(truth_high, gap, ~model.low, model.gap), rel=1e-9)
    optima = exact_optima.find_optima(truth, model.energies)
    assert optima.tau_f == pytest.approx(tau_f, rel=1e-6)
    assert optima.tau_r == pytest.approx(tau_r, rel=1e-6)
    for divergence, tau in ((exact_optima.forward_divergence, tau_f), (exact_optima.reverse_divergence, tau_r)):
        least = minimize_scalar(
            lambda beta, divergence=divergence: divergence(truth, model.energies, beta), bracket=(0.5 / tau, 2 / tau),
            tol=1e-12,
        )  # fmt: skip
        assert 1 / least.x == pytest.approx(tau, rel=1e-6)


def test_the_truth_may_have_any_energies():
    truth = np.random.default_rng(0).normal(size=40) + np.repeat([0.0, 2.0], 20)
    model = TwoLevelModel(np.repeat([True, False], 20), 1.5)
    optima = exact_optima.find_optima(truth, model.energies)
    assert find_two_level_optima(truth, model) == pytest.approx((optima.tau_f, optima.tau_r), rel=1e-6)


def test_a_model_that_has_the_levels_swapped_is_best_at_infinite_temperature():
    truth = np.array([0.0, 0.0, 3.0, 3.0, 3.0])
    model = TwoLevelModel(truth > 0, 1.0)
    assert find_two_level_optima(truth, model) == (np.inf, np.inf)
    optima = exact_optima.find_optima(truth, model.energies)
    assert (optima.tau_f, optima.tau_r) == (np.inf, np.inf)


def test_the_fit_is_the_likeliest_of_all_two_level_models():
    """Each of the 62 ways to divide six states, with its best gap; no gap is infinite, as every state was drawn."""
    counts = np.array([4, 1, 1, 7, 2, 5])
    model = fit_two_levels(counts, np.random.default_rng(0))
    likelihoods = []
    for number in range(1, 63):
        low = np.array([number >> i & 1 for i in range(6)], bool)
        share = counts[low].sum() / 20
        probabilities = np.where(low, share / low.sum(), (1 - share) / (~low).sum())
        likelihoods.append((counts * np.log(probabilities)).sum())
    mine = (counts * np.log(enumeration.boltzmann(model.energies))).sum()
    assert mine == pytest.approx(max(likelihoods))
    np.testing.assert_array_equal(np.flatnonzero(model.low), [0, 3, 5])
    assert model.gap == pytest.approx(np.log(16 / 4))


def test_states_of_equal_counts_are_low_at_random():
    """Of four states, drawn once each, three are low: 1/4 each, and 1/84 for each of the others."""
    rng = np.random.default_rng(0)
    models = [fit_two_levels(np.repeat([1, 0], [4, 20]), rng) for _ in range(40)]
    assert all(model.low.sum() == 3 and not model.low[4:].any() for model in models)
    assert {int(np.argmin(model.low)) for model in models} == {0, 1, 2, 3}
    assert models[0].gap == pytest.approx(np.log(21))


def test_one_draw_is_too_few():
    with pytest.raises(InputError, match="draws: 1; at least 2 are needed"):
        fit_two_levels(np.array([0, 1, 0]), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("gap", "tau_r", "tau_f", "tolerance"),
    [(6.0, (1.05, 0.98, 0.96), (3.4, 2.5, 1.5), 0.025), (9.0, (0.70, 0.64, 0.63), (3.4, 2.5, 1.5), 0.015)],
)
def test_the_phase_diagram_of_the_paper(gap, tau_r, tau_f, tolerance):
    """A hundred states, thirty of them low; 10, 30 and 100 draws. The temperatures are means of 50 draws."""
    rng = np.random.default_rng(1)
    truth = np.where(np.arange(100) < 30, 0.0, gap)
    for draws, reverse, forward in zip((10, 30, 100), tau_r, tau_f, strict=True):
        samples = rng.choice(100, (200, draws), p=enumeration.boltzmann(truth))
        optima = [
            find_two_level_optima(truth, fit_two_levels(np.bincount(states, minlength=100), rng)) for states in samples
        ]
        means = np.mean(optima, axis=0)
        assert means[0] == pytest.approx(forward, abs=0.15)
        assert means[1] == pytest.approx(reverse, abs=tolerance)
