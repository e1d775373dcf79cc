"""What the verdict says of made-up optima whose meaning is plain."""

import numpy as np
import pandas as pd
import pytest

from temperance.optimum import Estimate
from temperance.verdict import verdict

LANDSCAPE = {"gaps": {"uniform": {"gap": 5.0}, "profile": {"gap": 1.5}}}
DESIGN = Estimate(0.6, 0.55, 0.65)


def models(taus, tau_cal=None, tau_r=None, relative_error=0.02, equilibrated_above=0.2):
    """One row a size, sizes four times apart."""
    rows = []
    for number, tau in enumerate(taus):
        row = {"M": 100 * 4**number, "replicate": 1, "equilibrated_above": equilibrated_above}
        values = {"tau_f": tau, "tau_cal": tau if tau_cal is None else tau_cal}
        if tau_r:
            values["tau_r"] = tau_r[number]
        for name, value in values.items():
            row |= {
                name: value,
                f"{name}_low": value * (1 - relative_error),
                f"{name}_high": value * (1 + relative_error),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def said(table):
    found = verdict(table, LANDSCAPE, DESIGN)
    return found.diagnosis, " ".join(found.sentences)


@pytest.mark.parametrize(
    ("taus", "diagnosis", "words"),
    [
        (
            [2.0, 1.6, 1.3],
            "overfitted",
            "for coverage sample at 1.30; for designs that are faithful and new lower to 0.60",
        ),
        ([1.3, 1.1, 1.01], "faithful", "for coverage sample at 1;"),
        ([0.9, 0.8, 0.75], "over-regularised", "spreads over too many sequences"),
        ([2.0, 1.6, np.inf], "undecided", "The data cannot tell"),
        ([2.0, 1.6, 0.0], "undecided", "The data cannot tell"),
    ],
)
def test_the_diagnosis_follows_tau_f_of_the_largest_model(taus, diagnosis, words):
    found, text = said(models(taus))
    assert found == diagnosis
    assert words.lower() in text.lower()


def test_wide_intervals_and_chains_that_are_not_equilibrated_decide_nothing():
    found, text = said(models([1.4, 1.4, 1.4], relative_error=0.3))
    assert found == "undecided"
    assert "too uncertain" in text
    found, text = said(models([1.4, 1.4, 1.4], equilibrated_above=1.7))
    assert found == "undecided"
    assert "equilibrated from τ = 1.70 up only" in text


def test_calibration_agrees_or_does_not():
    assert "site conditionals agree" in said(models([2.0, 1.6, 1.3], tau_cal=1.5))[1]
    assert "site conditionals do not agree" in said(models([2.0, 1.6, 1.3], tau_cal=0.7))[1]


def test_more_sequences_are_extrapolated_from_a_power_law():
    """|ln tau| halves with every four times more: ln 1.3 is ln 1.1 after another factor of (0.262 / 0.0953)^2 = 7.6."""
    taus = np.exp(np.log(1.3) * np.array([4.0, 2.0, 1.0]))
    text = said(models(taus, relative_error=0.005))[1]
    assert "About 7." in text
    assert "times as many sequences" in text
    assert "already within 10% of 1" in said(models([1.3, 1.1, 1.05]))[1]
    for unsure in ([1.3, 1.29, 1.31], [1.3], [1.3, 1.2], [1.3, 0.9, 0.8]):
        assert "do not tell how many more" in said(models(unsure))[1]


def test_a_tau_r_that_stays_away_from_one_is_the_models_limit():
    stays = said(models([1.3, 1.1, 1.0], tau_r=[0.6, 0.62, 0.63]))[1]
    assert "the limit is the model" in stays
    moves = said(models([1.3, 1.1, 1.0], tau_r=[0.5, 0.7, 0.85]))[1]
    assert "τ_r = 0.85" in moves
    assert "the limit is the model" not in moves
    assert "the model's own temperature within the error" in said(models([1.3, 1.1, 1.0], tau_r=[0.5, 0.7, 1.0]))[1]
