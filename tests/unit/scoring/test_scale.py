import numpy as np
import pytest

from temperance.scoring.scale import NaturalScale


def test_percentiles_are_the_weight_below_and_half_of_the_equal():
    scale = NaturalScale.measure(np.array([3.0, 1.0, 2.0, 2.0, np.nan]), np.array([1.0, 4.0, 2.0, 1.0, 9.0]))
    percentiles = scale.percentiles(np.array([0.0, 1.0, 1.5, 2.0, 3.0, 9.0, np.nan]))
    np.testing.assert_allclose(percentiles, [0, 25, 50, 50 + 18.75, 93.75, 100, np.nan])


def test_natural_sequences_have_a_weighted_mean_of_50():
    rng = np.random.default_rng(0)
    scores, weights = rng.integers(0, 9, 200).astype(float), rng.random(200)
    places = NaturalScale.measure(scores, weights).percentiles(scores)
    assert np.average(places, weights=weights) == pytest.approx(50)


def test_the_score_at_a_percentile():
    scale = NaturalScale.measure(np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 1.0]))
    assert [scale.score_at(p) for p in (0, 50, 51, 75, 76, 100)] == [1, 1, 2, 2, 3, 3]


def test_without_scores_nothing_has_a_place():
    assert np.isnan(NaturalScale.measure(np.full(3, np.nan), np.ones(3)).percentiles(np.array([1.0]))).all()


def test_sequences_without_weight_are_not_part_of_the_scale():
    scale = NaturalScale.measure(np.array([9.0, 2.0, 1.0, np.inf]), np.array([0.0, 1.0, 3.0, 5.0]))
    assert scale.scores.tolist() == [1, 2] and scale.shares.tolist() == [0, 0.75, 1]
    assert scale.score_at(100) == 2


def test_a_percentile_that_rounding_moves_is_still_reached():
    """Ten equal weights sum to 0.7 but for rounding after seven of them."""
    scale = NaturalScale.measure(np.arange(10.0), np.full(10, 0.1))
    assert [scale.score_at(p) for p in (10, 30, 70, 70.1, 99.9)] == [0, 2, 6, 7, 9]
