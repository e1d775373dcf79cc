"""Sequence identity: weights, effective numbers and nearest neighbours, in memory linear in M.

Identity of two aligned sequences is the share of their L columns that agree, gaps counted as a state
(Morcos et al., PNAS 108:E1293, 2011).
"""

import numba
import numpy as np

from temperance.core.threads import threaded

# Sequences that one sequence is compared with at a time, a column after the other, and the columns after which it is
# asked whether all of them differ too much already.
_LANES, _COLUMNS = 256, 16


@numba.njit(cache=True)
def compare_group(sequence: np.ndarray, columns: np.ndarray, most: int, few: np.ndarray, distances: np.ndarray) -> bool:
    """Whether any of the sequences in columns (L, _LANES) is within `most` of one; if so, all their distances."""
    length = len(sequence)
    for n in range(_LANES):
        distances[n] = 0
    for first in range(0, length, _COLUMNS):
        stop = min(first + _COLUMNS, length)
        for n in range(_LANES):
            few[n] = 0
        fours = stop - (stop - first) % 4
        # Four columns at a time: `few` is loaded and stored once for all of them.
        for i in range(first, fours, 4):
            a, b, c, d = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
            s, t, u, v = sequence[i], sequence[i + 1], sequence[i + 2], sequence[i + 3]
            for n in range(_LANES):
                few[n] += np.uint8(a[n] != s) + np.uint8(b[n] != t) + np.uint8(c[n] != u) + np.uint8(d[n] != v)
        for i in range(fours, stop):
            a, s = columns[i], sequence[i]
            for n in range(_LANES):
                few[n] += np.uint8(a[n] != s)
        least = distances.dtype.type(2**16 - 1)
        for n in range(_LANES):
            distances[n] += few[n]
            least = min(least, distances[n])
        if least > most:
            return False
    return True


@threaded
def _count_within(part: int, parts: int, sequences: np.ndarray, columns: np.ndarray, most: int) -> np.ndarray:
    """Sequences (M, L), themselves included, within `most` of each, to be added up over parts.

    Every pair is compared once.
    """
    count = len(sequences)
    found = np.zeros(count, np.int64)
    few, distances = np.empty(_LANES, np.uint8), np.empty(_LANES, np.uint16)
    for m in range(part, count, parts):
        found[m] += 1
        for group in range(m // _LANES, len(columns)):
            if compare_group(sequences[m], columns[group], most, few, distances):
                start = group * _LANES
                for n in range(max(start, m + 1), min(start + _LANES, count)):
                    if distances[n - start] <= most:
                        found[m] += 1
                        found[n] += 1
    return found


@threaded
def _nearest(
    part: int, parts: int, sequences: np.ndarray, columns: np.ndarray, count: int, which: np.ndarray, least: np.ndarray
) -> None:
    """Of `count` sequences in groups, which one is nearest to each, and how far that is, if it is less than `least`."""
    few, distances = np.empty(_LANES, np.uint8), np.empty(_LANES, np.uint16)
    for m in range(part, len(sequences), parts):
        for group in range(len(columns)):
            if compare_group(sequences[m], columns[group], least[m] - 1, few, distances):
                start = group * _LANES
                for n in range(start, min(start + _LANES, count)):
                    if distances[n - start] < least[m]:
                        least[m], which[m] = distances[n - start], n


@numba.njit(cache=True)
def _within(sequence: np.ndarray, columns: np.ndarray, most: int) -> np.ndarray:
    near = np.zeros((len(columns), _LANES), np.bool_)
    few, distances = np.empty(_LANES, np.uint8), np.empty(_LANES, np.uint16)
    for group in range(len(columns)):
        if compare_group(sequence, columns[group], most, few, distances):
            for n in range(_LANES):
                near[group, n] = distances[n] <= most
    return near


def grouped_columns(sequences: np.ndarray) -> np.ndarray:
    """Sequences (M, L) by columns, (groups, L, _LANES), the last group filled up with what nothing is like."""
    count, length = sequences.shape
    groups = -(-count // _LANES)
    filled = np.full((groups * _LANES, length), 255, np.uint8)
    filled[:count] = sequences
    return np.ascontiguousarray(filled.reshape(groups, _LANES, length).transpose(0, 2, 1))


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
    most = largest_distance(identity, sequences.shape[1])
    return 1.0 / sum(_count_within(sequences, grouped_columns(sequences), most))


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
    which = np.zeros(len(sequences), np.int64)
    distance = np.full(len(sequences), sequences.shape[1] + 1, np.int64)
    _nearest(sequences, grouped_columns(others), len(others), which, distance)
    return which, 1.0 - distance / sequences.shape[1]


def neighbours(sequence: np.ndarray, columns: np.ndarray, most: int) -> np.ndarray:
    """Find the sequences in `grouped_columns` within Hamming distance `most` of one sequence."""
    return np.flatnonzero(_within(sequence, columns, most))
