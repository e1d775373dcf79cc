"""Errors over ladders and over clusters of sequences, counted by hand."""

import numpy as np
import pytest

from temperance.stats.resampling import (
    bootstrap_weights,
    effective_number,
    interval_factor,
    interval_factors,
    jackknife_error,
    resample,
    resample_sums,
    sum_clusters,
    weighted_mean,
)


def test_the_jackknife_error_of_three_ladders():
    """Left out in turn 1, 2, 6: deviations from 3 are -2, -1, 3, their squares sum to 14, times (3 - 1) / 3."""
    values = np.array([[99.0, 0.0], [1.0, 5.0], [2.0, 5.0], [6.0, 5.0]])
    assert jackknife_error(values) == pytest.approx([(14 * 2 / 3) ** 0.5, 0])


def test_one_ladder_has_no_error():
    assert np.isnan(jackknife_error(np.ones((2, 3)))).tolist() == [True] * 3
    assert jackknife_error(np.array([1.0, 0.0, 2.0])) == pytest.approx(1.0)  # two have: sqrt((2 - 1) * 1)
    assert np.isnan(interval_factor(1)) and np.isnan(interval_factors(np.array([0.5, 2]))).tolist() == [True, False]


def test_interval_factors_are_student_s_t_of_one_degree_fewer_than_ladders():
    assert interval_factors(np.array([2, 3, 11])) == pytest.approx([12.706205, 4.302653, 2.228139])
    assert interval_factor(1001) == pytest.approx(1.962339, abs=1e-6)


def test_a_bootstrap_draws_one_ladder_fewer_than_there_are():
    """Of 3 ladders 2 are drawn: a share is 0, 1/2 or 1; a ladder is drawn at all in 5 of 9 cases, twice in 1 of 9."""
    weights = bootstrap_weights(3, 9000, np.random.default_rng(0))
    assert weights.shape == (9001, 3)
    assert weights[0].tolist() == [1 / 3] * 3
    assert set(weights[1:].ravel()) == {0, 0.5, 1}
    assert weights.sum(axis=1) == pytest.approx(1)
    # Standard deviations of these shares of 9,000 are 0.0033 and 0.0052.
    assert (weights[1:] == 1).mean(axis=0) == pytest.approx(1 / 9, abs=0.014)
    assert (weights[1:] > 0).mean(axis=0) == pytest.approx(5 / 9, abs=0.021)


def test_a_resampled_estimate_is_moved_by_the_influence_of_the_ladders_drawn():
    """Estimate 10; without a ladder 9, 12, 12, of mean 11. Influences: (3 - 1) (11 - 9) = 4, -2, -2."""
    values = np.array([10.0, 9.0, 12.0, 12.0])
    shares = np.array([[1 / 3, 1 / 3, 1 / 3], [1, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]])
    assert resample(values, shares) == pytest.approx([10, 14, 11, 8])
    assert resample(np.stack([values, 2 * values], axis=1), shares)[1] == pytest.approx([14, 28])


def test_bootstrap_sums_count_each_unit_as_often_as_it_is_drawn_one_fewer_than_there_are():
    """Of units (0, 0, 1) and so on, sums are the counts themselves, two in each draw, 2/3 each on average."""
    sums = resample_sums(np.eye(3), 6000, np.random.default_rng(0))
    assert sums.shape == (6001, 3)
    assert sums[0].tolist() == [1, 1, 1]
    assert (sums[1:].sum(axis=1) == 2).all()
    # A count is 0, 1 or 2 with 4, 4 and 1 of 9: its variance is 4/9, and so is its fourth central moment.
    assert sums[1:].mean(axis=0) == pytest.approx(2 / 3, abs=4 * (4 / 9 / 6000) ** 0.5)
    assert sums[1:].var(axis=0) == pytest.approx(4 / 9, abs=4 * ((4 / 9 - (4 / 9) ** 2) / 6000) ** 0.5)
    assert resample_sums(np.array([1.0, 10.0]), 5, np.random.default_rng(0))[0] == 11
    assert resample_sums(np.array([7.0]), 2, np.random.default_rng(0)).tolist() == [7, 7, 7]


def test_bootstrap_means_have_the_unbiased_variance():
    """The variance of a mean of n - 1 drawn of n = 3 values 0, 3, 6 is 6 / 2 = 3: that of three divided by n - 1."""
    values = np.array([[1.0, 0.0], [1.0, 3.0], [1.0, 6.0]])
    sums = resample_sums(values, 20_000, np.random.default_rng(0))
    assert sums[0].tolist() == [3, 9]
    # The fourth moment of such a mean is 20.25, so that its variance has the error sqrt((20.25 - 3^2) / 20,000).
    assert abs((sums[1:, 1] / sums[1:, 0]).var() - 3) < 5 * (11.25 / 20_000) ** 0.5


def test_the_error_of_a_weighted_mean():
    """Values 0, 4, 4 of weights 2, 1, 1: mean 2; shares times deviations -1, 0.5, 0.5, of squares 1, 0.25, 0.25."""
    values, weights = np.array([0.0, 4.0, 4.0]), np.array([2.0, 1.0, 1.0])
    assert weighted_mean(values, weights) == pytest.approx((2, 1.5**0.5))
    assert weighted_mean(values, 10 * weights) == pytest.approx((2, 1.5**0.5))
    # The last two are relatives: 1 and (0.5 + 0.5)^2.
    assert weighted_mean(values, weights, np.array([5, 3, 3])) == pytest.approx((2, 2**0.5))
    # All are: nothing independent is left of them.
    assert weighted_mean(values, weights, np.zeros(3)) == pytest.approx((2, 0))


def test_sums_over_clusters_are_in_the_order_of_the_labels():
    values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    assert sum_clusters(values, np.array([9, 3, 9])).tolist() == [[2, 20], [5, 50]]


def test_the_effective_number_of_weights():
    """Weights 1, 1, 2: 4^2 / 6; weights 3, 0, 0: one. Numbers are of the last axis, whatever the scale."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.array([[1.0, 1.0, 2.0], [3.0, 0.0, 0.0]]))
    assert effective_number(logs) == pytest.approx([16 / 6, 1])
    assert effective_number(logs - 2000) == pytest.approx([16 / 6, 1])
