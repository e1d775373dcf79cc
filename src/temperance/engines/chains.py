"""Starting points of chains."""

import numpy as np


def draw_uniform_chains(count: int, length: int, q: int, rng: np.random.Generator) -> np.ndarray:
    """Draw chains whose states are all equally likely.

    Parameters
    ----------
    count, length, q : int
        Numbers of chains, sites and states.
    rng : np.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (count, length) uint8.
    """
    return rng.integers(0, q, (count, length), dtype=np.uint8)


def draw_profile_chains(count: int, frequencies: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw chains whose sites are independent, from one-site frequencies.

    Parameters
    ----------
    count : int
        Number of chains.
    frequencies : np.ndarray
        (L, q) of each site's states; they need not sum to 1.
    rng : np.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (count, L) uint8.
    """
    cumulative = frequencies.cumsum(axis=1)
    chains = np.empty((count, len(frequencies)), np.uint8)
    for i, edges in enumerate(cumulative):
        chains[:, i] = np.minimum(np.searchsorted(edges, rng.random(count) * edges[-1], side="right"), len(edges) - 1)
    return chains
