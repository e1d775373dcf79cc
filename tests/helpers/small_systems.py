"""Small systems that can be enumerated."""

import itertools

import numpy as np

from temperance.potts.model import Potts


def random_potts(length: int, q: int, seed: int, scale: float = 1.0) -> Potts:
    rng = np.random.default_rng(seed)
    couplings = rng.normal(scale=scale, size=(length, q, length, q))
    couplings = (couplings + couplings.transpose(2, 3, 0, 1)) / 2
    for i in range(length):
        couplings[i, :, i] = 0
    fields = rng.normal(scale=scale, size=(length, q))
    return Potts(fields.astype(np.float32), couplings.astype(np.float32))


def spins(couplings: np.ndarray, field: float = 0.0) -> Potts:
    """Energy -sum_{i<j} couplings_ij s_i s_j - field * sum_i s_i; s is 1 where the state is 0, -1 where it is 1."""
    s = np.array([1.0, -1.0])
    pairs = np.einsum("ij,a,b->iajb", couplings, s, s)
    return Potts(np.tile(field * s, (len(couplings), 1)).astype(np.float32), pairs.astype(np.float32))


def all_states(length: int, q: int) -> np.ndarray:
    return np.array(list(itertools.product(range(q), repeat=length)), np.uint8)


def boltzmann(model: Potts, states: np.ndarray, temperature: float) -> np.ndarray:
    weights = -model.energies(states) / temperature
    weights = np.exp(weights - weights.max())
    return weights / weights.sum()
