"""The temperature of the most functional and new samples, of five of which the shares are written out."""

import numpy as np
import pandas as pd
import pytest

from temperance.stats.estimate import Estimate
from temperance.temperature.measured_choice import recommend_measured
from temperance.temperature.operating_points import TAU_TRAIN, OperatingPoint
from temperance.temperature.recommendation import Recommendation
from temperance.temperature.rungs import RungScores

TAUS = np.array([0.4, 0.6, 0.8, 1.0, 1.2])
FLOORS = (0.2, 0.5)
BEST = Recommendation(
    "recommended", Estimate(0.8, 0.7, 0.9), "Sample at τ = 0.80.", ["It is cold."], 0.8, {}, [], ["One set."], [], 0.85
)
# The second temperature is the best, but misses the novelty floor.
SHARES = np.array([0.1, 0.9, 0.5, 0.6, 0.2])


def rungs(novelty=(0.1, 0.15, 0.3, 0.4, 0.5), equilibrated=(True,) * 5, percentiles=(90, 80, 70, 60, 20)):
    def spread(values):
        return np.repeat(np.array(values, float)[:, None], 4, axis=1)

    return RungScores(
        TAUS, np.array(equilibrated), spread(novelty), spread([0.9] * 5), spread(-TAUS), {"hmm": spread(percentiles)}
    )


def recommend(shares=SHARES, draws=None, extrapolates=False, best=BEST, points=(), **scores):
    useful = np.array([shares, *([shares] * 40 if draws is None else draws)])
    table = pd.DataFrame(
        {name: 2 * shares if name == "functional" else 96 * shares for name in ("functional", "useful")}
    )
    for name in ("functional", "useful"):
        table[f"{name}_low"], table[f"{name}_high"] = 0.9 * table[name], 1.1 * table[name]
    return recommend_measured(best, rungs(**scores), points, FLOORS, table, useful, 96, extrapolates)


def test_the_best_temperature_that_meets_the_floors_is_recommended():
    best = recommend()
    assert (best.status, best.sampling_temperature, best.tau.value) == ("recommended", 1.0, 1.0)
    # From the colder neighbour to half-way, in logarithms, to the hotter one.
    assert best.tau.low == pytest.approx(0.8) and best.tau.high == pytest.approx(1.2**0.5)
    assert best.headline.startswith(
        "Sample at τ = 1.00 (95% interval 0.80 to 1.10): by the results of designs that were"
    )
    assert (
        "120% (108% to 132%) are expected to be functional, and 58 (52 to 63) of 96 to be functional and as new"
        in (best.reasons[0])
    )
    assert best.reasons[1] == "Without the results: Sample at τ = 0.80."
    assert best.expected["useful"] == {"value": pytest.approx(57.6), "low": pytest.approx(51.84),
                                       "high": pytest.approx(63.36)}  # fmt: skip
    assert best.expected["novelty"] == pytest.approx(0.4) and best.limits == ["One set."]
    # Without the hotter one, the next best.
    assert recommend(equilibrated=(True, True, True, False, True)).sampling_temperature == 0.8


def test_the_interval_holds_the_choices_of_other_results():
    other = np.array([0.1, 0.9, 0.7, 0.6, 0.2])
    assert recommend(draws=[other] * 20 + [SHARES] * 20).tau.low == pytest.approx(0.8)
    hot = np.array([0.1, 0.9, 0.5, 0.6, 0.95])
    assert recommend(draws=[hot] * 4 + [SHARES] * 36).tau.high == 1.2


def test_results_of_natural_sequences_do_not_overrule_the_judges():
    """The limit is 0.85; a judge that decides places samples at 0.8 below 45 for certain in the last case."""
    best = recommend(extrapolates=True)
    assert best.sampling_temperature == 0.8 and "an extrapolation" in best.headline
    assert best.limits[-1].endswith("The judges' limit holds all the same.")
    points = [OperatingPoint("tau_hmm", 0.7, 0.6, 0.75, True, True)]
    refused = recommend(extrapolates=True, points=points, percentiles=(90, 80, 30, 20, 10))
    assert refused.sampling_temperature == BEST.sampling_temperature and refused.tau == BEST.tau
    assert refused.limits[-1] == (
        "The results of the laboratory choose no temperature: no equilibrated temperature meets your floors and the "
        "judges."
    )
    assert TAU_TRAIN not in [point.name for point in refused.operating_points]


@pytest.mark.parametrize(
    ("scores", "shares", "reason"),
    [
        ({"novelty": (0.1,) * 5}, SHARES, "no equilibrated temperature meets your floors."),
        ({}, np.array([0.1, 0.1, 0.1, 0.1, 0.9]), "the best would be τ = 1.2, the hottest temperature sampled, beyond"),
        ({"novelty": (0.3,) * 5}, np.array([0.9, 0.1, 0.1, 0.1, 0.1]), "the best would be τ = 0.4, the coldest"),
    ],
)
def test_without_a_temperature_between_others_nothing_changes_but_a_sentence(scores, shares, reason):
    best = recommend(shares, **scores)
    assert (best.tau, best.headline, best.reasons) == (BEST.tau, BEST.headline, BEST.reasons)
    assert best.limits[0] == "One set." and reason in best.limits[1]
