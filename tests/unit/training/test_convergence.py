from types import SimpleNamespace

import numpy as np
import pytest
from small_systems import random_potts

from temperance.engines.registry import choose_engine
from temperance.potts import enumeration
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
