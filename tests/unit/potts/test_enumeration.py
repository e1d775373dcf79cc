"""Exact systems against sums written out, and exact models against their conditions."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from small_systems import all_states, boltzmann, random_potts

from temperance.core.errors import InputError
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.truth.enumerable import KINDS


@pytest.mark.parametrize(("length", "q"), [(2, 5), (5, 3), (7, 2)])
def test_energies_of_all_are_those_of_each(length, q):
    model, states = random_potts(length, q, seed=2), all_states(length, q)
    np.testing.assert_array_equal(enumeration.all_sequences(length, q), states)
    np.testing.assert_array_equal(enumeration.find_positions(states, q), np.arange(q**length))
    np.testing.assert_allclose(enumeration.energies_of_all(model), model.energies(states), atol=1e-5)
    np.testing.assert_allclose(enumeration.boltzmann(model.energies(states), 1 / 0.7), boltzmann(model, states, 0.7))


@pytest.mark.parametrize(("length", "q"), [(2, 5), (4, 3)])
def test_conditional_logits_are_the_energies_of_every_state_of_a_site(length, q):
    energies = np.random.default_rng(1).normal(size=q**length)
    logits = enumeration.conditional_logits(energies, length, q)
    for n, sequence in enumerate(all_states(length, q)):
        for site in range(length):
            changed = np.repeat(sequence[None], q, axis=0)
            changed[:, site] = np.arange(q)
            np.testing.assert_array_equal(logits[n, site], -energies[enumeration.find_positions(changed, q)])


def test_a_million_sequences_are_listed_and_more_are_refused():
    rng = np.random.default_rng(0)
    energies = KINDS["gapless"](20, 2, rng)
    assert len(energies) == 1 << 20
    assert abs(enumeration.boltzmann(energies).sum() - 1) < 1e-9
    with pytest.raises(InputError, match=r"2\^21 sequences are too many"):
        enumeration.all_sequences(21, 2)


@pytest.mark.parametrize("l2", [0.0, 0.02])
def test_the_exact_model_satisfies_the_stationarity_of_the_penalised_likelihood(l2):
    sequences = enumeration.draw_sequences(
        KINDS["planted"](6, 3, np.random.default_rng(1)), 6, 3, 200, np.random.default_rng(2)
    )
    data = frequencies(sequences, 3).with_pseudocount(0.01)
    model = enumeration.fit_pairwise(data, l2)
    marginals = frequencies(
        enumeration.all_sequences(6, 3), 3, enumeration.boltzmann(enumeration.energies_of_all(model))
    )
    np.testing.assert_allclose(marginals.single, data.single, atol=1e-5)
    residual = data.pair - marginals.pair - l2 * model.pairs()
    np.testing.assert_allclose(residual, 0, atol=1e-5)


@pytest.mark.parametrize("l2", [0.0, 0.02])
def test_the_exact_model_without_fields_is_the_optimum_over_couplings_that_prefer_no_state(l2):
    """Its couplings' gradient vanishes along all directions of the zero-sum gauge, and along those only."""
    sequences = enumeration.draw_sequences(
        KINDS["planted"](6, 3, np.random.default_rng(1)), 6, 3, 200, np.random.default_rng(2)
    )
    data = frequencies(sequences, 3).with_pseudocount(0.01)
    model = enumeration.fit_pairwise(data, l2, fields=False)
    assert not model.fields.any()
    np.testing.assert_allclose(model.pairs().sum(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(model.pairs().sum(axis=2), 0, atol=1e-5)
    shown = frequencies(enumeration.all_sequences(6, 3), 3, enumeration.boltzmann(enumeration.energies_of_all(model)))
    residual = data.pair - shown.pair - l2 * model.pairs()
    directions = np.random.default_rng(3).normal(size=(20, *residual.shape))
    directions -= directions.mean(axis=2, keepdims=True)
    directions -= directions.mean(axis=3, keepdims=True)
    np.testing.assert_allclose((directions * residual).sum(axis=(1, 2, 3)), 0, atol=1e-4)
    assert np.abs(residual).max() > 0.05
    assert np.abs(shown.single - data.single).max() > 0.05


def slow_divergence(p, q):
    return float((p * np.log(p / q)).sum())


def test_divergences_and_their_optima_are_those_written_out():
    rng = np.random.default_rng(3)
    truth, model = rng.normal(size=200), rng.normal(size=200)
    model = 0.5 * model + 0.7 * truth
    p = np.exp(-truth) / np.exp(-truth).sum()

    def tempered(beta):
        return np.exp(-beta * model) / np.exp(-beta * model).sum()

    for beta in (0.0, 0.6, 2.0):
        assert exact_optima.forward_divergence(truth, model, beta) == pytest.approx(slow_divergence(p, tempered(beta)))
        assert exact_optima.reverse_divergence(truth, model, beta) == pytest.approx(slow_divergence(tempered(beta), p))
    optima = exact_optima.find_optima(truth, model)
    for tau, curve in (
        (optima.tau_f, lambda b: slow_divergence(p, tempered(b))),
        (optima.tau_r, lambda b: slow_divergence(tempered(b), p)),
        (optima.tau_j, lambda b: slow_divergence(p, tempered(b)) + slow_divergence(tempered(b), p)),
    ):
        least = minimize_scalar(curve, bounds=(0, 10), method="bounded", options={"xatol": 1e-8})
        assert tau == pytest.approx(1 / least.x, rel=1e-4)
    assert exact_optima.reverse_divergence_slope(truth, model, 1 / optima.tau_r) == pytest.approx(0, abs=1e-5)


def test_a_model_against_its_truth_has_its_optimum_outside():
    energies = np.random.default_rng(0).normal(size=500)
    assert exact_optima.find_optima(energies, -energies) == exact_optima.Optima(np.inf, np.inf, np.inf)
    assert exact_optima.find_optima(2.5 * energies, energies).tau_f == pytest.approx(1 / 2.5, rel=1e-5)


@pytest.mark.parametrize("kind", ["planted", "hopfield"])
@pytest.mark.parametrize("gap", [2.0, 6.0])
def test_the_gap_is_the_distance_of_the_patterns_from_the_mean(kind, gap):
    energies = KINDS[kind](10, 2, np.random.default_rng(5), patterns=1, gap=gap)
    lowest = np.sort(energies)[:2].mean()
    assert np.median(energies) - lowest == pytest.approx(gap, abs=0.7 if kind == "planted" else 0.6)


@pytest.mark.parametrize("q", [2, 3])
def test_the_critical_system_has_its_largest_heat_capacity_at_temperature_one(q):
    energies = KINDS["critical"](8, q, np.random.default_rng(0))
    capacity = [enumeration.heat_capacity(energies, beta) for beta in (0.9, 0.98, 1.0, 1.02, 1.1)]
    assert max(capacity) == capacity[2]


def test_a_pairwise_model_represents_hopfield_patterns_but_not_planted_ones():
    """With the truth's own frequencies the pairwise model of a pairwise truth is the truth."""
    for kind, least, most in (("hopfield", 0, 1e-6), ("planted", 0.1, 10)):
        truth = KINDS[kind](8, 2, np.random.default_rng(1))
        data = frequencies(enumeration.all_sequences(8, 2), 2, enumeration.boltzmann(truth))
        distance = exact_optima.forward_divergence(
            truth, enumeration.energies_of_all(enumeration.fit_pairwise(data)), 1.0
        )
        assert least <= distance + 1e-9 < most


def test_what_the_mean_true_energy_gains_with_temperature_is_its_slope():
    """At a temperature of 0.7, by differences; of a model that is its own truth that is the heat capacity."""
    truth, model = (enumeration.energies_of_all(random_potts(4, 3, seed=seed)) for seed in (1, 2))

    def mean(temperature):
        return enumeration.boltzmann(model, 1 / temperature) @ truth

    slope = (mean(0.7 + 1e-5) - mean(0.7 - 1e-5)) / 2e-5
    assert enumeration.true_heat_capacity(truth, model, 1 / 0.7) == pytest.approx(slope, rel=1e-6)
    capacity = enumeration.heat_capacity(model, 1 / 0.7)
    assert enumeration.true_heat_capacity(model, model, 1 / 0.7) == pytest.approx(capacity)
