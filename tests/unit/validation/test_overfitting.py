"""Calibration beside the generalisation gap, and the correlation of the two."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from temperance.validation.overfitting import correlate, overfitting, tabulate_correlations


def test_the_gap_is_the_number_of_parameters_over_that_of_sequences():
    """p / M on average, 55 / M, and over the heat capacity the distance of both best temperatures."""
    table = overfitting(1, kinds=("hopfield",), sizes=(100, 300, 3000), penalties=(0.001,), replicates=6)
    means = table.groupby("M").mean(numeric_only=True)
    # Chance adds (C / M)^(1/2) to a gap, which at 3,000 is more than the gap itself.
    assert_allclose(means["gap"].loc[[100, 300]] * [100, 300], 55, rtol=0.4)
    large = table[table["M"] == 3000]
    assert_allclose(large["tau_f"] - large["tau_train"], large["gap"] / large["heat_capacity"], rtol=0.05, atol=2e-4)
    assert means["gap_pseudo"].loc[300] > 5 * means["gap_pseudo"].loc[3000] > 0
    assert (means["tau_cal"] > 1.01).all() and means["tau_cal"].is_monotonic_decreasing
    # Without a penalty to speak of, training sequences are where the model puts them.
    assert_allclose(table["tau_train"], 1, atol=0.01)
    assert_allclose(table["tau_cal_train"], 1, atol=0.03)


def test_a_strong_penalty_makes_an_overfitted_model_underconfident():
    table = overfitting(1, kinds=("gapless",), sizes=(1000,), penalties=(0.001, 0.1), replicates=3)
    means = table.groupby("l2").mean(numeric_only=True)
    assert (means["gap_pseudo"] > 0.005).all()
    assert means.loc[0.1, "tau_cal"] < 0.98 < 1.1 < means.loc[0.001, "tau_cal"]
    assert means.loc[0.1, "tau_cal_train"] < 0.85 and means.loc[0.1, "tau_train"] < 0.85


def test_the_correlation_is_resampled_by_training_set():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(400)
    y = 0.6 * x + 0.8 * rng.standard_normal(400)
    value, low, high = correlate(x, y, np.arange(400), np.random.default_rng(2))
    assert value == pytest.approx(np.corrcoef(x, y)[0, 1])
    # (1 - r^2) / sqrt(N), the standard error of a correlation.
    assert high - low == pytest.approx(2 * 1.96 * (1 - value**2) / 20, rel=0.2)
    # Every point four times is no more data.
    repeated = correlate(np.tile(x, 4), np.tile(y, 4), np.tile(np.arange(400), 4), np.random.default_rng(2))
    assert repeated[2] - repeated[1] == pytest.approx(high - low, rel=0.1)
    assert_allclose(correlate(x, -2 * x, np.arange(400), rng, draws=10), -1)


def test_each_correlation_is_of_its_own_columns():
    """Gaps 1 to 6, each temperature a line in one of them but for the columns that are subtracted or divided by."""
    gap = np.arange(1.0, 7.0)
    noise = np.array([0.0, 3, -2, 1, -3, 2])
    table = pd.DataFrame(
        {"family": ["x"] * 3 + ["y"] * 3, "M": 10, "replicate": [1, 2, 3] * 2, "gap_pseudo": gap,
         "tau_cal": 2 * gap, "tau_cal_train": 5 * gap, "gap": -gap, "tau_f": gap**2, "tau_train": gap**2 - noise,
         "heat_capacity": -gap / noise.clip(0.5)}
    )  # fmt: skip
    correlations = tabulate_correlations(table)
    assert correlations.index.tolist() == ["x", "y", "all"]
    assert correlations.loc["all", "tau_cal"] == pytest.approx((1, 1, 1))
    assert correlations.loc["x", "tau_cal_above_train"][0] == pytest.approx(-1)
    assert correlations.loc["y", "tau_f"][0] == pytest.approx(-np.corrcoef(gap[3:], gap[3:] ** 2)[0, 1])
    assert correlations.loc["all", "tau_f_above_train"][0] == pytest.approx(np.corrcoef(noise, noise.clip(0.5))[0, 1])
