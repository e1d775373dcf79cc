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
def compare_group(
    sequence: np.ndarray, columns: np.ndarray, max_distance: int, partial_counts: np.ndarray, distances: np.ndarray
) -> bool:
    """Tell whether any sequence of a group is within a Hamming distance of one sequence; if so, compute all distances.

    Parameters
    ----------
    sequence : np.ndarray
        (L,) uint8.
    columns : np.ndarray
        (L, 256) uint8: a group of `group_columns`.
    max_distance : int
        Differing columns, at most.
    partial_counts : np.ndarray
        (256,) uint8: work space.
    distances : np.ndarray
        (256,) uint16: distances to each sequence of the group, overwritten; complete only if the result is True.

    Returns
    -------
    bool
        False as soon as all sequences of the group differ in more columns.
    """
    length = len(sequence)
    for n in range(_LANES):
        distances[n] = 0
    for first in range(0, length, _COLUMNS):
        stop = min(first + _COLUMNS, length)
        for n in range(_LANES):
            partial_counts[n] = 0
        fours = stop - (stop - first) % 4
        # Four columns at a time: `partial_counts` is loaded and stored once for all of them.
        for i in range(first, fours, 4):
            a, b, c, d = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
            s, t, u, v = sequence[i], sequence[i + 1], sequence[i + 2], sequence[i + 3]
            for n in range(_LANES):
                partial_counts[n] += (
                    np.uint8(a[n] != s) + np.uint8(b[n] != t) + np.uint8(c[n] != u) + np.uint8(d[n] != v)
                )
        for i in range(fours, stop):
            a, s = columns[i], sequence[i]
            for n in range(_LANES):
                partial_counts[n] += np.uint8(a[n] != s)
        smallest = distances.dtype.type(2**16 - 1)
        for n in range(_LANES):
            distances[n] += partial_counts[n]
            smallest = min(smallest, distances[n])
        if smallest > max_distance:
            return False
    return True


