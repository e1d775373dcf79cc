"""Operating points by hand: crossings, intervals, what decides, what limits, and pooling over training sets."""

import numpy as np
import pandas as pd
import pytest
from rung_scores import rung_scores

from temperance.stats.estimate import Estimate
from temperance.temperature.operating_points import (
    OperatingPoint,
    coldest_point,
    deciding_judges,
    gap_around,
    judge_point,
    judge_units,
    operating_points,
    points_table,
    pool_points,
)

NAN, INF = np.nan, np.inf
TRUSTED = {"trusted": True, "saturated": False}
TAUS = [0.5, 1.0, 2.0, 4.0]


def judged(percentiles, standing=TRUSTED, units=INF, equilibrated=True, ladders=2):
    """The point of a judge at 0.5, 1, 2, 4."""
    count = len(percentiles)
    scores = rung_scores(
        TAUS[:count], novelty=0, percentiles={"hmm": percentiles}, equilibrated=equilibrated, ladders=ladders
    )
    return judge_point("hmm", scores, scores.percentiles["hmm"], standing, units)


@pytest.mark.parametrize(
    ("percentiles", "value"),
    [
        ([60, 40, 30], 0.5 * 2**0.5),  # half of the way from 0.5 to 1, in the logarithm
        ([60, 55, 35], 2**0.25),  # 5 of 20 points, a quarter of the way from 1 to 2
        ([60, 50, 40], 1.0),  # at the middle exactly
        ([50, 40, 30], 0.5),
        ([60, 55, 50], INF),  # 50 is as natural as natural sequences are
        ([60, 40, 60, 40], 8**0.5),  # the last of two crossings
        ([40, 60, 45], 2 ** (2 / 3)),  # it need not be natural at colder ones
        ([49, 49, 49], 0.0),
    ],
)
def test_a_judges_point_is_where_the_mean_percentile_falls_through_fifty_for_the_last_time(percentiles, value):
    point = judged(percentiles)
    assert point.name == "tau_hmm"
    assert point.value == pytest.approx(value)
    # Ladders agree, and the scale is exact.
    assert (point.low, point.high) == (point.value, point.value)
    assert not point.sampled
    assert np.isnan(point.shared)


def test_temperatures_that_are_not_equilibrated_or_not_judged_are_bridged():
    # From 60 at 0.5 to 40 at 2: half of the way is 1, whatever was measured there.
    assert judged([60, 10, 40], equilibrated=[True, False, True]).value == pytest.approx(1)
    assert judged([60, NAN, 40]).value == pytest.approx(1)
    assert judged([60, 60, 10], equilibrated=[True, True, False]).value == INF
    # One ladder of two is enough.
    assert judged(np.array([[60.0, 60], [NAN, 55], [40, 40]])).value == pytest.approx(2 ** (1 / 3))
    nowhere = judged([60, 60, NAN], equilibrated=[False, False, True])
    assert np.isnan([nowhere.value, nowhere.low, nowhere.high]).all()
    assert nowhere.note == "judged no equilibrated temperature"
    assert not nowhere.decides


def test_the_interval_of_a_judges_point_has_the_errors_of_ladders_and_of_the_scale():
    """Percentiles 60 and 40 at 1 and 2, each of three ladders with a standard deviation of 2."""
    percentiles = np.array([[78.0, 80, 82], [58, 60, 62], [38, 40, 42]])
    # Half of the interval of the ladders: 4.3027 * 2 / sqrt(3) = 4.9683. Of a scale of 100 sequences, whose percentiles
    # are uniform: 1.95996 * 28.8675 / 10 = 5.6580. Together 7.5298.
    for units, half in ((INF, 4.9683), (100.0, 7.5298)):
        point = judged(percentiles, units=units, ladders=3)
        assert point.value == pytest.approx(2**0.5)
        assert np.log2([point.low, point.high]) == pytest.approx([(10 - half) / 20, (10 + half) / 20], abs=1e-4)
        # The lower end of the interval is at 45 where the mean is at 45 and a half-width.
        assert np.log2(point.tolerated) == pytest.approx((15 - half) / 20, abs=1e-4)
        assert point.limit == point.tolerated


@pytest.mark.parametrize(
    ("standing", "decides", "note"),
    [
        (TRUSTED, True, ""),
        ({"trusted": True}, True, ""),
        (TRUSTED | {"saturated": True}, False, "scores the samples of all temperatures alike and so decides nothing"),
        ({"trusted": False, "why": "It knows the model."}, False, "decides nothing: it knows the model"),
        ({"trusted": False, "why": ""}, False,
         "decides nothing: nothing shows that it can tell good samples from bad ones"),
        (None, False, "decides nothing: nothing shows that it can tell good samples from bad ones"),
    ],
)  # fmt: skip
def test_only_a_judge_that_is_trusted_and_not_saturated_decides(standing, decides, note):
    point = judged([60, 40], standing)
    assert (point.decides, point.note) == (decides, note)


