"""Rungs of ladders, and temperatures that belong to energies."""

import numpy as np
import pytest
from scipy.special import erfc
from small_systems import all_states, boltzmann, random_potts

from temperance.engines.registry import choose_engine
from temperance.sampling.rungs import MeanEnergies, connect_rungs, plan_ladder

STATES = all_states(5, 3)


@pytest.fixture(scope="module")
def model():
    return random_potts(5, 3, seed=4, scale=1.2)


def enumerated(model, betas):
    """Exact mean energies."""
    energies = model.energies(STATES).astype(float)
    states = [boltzmann(model, STATES, 1 / beta) if beta else np.full(len(STATES), 1 / len(STATES)) for beta in betas]
    means = np.array([p @ energies for p in states])
    return MeanEnergies(np.array(betas), means, np.array([p @ energies**2 for p in states]) - means**2)


def test_a_planned_ladder_holds_what_was_asked_for(model):
    listed = np.array([0.5, 1.0, 4.0])
    betas = plan_ladder(model, choose_engine("numba"), listed, np.random.default_rng(0))
    assert betas[0] == 0
    assert np.isin(listed, betas).all()
    assert (np.diff(betas) > 0).all()


def test_the_temperature_of_an_energy_is_the_enumerated_one(model):
    curve = enumerated(model, [0.0, 0.2, 0.5, 0.8, 1.2, 2.0])
    energies = model.energies(STATES).astype(float)
    for temperature in (0.6, 0.9, 1.6, 4.0):
        energy = float(boltzmann(model, STATES, temperature) @ energies)
        assert curve.temperature(energy) == pytest.approx(temperature, rel=0.02)
    assert curve.temperature(energies.min()) == 0
    assert curve.temperature(curve.means[0] + 1) == np.inf


def test_rungs_between_are_as_close_as_exchange_needs_and_unchanged_gaps_keep_theirs(model):
    curve = enumerated(model, [0.0, 0.3, 0.7, 1.0, 2.0, 5.0])
    betas = connect_rungs(np.array([0.0, 1.0, 1.5, 5.0]), curve, np.array([1.0, 5.0]))
    assert betas[:4].tolist() == [0.0, 0.3, 0.7, 1.0]
    assert np.isin([1.5, 5.0], betas).all()
    distances = np.sqrt(np.diff(betas) * -np.diff(curve(betas)))
    assert (erfc(distances[3:] / 2) >= 0.35).all()
    wide = erfc(np.sqrt(3.5 * -np.diff(curve(np.array([1.5, 5.0])))) / 2)
    assert (len(betas) > 6) == (wide < 0.35)
