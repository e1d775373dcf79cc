"""Half of the states of spins against loops over all of them."""

import itertools
import math

import numpy as np
import pytest

from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import Frequencies
from temperance.truth.enumerable import ising
from temperance.validation.even_spins import EvenSpins, double


def couplings_of(spins, seed=0):
    return np.random.default_rng(seed).normal(scale=0.4, size=spins * (spins - 1) // 2)


def loop(spins, couplings):
    """Energy of every state, in lexicographic order with up first; and ln Z and mean products over them."""
    pairs = list(itertools.combinations(range(spins), 2))
    energies, sums, z = [], dict.fromkeys(pairs, 0.0), 0.0
    for state in itertools.product((1, -1), repeat=spins):
        energy = -sum(coupling * state[i] * state[j] for coupling, (i, j) in zip(couplings, pairs, strict=True))
        energies.append(energy)
        z += math.exp(-energy)
        for i, j in pairs:
            sums[i, j] += math.exp(-energy) * state[i] * state[j]
    return energies, math.log(z), [value / z for value in sums.values()]


@pytest.mark.parametrize("spins", [2, 3, 7, 8])
def test_half_of_the_states_holds_what_all_hold(spins):
    half, couplings = EvenSpins.of_size(spins), couplings_of(spins)
    energies, log_z, correlations = loop(spins, couplings)
    np.testing.assert_allclose(double(half.compute_energies(couplings)), energies, atol=1e-12)
    mine, mean = half.average(half.compute_energies(couplings))
    assert mine + math.log(2) == pytest.approx(log_z, abs=1e-12)
    np.testing.assert_allclose(mean, correlations, atol=1e-12)


def test_the_lattice_of_three_by_four_against_a_loop_over_its_4096_states():
    """Neighbours of site (r, c) are (r + 1, c) and (r, c + 1), both around the border."""
    bonds = [((r, c), ((r + 1) % 3, c)) for r in range(3) for c in range(4)]
    bonds += [((r, c), (r, (c + 1) % 4)) for r in range(3) for c in range(4)]
    z = energy = square = 0.0
    for state in itertools.product((1, -1), repeat=12):
        e = -sum(state[4 * a + b] * state[4 * c + d] for (a, b), (c, d) in bonds) / 2.3
        z, energy, square = z + math.exp(-e), energy + e * math.exp(-e), square + e * e * math.exp(-e)
    truth = ising(3, 4, temperature=2.3)
    half = truth[: 2**11]
    np.testing.assert_array_equal(double(half), truth)
    assert enumeration.log_z(half) + math.log(2) == pytest.approx(math.log(z))
    assert enumeration.heat_capacity(half) == pytest.approx(square / z - (energy / z) ** 2)


def test_divergences_and_optima_are_the_same_over_half_and_over_all_states():
    half = EvenSpins.of_size(12)
    truth, model = ising(3, 4, temperature=2.3), half.compute_energies(couplings_of(12))
    few, every = (truth[: 2**11], model), (truth, double(model))
    for function in (exact_optima.forward_divergence, exact_optima.reverse_divergence):
        assert function(*few, 0.7) == pytest.approx(function(*every, 0.7), rel=1e-9)
    assert enumeration.true_heat_capacity(*few, 0.7) == pytest.approx(enumeration.true_heat_capacity(*every, 0.7))
    mine, all_states = exact_optima.find_optima(*few), exact_optima.find_optima(*every)
    assert mine.tau_f == pytest.approx(all_states.tau_f, rel=1e-6)
    assert mine.tau_r == pytest.approx(all_states.tau_r, rel=1e-6)


def test_correlations_of_a_sample_are_means_of_products():
    """Of three spins, states 0, 1 and 3 are +++, ++- and +--; pairs are 01, 02 and 12."""
    np.testing.assert_allclose(EvenSpins.of_size(3).correlate(np.array([0, 1, 1, 3])), [0.5, -0.5, 0])


@pytest.mark.parametrize("l2", [0.0, 0.04])
def test_the_fit_is_that_of_a_model_of_all_sequences_without_fields(l2):
    """A coupling J is four of a model of two states, J s_a s_b, so that a penalty on these is four times as strong."""
    half = EvenSpins.of_size(6)
    _, correlations = half.average(half.compute_energies(couplings_of(6)))
    correlations = 0.9 * correlations
    products = np.array([1, -1, -1, 1]).reshape(2, 2)
    pairs = (1 + correlations[:, None, None] * products) / 4
    model = enumeration.fit_pairwise(Frequencies(np.full((6, 2), 0.5), pairs), l2 / 4, fields=False)
    couplings = half.fit(correlations, l2)
    first, second = half.pairs
    np.testing.assert_allclose(model.couplings[first, 0, second, 0], couplings, atol=2e-5)
    _, mean = half.average(half.compute_energies(couplings))
    np.testing.assert_allclose(mean + l2 * couplings, correlations, atol=1e-6)


def test_the_descent_ends_when_the_likelihood_hardly_changes():
    """Against a loop of its own over the eight states of three spins; the same number of steps."""
    correlations, start = np.array([0.5, -0.2, 0.1]), np.array([1.0, 0.5, -0.7])
    couplings, losses = start.copy(), []
    while len(losses) < 2 or abs(losses[-1] - losses[-2]) / losses[-2] >= 1e-3:
        _, log_z, mean = loop(3, couplings)
        losses.append(log_z - couplings @ correlations)
        last = couplings
        couplings = couplings + 0.05 * (correlations - mean)
    mine = EvenSpins.of_size(3).descend(correlations, start, rate=0.05, tolerance=1e-3)
    assert len(losses) > 20
    np.testing.assert_allclose(mine, last, atol=1e-10)
    # One step further or less is as far as this.
    assert np.abs(couplings - last).max() > 1e-3


def test_the_descent_goes_on_to_the_fit_if_it_may():
    half, correlations = EvenSpins.of_size(3), np.array([0.5, -0.2, 0.1])
    couplings = half.descend(correlations, np.zeros(3), rate=0.5, tolerance=1e-16)
    np.testing.assert_allclose(couplings, half.fit(correlations), atol=1e-6)
