"""Diversity, on a few sequences whose differing columns can be counted."""

import numpy as np
import pytest

from temperance.scoring.diversity import effective_share, ladder_diversity, natural_diversity

ROWS = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 2], [2, 1, 1]], np.uint8)


def test_two_natural_draws_may_be_the_same_sequence_and_are_by_weight():
    """Frequencies by weights 1, 1, 2, 0 of four: columns (1), (1/2, 1/2), (1/4, 1/4, 1/2)."""
    weights = np.array([1.0, 1.0, 2.0, 0.0])
    expected = (0 + (1 - 1 / 2) + (1 - 1 / 16 - 1 / 16 - 1 / 4)) / 3
    assert natural_diversity(ROWS, 3, weights) == pytest.approx(expected)
    # With equal weights all 16 ordered pairs count, of which 4 are a sequence with itself: 2 * 12 of 16 * 3.
    assert natural_diversity(ROWS, 3, np.ones(4)) == pytest.approx(24 / 48)


def test_a_ladder_is_compared_with_the_draws_of_all_others():
    """Ladders {000, 001}, {012, 211}, {000, 000}.

    The first and second differ in 2, 3, 2, 2 columns, 9 of 12; the first and third in 0, 0, 1, 1, 2 of 12; the second
    and third in 2, 2, 3, 3, 10 of 12.
    """
    ladders = np.concatenate([ROWS, ROWS[[0, 0]]]).reshape(3, 2, 3)
    expected = [(9 + 2) / 24, (9 + 10) / 24, (2 + 10) / 24]
    np.testing.assert_allclose(ladder_diversity(ladders, 3), expected)


def test_relatives_of_four_fifths_of_their_sites_count_once():
    """Of ten sites the second differs from the first in 2, so they are relatives; the third differs in 3 from both."""
    rows = np.zeros((3, 10), np.uint8)
    rows[1, :2] = 1
    rows[2, :3] = 2
    assert effective_share(rows) == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    # All are relatives at an identity of 0.7, none at 0.9.
    assert effective_share(rows, 0.7) == pytest.approx(1 / 3)
    assert effective_share(rows, 0.9) == 1
