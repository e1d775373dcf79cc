"""How new and how varied sequences are."""

import numpy as np

from temperance.msa.frequencies import site_frequencies
from temperance.msa.weights import effective_number


def mean_pairwise_distance(sequences: np.ndarray, q: int) -> float:
    """Mean share of differing columns over all pairs of distinct sequences, (M, L) uint8, without forming the pairs."""
    count = len(sequences)
    if count < 2:
        return 0.0
    counts = np.stack([(sequences == a).sum(axis=0) for a in range(q)])
    same = (counts * (counts - 1)).sum(axis=0) / (count * (count - 1))
    return float(1 - same.mean())


def natural_diversity(sequences: np.ndarray, q: int, weights: np.ndarray) -> float:
    """Mean share of columns in which two weighted draws of natural sequences differ."""
    single = site_frequencies(sequences, q, weights)
    return float(1 - (single**2).sum(axis=1).mean())


def ladder_diversity(sequences: np.ndarray, q: int) -> np.ndarray:
    """Mean share of columns in which a draw of each ladder differs from the draws of all others, (K, D, L) -> (K,).

    Draws of other ladders are independent of it, so a slow ladder does not look less varied than it is.
    """
    frequency = np.stack([(sequences == a).mean(axis=1) for a in range(q)])
    others = (frequency.sum(axis=1, keepdims=True) - frequency) / (len(sequences) - 1)
    return 1 - (frequency * others).sum(axis=0).mean(axis=-1)


def effective_share(sequences: np.ndarray, identity: float = 0.8) -> float:
    """Effective number at `identity` per sequence: 1 when no two resemble each other, 1 / M when all do."""
    return effective_number(sequences, identity) / len(sequences)
