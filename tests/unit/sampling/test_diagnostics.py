"""Convergence diagnostics."""

import numpy as np
import pytest

from temperance.sampling.diagnostics import (
    can_equilibrate,
    diagnose_rungs,
    effective_sample_size,
    is_within_equilibrated,
    relative_drift,
    sequence_rhat,
    split_rhat,
    worth_more_sweeps,
)


def test_rhat_and_effective_sample_size_see_disagreeing_and_sticky_ladders():
    rng = np.random.default_rng(0)
    good = rng.normal(size=(16, 200))
    assert split_rhat(good) < 1.02
    assert effective_sample_size(good) > 2000
    assert split_rhat(good + np.arange(16)[:, None]) > 1.5
    sticky = np.repeat(rng.normal(size=(16, 10)), 20, axis=1)
    assert effective_sample_size(sticky) < 400
    assert split_rhat(np.repeat(rng.normal(size=(16, 1)), 200, axis=1)) > 10


def test_ladders_that_relax_together_are_not_equilibrated():
    """Half a standard deviation from one half to the other: R-hat, 1.03 = sqrt(1 + 0.5^2 / 4), does not see it."""
    still = np.random.default_rng(1).normal(size=(16, 200))
    relaxing = still - np.repeat([0.0, 0.5], 100)
    assert split_rhat(relaxing) == pytest.approx(1.03, abs=0.005)
    drift, error = relative_drift(relaxing)
    assert drift == pytest.approx(-0.5, abs=0.06)
    # Means of 100 draws, twice, over 16 ladders.
    assert error == pytest.approx((2 / 100 / 16) ** 0.5, rel=0.4)
    energies, betas = np.stack([still, relaxing, still + np.repeat([0.0, 0.1], 100)]), np.array([0.0, 1.0, 2.0])
    rungs = diagnose_rungs(betas, energies, np.ones(2), 4, 1.05, 100)
    assert rungs["equilibrated"].tolist() == [True, False, True]
    # Few draws drift by chance.
    few = np.random.default_rng(2).normal(size=(4, 4))
    assert abs(relative_drift(few)[0]) < 3 * relative_drift(few)[1]


def test_the_table_of_rungs_has_their_moments_and_how_far_apart_independent_draws_are():
    sticky = np.repeat(np.random.default_rng(0).normal(3, 2, (16, 50)), 4, axis=1)
    energies = np.stack([np.full((16, 200), -1.0), sticky])
    rungs = diagnose_rungs(np.array([0.0, 0.5]), energies, np.array([0.3]), 8, 1.05, 100)
    assert rungs["temperature"].tolist() == [np.inf, 2] and rungs["beta"].tolist() == [0, 0.5]
    assert rungs["mean_energy"].tolist() == pytest.approx([-1, sticky.mean()])
    assert rungs["variance"].tolist() == pytest.approx([0, sticky.std() ** 2])
    # The last rung has no colder neighbour to exchange with.
    assert rungs["acceptance"][0] == 0.3 and np.isnan(rungs["acceptance"][1])
    # Of equal energies every draw counts; of others about one in four does, which are 4 draws of 8 sweeps apart.
    assert rungs["autocorrelation_sweeps"][0] == 8
    assert rungs["autocorrelation_sweeps"][1] == pytest.approx(32, rel=0.25)


def test_a_rung_needs_so_many_independent_draws_or_half_of_all():
    rng = np.random.default_rng(0)
    free, sticky = rng.normal(size=(16, 200)), np.repeat(rng.normal(size=(16, 50)), 4, axis=1)
    # About 3,200 and 800 of 3,200 draws are independent.
    for min_ess, expected in ((500, [True, True]), (1200, [True, False]), (1e9, [True, False])):
        rungs = diagnose_rungs(np.array([0.0, 1.0]), np.stack([free, sticky]), np.ones(1), 1, 1.05, min_ess)
        assert rungs["equilibrated"].tolist() == expected, min_ess


def test_no_more_draws_are_independent_than_there_are():
    # Each draw is followed by its mirror image: their mean is known better than from as many independent ones.
    draws = np.random.default_rng(0).normal(size=(8, 50))
    assert effective_sample_size(np.stack([draws, -draws], axis=2).reshape(8, 100)) == 800


