"""Convergence diagnostics."""

import numpy as np

from temperance.sampling.diagnostics import can_equilibrate, effective_sample_size, split_rhat


def test_rhat_and_effective_sample_size_see_disagreeing_and_sticky_ladders():
    rng = np.random.default_rng(0)
    good = rng.normal(size=(16, 200))
    assert split_rhat(good) < 1.02
    assert effective_sample_size(good) > 2000
    assert split_rhat(good + np.arange(16)[:, None]) > 1.5
    sticky = np.repeat(rng.normal(size=(16, 10)), 20, axis=1)
    assert effective_sample_size(sticky) < 400
    assert split_rhat(np.repeat(rng.normal(size=(16, 1)), 200, axis=1)) > 10


def test_a_rung_is_given_up_when_no_number_of_doublings_would_do():
    """Excess 0.6 falls to 0.0375 with four halvings, 0.9 to 0.056 only."""
    rhats = np.array([[1.0, 1.6, 1.9]])
    assert can_equilibrate(rhats, np.array([4]), 1.05, 64).tolist() == [True, True, False]
    assert can_equilibrate(rhats, np.array([4]), 1.05, 32).tolist() == [True, False, False]


def test_a_rung_is_given_up_when_two_doublings_have_not_helped_and_so_are_colder_ones():
    rhats = np.array([[1.06, 1.30, 1.10], [1.04, 1.28, 1.08], [1.02, 1.29, 1.06]])
    assert can_equilibrate(rhats, np.array([1, 2, 4]), 1.05, 64).tolist() == [True, False, False]
    assert can_equilibrate(rhats[:2], np.array([1, 2]), 1.05, 64).tolist() == [True, True, True]
    assert can_equilibrate(rhats[:2], np.array([1, 4]), 1.05, 64).tolist() == [True, False, False]


def test_small_rhats_are_no_reason_to_give_up():
    rhats = np.array([[1.06, 1.09], [1.07, 1.08], [1.06, 1.08]])
    assert can_equilibrate(rhats, np.array([4, 16, 64]), 1.05, 64).tolist() == [True, True]
    assert can_equilibrate(rhats + 0.05, np.array([4, 16, 64]), 1.05, 64).tolist() == [False, False]
