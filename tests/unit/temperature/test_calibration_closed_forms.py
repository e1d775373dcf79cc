"""Calibration of two states at one site, of which all is known in closed form."""

import numpy as np
import pandas as pd
import pytest

from temperance.potts.model import Potts
from temperance.temperature.calibration import (
    calibrate,
    negative_log_likelihood,
    optimal_temperature,
    reliability,
    site_logits,
)

# State 0 of the first site has logit 1 above state 1; the second site is indifferent.
MODEL = Potts(np.array([[1.0, 0.0], [0.0, 0.0]], np.float32), np.zeros((2, 2, 2, 2), np.float32))
# Of weight 3 and 1: at both sites three quarters have state 0, so that the first is calibrated where the odds exp(beta)
# are 3.
SEQUENCES, WEIGHTS = np.array([[0, 0], [1, 1]], np.uint8), np.array([3.0, 1.0])
TAU_CAL = 1 / np.log(3)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture(scope="module")
def calibration():
    return calibrate(MODEL, SEQUENCES, WEIGHTS, np.array([0.5, TAU_CAL, 2.0]), np.random.default_rng(0), 20)


def test_tau_cal_is_where_the_odds_are_those_of_the_data(calibration):
    assert calibration.tau_cal.value == pytest.approx(TAU_CAL, rel=1e-6)


def test_the_likelihood_is_a_weighted_mean_over_sequences_and_sites(calibration):
    p = sigmoid(1 / calibration.table["temperature"].to_numpy())
    losses = (-np.log([p, 1 - p]) + np.log(2)) / 2  # of the sequences of state 0 and 1, a site
    mean = (3 * losses[0] + losses[1]) / 4
    np.testing.assert_allclose(calibration.table["npll"], mean, rtol=1e-6)
    # Weights of 3/4 and 1/4 of deviations.
    error = np.hypot(0.75 * (losses[0] - mean), 0.25 * (losses[1] - mean))
    np.testing.assert_allclose(calibration.table["npll_error"], error, rtol=1e-6)
    assert calibration.table["npll"].idxmin() == 1


def test_the_expected_calibration_error_is_the_mean_distance_of_confidence_and_accuracy(calibration):
    """The first site is predicted with confidence p, the second with 1/2, and three quarters are right at either."""
    p = sigmoid(1 / calibration.table["temperature"].to_numpy())
    np.testing.assert_allclose(calibration.table["ece"], (np.abs(p - 0.75) + 0.25) / 2, rtol=1e-5, atol=1e-8)
    # tau_ece is one of 81 inverse temperatures from 0.02 to 50, in the logarithm; the 42nd is next to ln 3.
    assert calibration.tau_ece == pytest.approx(1 / 2500 ** (1 / 80), rel=1e-6)


def test_reliability_is_drawn_at_one_and_where_it_is_calibrated_best(calibration):
    """Fifteen bins: 0.5 is in the eighth, 0.731 in the eleventh, and 0.75 in the twelfth."""
    columns = ["temperature", "low", "high", "share", "confidence", "accuracy"]
    expected = [
        [1.0, 7 / 15, 8 / 15, 0.5, 0.5, 0.75],
        [1.0, 10 / 15, 11 / 15, 0.5, sigmoid(1.0), 0.75],
        [TAU_CAL, 7 / 15, 8 / 15, 0.5, 0.5, 0.75],
        [TAU_CAL, 11 / 15, 12 / 15, 0.5, 0.75, 0.75],
    ]
    assert set(calibration.reliability) == set(columns) and calibration.reliability.index.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(calibration.reliability[columns], expected, rtol=1e-6)


def test_a_model_that_no_temperature_calibrates_is_drawn_at_one_alone():
    against = calibrate(MODEL, np.array([[1, 0]] * 2, np.uint8), WEIGHTS, np.array([1.0]), np.random.default_rng(0), 5)
    assert against.tau_cal.value == np.inf
    assert against.reliability["temperature"].unique().tolist() == [1.0]
    certain = calibrate(MODEL, np.array([[0, 0]] * 2, np.uint8), WEIGHTS, np.array([1.0]), np.random.default_rng(0), 5)
    assert certain.tau_cal.value == 0
    assert certain.reliability["temperature"].unique().tolist() == [1.0]


