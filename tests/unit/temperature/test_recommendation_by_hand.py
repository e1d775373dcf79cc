"""Each number and sentence of a recommendation, counted by hand."""

import json

import numpy as np
import pytest
from rung_scores import rung_scores

from temperance.stats.estimate import Estimate
from temperance.temperature.operating_points import OperatingPoint
from temperance.temperature.recommendation import expected, recommend, sensitivity

NAN, INF = np.nan, np.inf
TAUS = [0.5, 0.6, 0.7, 0.8, 1.0]
NOVELTY = [0.1, 0.2, 0.3, 0.4, 0.5]
DIVERSITY = [0.4, 0.5, 0.6, 0.7, 0.8]
ENERGY = [-10.0, -9, -8, -7, -5]
FLOORS = (0.25, 0.5)
TRAIN = OperatingPoint("tau_train", 0.9, 0.85, 0.95, False, True, shared=0.0)
HMM = OperatingPoint("tau_hmm", 0.95, 0.9, 0.97, False, True)
POTTS = OperatingPoint("tau_potts", 0.6, 0.5, 0.65, note="decides nothing: it knows the model")
PERCENTILES = {"hmm": [70.0, 65, 60, 55, 40], "potts": [90.0, 80, 70, 60, 50]}


def scores(**keys):
    return rung_scores(
        TAUS, **({"novelty": NOVELTY, "diversity": DIVERSITY, "energy": ENERGY, "percentiles": PERCENTILES} | keys)
    )


def advise(*rungs, points=None, floors=FLOORS, draws=5, **keys):
    points = points or [[TRAIN, HMM, POTTS]] * len(rungs)
    return recommend(rungs, points, *floors, np.random.default_rng(0), draws, **keys)


# ---------------------------------------------------------------- expected scores


def test_expected_scores_are_those_of_the_temperature_with_standard_errors_over_ladders():
    """At 0.7 four ladders: 0.3 with deviations of 0.02 * (-1, -1, 1, 1), of variance 4 / 3 of that."""
    deviations = np.outer([0, 0, 1, 0, 0], [-1.0, -1, 1, 1])
    mean_of = {name: np.array(values)[:, None] for name, values in (("n", NOVELTY), ("d", DIVERSITY), ("e", ENERGY))}
    hmm = np.array(PERCENTILES["hmm"])[:, None] + 4 * deviations
    few = np.array([[NAN] * 4, [NAN] * 4, [NAN, NAN, 50, 60], [NAN, NAN, NAN, 30], [NAN] * 4])
    rungs = rung_scores(
        TAUS, novelty=mean_of["n"] + 0.02 * deviations, diversity=mean_of["d"] + 0.03 * deviations,
        energy=mean_of["e"] + deviations, percentiles={"hmm": hmm, "few": few, "none": np.full((5, 4), NAN)}, ladders=4,
        equilibrated=[True, True, True, False, True],
    )  # fmt: skip
    # The standard error of four values of deviation d is d * sqrt(4 / 3) / 2 = d / sqrt(3).
    columns = expected(rungs, 2)
    percentiles = columns.pop("percentiles")
    assert columns == {
        "temperature": 0.7,
        "equilibrated": True,
        "novelty": pytest.approx(0.3),
        "novelty_error": pytest.approx(0.02 / 3**0.5),
        "diversity": pytest.approx(0.6),
        "diversity_error": pytest.approx(0.03 / 3**0.5),
        "energy": pytest.approx(-8),
        "energy_error": pytest.approx(1 / 3**0.5),
    }
    # 50 and 60: a standard deviation of sqrt(50), over sqrt(2).
    assert percentiles == {
        "hmm": {"value": pytest.approx(60), "error": pytest.approx(4 / 3**0.5)},
        "few": {"value": pytest.approx(55), "error": pytest.approx(5)},
    }
    colder = expected(rungs, 3)
    assert (colder["temperature"], colder["equilibrated"]) == (0.8, False)
    assert colder["percentiles"]["few"] == {"value": 30, "error": None}
    assert colder["novelty_error"] == 0


