"""Temperatures that are added to those of the list."""

import itertools

import numpy as np
import pytest

from temperance.sampling.window import COLDEST, is_bracketed, may_decide, next_colder, next_hotter, refine_temperatures

DEFAULT = [0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5]
LISTS = (DEFAULT, [0.4, 0.55, 0.7, 0.85, 1.2, 1.5], [0.5, 0.8, 1.1])


def test_temperatures_far_below_that_of_the_training_sequences_decide_nothing():
    taus = np.array([0.4, 0.69, 0.71, 1.0, np.inf])
    assert may_decide(taus, 1.0).tolist() == [False, False, True, True, True]
    assert may_decide(taus, 0.5).tolist() == [True] * 5
    assert may_decide(taus, 9.0).tolist() == [False, False, True, True, True]
    assert may_decide(taus, 0.0).all() and may_decide(taus, np.inf).all() and may_decide(taus, np.nan).all()


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("spacing", [0.03, 0.08, 0.2])
@pytest.mark.parametrize("training", [0.3, 0.62, 0.86, 1.05, 1.4])
def test_neighbours_are_close_from_the_coldest_to_above_the_temperature_of_the_training_sequences(
    listed, spacing, training
):
    added = refine_temperatures(np.array(listed), spacing, training)
    everything = np.sort(np.concatenate([listed, added]))
    assert len(set(everything.tolist())) == len(everything)
    end = everything[everything >= 1.1 * training][0] if everything[-1] >= 1.1 * training else np.inf
    gaps = [(a, b) for a, b in itertools.pairwise(everything) if b <= end]
    assert all(a >= b * (1 - spacing) - 1e-5 for a, b in gaps)
    # Temperatures near tau_train may be hot enough where the spacing is wide, and the next one is there, too.
    assert not [t for t in added if t * (1 - spacing) > end]
    assert end < np.inf
    # A third of the spacing around tau_train, so that something just below it is sampled; rounding takes up to 1 %.
    above = np.searchsorted(everything, training)
    if above:
        assert everything[above - 1] >= everything[above] * ((1 - spacing) ** (1 / 3) - 0.01)


def test_gaps_that_are_close_enough_and_gaps_above_the_window_get_nothing():
    assert refine_temperatures(np.array([0.93, 1.0, 2.0]), 0.08, 0.9).tolist() == []
    assert refine_temperatures(np.array([0.7, 0.8, 2.0]), 0.08, 0.7).tolist() == [0.748]


def test_a_list_that_ends_below_the_window_is_continued_and_not_without_end():
    assert refine_temperatures(np.array([0.5, 0.54]), 0.08, 0.6).tolist() == [0.586, 0.602, 0.619, 0.636, 0.691]
    assert refine_temperatures(np.array([0.5, 0.54]), 0.08, 5.0).max() < 1.2
    assert refine_temperatures(np.array([0.5, 0.54]), 0.08, np.inf).tolist() == []
    assert refine_temperatures(np.array([0.5, 1.54]), 0.08, 0.0).tolist() == []


def test_a_temperature_is_bracketed_by_close_neighbours_only():
    temperatures = np.array([0.5, 0.8, 0.85, 1.2])
    assert is_bracketed(temperatures, 0.08, 0.82)
    assert not any(is_bracketed(temperatures, 0.08, training) for training in (0.0, 0.4, 0.7, 1.0, 1.3, np.inf))


@pytest.mark.parametrize("spacing", [0.01, 0.08, 0.5])
def test_colder_and_hotter_temperatures_are_a_spacing_away_at_most(spacing):
    temperature = 1.37
    while temperature > COLDEST:
        below = next_colder(temperature, spacing)
        assert COLDEST <= below < temperature
        assert below >= temperature * (1 - spacing) - 1e-9
        assert temperature < next_hotter(temperature, spacing) <= temperature / (1 - spacing) + 1e-9
        temperature = below
    assert temperature == COLDEST