def test_a_rung_is_given_up_when_no_number_of_doublings_would_do():
    """Excess 0.6 falls to 0.0375 with four halvings, 0.9 to 0.056 only."""
    rhats = np.array([[1.0, 1.6, 1.9]])
    assert can_equilibrate(rhats, np.array([4]), 1.05, 64).tolist() == [True, True, False]
    assert can_equilibrate(rhats, np.array([4]), 1.05, 32).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("rhats", "equilibrated", "worth"),
    [
        # Up to 64 sweeps an excess of up to 0.8 may yet be lost, 4 doublings of it; beyond, the rung is given up.
        ([1.2, 1.3, 1.4, 1.5], [0, 0, 0, 0], [1, 1, 1, 1]),
        ([9.0, 1.3, 1.4, 1.5], [0, 0, 0, 0], [0, 1, 1, 1]),  # hotter than tau_train, two phases: no matter
        ([1.2, 1.3, 9.0, 1.5], [0, 0, 0, 0], [1, 1, 0, 0]),  # nor is what is colder than a rung that is given up
        ([1.2, 9.0, 1.4, 1.5], [0, 0, 0, 0], [0, 0, 0, 0]),  # none up to tau_train: the hotter ones decide nothing
        ([1.2, 1.01, 9.0, 9.0], [0, 1, 0, 0], [1, 0, 0, 0]),  # one up to tau_train is enough to go on
    ],
)
def test_more_sweeps_are_for_what_may_decide(rhats, equilibrated, worth):
    colder = np.array([False, True, True, True])
    result = worth_more_sweeps(np.array([rhats]), np.array([4]), np.array(equilibrated, bool), colder, 1.05, 64)
    assert result.tolist() == [bool(value) for value in worth]


def test_ladders_in_valleys_of_equal_energy_disagree_in_their_sequences():
    """Two valleys: ladders that change between them agree, and ladders that each stay in one do not."""
    rng = np.random.default_rng(2)
    noise = rng.random((16, 32, 30)) < 0.1

    def mixed(valley):
        return np.where(noise, rng.integers(0, 4, noise.shape), valley[..., None]).astype(np.uint8)

    changing, staying = rng.integers(0, 2, (16, 32)), np.repeat(rng.integers(0, 2, 16), 32).reshape(16, 32)
    assert sequence_rhat(mixed(changing), 4) < 1.06
    assert sequence_rhat(mixed(staying), 4) > 3
    # A valley of one ladder in sixteen is a component of its own.
    alone = np.zeros((16, 32), int)
    alone[3] = 1
    assert sequence_rhat(mixed(alone), 4) > 3
    assert sequence_rhat(np.zeros((4, 8, 5), np.uint8), 4) == 1
    # Evenly spaced draws stand for many, of all ladders.
    many = np.repeat(mixed(staying), 10, axis=1)
    assert sequence_rhat(many, 4) > 3


def test_a_value_is_equilibrated_if_both_its_neighbours_are():
    sound = np.array([True, True, False, True])
    values = np.array([0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, np.inf])
    lies = is_within_equilibrated(np.array([0.5, 1.0, 2.0, 4.0]), sound, values)
    assert lies.tolist() == [False, True, True, True, False, False, False, True, True, True]


def test_a_rung_is_given_up_when_two_doublings_have_not_helped():
    rhats = np.array([[1.06, 1.30, 1.10], [1.04, 1.28, 1.08], [1.02, 1.29, 1.06]])
    assert can_equilibrate(rhats, np.array([1, 2, 4]), 1.05, 64).tolist() == [True, False, True]
    assert can_equilibrate(rhats[:2], np.array([1, 2]), 1.05, 64).tolist() == [True, True, True]
    assert can_equilibrate(rhats[:2], np.array([1, 4]), 1.05, 64).tolist() == [True, False, True]


def test_small_rhats_are_no_reason_to_give_up():
    rhats = np.array([[1.06, 1.09], [1.07, 1.08], [1.06, 1.08]])
    assert can_equilibrate(rhats, np.array([4, 16, 64]), 1.05, 64).tolist() == [True, True]
    assert can_equilibrate(rhats + 0.05, np.array([4, 16, 64]), 1.05, 64).tolist() == [False, False]
