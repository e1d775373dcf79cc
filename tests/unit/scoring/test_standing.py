import numpy as np
import pytest

from temperance.scoring.discrimination import Discrimination
from temperance.scoring.standing import is_saturated, judge_standing

SEES, BLIND = Discrimination(0.9, 0.02), Discrimination(0.55, 0.02)
MOVES = np.array([90.0, 70.0, 20.0])


@pytest.mark.parametrize(
    ("name", "places", "seen", "saturated", "trusted", "why"),
    [
        ("potts", MOVES, SEES, False, True, "90% of cases"),
        ("hmm", MOVES, BLIND, False, False, "55% of cases"),
        ("potts", np.array([60.0, 62.0, 64.0]), SEES, True, False, "only 4 points"),
        ("potts", np.array([99.5, 99.9, 100.0]), SEES, True, False, "points"),
        ("potts", np.array([0.0, 0.5, 0.2]), SEES, True, False, "points"),
        ("p_nat", MOVES, None, False, True, "truth"),
        ("mine", MOVES, None, False, False, "Nothing shows"),
        ("mine", np.full(3, np.nan), None, True, False, "points"),
        ("potts", MOVES, Discrimination(0.65, 0.1), False, False, "65% of cases"),
    ],
)
def test_who_may_decide(name, places, seen, saturated, trusted, why):
    standing = judge_standing(name, places, seen)
    assert (standing["saturated"], standing["trusted"]) == (saturated, trusted)
    assert why in standing["why"]


def test_five_points_over_the_ladder_are_enough():
    assert not is_saturated(np.array([55.0, 52.0, 50.0])) and is_saturated(np.array([54.99, 52.0, 50.0]))
    # The order of temperatures does not count, nor where on the scale they are.
    assert not is_saturated(np.array([0.0, 100.0])) and not is_saturated(np.array([94.0, 99.5, 100.0]))


def test_an_interval_from_sixty_percent_on_is_enough():
    assert judge_standing("potts", MOVES, Discrimination(0.6 + 1.96 * 0.1, 0.1 - 1e-9))["trusted"]
    assert not judge_standing("potts", MOVES, Discrimination(0.6 + 1.96 * 0.1, 0.1 + 1e-6))["trusted"]


def test_an_assessment_has_its_numbers():
    assessment = judge_standing("potts", np.array([20.0, np.nan, 90.0, 70.0]), SEES)
    ranking = "It ranks natural sequences above ones with shuffled columns in 90% of cases"
    assert assessment == {
        "name": "potts", "saturated": False, "span": 70.0, "auc": 0.9, "auc_error": 0.02, "trusted": True,
        "why": f"{ranking}, so it sees how sites go together.",
    }  # fmt: skip
    truth = judge_standing("truth", np.array([40.0, 44.0]), None)
    assert (truth["span"], truth["auc"], truth["auc_error"], truth["trusted"]) == (4.0, None, None, False)
    assert truth["why"] == "Its mean percentile moves by only 4 points over all temperatures."
    unscored = judge_standing("mine", np.full(2, np.nan), Discrimination(float("nan"), float("nan")))
    assert (unscored["span"], unscored["auc"], unscored["auc_error"]) == (0.0, None, None)
    unknown = judge_standing("mine", MOVES, Discrimination(float("nan"), float("nan")))
    assert (unknown["auc"], unknown["trusted"]) == (None, False)
