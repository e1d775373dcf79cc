"""The threshold between functional and other sequences, where two modes of the scores meet."""

import numpy as np
import pytest
from scipy.special import ndtri

from temperance.laboratory.threshold import find_threshold


def quantiles(count, mean=0.0, spread=1.0):
    """As many scores as evenly as a Gaussian has them."""
    return mean + spread * ndtri((np.arange(count) + 0.5) / count)


def test_two_modes_of_equal_size_and_width_meet_in_the_middle():
    threshold = find_threshold(np.concatenate([quantiles(50, 1, 0.5), quantiles(50, 5, 0.5)]))
    assert threshold.value == pytest.approx(3, abs=0.05) and threshold.evidence > 10
    assert threshold.why == "The scores have two modes, about 1.00 and 5.00, which meet at 3.00."


def test_a_wider_or_larger_mode_moves_the_threshold_away_from_itself():
    """Equal odds: ln(0.9 / 0.1) + ln(2) - x^2 / 2 + (6 - x)^2 / 8 = 0 at x = 2.87, with overlap known less well."""
    threshold = find_threshold(np.concatenate([quantiles(900), quantiles(100, 6, 2)]))
    assert threshold.value == pytest.approx(2.87, abs=0.12)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (quantiles(200), "no better than one"),
        (np.linspace(0, 1, 400), "no valley between them"),
        (np.exp(quantiles(400)), "no valley between them"),
        (np.concatenate([quantiles(200), quantiles(50, 0, 8)]), "no valley between them"),
    ],
)
def test_one_mode_even_if_it_is_flat_skewed_or_has_tails_has_no_threshold(scores, reason):
    threshold = find_threshold(scores)
    assert threshold.value is None
    assert reason in threshold.why and threshold.why.endswith("give the threshold in measured.threshold.")


def test_few_or_equal_scores_say_nothing():
    assert find_threshold(np.array([0.0, 0, 0, 1, 1, 1, 1])).why.startswith("7 scores do not show two modes")
    assert find_threshold(np.zeros(30)).value is None
    assert find_threshold(np.array([0.0, 0, 0.01, 0, 1, 1, 1.01, 1])).value == pytest.approx(0.5, abs=0.1)
