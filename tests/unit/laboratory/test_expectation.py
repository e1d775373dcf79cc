"""Expected shares of samples, of two temperatures with two ladders of two draws, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from temperance.laboratory.calibrated import CalibratedModel
from temperance.laboratory.expectation import Expectation, expect, relearn, tabulate_expectation
from temperance.laboratory.findings import Measurements

SAMPLES = pd.DataFrame(
    {"temperature": [0.5] * 4 + [1.0] * 4, "ladder": [0, 0, 1, 1] * 2,
     "distance_natural": [0.1, 0.2, 0.3, 0.1, 0.4, 0.4, 0.0, 0.5], "judge": [0.0] * 8}
)  # fmt: skip
SEQUENCES = np.array([[[[0], [1]], [[1], [1]]], [[[0], [0]], [[1], [0]]]], np.uint8)


def model(low, high):
    """Sequences of state 0 and 1 are functional with these probabilities."""
    odds = np.log([[low / (1 - low), high / (1 - high)]])
    return CalibratedModel(odds, ["judge"], np.ones(1), np.zeros(1), np.ones(1), 0.0)


def test_shares_are_mean_probabilities_of_all_and_of_new_samples():
    """At 0.5: 0.2, 0.8 | 0.8, 0.8, new are the second and third; at 1: 0.2, 0.2 | 0.8, 0.2, and all but the third."""
    models = [model(0.2, 0.8), *[model(0.4, 0.6)] * 50]
    expectation = expect(SAMPLES, SEQUENCES, models, 0.2, np.random.default_rng(0))
    assert expectation.temperatures.tolist() == [0.5, 1]
    assert expectation.functional[0] == pytest.approx([2.6 / 4, 1.4 / 4])
    assert expectation.useful[0] == pytest.approx([1.6 / 4, 0.6 / 4])
    # Draws of ladders: means of 0.5 and 0.6 at 0.5, of 0.4 and 0.5 at 1, paired or twice the same.
    drawn = {tuple(np.round(row, 3)) for row in expectation.functional[1:]}
    assert drawn == {(0.5, 0.4), (0.55, 0.45), (0.6, 0.5)}


def test_the_table_has_numbers_of_designs():
    shares = np.array([[0.5, 0.1], [0.4, 0.1], [0.6, 0.1]])
    table = tabulate_expectation(
        Expectation(np.array([0.5, 1.0]), shares, shares / 2), 40, np.array([0.1, 0.3]), np.array([True, False])
    )
    first = table.iloc[0]
    assert first[["functional", "functional_low", "functional_high"]].tolist() == [0.5, 0.4, 0.6]
    assert first[["useful", "useful_low", "useful_high"]].tolist() == [10, 8, 12]
    assert table["distance_measured"].tolist() == [0.1, 0.3] and table["equilibrated"].tolist() == [True, False]


def test_models_of_resampled_clusters_hold_clusters_together():
    """Functional is one cluster, and what is not another: models that draw one alone say what that one says."""
    measured = Measurements(
        np.array([[0], [0], [1], [1]], np.uint8), np.zeros((4, 1)), ["judge"], np.array([True, True, False, False]),
        np.ones(4, bool), np.array([0, 0, 1, 1]), 2,
    )  # fmt: skip
    models = relearn(measured, 0.3, np.random.default_rng(0), 30)
    probabilities = {
        round(float(one.probabilities(np.array([[0]], np.uint8), np.zeros((1, 1)))[0]), 2) for one in models
    }
    # Of four functional ones 4.5 / 5, of four others 0.5 / 5, and of both something between.
    assert {0.9, 0.1} < probabilities and len(probabilities) == 3