# ---------------------------------------------------------------- what is recommended


def test_a_recommendation_has_the_scores_of_its_own_temperature():
    best = advise(scores())
    assert (best.status, best.recommended) == ("recommended", True)
    # From the colder neighbour, which misses a floor, to half of the way to the hotter one.
    assert best.tau == Estimate(0.7, 0.6, pytest.approx(0.56**0.5))
    assert best.sampling_temperature == 0.7
    assert best.limit == 0.85
    assert [best.expected[name] for name in ("temperature", "novelty", "diversity", "energy")] == pytest.approx(
        [0.7, 0.3, 0.6, -8]
    )
    assert best.headline == (
        "Sample at τ = 0.70 (95% interval 0.60 to 0.75). One training set: how much another one would change this is "
        "not known."
    )
    assert best.row() == {
        "tau": 0.7, "tau_low": 0.6, "tau_high": pytest.approx(0.56**0.5), "status": "recommended", "feasible": True,
        "novelty": pytest.approx(0.3), "diversity": pytest.approx(0.6),
    }  # fmt: skip


def test_reasons_have_the_numbers_of_the_samples_the_floors_and_the_judges_that_decide():
    best = advise(scores())
    assert best.reasons == [
        "It is the coldest temperature that qualifies. At τ = 0.7 samples are as new and as varied as you ask: they "
        "differ from their nearest natural sequence in 30% of sites (floor 25%) and are 60% as varied as natural "
        "sequences (floor 50%). Those at the next colder one, 0.6, miss the novelty floor.",
        "It is not above τ_train, where samples have the mean energy of the training sequences: 0.90, 0.85 to 0.95, up "
        "to which samples are as good as natural sequences.",
        "Among natural sequences, whose own mean is 50, the profile HMM places them at percentile 60 (± 0, 95% over "
        "ladders).",
    ]
    assert best.limits == ["One training set: intervals leave out how training sets vary. Raise subsets.replicates."]
    assert best.notes == [
        "The pair judge (Potts models of parts of the natural sequences) decides nothing: it knows the model."
    ]


def test_other_training_sets_are_named_by_their_own_percentiles_at_the_same_temperature():
    """Ladders at 56 and 64: a half-width of 12.7062 * 4. A third training set was not sampled at 0.7."""
    wide = np.array(PERCENTILES["hmm"])[:, None] + np.outer([0, 0, 1, 0, 0], [-4.0, 4])
    second = scores(percentiles={"hmm": [80.0, 75, 63, 61, 50]})
    third = rung_scores([0.5, 0.6, 0.71, 0.8, 1.0], novelty=NOVELTY, percentiles={"hmm": 90})
    unjudged = scores(percentiles={})
    narrow = [[TRAIN, HMM]] * 4
    best = advise(scores(percentiles={"hmm": wide}), second, third, unjudged, points=narrow)
    assert best.reasons[2] == (
        "Among natural sequences, whose own mean is 50, the profile HMM places them at percentile 60 (± 51, 95% over "
        "ladders, 63 with other training sets)."
    )
    assert best.expected["percentiles"]["hmm"]["value"] == 60
    assert "One training set" not in best.headline
    assert best.limits == []


