"""Sequence identity: weights, effective numbers and nearest neighbours, in memory linear in M.

Identity of two aligned sequences is the share of their L columns that agree, gaps counted as a state
(Morcos et al., PNAS 108:E1293, 2011).
"""

from typing import Any

import numba
import numpy as np


@numba.njit(parallel=True, cache=True)
def _count_within(sequences: np.ndarray, others: np.ndarray, most: int) -> np.ndarray:
    counts = np.zeros(len(sequences), np.int64)
    for m in numba.prange(len(sequences)):
        for n in range(len(others)):
            counts[m] += _distance(sequences[m], others[n], most) <= most
    return counts


@numba.njit(parallel=True, cache=True)
def _nearest(sequences: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    which = np.zeros(len(sequences), np.int64)
    least = np.full(len(sequences), sequences.shape[1] + 1, np.int64)
    for m in numba.prange(len(sequences)):
        for n in range(len(others)):
            distance = _distance(sequences[m], others[n], least[m])
            if distance < least[m]:
                least[m], which[m] = distance, n
    return which, least


@numba.njit(parallel=True, cache=True)
def _within(sequence: np.ndarray, others: np.ndarray, most: int) -> np.ndarray:
    near = np.zeros(len(others), np.bool_)
    for n in numba.prange(len(others)):
        near[n] = _distance(sequence, others[n], most) <= most
    return near


@numba.njit(cache=True, inline="always")
def _distance(left: np.ndarray, right: np.ndarray, most: int) -> Any:
    """Hamming distance, or any number above `most` once that is passed."""
    length = len(left)
    differing = np.int64(0)
    start = 0
    while start < length and differing <= most:
        stop = min(start + 32, length)
        block = np.uint8(0)
        for i in range(start, stop):
            block += np.uint8(left[i] != right[i])
        differing += np.int64(block)
        start = stop
    return differing


def largest_distance(identity: float, length: int, *, exceeding: bool = False) -> int:
    """Hamming distance at which two sequences still reach `identity`, or still exceed it.

    The small slack keeps 0.8 of 35 columns at 7 differences, whatever the rounding.
    """
    allowed = (1 - identity) * length
    return int(np.ceil(allowed - 1e-9)) - 1 if exceeding else int(np.floor(allowed + 1e-9))


def sequence_weights(sequences: np.ndarray, identity: float | None = 0.8) -> np.ndarray:
    """Weight of each sequence: one over the number of sequences (itself included) of at least `identity` to it.

    Without an identity all weigh 1.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.

    Returns
    -------
    np.ndarray
        (M,) float64. Their sum is Meff.
    """
    if identity is None:
        return np.ones(len(sequences))
    return 1.0 / _count_within(sequences, sequences, largest_distance(identity, sequences.shape[1]))


def effective_number(sequences: np.ndarray, identity: float = 0.8) -> float:
    """Meff: the sum of the sequence weights."""
    return float(sequence_weights(sequences, identity).sum())


def nearest(sequences: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the nearest of `others`, and its identity, for each of `sequences`.

    Parameters
    ----------
    sequences, others : np.ndarray
        (M, L) and (N, L) uint8.
    """
    which, distance = _nearest(sequences, others)
    return which, 1.0 - distance / sequences.shape[1]


def neighbours(sequence: np.ndarray, others: np.ndarray, most: int) -> np.ndarray:
    """Indices of `others` within Hamming distance `most` of one sequence."""
    return np.flatnonzero(_within(sequence, others, most))
