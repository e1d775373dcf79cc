"""One-site frequencies."""

import numpy as np


def site_frequencies(sequences: np.ndarray, q: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Compute the weighted frequency of every state at every site.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        Number of states.
    weights : np.ndarray, optional
        (M,); equal if not set.

    Returns
    -------
    np.ndarray
        (L, q); each site's sum to 1.

    Examples
    --------
    >>> site_frequencies(np.array([[0, 1], [1, 1]], np.uint8), 2)
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    weights = np.ones(len(sequences)) if weights is None else weights
    columns = [np.bincount(column, weights, minlength=q) for column in sequences.T]
    return np.array(columns) / weights.sum()


def profile_frequencies(sequences: np.ndarray, q: int, weights: np.ndarray) -> np.ndarray:
    """Compute one-site frequencies with a pseudocount of one sequence, so that all are positive.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        Number of states.
    weights : np.ndarray
        (M,); the uniform distribution has weight 1 beside their sum.

    Returns
    -------
    np.ndarray
        (L, q); each site's sum to 1.
    """
    share = 1 / (1 + weights.sum())
    return (1 - share) * site_frequencies(sequences, q, weights) + share / q
