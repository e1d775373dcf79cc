"""Starting points of chains."""

import numpy as np


def uniform_chains(count: int, length: int, q: int, rng: np.random.Generator) -> np.ndarray:
    """(count, length) uint8 chains, every state equally likely."""
    return rng.integers(0, q, (count, length), dtype=np.uint8)


def profile_chains(count: int, frequencies: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(count, L) uint8 chains whose sites are independent draws from one-site frequencies (L, q)."""
    cumulative = frequencies.cumsum(axis=1)
    chains = np.empty((count, len(frequencies)), np.uint8)
    for i, edges in enumerate(cumulative):
        chains[:, i] = np.minimum(np.searchsorted(edges, rng.random(count) * edges[-1], side="right"), len(edges) - 1)
    return chains
