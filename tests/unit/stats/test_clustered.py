"""Shares, AUCs and rank correlations of clusters of relatives, counted by hand and by simulation."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from temperance.stats.clustered import (
    auc_influences,
    auc_interval,
    design_effect,
    estimate_auc,
    estimate_share,
    estimate_spearman,
    resample_clusters,
)
from temperance.stats.estimate import NORMAL

ALONE = np.arange(10)


def test_relatives_that_agree_count_once_and_those_that_differ_are_no_worse_than_others():
    """Two pairs: sums of influences 2 and -2, squares 8 against 4; pairs that cancel leave 0, which counts as 1."""
    pairs = np.array([0, 0, 1, 1])
    assert design_effect(np.array([1.0, 1, -1, -1]), pairs) == 2
    assert design_effect(np.array([1.0, -1, 1, -1]), pairs) == 1
    # Nothing deviates: five sequences of two clusters.
    assert design_effect(np.zeros(5), np.array([3, 3, 3, 9, 9])) == 2.5


def test_a_share_has_wilsons_interval_of_as_many_sequences_as_its_clusters_are_worth():
    successes = np.array([True] * 4 + [False] * 6)
    # Wilson: (0.4 + z^2 / 20 -+ z sqrt(0.024 + z^2 / 400)) / (1 + z^2 / 10), z = 1.96.
    alone = estimate_share(successes, ALONE)
    assert (alone.value, alone.low, alone.high) == pytest.approx((0.4, 0.16818, 0.68733), abs=1e-5)
    # Five pairs of twins are worth five sequences.
    pairs, five = estimate_share(successes, ALONE // 2), estimate_share(successes[::2], ALONE[::2])
    assert (pairs.low, pairs.high) == pytest.approx((five.low, five.high))
    assert pairs.low < alone.low and alone.high < pairs.high
    # Three of three: z^2 / (3 + z^2) is left below; of one cluster they are one sequence.
    assert estimate_share(np.ones(3, bool), np.arange(3)).low == pytest.approx(3 / (3 + NORMAL**2))
    assert estimate_share(np.ones(3, bool), np.zeros(3)).low == pytest.approx(1 / (1 + NORMAL**2))
    nothing = estimate_share(np.zeros(0, bool), np.zeros(0, int))
    assert np.isnan(nothing.value) and (nothing.low, nothing.high) == (0, 1)


def test_an_auc_is_the_share_of_pairs_in_the_right_order():
    """Functional 2 and 4 against 1, 3 and 4: 2 > 1, 4 > 1, 4 > 3 and half of 4 = 4, so 3.5 of 6."""
    scores, outcomes = np.array([2.0, 4, 1, 3, 4]), np.array([True, True, False, False, False])
    auc, influences = auc_influences(scores, outcomes)
    assert auc == pytest.approx(3.5 / 6)
    # 2 is above one of three, 4 above two and level with one; 1 is below both, 3 below one, 4 level with one.
    expected = [(1 / 3 - auc) / 2, (2.5 / 3 - auc) / 2, (1 - auc) / 3, (0.5 - auc) / 3, (0.25 - auc) / 3]
    assert influences == pytest.approx(expected)
    assert estimate_auc(scores, outcomes, np.arange(5)).value == auc
    for alike in (np.ones(5, bool), np.zeros(5, bool)):
        assert np.isnan(estimate_auc(scores, alike, np.arange(5)).value)


@pytest.mark.parametrize(("auc", "positives", "negatives"), [(0.8, 50, 30), (0.5, 4, 9), (0.97, 12, 200)])
def test_the_ends_of_an_interval_are_areas_from_which_the_auc_is_two_errors_away(auc, positives, negatives):
    for end in auc_interval(auc, positives, negatives):
        others = (positives + negatives) / 2 - 1
        variance = end * (1 - end) * (1 + others * (1 - end) / (2 - end) + others * end / (1 + end))
        assert abs(auc - end) == pytest.approx(NORMAL * (variance / (positives * negatives)) ** 0.5, rel=1e-6)


def test_a_perfect_order_of_few_is_not_certain_and_relatives_add_nothing():
    scores, outcomes = np.arange(10.0), np.arange(10) >= 5
    perfect = estimate_auc(scores, outcomes, ALONE)
    assert (perfect.value, perfect.high) == (1, 1) and perfect.low == pytest.approx(0.643, abs=1e-3)
    # Each sequence twice, as a relative of itself.
    twice = estimate_auc(np.repeat(scores, 2), np.repeat(outcomes, 2), np.repeat(ALONE, 2))
    assert twice.low == pytest.approx(perfect.low)
    reverse = estimate_auc(-scores, outcomes, ALONE)
    assert (reverse.value, reverse.low) == (0, 0) and reverse.high == pytest.approx(1 - perfect.low)


def test_intervals_cover_the_true_auc():
    """Normal scores one standard deviation apart have an AUC of 0.760; 20 clusters of three that score alike."""
    rng, covered = np.random.default_rng(0), 0
    clusters, draws = np.repeat(np.arange(40), 3), 400
    outcomes = clusters % 2 == 0
    for _ in range(draws):
        scores = rng.normal(size=40)[clusters] + 0.3 * rng.normal(size=120) + outcomes * 1.09**0.5
        interval = estimate_auc(scores, outcomes, clusters)
        covered += interval.low <= 0.7602 <= interval.high
    assert 0.92 <= covered / draws <= 0.99


def test_spearman_is_that_of_ranks_and_its_interval_that_of_clusters():
    x, y = np.array([1.0, 2, 3, 4]), np.array([10.0, 20, 40, 30])
    rng = np.random.default_rng(0)
    # One exchange of neighbours among four: 1 - 6 * 2 / (4 * 15).
    assert estimate_spearman(x, y, np.arange(4), rng, 50).value == pytest.approx(0.8)
    constant = estimate_spearman(x, np.ones(4), np.arange(4), rng, 50)
    assert np.isnan(constant.value) and (constant.low, constant.high) == (-1, 1)
    x, noise = np.arange(60.0), np.random.default_rng(1).normal(0, 20, 60)
    alone = estimate_spearman(x, x + noise, np.arange(60), rng, 500)
    clustered = estimate_spearman(np.repeat(x, 4), np.repeat(x + noise, 4), np.repeat(np.arange(60), 4), rng, 500)
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, rel=0.25)


def test_few_clusters_widen_the_interval_of_a_rank_correlation():
    """Of five clusters Student's t, 2.776, leaves 3 in 1,000 to either side: the interval spans all of 100 draws."""
    labels, x = np.repeat(np.arange(5), 3), np.arange(15.0)
    y = x + np.random.default_rng(1).normal(0, 4, 15)
    interval = estimate_spearman(x, y, labels, np.random.default_rng(0), 100)
    draws = resample_clusters(labels, np.random.default_rng(0), 100, lambda rows: spearmanr(x[rows], y[rows]).statistic)
    assert (interval.low, interval.high) == pytest.approx((draws.min(), draws.max()))
    assert interval.low < np.sort(draws)[2] and np.sort(draws)[-3] < interval.high


def test_whole_clusters_are_drawn():
    labels = np.array([7, 2, 7, 2, 2])
    drawn = []
    resample_clusters(labels, np.random.default_rng(0), 20, lambda rows: drawn.append(sorted(rows)) or 0.0)
    assert {tuple(rows) for rows in drawn} == {(0, 0, 2, 2), (0, 1, 2, 3, 4), (1, 1, 3, 3, 4, 4)}
