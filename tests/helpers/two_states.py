"""One site of two states with energies 0 and 1, sampled exactly: what is reweighted from it has no error at all."""

import itertools

import numpy as np

from temperance.thermo.thermodynamics import Curves

# Odds of state 0, exp(beta), at each rung; so one in odds + 1 samples is in state 1.
ODDS = np.array([1, 3, 9, 19])
BETAS = np.log(ODDS)
DRAWS = 20


def exact_energies(ladders: int) -> np.ndarray:
    """Energies (R, K, 20) of samples of each rung, in their proportions."""
    rungs = [np.repeat([1.0, 0.0], [DRAWS // (odds + 1), DRAWS - DRAWS // (odds + 1)]) for odds in ODDS]
    return np.repeat(np.array(rungs)[:, None], ladders, axis=1)


def share_of_one(beta: np.ndarray) -> np.ndarray:
    """Probability of state 1 at an inverse temperature."""
    return 1 / (1 + np.exp(beta))


def log_z(beta: np.ndarray) -> np.ndarray:
    return np.log(1 + np.exp(-beta))


def exact_curves(ladders: int, offsets: np.ndarray | None = None, second: float | None = None) -> Curves:
    """Averages over K ladders whose energies are shifted by offsets; the second energy is a multiple of the first."""
    parts = [np.linspace(low, high, 8, endpoint=False) for low, high in itertools.pairwise(BETAS)]
    betas = np.concatenate([*parts, BETAS[-1:]])
    offsets = np.zeros(ladders) if offsets is None else offsets
    # Of all ladders, and without each in turn.
    shifts = np.array([offsets.mean(), *((offsets.sum() - offsets) / max(ladders - 1, 1))])[:, None]
    p = np.tile(share_of_one(betas), (ladders + 1, 1))
    second_averages = (None, None) if second is None else (second * p, second * p * (1 - p))
    return Curves(betas, log_z(betas) - shifts * betas, p + shifts, p * (1 - p), *second_averages)