def test_models_of_the_same_sequences_do_not_show_how_training_sets_vary():
    second = scores(percentiles={"hmm": [80.0, 75, 63, 61, 50]})
    best = advise(scores(), second, points=[[TRAIN, HMM]] * 2, one_training_set=True)
    assert best.reasons[2].endswith("percentile 60 (± 0, 95% over ladders, 63 trained again on the same sequences).")
    assert best.headline.endswith(". One training set: how much another one would change this is not known.")
    assert best.limits == [
        "One training set: intervals leave out how training sets vary. All training sequences are in it; models of "
        "smaller subsets.sizes show how much they vary."
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"equilibrated": [0, 0, 1, 1, 1], "novelty": 0.3},
         "At the next colder one, 0.6, samples are not equilibrated."),
        ({"diversity": [0.3, 0.4, 0.5, 0.6, 0.7]},
         "Those at the next colder one, 0.6, miss the novelty and diversity floors."),
        ({"novelty": 0.3, "diversity": [0.3, 0.4, 0.5, 0.6, 0.7]},
         "Those at the next colder one, 0.6, miss the diversity floor."),
        ({"novelty": 0.3, "percentiles": {"hmm": [31, 32, 60, 55, 40]}},
         "Those at the next colder one, 0.6, are less natural: the profile HMM places them at percentile 32."),
    ],
)  # fmt: skip
def test_the_next_colder_temperature_is_refused_for_a_reason(changes, sentence):
    best = advise(scores(**changes))
    assert best.tau.value == 0.7
    assert best.reasons[0].endswith(sentence)


def test_limits_name_colder_temperatures_that_would_do_if_they_were_equilibrated():
    best = advise(scores(novelty=0.3, equilibrated=[1, 0, 1, 1, 1], diversity=[0.4, 0.5, 0.6, 0.7, 0.8]))
    assert best.tau.value == 0.7
    assert best.limits[1:] == [
        "Colder temperatures, down to τ = 0.6, may meet your floors, too: their samples do, but are not equilibrated."
    ]
    # At hotter ones it is of no interest.
    assert len(advise(scores(equilibrated=[1, 1, 1, 0, 1])).limits) == 1


def test_a_recommendation_that_no_judge_supports_says_so():
    best = advise(scores(), points=[[TRAIN, POTTS]])
    assert best.limits[1:] == [
        "No judge is trusted: that samples are as good as natural sequences rests on τ_train alone."
    ]
    assert len(best.reasons) == 2


# ---------------------------------------------------------------- what is not recommended


def test_without_a_temperature_the_one_that_misses_least_is_reported():
    best = advise(scores(), floors=(0.45, 0.5))
    assert (best.status, best.recommended, best.tau) == ("none", False, None)
    assert best.headline == (
        "No temperature can be recommended: your novelty floor of 0.45 is met only at τ = 1 and above, but samples are "
        "as good as natural sequences up to τ = 0.85 at most (τ_train, where samples have the mean energy of the "
        "training sequences: 0.90, 0.85 to 0.95). Lower optimum.novelty_floor to 0.39 or less."
    )
    assert best.reasons == ["At τ = 0.8 samples have a novelty of 0.40 and 0.70 of the natural diversity."]
    assert best.sampling_temperature == best.expected["temperature"] == 0.8
    assert best.expected["novelty"] == pytest.approx(0.4)
    assert best.limit == 0.85
    row = best.row()
    assert np.isnan([row["tau"], row["tau_low"], row["tau_high"]]).all()
    assert (row["status"], row["feasible"], row["novelty"], row["diversity"]) == (
        "none", False, pytest.approx(0.4), pytest.approx(0.7)
    )  # fmt: skip
    assert len(best.notes) == 1


def test_an_untrained_model_is_refused_with_what_would_help():
    best = advise(scores(), untrained="the model is not trained (why).")
    assert best.headline == "No temperature can be recommended: the model is not trained (why)."
    assert best.reasons == [
        "Raise the limit that ended training (train.max_steps or train.max_minutes) or, where sequences are few, "
        "train.l2_couplings."
    ]
    assert (best.tau, best.sampling_temperature, best.expected["temperature"]) == (None, 0.7, 0.7)


def test_the_limit_is_the_strictest_of_the_model_and_of_the_family():
    """The lower end of a pooled tau_train lies between those of the models, 0.85 and 0.75."""
    lower = OperatingPoint("tau_train", 0.8, 0.75, 0.85, False, True, shared=0.0)
    best = advise(scores(), scores(), points=[[TRAIN, HMM], [lower, HMM]])
    assert 0.75 < best.limit < 0.85
    # The family's own value is the geometric mean, (0.9 * 0.8)^(1/2) = 0.849; with two models nothing is left to say.
    assert "training sequences: 0.85, 0.7" in best.reasons[1]
    assert best.limits == []
    assert advise(scores(), scores(), points=[[lower], [TRAIN]]).limit == 0.75


