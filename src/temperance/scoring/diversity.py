"""Diversity of sequences: pairwise distances and effective numbers."""

import numpy as np

from temperance.msa.frequencies import site_frequencies
from temperance.msa.weights import effective_number


def natural_diversity(sequences: np.ndarray, q: int, weights: np.ndarray) -> float:
    """Compute the mean share of columns in which two weighted draws of natural sequences differ.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        States.
    weights : np.ndarray
        (M,)

    Returns
    -------
    float

    Examples
    --------
    >>> natural_diversity(np.array([[0, 0], [0, 1]], np.uint8), 2, np.ones(2))
    0.25
    """
    single = site_frequencies(sequences, q, weights)
    return float(1 - (single**2).sum(axis=1).mean())


def ladder_diversity(sequences: np.ndarray, q: int) -> np.ndarray:
    """Compute the mean share of columns in which a draw of each ladder differs from the draws of all other ladders.

    Draws of other ladders are independent of it, so a slow ladder does not look less varied than it is.

    Parameters
    ----------
    sequences : np.ndarray
        (K, D, L) uint8, D draws of each of K ladders.
    q : int
        States.

    Returns
    -------
    np.ndarray
        (K,) distances from 0 (all alike) to 1, one for each ladder.

    Examples
    --------
    >>> ladder_diversity(np.array([[[0, 0]], [[0, 1]]], np.uint8), 2)
    array([0.5, 0.5])
    """
    frequency = np.stack([(sequences == a).mean(axis=1) for a in range(q)])
    other_frequency = (frequency.sum(axis=1, keepdims=True) - frequency) / (len(sequences) - 1)
    return 1 - (frequency * other_frequency).sum(axis=0).mean(axis=-1)


def effective_share(sequences: np.ndarray, identity: float = 0.8) -> float:
    """Compute the effective number of sequences over their number: 1 when no two are similar, 1 / M when all are.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    identity : float
        Share of equal sites from which on sequences are similar.

    Returns
    -------
    float

    Examples
    --------
    >>> effective_share(np.zeros((4, 10), np.uint8))
    0.25
    """
    return effective_number(sequences, identity) / len(sequences)
