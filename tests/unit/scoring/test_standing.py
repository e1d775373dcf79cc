import numpy as np
import pytest

from temperance.scoring.discrimination import Discrimination
from temperance.scoring.standing import judge_standing

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
    found = judge_standing(name, places, seen)
    assert (found["saturated"], found["trusted"]) == (saturated, trusted)
    assert why in found["why"]
