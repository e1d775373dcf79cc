"""Frequencies with results in them, counted by hand, and models that are adjusted to them, against enumeration."""

import itertools

import numpy as np
import pytest

from temperance.core.settings.training import TrainSettings
from temperance.engines.registry import choose_engine
from temperance.potts.frequencies import Frequencies, frequencies
from temperance.potts.model import Potts
from temperance.training.feedback import add_results, adjust, balance, draw_chains


def rows(*texts):
    return np.array([[int(symbol) for symbol in text] for text in texts], np.uint8)


# Two sites: one half each of 00 and 11.
NATURAL = frequencies(rows("00", "11"), 2)


def test_functional_sequences_are_added_and_others_subtracted():
    """01 is functional with weight 3 of 4, 00 is not with 1 of 4: strength 1 leaves 1 + 3/4 - 1/4 = 3/2."""
    functional, weights = np.array([True, False]), np.array([3.0, 1.0])
    assert balance(functional, weights) == 0.5
    data = add_results(NATURAL, rows("01", "00"), functional, weights, 1.0, 0.0)
    # 00: 1/2 - 1/4, 01: 3/4, 11: 1/2, each of 3/2.
    assert data.pair[0] == pytest.approx(np.array([[0.25, 0.75], [0, 0.5]]) / 1.5)
    assert data.single == pytest.approx(np.array([[1, 0.5], [0.25, 1.25]]) / 1.5)
    # Half of the strength: 00: 1/2 - 1/8, 01: 3/8, 11: 1/2 of 5/4.
    data = add_results(NATURAL, rows("01", "00"), functional, weights, 0.5, 0.0)
    assert data.pair[0] == pytest.approx(np.array([[0.375, 0.375], [0, 0.5]]) / 1.25)


def test_states_that_would_be_too_rare_are_raised_with_their_pairs():
    """00 is subtracted with all of the weight, 1/2: 11 is left, 1/2 of 1/2, and nothing of 0 at either site.

    Raised to 0.1 of 1.1; pairs change by half of what their states do: 1/22 each for a 0, and less as much for a 1.
    """
    data = add_results(NATURAL, rows("00"), np.array([False]), np.ones(1), 0.5, 0.1)
    assert data.single == pytest.approx(np.array([[0.1, 1], [0.1, 1]]) / 1.1)
    assert data.pair[0] == pytest.approx(np.array([[1, 0], [0, 10]]) / 11)
    assert data.pair[0].sum(axis=1) == pytest.approx(data.single[0])
    assert NATURAL.single == pytest.approx(0.5)


LENGTH, Q = 4, 2
STATES = np.array(list(itertools.product(range(Q), repeat=LENGTH)), np.uint8)
OPTIONS = TrainSettings(chains=4000, sweeps=5, path_steps=40)


def optimum(data, l2, steps=4000):
    """The optimum of the penalised likelihood, by gradient ascent over all sequences."""
    one_hot = np.eye(Q)[STATES]
    pairs = list(itertools.combinations(range(LENGTH), 2))
    fields, couplings = np.zeros((LENGTH, Q)), np.zeros((len(pairs), Q, Q))
    for _ in range(steps):
        logits = np.einsum("sia,ia->s", one_hot, fields)
        for number, (i, j) in enumerate(pairs):
            logits += couplings[number, STATES[:, i], STATES[:, j]]
        p = np.exp(logits - logits.max())
        p /= p.sum()
        fields += 0.3 * (data.single - np.einsum("s,sia->ia", p, one_hot))
        for number, (i, j) in enumerate(pairs):
            model = np.einsum("s,sa,sb->ab", p, one_hot[:, i], one_hot[:, j])
            couplings[number] += 0.3 * (data.pair[number] - model - l2 * couplings[number])
    return logits - np.log(np.exp(logits).sum())


def test_an_adjusted_model_is_the_optimum_of_the_other_frequencies():
    rng, engine, l2 = np.random.default_rng(0), choose_engine("numba"), 0.05
    natural = STATES[(STATES[:, 0] == STATES[:, 1])]
    weights = np.ones(len(natural))
    data = frequencies(natural, Q, weights, np.float32).with_pseudocount(0.1)
    results, functional = rows("0111", "1011", "0000", "1100"), np.array([True, True, False, False])
    target = add_results(data, results, functional, np.ones(4), 0.6, 0.02)
    # It does not matter where training starts.
    model = Potts(np.zeros((LENGTH, Q), np.float32), np.zeros((LENGTH, Q, LENGTH, Q), np.float32))
    adjusted = adjust(
        model, draw_chains(model, 4000, engine, rng), target, lambda n: natural[rng.integers(0, len(natural), n)], l2,
        OPTIONS, engine, rng, 0.0, 200,
    )  # fmt: skip
    expected = np.exp(optimum(target, l2))
    weights = np.exp(-adjusted.model.energies(STATES))
    assert weights / weights.sum() == pytest.approx(expected, abs=0.012)
    assert adjusted.steps == 200 and adjusted.gradient < 2 and adjusted.pearson > 0.9
    # What was subtracted has become rarer, what was added more frequent.
    numbers = results @ [8, 4, 2, 1]
    assert (expected[numbers] > np.exp(optimum(data, l2))[numbers]).tolist() == functional.tolist()


def test_a_model_without_fields_stays_one():
    rng, engine = np.random.default_rng(0), choose_engine("numba")
    couplings = np.zeros((LENGTH * (LENGTH - 1) // 2, Q, Q), np.float32)
    couplings[0] = [[0.5, -0.5], [-0.5, 0.5]]
    model = Potts.from_pairs(np.zeros((LENGTH, Q), np.float32), couplings)
    target = Frequencies(np.full((LENGTH, Q), 0.5), np.full((6, Q, Q), 0.25, np.float32))
    adjusted = adjust(
        model, draw_chains(model, 1000, engine, rng), target, lambda n: STATES[rng.integers(0, len(STATES), n)], 0.1,
        OPTIONS.model_copy(update={"fields": False}), engine, rng, 0.0, 60,
    )  # fmt: skip
    assert not adjusted.model.fields.any()
    # Sites that are independent leave no coupling.
    assert np.abs(adjusted.model.couplings).max() < 0.1
