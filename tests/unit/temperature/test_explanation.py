"""Sentences beside the diagnosis, with their numbers."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from temperance.stats.estimate import Estimate
from temperance.temperature.diagnosis import (
    CANNOT_TELL,
    FAITHFUL,
    NOT_TRAINED,
    NOTHING_LEARNT,
    OVER_REGULARISED,
    OVERFITTED,
    Diagnosis,
)
from temperance.temperature.explanation import explain, pooled
from temperance.temperature.operating_points import OperatingPoint
from temperance.temperature.recommendation import Recommendation

NOTHING = {"gaps": {"uniform": {"gap": None}, "profile": {"gap": None}}}
AT_ONE = (1.0, 0.95, 1.05)
RECOMMENDED = Recommendation("recommended", Estimate(0.72, 0.7, 0.75), "", [], 0.72, {}, [])
NONE = Recommendation("none", None, "", [], 0.72, {}, [])


def row(size=100, replicate=1, **optima):
    columns = {"M": size, "replicate": replicate}
    for name, values in ({"tau_f": AT_ONE} | optima).items():
        columns |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
    return columns


def test_the_sign_rule_follows_the_diagnosis_where_it_is_decided():
    arguments = pd.DataFrame([row()]), NOTHING, RECOMMENDED
    assert explain(Diagnosis(CANNOT_TELL, "Why.", sign_rule="Colder."), *arguments)[:2] == ["Why.", "Colder."]
    assert "" not in explain(Diagnosis(CANNOT_TELL, "Why."), *arguments)


def sentences(rows, diagnosis=CANNOT_TELL, landscape=NOTHING, best=RECOMMENDED):
    first, *others = explain(Diagnosis(diagnosis, "Why."), pd.DataFrame(rows), landscape, best)
    assert first == "Why."
    return others


LITTLE = "More sequences would change τ_f little: it is already within 10% of 1."
UNKNOWN = "The sizes sampled do not tell how many more sequences would bring τ_f near 1."


# ---------------------------------------------------------------- calibration


@pytest.mark.parametrize(
    ("diagnosis", "tau_cal", "agrees"),
    [
        (OVERFITTED, (1.2, 1.01, 1.3), True),
        (OVERFITTED, (1.2, 1.0, 1.3), False),
        (OVER_REGULARISED, (0.8, 0.7, 0.99), True),
        (OVER_REGULARISED, (0.8, 0.7, 1.0), False),
        (FAITHFUL, (0.91, 0.5, 2.0), True),
        (FAITHFUL, (1.09, 0.5, 2.0), True),
        (FAITHFUL, (0.9, 0.5, 2.0), False),
        (FAITHFUL, (1.1, 0.5, 2.0), False),
    ],
)
def test_site_conditionals_agree_on_the_same_side_of_one(diagnosis, tau_cal, agrees):
    words = "agree" if agrees else "do not agree"
    value, low, high = (f"{number:.2f}" for number in tau_cal)
    assert sentences([row(tau_cal=tau_cal)], diagnosis)[0] == (
        f"Its site conditionals {words}: on held-out sequences they are calibrated best at τ_cal = {value} ({low} to "
        f"{high})."
    )


def test_site_conditionals_are_those_of_the_largest_models():
    rows = [row(100, tau_cal=(0.8, 0.7, 0.9)), row(200, tau_cal=(1.2, 1.1, 1.3))]
    assert sentences(rows, OVERFITTED)[0].startswith("Its site conditionals agree: ")
    assert sentences(rows, OVERFITTED)[0].endswith("best at τ_cal = 1.20 (1.10 to 1.30).")


@pytest.mark.parametrize("diagnosis", [CANNOT_TELL, NOTHING_LEARNT, NOT_TRAINED])
def test_site_conditionals_are_not_compared_where_there_is_nothing_to_agree_with(diagnosis):
    assert not any("site conditionals" in one for one in sentences([row(tau_cal=AT_ONE)], diagnosis))


# ---------------------------------------------------------------- advice


@pytest.mark.parametrize(
    ("diagnosis", "best", "advice"),
    [
        (FAITHFUL, RECOMMENDED, ["For a set that covers the family, sample at 1. For designs, sample at 0.72."]),
        (FAITHFUL, NONE, ["For a set that covers the family, sample at 1."]),
        (OVERFITTED, RECOMMENDED, ["For a set that covers the family, sample at 1.05. For designs, sample at 0.72."]),
        (OVER_REGULARISED, NONE, ["For a set that covers the family, sample at 1.05."]),
        (NOT_TRAINED, RECOMMENDED, []),
        (CANNOT_TELL, RECOMMENDED, []),
        (NOTHING_LEARNT, RECOMMENDED, [
            "Such a model is no more than the family's profile. Below 1 its samples are nearer to the consensus and "
            "less varied; how far to go is for you to choose. Your floors lead to τ = 0.72."]),
        (NOTHING_LEARNT, NONE, [
            "Such a model is no more than the family's profile. Below 1 its samples are nearer to the consensus and "
            "less varied; how far to go is for you to choose."]),
    ],
)  # fmt: skip
def test_what_to_sample_at_follows_from_diagnosis_and_recommendation(diagnosis, best, advice):
    more_data = [] if diagnosis in (NOT_TRAINED, NOTHING_LEARNT) else [LITTLE]
    assert sentences([row(tau_f=(1.05, 1.0, 1.09))], diagnosis, best=best) == [*advice, *more_data]


@pytest.mark.parametrize(
    ("name", "decides", "more"), [("tau_potts", True, True), ("tau_potts", False, False), ("tau_train", True, False)]
)
def test_where_a_judge_sees_that_sites_go_together_a_model_of_single_sites_has_more_to_learn(name, decides, more):
    point = OperatingPoint(name, 0.77, 0.73, 0.81, decides=decides)
    advice = sentences([row()], NOTHING_LEARNT, best=replace(RECOMMENDED, operating_points=[point]))
    assert [sentence.startswith("A trusted judge sees") for sentence in advice] == [False] + [True] * more


def test_only_the_models_of_the_largest_size_are_pooled():
    rows = [
        row(100, tau_f=(1.4, 1.3, 1.5)),
        row(200, 1, tau_f=(1.0, 0.98, 1.02)),
        row(200, 2, tau_f=(1.21, 1.19, 1.23)),
    ]
    # The geometric mean of 1 and 1.21.
    assert sentences(rows, OVERFITTED, best=NONE)[0] == "For a set that covers the family, sample at 1.10."


# ---------------------------------------------------------------- the truth


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(tau_r=(0.0, 0.0, 0.4))], ["The truth accepts samples best at a temperature outside those sampled."]),
        ([row(tau_r=(np.inf, 2.0, np.inf))],
         ["The truth accepts samples best at a temperature outside those sampled."]),
        ([row(tau_r=(0.9, 0.85, 0.95))],
         ["The truth accepts its samples best at τ_r = 0.90 (0.85 to 0.95), the model's own temperature within the "
          "error."]),
        ([row(tau_r=(1.1, 1.05, 1.15))],
         ["The truth accepts its samples best at τ_r = 1.10 (1.05 to 1.15), the model's own temperature within the "
          "error."]),
        ([row(tau_r=(0.9, 0.85, 0.949))], ["The truth accepts its samples best at τ_r = 0.90 (0.85 to 0.95)."]),
        ([row(tau_r=(1.1, 1.051, 1.15))], ["The truth accepts its samples best at τ_r = 1.10 (1.05 to 1.15)."]),
        ([row()], []),
    ],
)  # fmt: skip
def test_the_truth_accepts_samples_at_one_or_elsewhere(rows, expected):
    assert sentences(rows) == [*expected, LITTLE]


@pytest.mark.parametrize(("logarithm", "stalled"), [(-0.171, True), (-0.169, False)])
def test_an_optimum_that_falls_by_less_than_fifteen_percent_has_stalled(logarithm, stalled):
    """ln tau_r = -0.2 with 1,000 sequences, of which 85 % are 0.17."""

    def tau_r(logarithm):
        return tuple(np.exp(logarithm + np.array([0, -0.01, 0.01])))

    explained = sentences([row(10, tau_r=tau_r(-0.9)), row(1000, tau_r=tau_r(-0.2)), row(2000, tau_r=tau_r(logarithm))])
    assert explained[0].startswith("The truth accepts its samples best at τ_r = 0.84 (0.8")
    assert (len(explained) == 3) == stalled
    if stalled:
        assert explained[1] == (
            "It was 0.82 with 1,000 sequences: it comes no closer to 1 with more of them, so the limit is the model, "
            "its pairwise form or its regularisation, not the data."
        )
    previous_outside = [row(1000, tau_r=(0.0, 0.0, 0.3)), row(2000, tau_r=tau_r(logarithm))]
    assert len(sentences(previous_outside)) == 2


# ---------------------------------------------------------------- the energy gap


@pytest.mark.parametrize(
    ("uniform", "profile", "sentence"),
    [
        (6.84, 2.36, "6.8 standard deviations below random ones and 2.4 standard deviations below those with shuffled "
         "columns."),
        (0.2, -0.2, "as high as random ones and as high as those with shuffled columns."),
        (0.21, -0.21, "0.2 standard deviations below random ones and 0.2 standard deviations ABOVE those with shuffled "
         "columns. So the model prefers scrambled training sequences to them."),
        (-3.0, 0.3, "3.0 standard deviations ABOVE random ones and 0.3 standard deviations below those with shuffled "
         "columns."),
    ],
)  # fmt: skip
def test_the_energy_gap_is_told_in_standard_deviations(uniform, profile, sentence):
    landscape = {"gaps": {"uniform": {"gap": uniform}, "profile": {"gap": profile}}}
    assert sentences([row()], landscape=landscape)[0] == f"The energy gap: held-out sequences lie {sentence}"


@pytest.mark.parametrize("unknown", ["uniform", "profile"])
def test_an_unknown_gap_is_not_told(unknown):
    landscape = {"gaps": {name: {"gap": None if name == unknown else 1.0} for name in ("uniform", "profile")}}
    assert sentences([row()], landscape=landscape) == [LITTLE]


# ---------------------------------------------------------------- more data


def by_size(logarithms, half=0.0, sizes=(100, 400, 1600)):
    """tau_f by size, each with an interval of `half` to either side in the logarithm, or a half a size."""
    halves = np.broadcast_to(half, len(logarithms))
    return [
        row(size, tau_f=tuple(np.exp([log, log - h, log + h])))
        for size, log, h in zip(sizes, logarithms, halves, strict=True)
    ]


def more_data(rows):
    return sentences(rows)[-1]


@pytest.mark.parametrize(("low", "high", "little"), [(0.901, 1.099, True), (0.9, 1.05, False), (0.95, 1.1, False)])
def test_within_ten_percent_more_data_change_little(low, high, little):
    # Where the value is within 10 % and the interval is not, nothing is told.
    assert sentences([row(tau_f=(1.0, low, high))]) == ([LITTLE] if little else [])
    # The largest models count.
    assert more_data([row(100, tau_f=(1.4, 1.3, 1.5)), row(200)]) == LITTLE


def test_the_trend_over_sizes_is_extrapolated():
    """|ln tau_f| halves with four times as many: a power of 1/2. From 0.2 to ln 1.1 = 0.0953: 2.098^2 = 4.40."""
    for sign in (1, -1):
        assert more_data(by_size(sign * np.array([0.8, 0.4, 0.2]))) == (
            "About 4.4 times as many sequences (4.4 to 4.4, if the trend over these sizes goes on) would bring τ_f "
            "within 10% of 1."
        )
    # Falls by 4 from one size to the next, a power of 1: 0.4 / 0.0953 = 4.197.
    assert more_data(by_size([6.4, 1.6, 0.4])).startswith("About 4.2 times as many sequences (4.2 to 4.2,")


def test_the_trend_has_the_error_of_tau_f():
    """ln tau_f = 1.6, 0.8 and 0.4, the last from 0.35 to 0.45.

    The power is (ln 1.6 - ln x) / (2 ln 4) at x = 0.35, 0.4, 0.45: 0.5482, 0.5, 0.4575; and (x / 0.0953)^(1 / power)
    is 10.7, 17.6 and 29.8. Of 2000 draws ends are known to 0.06 standard deviations, 2 %.
    """
    numbers = re.match(
        r"About (\S+) times as many sequences \((\S+) to (\S+),", more_data(by_size([1.6, 0.8, 0.4], [0, 0, 0.05]))
    )
    assert [float(number) for number in numbers.groups()] == pytest.approx([17.6, 10.7, 29.8], rel=0.05)


@pytest.mark.parametrize(
    "rows",
    [
        by_size([0.8, 0.4], sizes=(100, 400)),  # two sizes make no trend
        by_size([0.8, -0.4, 0.2]),  # on both sides of 1
        by_size([0.3, 0.3, 0.3]),  # no trend
        by_size([0.8 * 1.04**2, 0.8 * 1.04, 0.8], sizes=(1, np.e**1, np.e**2)),  # a power of 0.039
        [row(100, tau_f=(np.inf, 2.0, np.inf)), *by_size([0.4, 0.2], sizes=(400, 1600))],
        [row(100, tau_f=(2.0, 0.0, 3.0)), *by_size([0.4, 0.2], sizes=(400, 1600))],
        by_size([0.8, 0.4, 0.3], 0.5),  # a trend that is not certain
    ],
)
def test_without_a_certain_trend_nothing_is_extrapolated(rows):
    assert more_data(rows) == UNKNOWN


def test_a_power_just_large_enough_leads_too_far():
    """A power of 0.058: (0.8 / 0.0953)^(1 / 0.058) is far above 100."""
    far = "τ_f would need more than 100 times more sequences to come within 10% of 1."
    assert more_data(by_size([0.8 * 1.06**2, 0.8 * 1.06, 0.8], sizes=(1, np.e**1, np.e**2))) == far
    # A power of 1/2 leads from x to ln 1.1 by (x / 0.0953)^2: 99 at 0.9483, 101 at 0.9579.
    assert more_data(by_size(0.9483 * np.array([4, 2, 1]))).startswith(
        "About 99.0 times as many sequences (99.0 to 99.0"
    )
    assert more_data(by_size(0.9579 * np.array([4, 2, 1]))) == far


# ---------------------------------------------------------------- pooling rows


def test_rows_are_pooled_by_the_columns_of_their_optimum():
    table = pd.DataFrame(
        {
            "tau_r": [0.8, 0.8], "tau_r_low": [0.7, 0.7], "tau_r_high": [0.64 / 0.7] * 2,
            "tau_f": [1.0, 1.44], "tau_f_low": [0.9, 1.3], "tau_f_high": [1.1, 1.6],
        }
    )  # fmt: skip
    assert pooled(table.iloc[:1], "tau_f") == Estimate(1.0, 0.9, 1.1)
    assert pooled(table, "tau_f").value == pytest.approx(1.2)
    # Equal values: all of the error is shared if nothing is known of it, and none if it is known to be nothing, when it
    # is that of (4 / 5) of the variance of one, halved.
    assert np.log(pooled(table, "tau_r").high / 0.8) == pytest.approx(np.log(0.8 / 0.7))
    alone = pooled(table.assign(tau_r_shared=0.0), "tau_r")
    assert np.log(alone.high / 0.8) == pytest.approx(np.log(0.8 / 0.7) * 0.4**0.5)
    unknown = pooled(table.assign(tau_r_shared=[0.0, np.nan]), "tau_r")
    assert np.log(unknown.high / 0.8) == pytest.approx(np.log(0.8 / 0.7))


@pytest.mark.parametrize(("lowest", "told"), [(0.99, [LITTLE]), (1.0, [LITTLE]), (1.01, [])])
def test_more_sequences_are_no_matter_where_samples_at_tau_f_are_not_equilibrated(lowest, told):
    """The highest of the models' lowest temperatures counts, tau_f being 1."""
    rows = [row() | {"equilibrated_above": 0.5}, row(replicate=2) | {"equilibrated_above": lowest}]
    assert sentences(rows) == told
