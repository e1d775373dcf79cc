"""The choice of a penalty, on likelihoods that are countable by hand."""

import numpy as np
import pytest

from temperance.training.strengths import Strength, choose_strength, likelier, strength_table

WEIGHTS = np.array([1.0, 1.0, 2.0])


def strength(l2, energies, log_z=0.0, equilibrated=True, error=0.0):
    return Strength(l2, 10, np.array(energies, float), log_z, error, 100.0, equilibrated, 2.5, 60.0, 10.0, 0.01)


def test_a_weaker_penalty_has_to_gain_more_than_its_error():
    strong = strength(0.1, [10, 20, 30])
    # Gains of 1, 3 and 2 nats: mean 2, standard error sqrt(1/16 + 1/16) = 0.35.
    assert likelier(strength(0.03, [9, 17, 28]), strong, WEIGHTS)
    # ln Z larger by 1.7 leaves 0.3, less than the error; by 1.6 leaves 0.4.
    assert not likelier(strength(0.03, [9, 17, 28], log_z=1.7), strong, WEIGHTS)
    assert likelier(strength(0.03, [9, 17, 28], log_z=1.6), strong, WEIGHTS)
    assert not likelier(strength(0.03, [9, 17, 28], log_z=1.6, error=0.4), strong, WEIGHTS)


def test_the_strongest_of_equally_likely_penalties_is_chosen():
    path = [strength(1.0, [10, 10, 10]), strength(0.3, [5, 5, 5]), strength(0.1, [5, 5, 5]), strength(0.03, [9, 9, 9])]
    assert choose_strength(path, WEIGHTS) == 1
    assert choose_strength(path[:1], WEIGHTS) == 0


def test_a_model_that_cannot_be_sampled_is_not_chosen():
    path = [strength(0.3, [5, 5, 5]), strength(0.1, [1, 1, 1], equilibrated=False)]
    assert choose_strength(path, WEIGHTS) == 0
    assert choose_strength([path[1], path[0]], WEIGHTS) == 1


def test_the_table_has_likelihoods_a_site():
    table = strength_table([strength(0.1, [10, 20, 30], log_z=2.5)], WEIGHTS, 20, 5, 0.1)
    row = table.iloc[0]
    # Weighted mean energy 22.5, so -(22.5 + 2.5) / 5.
    assert row["log_likelihood"] == pytest.approx(-5.0)
    # sqrt((1/4)^2 12.5^2 + (1/4)^2 2.5^2 + (1/2)^2 7.5^2) / 5
    assert row["log_likelihood_error"] == pytest.approx(np.sqrt((12.5**2 + 2.5**2) / 16 + 7.5**2 / 4) / 5)
    # Parameters worth 60 / 20 = 3 nats against a penalty of 2.5, over a heat capacity of 10.
    assert row["predicted_tau_f"] == pytest.approx(1.05)
    assert bool(row["chosen"]) and row["penalty"] == 2.5
    assert strength_table([], np.empty(0), 20, 5, np.nan).empty
