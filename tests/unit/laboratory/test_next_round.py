"""Two rounds of designs for a planted function: what each objective finds, and how well the results then predict."""

import numpy as np
import pytest

from temperance.design.selection import select, select_likeliest
from temperance.laboratory.calibrated import CalibratedModel, log_likelihood
from temperance.laboratory.expectation import relearn
from temperance.laboratory.findings import Measurements

LENGTH, Q, FIRST, BATCH, STRENGTH = 20, 4, 30, 24, 0.3


def results_of(sequences, functional):
    count = len(sequences)
    every = np.ones(count, bool)
    return Measurements(sequences, np.zeros((count, 0)), [], functional, every, np.arange(count), Q)


def run_rounds(seed, objective):
    """Count functional designs of two rounds, and the likelihood of all sequences by the model of all results."""
    rng = np.random.default_rng(seed)
    # Half of the sites matter; 15 % of the sequences are functional. All descend from eight ancestors.
    weights = rng.normal(size=(LENGTH, Q)) * (rng.random((LENGTH, 1)) < 0.5)
    ancestors = rng.integers(0, Q, (8, LENGTH))[rng.integers(0, 8, 1200)]
    family = np.where(rng.random(ancestors.shape) < 0.35, rng.integers(0, Q, ancestors.shape), ancestors)
    family = np.unique(family.astype(np.uint8), axis=0)
    scores = weights[np.arange(LENGTH), family].sum(axis=1)
    functional = scores > np.quantile(scores, 0.85)
    measured = rng.choice(len(family), FIRST, replace=False)
    for _ in range(2):
        unknown = np.setdiff1d(np.arange(len(family)), measured)
        pool, even, everyone = family[unknown], np.zeros(len(unknown)), np.ones(len(unknown), bool)
        results = results_of(family[measured], functional[measured])
        if objective == "diversity":
            chosen = select(pool, even, everyone, BATCH)
        else:
            models = [results.learn(STRENGTH)] if objective == "success" else relearn(results, STRENGTH, rng, BATCH)
            nothing = np.zeros((len(pool), 0))
            probabilities = np.array([model.probabilities(pool, nothing) for model in models])
            chosen = select_likeliest(pool, probabilities, even, everyone, BATCH, 0.1)
        measured = np.append(measured, unknown[chosen])
    model = CalibratedModel.learn(family[measured], np.zeros((len(measured), 0)), functional[measured], Q, STRENGTH)
    log_odds = model.log_odds(family, np.zeros((len(family), 0)))
    return functional[measured[FIRST:]].sum(), log_likelihood(log_odds, functional)


@pytest.fixture(scope="module")
def rounds():
    """Mean of eight families: functional designs of 48, and nats a sequence."""
    objectives = ("diversity", "success", "learning")
    return {name: np.mean([run_rounds(seed, name) for seed in range(8)], axis=0) for name in objectives}


def test_designs_chosen_by_results_find_several_times_as_many_functional_sequences(rounds):
    # By chance 15 % of 48, 7.2, are functional.
    assert 4 < rounds["diversity"][0] < 11
    assert rounds["success"][0] > 20 and rounds["learning"][0] > 20


def test_learning_costs_little_success(rounds):
    assert rounds["learning"][0] > 0.85 * rounds["success"][0]