def test_without_a_point_that_decides_there_is_no_limit():
    assert advise(scores(), points=[[POTTS]]).limit is None


# ---------------------------------------------------------------- the file


def test_the_summary_is_json_with_all_that_was_found():
    unknown = OperatingPoint("tau_hmm", INF, 0.9, INF, False, True, "at least 1", tolerated=INF)
    best = advise(scores(), points=[[TRAIN, unknown]])
    assert best.notes == []  # of judges that decide there is none
    summary = best.summary()
    json.dumps(summary, allow_nan=False)
    assert list(summary) == [
        "status", "tau", "headline", "reasons", "sampling_temperature", "expected", "operating_points", "limits",
        "notes", "limit",
    ]  # fmt: skip
    assert summary["operating_points"] == [
        {"name": "tau_train", "value": 0.9, "low": 0.85, "high": 0.95, "sampled": False, "decides": True, "note": "",
         "shared": 0.0, "tolerated": None, "equilibrated": True},
        {"name": "tau_hmm", "value": None, "low": 0.9, "high": None, "sampled": False, "decides": True,
         "note": "at least 1", "shared": None, "tolerated": None, "equilibrated": True},
    ]  # fmt: skip
    assert summary["tau"] == {"value": 0.7, "low": 0.6, "high": pytest.approx(0.56**0.5)}
    assert (summary["status"], summary["sampling_temperature"], summary["limit"]) == ("recommended", 0.7, 0.85)
    assert (summary["headline"], summary["reasons"], summary["limits"], summary["notes"]) == (
        best.headline, best.reasons, best.limits, best.notes
    )  # fmt: skip
    assert summary["expected"] == best.expected


# ---------------------------------------------------------------- the interval


@pytest.mark.parametrize(("middle", "outliers"), [(26, True), (64, False)])
def test_the_interval_has_nineteen_of_twenty_training_sets_and_ladders(middle, outliers):
    """One model of all is the first to meet the floor at 0.5, one at 0.9, the others, and the one to sample, at 0.7.

    Of 2000 draws among 28 models each of the two is 3.6 %, with an error of 0.4, and so within the interval of
    percentiles 2.5 to 97.5; among 66 it is 1.5 %, with an error of 0.3, and outside.
    """
    taus = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]

    def first_at(rung):
        return rung_scores(taus, novelty=np.where(np.arange(7) < rung, 0.1, 0.3))

    models = [first_at(3)] * middle + [first_at(1), first_at(5)]
    train = OperatingPoint("tau_train", 0.95, 0.95, 0.95, False, True, shared=0.0)
    best = advise(*models, points=[[train]] * len(models), draws=2000)
    assert best.tau.value == 0.7
    assert (best.tau.low, best.tau.high) == ((0.5, 0.9) if outliers else (0.6, pytest.approx(0.56**0.5)))


def test_the_interval_has_the_points_of_each_training_sets_own_model():
    """Two models that meet the floor at 0.6; the judge of the second refuses 0.6 and 0.7."""
    first = scores(novelty=[0.1, 0.3, 0.3, 0.3, 0.3], percentiles={"hmm": 60})
    second = scores(novelty=[0.1, 0.3, 0.3, 0.3, 0.3], percentiles={"hmm": [60, 30, 30, 60, 60]})
    points = [[TRAIN, HMM], [TRAIN, HMM]]
    assert advise(first, second, points=points, draws=50).tau == Estimate(0.6, 0.5, 0.8)
    undecided = OperatingPoint("tau_hmm", 0.95, 0.9, 0.97)
    assert advise(first, second, points=[[TRAIN, HMM], [TRAIN, undecided]], draws=50).tau.high == pytest.approx(
        0.42**0.5
    )


