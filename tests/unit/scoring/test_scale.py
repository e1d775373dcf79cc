import numpy as np
import pytest

from temperance.scoring.scale import NaturalScale


def test_percentiles_are_the_weight_below_and_half_of_the_equal():
    scale = NaturalScale.measure(np.array([3.0, 1.0, 2.0, 2.0, np.nan]), np.array([1.0, 4.0, 2.0, 1.0, 9.0]))
    found = scale.percentiles(np.array([0.0, 1.0, 1.5, 2.0, 3.0, 9.0, np.nan]))
    np.testing.assert_allclose(found, [0, 25, 50, 50 + 18.75, 93.75, 100, np.nan])


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
