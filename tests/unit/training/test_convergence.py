from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import logsumexp
from small_systems import random_potts, spins

from temperance.engines.registry import choose_engine
from temperance.potts import enumeration
from temperance.potts.frequencies import frequencies
from temperance.potts.model import Potts
from temperance.sampling.population import Population
from temperance.training import evaluate_imported
from temperance.training.convergence import ConvergenceTest


def test_the_error_of_a_correlation_is_that_of_leaving_out_each_of_ten_blocks():
    """Correlations that are the mean of the blocks' numbers 0 to 9, with one left out: (45 - n) / 9.

    Their sum of squared differences from the mean 4.5 is 82.5 / 81, and the error is sqrt(9 / 10 of it).
    """

    class Means:
        def correlation_agreement(self, chains):
            return SimpleNamespace(pearson=chains.mean())

    sequences = np.zeros((2, 1), np.uint8)
    test = ConvergenceTest(None, sequences, np.ones(2), 2, np.random.default_rng(0), print)
    chains = np.repeat(np.arange(10.0), 3)[:, None]
    assert test._pearson_error(Means(), chains) == pytest.approx((0.9 * 82.5 / 81) ** 0.5)
    # A chain that fills no block counts nowhere; fewer chains than blocks have no error.
    assert test._pearson_error(Means(), np.vstack([chains, [[99.0]]])) == pytest.approx((0.9 * 82.5 / 81) ** 0.5)
    assert np.isnan(test._pearson_error(Means(), chains[:9]))


def test_the_error_of_a_correlation_is_its_spread_over_populations():
    model = random_potts(6, 3, seed=1, scale=0.5)
    energies = enumeration.energies_of_all(model)
    sequences = enumeration.draw_sequences(energies, 6, 3, 1000, np.random.default_rng(2))
    engine, weights = choose_engine("numba"), np.ones(1000)
    confirmations = [
        evaluate_imported(model, sequences, weights, engine, seed, confirm_chains=1000).confirmation
        for seed in range(40)
    ]
    spread = np.std([confirmation.pearson for confirmation in confirmations], ddof=1)
    errors = np.array([confirmation.pearson_error for confirmation in confirmations])
    # The spread of 40 values is known to 11 %.
    assert (errors**2).mean() ** 0.5 == pytest.approx(spread, rel=0.3)


class Model:
    """Of a mean energy of 1 over the data and a penalty of 0.5, and with a correlation of a hundredth of the chains."""

    def correlation_agreement(self, chains):
        return SimpleNamespace(pearson=len(chains) / 100, slope=0.9, pearson_noise_corrected=0.8)

    def mean_data_energy(self):
        return 1.0

    def penalty(self):
        return 0.5


# Twenty chains of 25 families, of mean energy 2 and standard deviation 1.
POPULATION = Population(np.zeros((20, 1), np.uint8), np.repeat([1.0, 3.0], 10), 0.0, 25.0, 8)


def confirm(shift, agreement=0.8, families=25.0, effective_count=None):
    """Compare with a hundred chains of standard deviation 2, whose mean energy is lower by `shift`."""
    test = ConvergenceTest(None, np.zeros((2, 1), np.uint8), np.ones(2), 2, np.random.default_rng(0), lambda _: None)
    energies, agreement = np.repeat([0.0, 4.0], 50) - shift, SimpleNamespace(pearson_noise_corrected=agreement)
    return test.confirm(Model(), replace(POPULATION, families=families), energies, agreement, effective_count)


def test_a_population_is_described_beside_data_and_chains():
    confirmation = confirm(0.2)
    # The population's correlation is that of 20 chains, and so is what the data reach.
    assert (confirmation.pearson, confirmation.ceiling, confirmation.slope) == (0.2, 0.2, 0.9)
    # 0.2 of 2; and a slope of 2 - 1 - 0.5 over a variance of 1 and the penalty.
    assert confirmation.energy_shift == pytest.approx(0.1) and confirmation.scale_error == pytest.approx(1 / 3)
    assert (confirmation.chains, confirmation.sweeps, confirmation.families) == (20, 8, 25)