# ---------------------------------------------------------------- other floors


def test_sensitivity_is_the_recommendation_at_each_floor():
    table = sensitivity([scores()], [[TRAIN, HMM, POTTS]], *FLOORS, np.random.default_rng(0), draws=5)
    assert table.columns.tolist() == [
        "floor", "value", "tau", "tau_low", "tau_high", "status", "feasible", "novelty", "diversity", "percentile"
    ]  # fmt: skip
    assert table["floor"].tolist() == ["novelty"] * 13 + ["diversity"] * 11
    np.testing.assert_allclose(table["value"], [*np.linspace(0, 0.6, 13), *np.linspace(0, 1, 11)])
    # With a diversity of 0.5, met from 0.6 up, novelties of 0 to 0.2 are met at 0.6, to 0.3 at 0.7, and to 0.4 at 0.8;
    # 1, which has more, is above tau_train. With a novelty of 0.25, met from 0.7 up, diversities of 0 to 0.6 are met
    # there, and 0.7 at 0.8.
    tau = [0.6] * 5 + [0.7] * 2 + [0.8] * 2 + [NAN] * 4 + [0.7] * 7 + [0.8] + [NAN] * 3
    np.testing.assert_allclose(table["tau"], tau)
    np.testing.assert_array_equal(table["feasible"], np.isfinite(tau))
    assert table["status"].tolist() == ["recommended" if np.isfinite(t) else "none" for t in tau]
    neighbours = {0.6: (0.5, 0.42**0.5), 0.7: (0.6, 0.56**0.5), 0.8: (0.7, 0.8**0.5)}
    for row in table[table["feasible"]].itertuples():
        assert (row.tau_low, row.tau_high) == pytest.approx(neighbours[row.tau])
    # Scores at the recommended temperature, else at the one that misses least, 0.8.
    at = [TAUS.index(t) if np.isfinite(t) else 3 for t in tau]
    np.testing.assert_allclose(table["novelty"], np.array(NOVELTY)[at])
    np.testing.assert_allclose(table["diversity"], np.array(DIVERSITY)[at])
    # By the judge that decides.
    hmm = {0.6: 65, 0.7: 60, 0.8: 55}
    np.testing.assert_array_equal(table["percentile"], [hmm.get(t, NAN) for t in tau])


def test_a_model_that_is_not_trained_has_no_temperature_at_any_floor():
    table = sensitivity(
        [scores()], [[TRAIN, HMM]], *FLOORS, np.random.default_rng(0), draws=2, untrained="it is not trained."
    )
    assert table[["tau", "percentile"]].isna().all(axis=None)
    assert not table["feasible"].any()


def test_the_percentile_of_the_sensitivity_is_the_lowest_of_the_judges_that_decide():
    def lowest(*points):
        table = sensitivity([scores()], [[TRAIN, *points]], *FLOORS, np.random.default_rng(0), draws=2)
        return table.set_index(["floor", "value"]).loc[("novelty", 0.25), "percentile"]

    both = OperatingPoint("tau_potts", 0.95, 0.9, 0.97, False, True)
    assert lowest(HMM, both) == 60
    assert lowest(both) == 70
    assert np.isnan(lowest())


def test_the_intervals_of_all_floors_are_of_the_same_draws():
    """One draw among models that meet the novelty at 0.6 and 0.8: which one it is does not change with a floor."""
    later = scores(novelty=[0.1, 0.1, 0.1, 0.4, 0.5])
    models = [scores(novelty=[0.1, 0.4, 0.4, 0.4, 0.5]), later, later]
    table = sensitivity(models, [[TRAIN]] * 3, 0.25, 0.0, np.random.default_rng(0), draws=1)
    same = table[(table["floor"] == "diversity") & (table["value"] <= 0.5)]
    assert len(same) == 6
    assert same[["tau", "tau_low", "tau_high"]].drop_duplicates().to_numpy().tolist() == [[0.6, 0.5, 0.8]]
