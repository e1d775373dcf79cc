"""One-site frequencies."""

import numpy as np


def site_frequencies(sequences: np.ndarray, q: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Weighted one-site frequencies (L, q) of sequences (M, L); equal weights where there are none."""
    weights = np.ones(len(sequences)) if weights is None else weights
    columns = [np.bincount(column, weights, minlength=q) for column in sequences.T]
    return np.array(columns) / weights.sum()


def profile_frequencies(sequences: np.ndarray, q: int, weights: np.ndarray) -> np.ndarray:
    """Weighted one-site frequencies (L, q), positive: with a pseudocount of one sequence."""
    share = 1 / (1 + weights.sum())
    return (1 - share) * site_frequencies(sequences, q, weights) + share / q