def test_a_judges_point_outside_the_equilibrated_temperatures_is_said_to_be():
    assert judged([60, 60, 60, 0], equilibrated=[1, 1, 1, 0]).note == "at least 2, the hottest equilibrated temperature"
    assert judged([90, 40, 40], equilibrated=[0, 1, 1]).note == "below 1, the coldest equilibrated temperature"


def test_the_limit_of_a_point_is_its_lower_end_or_what_is_tolerated():
    train = OperatingPoint("tau_train", 0.9, 0.8, 1.0, decides=True)
    assert train.limit == 0.8
    assert OperatingPoint("tau_hmm", 0.9, 0.8, 1.0, tolerated=0.95).limit == 0.95
    assert OperatingPoint("tau_hmm", 0.9, 0.8, 1.0, tolerated=0.7).limit == 0.8
    assert train.estimate == Estimate(0.9, 0.8, 1.0)


@pytest.mark.parametrize(
    ("value", "decides", "bounds"),
    [(0.9, True, True), (0.9, False, False), (0.0, True, True), (INF, True, False), (NAN, True, False)],
)
def test_a_limit_is_set_by_points_that_decide_and_are_known(value, decides, bounds):
    assert OperatingPoint("tau_hmm", value, value, value, decides=decides).bounds is bounds


# ---------------------------------------------------------------- optima


def optimum_points(tau, equilibrated=True, name="tau_train"):
    scores = rung_scores(TAUS, novelty=1, equilibrated=equilibrated)
    return operating_points(scores, {name: (tau, 0.03)}, (0, 0), {}, {})


def test_tau_train_decides_and_tau_f_does_not():
    scores = rung_scores(TAUS, novelty=[0, 0, 1, 1], percentiles={"hmm": [60, 60, 50, 40], "potts": [60, 40, 30, 20]})
    optima = {"tau_f": (Estimate(1.5, 1.4, 1.6), 0.02), "tau_train": (Estimate(1.0, 0.9, 1.1), 0.03)}
    points = operating_points(scores, optima, (0.5, 0.5), {"hmm": TRUSTED}, {"hmm": INF, "potts": INF})
    assert [(point.name, point.value, point.decides, point.sampled) for point in points] == [
        ("tau_train", 1.0, True, True),
        ("tau_f", 1.5, False, False),
        ("tau_hmm", 2.0, True, False),
        ("tau_potts", pytest.approx(0.5 * 2**0.5), False, False),
        ("coldest", 2.0, False, True),
    ]
    assert [(point.low, point.high, point.shared, point.note) for point in points[:2]] == [
        (0.9, 1.1, 0.03, ""),
        (1.4, 1.6, 0.02, ""),
    ]
    assert np.isnan([point.tolerated for point in points[:2]]).all()


def test_an_optimum_outside_the_ladder_is_said_to_be():
    assert optimum_points(Estimate(0.0, 0.0, 0.4))[0].note == "lies colder than every temperature sampled"
    assert optimum_points(Estimate(INF, 5.0, INF))[0].note == "lies hotter than every temperature sampled"


def test_an_optimum_where_samples_are_not_equilibrated_may_be_as_low_as_the_next_temperature_where_they_are():
    def low(tau, equilibrated):
        point = optimum_points(tau, equilibrated)[0]
        assert point.note == "lies where samples are not equilibrated"
        assert (point.value, point.high) == (tau.value, tau.high)
        return point.low

    between = Estimate(1.5, 1.4, 1.6)
    assert low(between, [True, True, False, True]) == 1.0
    assert low(between, [True, False, True, True]) == 0.5
    # Its interval may be wider than that.
    assert low(Estimate(1.5, 0.7, 1.6), [True, True, False, True]) == 0.7
    # No colder temperature is equilibrated.
    assert low(between, [False, False, True, True]) == 0.0
    assert low(Estimate(0.4, 0.3, 0.6), True) == 0.0


# ---------------------------------------------------------------- the coldest temperature above the floors