@threaded
def _count_within(part: int, parts: int, sequences: np.ndarray, columns: np.ndarray, max_distance: int) -> np.ndarray:
    """Count the sequences, itself included, within `max_distance` of each (M,), to be added up over parts.

    Every pair is compared once.
    """
    count = len(sequences)
    counts = np.zeros(count, np.int64)
    partial_counts, distances = np.empty(_LANES, np.uint8), np.empty(_LANES, np.uint16)
    for m in range(part, count, parts):
        counts[m] += 1
        for group in range(m // _LANES, len(columns)):
            if compare_group(sequences[m], columns[group], max_distance, partial_counts, distances):
                start = group * _LANES
                for n in range(max(start, m + 1), min(start + _LANES, count)):
                    if distances[n - start] <= max_distance:
                        counts[m] += 1
                        counts[n] += 1
    return counts


@threaded
def _nearest(
    part: int,
    parts: int,
    sequences: np.ndarray,
    columns: np.ndarray,
    count: int,
    excluded: np.ndarray,
    indices: np.ndarray,
    min_distances: np.ndarray,
) -> None:
    """Find which of `count` sequences in groups, but for `excluded`, is nearest to each, if below `min_distances`."""
    partial_counts, distances = np.empty(_LANES, np.uint8), np.empty(_LANES, np.uint16)
    for m in range(part, len(sequences), parts):
        for group in range(len(columns)):
            if compare_group(sequences[m], columns[group], min_distances[m] - 1, partial_counts, distances):
                start = group * _LANES
                for n in range(start, min(start + _LANES, count)):
                    if distances[n - start] < min_distances[m] and n != excluded[m]:
                        min_distances[m], indices[m] = distances[n - start], n


@numba.njit(cache=True)
def _within(sequence: np.ndarray, columns: np.ndarray, max_distance: int) -> np.ndarray:
    is_near = np.zeros((len(columns), _LANES), np.bool_)
    partial_counts, distances = np.empty(_LANES, np.uint8), np.empty(_LANES, np.uint16)
    for group in range(len(columns)):
        if compare_group(sequence, columns[group], max_distance, partial_counts, distances):
            for n in range(_LANES):
                is_near[group, n] = distances[n] <= max_distance
    return is_near


def group_columns(sequences: np.ndarray) -> np.ndarray:
    """Arrange sequences by columns in groups of 256, the layout that `compare_group` reads.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.

    Returns
    -------
    np.ndarray
        (groups, L, 256) uint8; the last group is filled up with 255, which equals no state.
    """
    count, length = sequences.shape
    groups = -(-count // _LANES)
    filled = np.full((groups * _LANES, length), 255, np.uint8)
    filled[:count] = sequences
    return np.ascontiguousarray(filled.reshape(groups, _LANES, length).transpose(0, 2, 1))


def largest_distance(identity: float, length: int, *, exceeding: bool = False) -> int:
    """Compute the largest Hamming distance at which two sequences still reach an identity, or still exceed it.

    A small slack keeps 0.8 of 35 columns at 7 differences, whatever the rounding.

    Parameters
    ----------
    identity : float
        Share of columns that agree.
    length : int
        Number of columns.
    exceeding : bool
        Whether the identity has to be exceeded.

    Returns
    -------
    int
        Differing columns.

    Examples
    --------
    >>> largest_distance(0.8, 35), largest_distance(0.8, 35, exceeding=True)
    (7, 6)
    """
    allowed = (1 - identity) * length
    return int(np.ceil(allowed - 1e-9)) - 1 if exceeding else int(np.floor(allowed + 1e-9))


def sequence_weights(sequences: np.ndarray, identity: float | None = 0.8) -> np.ndarray:
    """Compute sequence weights: one over the number of sequences, itself included, of at least `identity` to it.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    identity : float, optional
        Share of columns that agree, gaps counted as a state; None: all weigh 1.

    Returns
    -------
    np.ndarray
        (M,) float64. Their sum is Meff.

    References
    ----------
    Morcos et al., PNAS 108:E1293, 2011.

    Examples
    --------
    >>> sequence_weights(np.array([[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 1]], np.uint8), 0.75)
    array([0.5, 0.5, 1. ])
    """
    if identity is None:
        return np.ones(len(sequences))
    max_distance = largest_distance(identity, sequences.shape[1])
    return 1.0 / sum(_count_within(sequences, group_columns(sequences), max_distance))


def effective_number(sequences: np.ndarray, identity: float = 0.8) -> float:
    """Compute the effective number of sequences Meff, the sum of the sequence weights.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    identity : float
        As for `sequence_weights`.

    Returns
    -------
    float
        Meff.
    """
    return float(sequence_weights(sequences, identity).sum())


def draw_by_weight(sequences: np.ndarray, weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw sequences with probabilities proportional to their weights, with replacement.

    Parameters
    ----------
    sequences : np.ndarray
        (M, ...) one row a sequence.
    weights : np.ndarray
        (M,) not negative, of any sum.
    count : int
        Number of sequences to draw.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (count, ...) rows of `sequences`.
    """
    return sequences[rng.choice(len(sequences), count, p=weights / weights.sum(dtype=np.float64))]


def find_nearest(
    sequences: np.ndarray, references: np.ndarray, excluded: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest reference sequence of each sequence, and its identity.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    references : np.ndarray
        (N, L) uint8.
    excluded : np.ndarray, optional
        (M,) row of a reference that each sequence is not compared with: its own, where it is one of them.

    Returns
    -------
    indices : np.ndarray
        (M,) int64: row of the nearest reference; the first one of several.
    identities : np.ndarray
        (M,) float64: share of columns that agree with it.

    Examples
    --------
    >>> find_nearest(np.array([[0, 0, 0, 1]], np.uint8), np.array([[1, 1, 1, 1], [0, 0, 0, 0]], np.uint8))
    (array([1]), array([0.75]))
    """
    excluded = np.full(len(sequences), -1) if excluded is None else excluded
    indices = np.zeros(len(sequences), np.int64)
    distances = np.full(len(sequences), sequences.shape[1] + 1, np.int64)
    _nearest(sequences, group_columns(references), len(references), excluded, indices, distances)
    return indices, 1.0 - distances / sequences.shape[1]


def find_neighbours(sequence: np.ndarray, columns: np.ndarray, max_distance: int) -> np.ndarray:
    """Find the sequences within a Hamming distance of one sequence.

    Parameters
    ----------
    sequence : np.ndarray
        (L,) uint8.
    columns : np.ndarray
        (groups, L, 256) uint8: the sequences, from `group_columns`.
    max_distance : int
        Differing columns, at most.

    Returns
    -------
    np.ndarray
        Rows of the sequences, ascending.
    """
    return np.flatnonzero(_within(sequence, columns, max_distance))