def test_the_interval_of_tau_cal_is_that_of_a_share():
    """300 of 400 labels are the likelier state; of 399 that are drawn, how many are is binomial.

    Student's t of 400 units leaves 2.465 % beyond each end. 281 or fewer have a chance of 2.15 %, 282 of 2.79 %; 317 or
    more of 2.14 %, 316 of 2.83 %. Of 2000 draws these chances are known to 0.35 %.
    """
    logits = np.tile([1.0, 0.0], (400, 1))
    labels = np.repeat([0, 1], [300, 100])
    tau = optimal_temperature(logits, labels, np.ones(400), np.random.default_rng(0), 2000)
    assert tau.value == pytest.approx(TAU_CAL, rel=1e-6)
    # Temperatures are the inverse logits of shares.
    assert 399 * sigmoid(1 / tau.low) == pytest.approx(316.5, abs=1.51)
    assert 399 * sigmoid(1 / tau.high) == pytest.approx(281.5, abs=1.51)


def test_relatives_are_drawn_together():
    """All of one state are relatives: a draw has both clusters or one of them, of which none has an optimum."""
    logits, labels = np.tile([1.0, 0.0], (40, 1)), np.repeat([0, 1], [30, 10])
    model = Potts(np.array([[1.0, 0.0]], np.float32), np.zeros((1, 2, 1, 2), np.float32))
    calibration = calibrate(
        model, labels[:, None].astype(np.uint8), np.ones(40), np.array([1.0]), np.random.default_rng(0), 50, labels
    )
    assert (calibration.tau_cal.low, calibration.tau_cal.high) == (0.0, np.inf)
    # Losses of the two clusters, ln(1 + e) - 1 and ln(1 + e), are 1 apart: 3/4 * 1/4 from the mean, of either cluster.
    assert calibration.table["npll_error"].iloc[0] == pytest.approx(0.1875 * 2**0.5, rel=1e-5)
    alone = optimal_temperature(logits, labels, np.ones(40), np.random.default_rng(0), 50)
    assert 0.2 < alone.low < alone.high < 5


def test_logits_are_fields_and_the_couplings_to_the_states_of_all_other_sites():
    couplings = np.zeros((2, 2, 2, 2), np.float32)
    couplings[0, :, 1, :] = [[1.0, 2.0], [3.0, 5.0]]
    couplings[1, :, 0, :] = couplings[0, :, 1, :].T
    model = Potts(np.array([[0.1, 0.2], [0.3, 0.4]], np.float32), couplings)
    # The first site beside state 1 of the second, 0.1 + 2 and 0.2 + 5; the second beside state 0, 0.3 + 1 and 0.4 + 2.
    np.testing.assert_allclose(site_logits(model, np.array([[0, 1]], np.uint8)), [[[2.1, 5.2], [1.3, 2.4]]], rtol=1e-6)


def test_the_likelihood_of_a_label_is_that_of_scaled_logits():
    logits, labels = np.array([[[2.0, 0.0], [0.0, 4.0]]]), np.array([[1, 1]])
    expected = [[np.log(np.e + 1), np.log(1 + np.exp(-2))]]
    np.testing.assert_allclose(negative_log_likelihood(logits, labels, 0.5), expected)


def test_reliability_by_hand():
    """Confidences 0.82 (right) and 0.86 (wrong) of weights 1 and 3; 0.6 (right) of weight 2; 1 (wrong) of weight 4."""
    shares = np.array([[0.82, 0.18], [0.86, 0.14], [0.4, 0.6], [1 - 1e-12, 1e-12]])
    labels, weights = np.array([0, 1, 1, 1]), np.array([1.0, 3, 2, 4])
    diagram = reliability(np.log(shares), labels, weights=weights, bins=10)
    expected = pd.DataFrame(
        {"low": [0.6, 0.8, 0.9], "high": [0.7, 0.9, 1.0], "share": [0.2, 0.4, 0.4], "confidence": [0.6, 0.85, 1.0],
         "accuracy": [1.0, 0.25, 0.0]}
    )  # fmt: skip
    pd.testing.assert_frame_equal(diagram.table, expected)
    assert diagram.ece == pytest.approx(0.2 * 0.4 + 0.4 * 0.6 + 0.4 * 1)
    # At half of the scale the odds are roots: 0.82 / 0.18 becomes 2.134, and so on.
    flat = reliability(np.log(shares), labels, beta=0.5, bins=1)
    odds = np.array([0.82 / 0.18, 0.86 / 0.14, 1.5, 1e12]) ** 0.5
    assert flat.table[["share", "confidence", "accuracy"]].to_numpy() == pytest.approx(
        np.array([[1.0, (odds / (1 + odds)).mean(), 0.5]])
    )
