"""Calibration against closed forms and enumeration."""

import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts

from temperance.potts import enumeration
from temperance.temperature.calibration import calibrate, optimal_temperature, reliability, site_logits
from temperance.validation.claims import calibration as gaussian_clusters


@pytest.fixture(scope="module")
def model():
    return random_potts(6, 4, seed=3, scale=0.8)


def test_site_logits_are_the_conditionals_of_the_joint_distribution(model):
    states = all_states(6, 4)
    p = boltzmann(model, states, 1.0).reshape((4,) * 6)
    logits = site_logits(model, states[::57])
    for state, of_sites in zip(states[::57], logits, strict=True):
        for site in range(6):
            line = p[tuple(slice(None) if i == site else a for i, a in enumerate(state))]
            shares = np.exp(of_sites[site]) / np.exp(of_sites[site]).sum()
            np.testing.assert_allclose(shares, line / line.sum(), rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7])
def test_sequences_of_a_tempered_model_are_calibrated_at_its_temperature(model, temperature):
    rng = np.random.default_rng(1)
    energies = enumeration.energies_of_all(model) / temperature
    sequences = enumeration.draw_sequences(energies, 6, 4, 4000, rng)
    calibration = calibrate(model, sequences, np.ones(4000), np.array([0.5, 1.0, 2.0]), rng)
    assert calibration.tau_cal.low < temperature < calibration.tau_cal.high
    assert calibration.tau_cal.high - calibration.tau_cal.low < 0.15 * temperature
    assert calibration.tau_ece == pytest.approx(temperature, rel=0.2)
    calibrated = calibration.reliability[calibration.reliability["temperature"] != 1]
    assert (calibrated["share"] * (calibrated["confidence"] - calibrated["accuracy"]).abs()).sum() < 0.02


def test_the_reported_likelihood_is_the_mean_over_sites(model):
    sequences = all_states(6, 4)[::31]
    weights = np.linspace(1, 2, len(sequences))
    logits = site_logits(model, sequences).astype(float)
    logs = np.log(np.exp(logits).sum(axis=2)) - np.take_along_axis(logits, sequences[..., None].astype(int), 2)[..., 0]
    calibration = calibrate(model, sequences, weights, np.array([1.0]), np.random.default_rng(0), 20)
    assert calibration.table["npll"].iloc[0] == pytest.approx(np.average(logs.mean(axis=1), weights=weights), rel=1e-5)


def test_copies_of_sequences_make_nothing_surer(model):
    originals = all_states(6, 4)[::31]
    count, temperatures = len(originals), np.array([1.0])
    once, thrice = np.ones(count), np.ones(3 * count)

    def measured(sequences, weights, labels):
        calibration = calibrate(model, sequences, weights, temperatures, np.random.default_rng(0), 400, labels)
        return calibration.table["npll_error"].iloc[0], calibration.tau_cal.high - calibration.tau_cal.low

    alone, copies = measured(originals, once, None), np.tile(originals, (3, 1))
    assert measured(copies, thrice, np.tile(np.arange(count), 3)) == pytest.approx(alone, rel=1e-6)
    assert measured(copies, thrice, None) == pytest.approx(np.array(alone) / 3**0.5, rel=0.1)


def test_gaussian_clusters_are_calibrated_at_one_over_twice_the_variance():
    """In 95 of 100 cases the interval holds the closed form; here in most of 40."""
    held = []
    for seed in range(10):
        table = gaussian_clusters(seed, points=2000).groupby("spread").first()
        held += list((table["beta_low"] < table["beta_closed_form"]) & (table["beta_closed_form"] < table["beta_high"]))
        assert (table["beta_found"] / table["beta_closed_form"]).between(0.8, 1.25).all()
    assert 34 <= sum(held) <= 40


def test_reliability_by_hand():
    """Two predictions of confidence 0.8, one right; one of 0.6, right."""
    shares = np.array([[0.8, 0.2], [0.8, 0.2], [0.4, 0.6]])
    diagram = reliability(np.log(shares), np.array([0, 1, 1]), bins=10)
    assert diagram.table["accuracy"].tolist() == [1.0, 0.5]
    assert diagram.ece == pytest.approx((2 * 0.3 + 0.4) / 3)


def test_labels_that_logits_say_nothing_of_want_an_infinite_temperature():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(500, 4)), rng.integers(0, 4, 500)
    wrong, right = logits.argmin(axis=1), logits.argmax(axis=1)
    ones = np.ones(500)
    assert optimal_temperature(logits, wrong, ones, rng).value == np.inf
    assert optimal_temperature(logits, right, ones, rng).value == 0
    assert optimal_temperature(logits, labels, ones, rng).value > 3


def test_the_interval_is_as_wide_as_so_few_clusters_make_it():
    """Three sequences with 10 of 15 sites right, one with 12, all of a confidence of 1 / (1 + exp(-1 / tau)).

    Each alone is calibrated where that is 2 / 3, at 1 / ln 2, and 4 / 5, at 1 / ln 4. Three of the four are drawn: all
    three times the last one in 1.6 % of the draws. For four units Student's t takes the interval that far, to the draws
    beyond which 0.07 % are.
    """
    logits = np.zeros((4, 15, 2))
    logits[..., 0] = 1
    labels = np.ones((4, 15), int)
    labels[:3, :10] = labels[3, :12] = 0
    interval = optimal_temperature(logits, labels, np.ones(4), np.random.default_rng(0), 2000)
    assert interval.value == pytest.approx(1 / np.log(42 / 18), rel=1e-6)
    assert (interval.low, interval.high) == pytest.approx((1 / np.log(4), 1 / np.log(2)), rel=0.01)