@pytest.mark.parametrize(
    ("novelty", "diversity", "equilibrated", "point"),
    [
        ([0.1, 0.2, 0.3, 0.4], 1.0, True, (1.0, 0.5, 2**0.5)),  # the floor is met exactly
        ([0.1, 0.199, 0.3, 0.4], 1.0, True, (2.0, 1.0, 8**0.5)),
        (1.0, [0.4, 0.4, 0.5, 0.5], True, (2.0, 1.0, 8**0.5)),
        (1.0, 1.0, [False, True, True, True], (1.0, 0.5, 2**0.5)),
        ([0.1, 0.3, 0.1, 0.4], 1.0, [True, False, True, True], (4.0, 2.0, 4.0)),
        (1.0, 1.0, True, (0.5, 0.0, 0.5**0.5)),
    ],
)
def test_the_coldest_temperature_above_the_floors_is_a_rung_with_the_way_to_its_neighbours(
    novelty, diversity, equilibrated, point
):
    coldest = coldest_point(
        rung_scores(TAUS, novelty=novelty, diversity=diversity, equilibrated=equilibrated), 0.2, 0.5
    )
    assert (coldest.name, coldest.value, coldest.low, coldest.high) == ("coldest", *map(pytest.approx, point))
    assert coldest.sampled and not coldest.decides
    below = "the coldest temperature sampled: colder ones may meet the floors, too"
    assert coldest.note == (below if point[0] == 0.5 else "")


def test_floors_that_no_equilibrated_temperature_meets_have_no_coldest():
    scores = rung_scores(TAUS, novelty=[0.1, 0.1, 0.1, 0.3], equilibrated=[True, True, True, False])
    coldest = coldest_point(scores, 0.2, 0.5)
    assert np.isnan([coldest.value, coldest.low, coldest.high]).all()
    assert coldest.note == "no equilibrated temperature meets both floors"
    assert not coldest.sampled


def test_a_rung_is_told_from_its_neighbours_up_to_the_colder_one_and_half_of_the_way_to_the_hotter():
    assert gap_around(np.array([0.5, 1.0, 4.0]), 0) == (0.0, pytest.approx(0.5**0.5))
    assert gap_around(np.array([0.5, 1.0, 4.0]), 2) == (1.0, 4.0)


# ---------------------------------------------------------------- the scale of a judge


def test_a_scale_is_worth_the_clusters_of_real_sequences_that_its_judge_scored():
    natural = pd.DataFrame(
        {
            "set": ["training", "training", "heldout", "heldout", "random"],
            "scale_weight": [1.0, 2.0, 1.0, 1.0, 7.0],
            "cluster": [0, 0, 1, 2, 3],
            "all": [1.0, 2.0, 3.0, 4.0, 5.0],
            "few": [1.0, np.nan, 3.0, np.nan, 5.0],
        }
    )
    # Clusters of weight 3, 1, 1: 25 / 11; and of 1 and 1. Random sequences are none of nature's.
    assert judge_units(natural, ["all", "few"]) == {"all": pytest.approx(25 / 11), "few": 2.0}


# ---------------------------------------------------------------- pooling


def point_of(name, value, low=None, high=None, **keys):
    return OperatingPoint(name, value, value if low is None else low, value if high is None else high, **keys)


def test_points_are_pooled_in_the_logarithm_with_the_error_that_they_share():
    """ln tau 0.03 below and above ln 0.85, each with an interval of 0.1 to either side."""

    def pooled(shared):
        replicates = [
            [point_of("tau_f", 0.85 * np.exp(x), 0.85 * np.exp(x - 0.1), 0.85 * np.exp(x + 0.1), shared=shared[n])]
            for n, x in enumerate((-0.03, 0.03))
        ]
        (point,) = pool_points(replicates)
        assert point.value == pytest.approx(0.85)
        assert point.low * point.high == pytest.approx(0.85**2)
        return np.log(point.high / point.value), point.shared

    # Within: (0.1 / 1.95996)^2 = 0.0026032; between: 2 * 0.03^2 = 0.0018. Nothing shared: (0.0018 + 4 * 0.0026032) / 5
    # = 0.0024425, halved by two training sets: 1.95996 * 0.034946 = 0.068494.
    half, shared = pooled((0.0, 0.0))
    assert (half, shared) == (pytest.approx(0.068494, rel=1e-4), 0)
    # Shared 0.04 on average, 0.0016; (0.0018 + 4 * 0.0010032) / 5 = 0.0011625 differ, and between is larger than what
    # is expected to: Student's t with five degrees of freedom, 2.570582 * sqrt(0.0016 + 0.0011625 / 2) = 0.12005.
    half, shared = pooled((0.03, 0.05))
    assert (half, shared) == (pytest.approx(0.12005, rel=1e-3), pytest.approx(0.04))


