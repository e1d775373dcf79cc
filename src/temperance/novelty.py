"""How new and how varied sequences are."""

import numpy as np

from temperance.weights import effective_number


def mean_pairwise_distance(sequences: np.ndarray, q: int) -> float:
    """Mean share of differing columns over all pairs of distinct sequences, (M, L) uint8, without forming the pairs."""
    count = len(sequences)
    if count < 2:
        return 0.0
    counts = np.stack([(sequences == a).sum(axis=0) for a in range(q)])
    same = (counts * (counts - 1)).sum(axis=0) / (count * (count - 1))
    return float(1 - same.mean())


def effective_share(sequences: np.ndarray, identity: float = 0.8) -> float:
    """Effective number at `identity` per sequence: 1 when no two resemble each other, 1 / M when all do."""
    return effective_number(sequences, identity) / len(sequences)
