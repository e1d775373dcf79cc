"""Scores of samples and their recommendation in a notebook, on samples that are made up."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from temperance.design.scored import Scored
from temperance.potts.model import Potts
from temperance.sampling.samples import TemperedSamples
from temperance.scoring.tables import Family
from temperance.stats.estimate import Estimate
from temperance.temperature.rungs import RungScores

NATURAL = np.array([[0, 0], [0, 1], [0, 0], [1, 1]], np.uint8)


def measured(training_energy=-1.0, percentile=50):
    """Two temperatures, two ladders and two draws of two sites; state 1 has energy -1 at each site."""
    family = Family(
        NATURAL, np.array([1.0, 5.0, 1.0, 1.0]), np.array([0, 1]), NATURAL[:2], np.array([2, 3]), NATURAL[2:],
        np.array([3.0, 1.0]), NATURAL[:2], np.ones(2),
    )  # fmt: skip
    cold = [[[0, 0], [0, 1]], [[1, 1], [1, 0]]]
    sequences = np.array([cold, cold[::-1]], np.uint8)
    model = Potts(np.array([[0, 1], [0, 1]], np.float32), np.zeros((2, 2, 2, 2), np.float32))
    # As hot as can be, at 2 and at 0.5; the mean energy at 2 is -1.
    energies = np.array([[[0, -0.5], [-1, -1.5]], [[-1, -0.5], [-1.5, -1]], [[-2, -1.5], [-2, -1]]])
    rungs = pd.DataFrame(
        {"temperature": [np.inf, 2, 0.5], "requested": [False, True, True], "equilibrated": [True, False, True]}
    )
    samples = TemperedSamples(
        np.array([0.5, 2]), sequences, energies, np.array([0, 0.5, 2]), rungs, 0.0, 1, None
    )  # fmt: skip
    panel = {"ones": lambda states: states.sum(axis=1).astype(float)}
    return Scored.measure(model, family, panel, samples, training_energy, percentile, 1)


def test_samples_are_scored_temperature_by_temperature_and_ladder_by_ladder():
    scored = measured()
    assert scored.judge == "ones"
    assert scored.rungs.temperatures.tolist() == [0.5, 2]
    # The rung at infinite temperature was not asked for; at 2 samples are not equilibrated.
    assert scored.rungs.equilibrated.tolist() == [True, False]
    # 10 alone is no natural sequence, half of its sites differ, and it is one of two draws of a ladder.
    assert scored.rungs.novelty.tolist() == [[0, 0.25], [0.25, 0]]
    # Between the ladders distances are 1, 1/2, 1/2 and 1, 0.75 in the mean; between held-out sequences, of weights 3
    # and 1, 2 * 3 * 1 / 16 = 0.375.
    np.testing.assert_allclose(scored.rungs.diversity, 2)
    assert scored.rungs.energy.tolist() == [[-0.5, -1.5], [-1.5, -0.5]]
    assert scored.samples["energy"].tolist() == [0, -1, -2, -1, -2, -1, 0, -1]
    # Of natural scores 0 and 1, 5 of 8 by weight are 1, and 2 is the highest: percentiles 12.5, 56.25 and 93.75.
    np.testing.assert_allclose(scored.rungs.percentiles["ones"], [[34.375, 75], [75, 34.375]])


def test_the_threshold_is_that_of_the_percentile_by_weight():
    """Weights 2, 5 and 1 of 8 have no, one and two ones: a quarter has none, seven eighths one or none."""
    assert [measured(percentile=percentile).threshold for percentile in (25, 26, 87.5, 88)] == [0, 1, 1, 2]


def test_tau_train_is_where_samples_have_the_energy_of_training_sequences():
    """Means are -0.75 at infinity, -1 at 2 and -1.625 at 0.5."""
    assert measured(-1.0).tau_train.value == pytest.approx(2, rel=1e-3)
    assert 2 < measured(-0.9).tau_train.value < 20 and 0.5 < measured(-1.3).tau_train.value < 2
    assert measured(-2).tau_train.value == 0 and measured(-0.1).tau_train.value == np.inf


@pytest.fixture(scope="module")
def clear():
    """Six temperatures with a clear answer: novelty and diversity of all ladders are alike."""

    def rows(*values):
        return np.tile(np.array(values)[:, None], (1, 8))

    rungs = RungScores(
        np.array([0.4, 0.6, 0.8, 1.0, 1.5, 3.0]), np.ones(6, bool), rows(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        rows(0.2, 0.3, 0.5, 0.6, 0.7, 0.9), rows(-9.0, -8, -7, -6, -4, -1),
        {"ones": rows(90.0, 80, 70, 40, 20, 5)},
    )  # fmt: skip
    return dataclasses.replace(measured(), rungs=rungs, tau_train=Estimate(1.6, 1.55, 1.65))


@pytest.mark.parametrize(
    ("floors", "judges", "tau"),
    [
        # As new as 0.2 from 0.6 on, as diverse as 0.5 from 0.8 on.
        ({}, None, 0.8), ({"diversity_floor": 0.3}, None, 0.6), ({"novelty_floor": 0.4}, None, 1.0),
        ({"novelty_floor": 0.2, "diversity_floor": 0.61}, None, 1.5),
        # Above tau_train.
        ({"novelty_floor": 0.55}, None, None),
        # A judge finds samples less natural than nature from somewhere between 0.8 and 1 on, if it may decide.
        ({"novelty_floor": 0.5}, {"ones": {"trusted": True}}, None),
        ({"novelty_floor": 0.5}, {"ones": {"trusted": False}}, 1.5),
    ],
)  # fmt: skip
def test_the_coldest_temperature_that_meets_both_floors_is_recommended(clear, floors, judges, tau):
    answer = clear.recommend(**floors, judges=judges, draws=50)
    assert (answer.tau.value if answer.tau else None) == tau
    assert answer.recommended == (tau is not None)
