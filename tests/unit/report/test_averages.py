"""Means over replicates that figures draw."""

import numpy as np
import pandas as pd
import pytest

from temperance.report.figures.averages import average_chosen, average_plane, mean_by_size

# Three replicates of M = 100 at 1; one of M = 200 at 0.5 and 1.
SCORES = pd.DataFrame(
    [
        (200, 1.0, 0.5, 0.02, 0.31),
        (200, 0.5, 0.4, 0.01, 0.21),
        (100, 1.0, 0.9, 0.03, 0.1),
        (100, 1.0, 0.3, 0.04, 0.2),
        (100, 1.0, 0.3, 0.12, 0.6),
    ],
    columns=["M", "temperature", "fidelity", "fidelity_error", "novelty"],
)


def test_a_mean_has_its_range_and_the_error_of_the_mean():
    means = mean_by_size(SCORES, "fidelity")
    assert means[["M", "temperature"]].to_numpy().tolist() == [[100, 1.0], [200, 0.5], [200, 1.0]]
    # (0.9 + 0.3 + 0.3) / 3, where the median is 0.3; errors: sqrt(0.03^2 + 0.04^2 + 0.12^2) / 3 = 0.13 / 3.
    np.testing.assert_allclose(means["mean"], [0.5, 0.4, 0.5])
    np.testing.assert_allclose(means["least"], [0.3, 0.4, 0.5])
    np.testing.assert_allclose(means["most"], [0.9, 0.4, 0.5])
    np.testing.assert_allclose(means["half_width"], [1.96 * 0.13 / 3, 1.96 * 0.01, 1.96 * 0.02])


def test_a_score_without_errors_has_no_interval():
    means = mean_by_size(SCORES, "novelty")
    assert list(means) == ["M", "temperature", "mean", "least", "most"]
    # (0.1 + 0.2 + 0.6) / 3.
    np.testing.assert_allclose(means["mean"], [0.3, 0.21, 0.31])


def test_novelty_and_fidelity_are_averaged_side_by_side():
    plane = average_plane(SCORES)
    np.testing.assert_allclose(plane["novelty_mean"], [0.3, 0.21, 0.31])
    np.testing.assert_allclose(plane[["novelty_least", "novelty_most"]].iloc[0], [0.1, 0.6])
    np.testing.assert_allclose(plane["fidelity_mean"], [0.5, 0.4, 0.5])
    np.testing.assert_allclose(plane[["fidelity_least", "fidelity_most"]].iloc[0], [0.3, 0.9])


def test_the_chosen_temperature_is_that_of_the_largest_models():
    assert average_chosen(SCORES, 1.00005) == pytest.approx((0.31, 0.5))
    assert average_chosen(SCORES, 0.5) == pytest.approx((0.21, 0.4))
    # Two replicates of the largest size: the mean of 0.31 and 0.11, and of 0.5 and 0.7.
    second = pd.DataFrame([(200, 1.0, 0.7, 0.02, 0.11)], columns=SCORES.columns)
    assert average_chosen(pd.concat([SCORES, second]), 1.0) == pytest.approx((0.21, 0.6))
    assert np.isnan(average_chosen(SCORES, 1.001)).all()