@pytest.mark.parametrize(
    ("keys", "agrees"),
    [
        # The error of the difference is the root of 1 / 25 + 4 / 100, 0.283; 2.58 of it are 0.730.
        ({"shift": 0.72}, True), ({"shift": 0.74}, False), ({"shift": -0.74}, False),
        # Of chains that are worth four it is the root of 1 / 25 + 4 / 4: 2.631.
        ({"shift": 2.62, "effective_count": 4.0}, True), ({"shift": 2.64, "effective_count": 4.0}, False),
        ({"shift": 0.0, "families": 20.0}, True), ({"shift": 0.0, "families": 19.9}, False),
        # The population's correlations may be worse by 0.1.
        ({"shift": 0.0, "agreement": 0.89}, True), ({"shift": 0.0, "agreement": 0.91}, False),
        ({"shift": 0.0, "agreement": 0.1}, True),
    ],
)  # fmt: skip
def test_a_population_agrees_in_energy_and_correlations_and_has_families(keys, agrees):
    assert confirm(**keys).equilibrated is agrees


def test_data_are_drawn_by_their_weights():
    sequences = np.array([[0], [1]], np.uint8)
    test = ConvergenceTest(None, sequences, np.array([0.5, 1.5]), 2, np.random.default_rng(0), print)
    assert test.draw_data(4000).mean() == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / 4000) ** 0.5)


def test_data_of_an_imported_model_count_by_their_weights_and_chains_by_their_families(monkeypatch):
    """Six spins in a field, each up with probability e / (1 + e), and sequences of all up and none up weighed so."""
    up, engine, populations, compared = np.e / (1 + np.e), choose_engine("numba"), [], []
    anneal, compare = ConvergenceTest.population, ConvergenceTest.confirm

    def record_population(*arguments):
        populations.append(anneal(*arguments))
        return populations[-1]

    monkeypatch.setattr(ConvergenceTest, "population", record_population)
    monkeypatch.setattr(
        ConvergenceTest, "confirm", lambda *arguments: compared.append(arguments) or compare(*arguments)
    )
    sequences, weights = np.repeat(np.array([[0], [1]], np.uint8), 6, axis=1), 3 * np.array([up, 1 - up])
    result = evaluate_imported(spins(np.zeros((6, 6)), field=0.5), sequences, weights, engine, 1, confirm_chains=2000)
    # Without weights the scale would be too large by (0.731 - 0.5) / 0.197.
    assert abs(result.confirmation.scale_error) < 0.1
    assert (result.sequences, result.meff) == (2, pytest.approx(3))
    # The second population is worth as many independent chains as it has families.
    ((_, _, population, energies, _, count),) = compared
    assert population is populations[0] and energies is populations[1].energies
    assert count == populations[1].families < 1999


def test_chains_and_ln_z_follow_a_model_that_is_rescaled():
    """Sites of their own: ln Z is the sum of theirs. A scale that is off by more than a test allows is left."""
    rng, engine = np.random.default_rng(0), choose_engine("numba")
    sequences = (3 * rng.random((300, 5)) ** 8).astype(np.uint8)
    learner = engine.learner(frequencies(sequences, 3).with_pseudocount(0.01), 0.0, 0.1)
    test = ConvergenceTest(engine, sequences, np.ones(300), 3, rng, print)
    population = test.population(learner, 4000)
    test.scale_error = lambda *_: 0.031
    assert test.rescale(learner, population, sequences) == (learner, population, sequences)
    fields = learner.parameters[0].astype(float).copy()
    test.scale_error = lambda *_: 0.03
    learner, rescaled, _ = test.rescale(learner, population, sequences)
    np.testing.assert_allclose(learner.parameters[0], 1.03 * fields, rtol=1e-5)
    exact = logsumexp(1.03 * fields, axis=1).sum()
    assert exact - logsumexp(fields, axis=1).sum() > 8 * population.log_z_error
    assert rescaled.log_z == pytest.approx(exact, abs=4 * population.log_z_error)
    energies = Potts.from_pairs(*learner.parameters).energies(rescaled.chains)
    np.testing.assert_allclose(rescaled.energies, energies, rtol=1e-4)
