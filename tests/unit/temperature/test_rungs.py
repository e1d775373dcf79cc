"""Scores by temperature: means and intervals over ladders, and floors, by hand."""

import numpy as np
import pandas as pd
import pytest
from rung_scores import rung_scores

from temperance.temperature.rungs import RungScores, lower_bound, mean_and_half

NAN = np.nan


def test_scores_are_means_over_the_draws_of_a_ladder():
    """Rows of the table count by their temperature and ladder, whatever their order."""
    samples = pd.DataFrame(
        [
            # temperature, ladder, distance_natural, energy, percentile_potts, percentile_hmm
            (1.0, 1, 0.9, -2.0, 10.0, 70.0),
            (1.0, 1, 0.7, -4.0, 30.0, 90.0),
            (0.5, 0, 0.1, -9.0, 60.0, 50.0),
            (0.5, 1, 0.2, -5.0, 80.0, NAN),
            (0.5, 0, 0.3, -7.0, 70.0, 40.0),
            (0.5, 1, 0.4, -6.0, 90.0, NAN),
            (1.0, 0, 0.5, -1.0, 20.0, 10.0),
            (1.0, 0, 0.5, -3.0, 50.0, 30.0),
        ],
        columns=["temperature", "ladder", "distance_natural", "energy", "percentile_potts", "percentile_hmm"],
    )
    # At 0.5 the draws 00 and 01 of one ladder differ from 00 and 00 of the other in 0, 0, 1/2 and 1/2 of the sites, a
    # mean of 1/4; at 1 the draws 11 and 01 differ from 00 and 10 in 1, 1/2, 1/2 and 1, a mean of 3/4.
    sequences = np.array([[[[0, 0], [0, 1]], [[0, 0], [0, 0]]], [[[1, 1], [0, 1]], [[0, 0], [1, 0]]]], np.uint8)
    scores = RungScores.measure(samples, sequences, 0.5, 2, np.array([False, True]))
    assert scores.temperatures.tolist() == [0.5, 1.0]
    assert scores.equilibrated.tolist() == [False, True]
    np.testing.assert_allclose(scores.novelty, [[0.2, 0.3], [0.5, 0.8]])
    np.testing.assert_allclose(scores.energy, [[-8, -5.5], [-2, -3]])
    np.testing.assert_allclose(scores.diversity, [[0.5, 0.5], [1.5, 1.5]])
    assert set(scores.percentiles) == {"potts", "hmm"}
    np.testing.assert_allclose(scores.percentiles["potts"], [[65, 85], [35, 20]])
    np.testing.assert_allclose(scores.percentiles["hmm"], [[45, NAN], [20, 80]])


def test_intervals_are_students_and_leave_out_ladders_without_a_value():
    values = np.array([[1.0, 2, 3], [NAN, 4, 8], [NAN, NAN, 5], [NAN, NAN, NAN]])
    mean, half = mean_and_half(values)
    np.testing.assert_allclose(mean, [2, 6, 5, NAN])
    # Three ladders: t = 4.3027 with two degrees of freedom, sd 1, over sqrt(3). Two: t = 12.7062, sd 2 sqrt(2), over
    # sqrt(2). One has no interval.
    np.testing.assert_allclose(half, [4.30265 / 3**0.5, 12.70620 * 2, 0, NAN], rtol=1e-5)
    np.testing.assert_allclose(lower_bound(values), [2 - 4.30265 / 3**0.5, 6 - 25.4124, 5, NAN], rtol=1e-5)


def test_a_floor_is_met_exactly_by_the_lower_end_of_the_interval():
    # Means 0.2, a little less, and 0.3 with a half-width of 12.7 * 0.1 and of 4.3027 * 0.01 / sqrt(3) = 0.0248.
    novelty = np.array([[0.2, 0.2, 0.2], [0.19999] * 3, [0.2, 0.3, 0.4], [0.29, 0.30, 0.31]])
    scores = rung_scores([1, 2, 3, 4], novelty=novelty, diversity=[0.5, 0.6, 0.7, 0.8], ladders=3)
    assert scores.meets(0.2, 0.7)[0].tolist() == [True, False, False, True]
    assert scores.meets(0.2, 0.7)[1].tolist() == [False, False, True, True]
    assert scores.meets(0.2751, 0)[0].tolist() == [False, False, False, True]
    assert scores.meets(0.2753, 0)[0].tolist() == [False] * 4


def test_ladders_are_drawn_whole_and_with_replacement():
    """Every score of the k-th ladder is k at 1 and k + 10 at 2, in a unit of its own."""
    number = np.array([np.arange(4.0), np.arange(4.0) + 10])
    scores = rung_scores(
        [1, 2], novelty=number, diversity=2 * number, energy=-number, percentiles={"potts": 3 * number}, ladders=4,
        equilibrated=[True, False],
    )  # fmt: skip
    rng = np.random.default_rng(0)
    draws = [scores.resample(rng) for _ in range(20)]
    for resample in draws:
        assert resample.novelty.shape == (2, 4)
        assert set(resample.novelty[0]) <= {0, 1, 2, 3}
        np.testing.assert_array_equal(resample.novelty[1], resample.novelty[0] + 10)
        np.testing.assert_array_equal(resample.diversity, 2 * resample.novelty)
        np.testing.assert_array_equal(resample.energy, -resample.novelty)
        np.testing.assert_array_equal(resample.percentiles["potts"], 3 * resample.novelty)
        assert resample.temperatures.tolist() == [1, 2]
        assert resample.equilibrated.tolist() == [True, False]
    # A draw of four of four that are all different has a chance of 4! / 4^4 = 9 %.
    assert np.mean([len(set(resample.novelty[0])) < 4 for resample in draws]) > 0.5
    assert {ladder for resample in draws for ladder in resample.novelty[0]} == {0, 1, 2, 3}


@pytest.mark.parametrize("floor", ["novelty", "diversity"])
def test_each_floor_is_asked_of_its_own_score(floor):
    scores = rung_scores([1, 2], novelty=0.1, diversity=0.9)
    assert [met.tolist() for met in scores.meets(0.1, 0.9)] == [[True, True], [True, True]]
    novel, varied = scores.meets(0.5, 0.9) if floor == "novelty" else scores.meets(0.1, 0.95)
    assert novel.tolist() == [floor == "diversity"] * 2
    assert varied.tolist() == [floor == "novelty"] * 2