def test_a_pooled_point_decides_if_one_does_and_is_sampled_if_all_are_the_same_temperature():
    def pooled(one, other):
        (point,) = pool_points([[point_of("tau_hmm", **one)], [point_of("tau_hmm", **other)]])
        return point

    one, other = {"value": 0.8, "sampled": True, "decides": True}, {"value": 0.8, "sampled": True}
    assert (pooled(one, other).decides, pooled(other, one).decides, pooled(other, other).decides) == (True, True, False)
    assert pooled(one, other).sampled is True
    assert pooled(one, other | {"sampled": False}).sampled is False
    assert pooled(one, other | {"value": 0.9}).sampled is False
    assert pooled(one | {"tolerated": 0.9}, other | {"tolerated": 0.85}).tolerated == 0.85


def test_points_are_pooled_by_name_and_those_that_are_not_known_are_left_out():
    first = [point_of("tau_train", 0.8, decides=True), point_of("tau_hmm", NAN, note="not judged")]
    second = [point_of("tau_hmm", 0.7, 0.6, 0.9), point_of("tau_train", 0.8), point_of("tau_potts", 1.0)]
    train, hmm = pool_points([first, second])
    assert (train.name, train.value) == ("tau_train", pytest.approx(0.8))
    assert (hmm.name, hmm.value, hmm.low, hmm.high, hmm.note) == ("tau_hmm", 0.7, 0.6, 0.9, "")
    (unknown,) = pool_points([[first[1]], [point_of("tau_hmm", NAN, note="not judged either")]])
    assert np.isnan(unknown.value) and unknown.note == "not judged"


def test_a_point_among_temperatures_that_are_not_equilibrated_is_pooled_only_if_all_are():
    sound, unsound = point_of("tau_train", 0.8, 0.7, 0.9), point_of("tau_train", 0.5, 0.0, 0.6, equilibrated=False)
    for replicates in ([sound, unsound], [unsound, sound]):
        (point,) = pool_points([[replicate] for replicate in replicates])
        assert (point.value, point.low, point.high, point.equilibrated) == (0.8, 0.7, 0.9, True)
    (point,) = pool_points([[unsound], [unsound]])
    assert (point.value, point.low, point.high, point.equilibrated) == (pytest.approx(0.5), 0, 0.6, False)


def test_notes_that_differ_in_a_number_only_are_pooled_to_the_first():
    notes = ["at least 1, the hottest", "at least 2, the hottest", "", "below 0.5, the coldest"]
    (point,) = pool_points([[point_of("tau_hmm", 0.8, note=note)] for note in notes])
    assert point.note == "at least 1, the hottest; below 0.5, the coldest"


def test_the_coldest_point_is_pooled_to_that_of_the_first_model_with_an_interval_that_spans_all():
    def pooled(*triples):
        (point,) = pool_points([[point_of("coldest", *triple, sampled=True)] for triple in triples])
        return point.value, point.low, point.high

    assert pooled((0.7, 0.6, 0.8), (0.9, 0.8, 1.0)) == (0.7, 0.6, 1.0)
    assert pooled((0.9, 0.8, 1.0), (0.7, 0.6, 0.8)) == (0.9, 0.6, 1.0)
    assert pooled((NAN, NAN, NAN), (0.7, 0.6, 0.75), (0.5, 0.4, 0.6)) == (0.7, 0.4, 0.75)
    assert pooled((NAN, NAN, NAN), (0.7, 0.6, 0.8)) == (0.7, 0.6, 0.8)


# ---------------------------------------------------------------- tables


def test_points_are_tabulated_one_a_row():
    points = [
        OperatingPoint("tau_train", 0.9, 0.8, 1.0, True, True, "a note", 0.1, 0.2),
        OperatingPoint("tau_potts", 0.9, 0.8, 1.0, True, True, "", 0.1, 0.85),
        OperatingPoint("coldest", 0.7, 0.6, 0.75),
    ]
    table = points_table(points)
    assert table.columns.tolist() == ["name", "value", "low", "high", "limit", "sampled", "decides", "note"]
    assert table.drop(columns="limit").to_numpy().tolist() == [
        ["tau_train", 0.9, 0.8, 1.0, True, True, "a note"],
        ["tau_potts", 0.9, 0.8, 1.0, True, True, ""],
        ["coldest", 0.7, 0.6, 0.75, False, False, ""],
    ]
    # The higher of the interval's lower end and of what is tolerated; none of what does not decide.
    np.testing.assert_equal(table["limit"].to_numpy(), [0.8, 0.85, np.nan])
    assert deciding_judges([{"name": "tau_train", "decides": True}, {"name": "coldest", "decides": False}]) == ["train"]
