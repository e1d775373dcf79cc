"""A held-out set that no training sequence resembles, and subsets of the training set."""

from dataclasses import dataclass

import numpy as np

from temperance.core.errors import InputError
from temperance.msa.weights import find_neighbours, group_columns, largest_distance

# Sequences held out, and kept for training, at least: one differs from nothing.
_FEWEST = 2
# A cluster larger than this share of the wanted held-out set is not taken whole: it would be most of the set.
_WHOLE_CLUSTER = 0.02


@dataclass(frozen=True)
class Split:
    """Hold the indices of an alignment's sequences for training, held out, and discarded because they link the two.

    Attributes
    ----------
    training, heldout, discarded : np.ndarray
        Ascending rows of the alignment.
    """

    training: np.ndarray
    heldout: np.ndarray
    discarded: np.ndarray


def split(
    sequences: np.ndarray,
    rng: np.random.Generator,
    fraction: float = 0.2,
    identity: float | None = 0.8,
    max_discarded: float = 0.1,
) -> Split:
    """Hold out a random share such that no held-out sequence exceeds `identity` to any training sequence.

    Sequences are taken in random order. One whose cluster (single linkage) is small takes it along; one of a
    large cluster is held out alone and its neighbours are discarded, so that large clusters are represented
    too, until `max_discarded` of all sequences are spent on that. Without an identity any may be held out.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    rng : np.random.Generator
        Source of the random order.
    fraction : float
        Share of M to hold out, two sequences at least.
    identity : float, optional
        Share of columns that agree; None: sequences count as independent.
    max_discarded : float
        Largest share of M that may be discarded.

    Returns
    -------
    Split
        Ascending rows.

    Raises
    ------
    InputError
        If fewer than two sequences can be held out, or are left for training.
    """
    count = len(sequences)
    heldout_count, discard_budget = max(_FEWEST, round(fraction * count)), round(max_discarded * count)
    if identity is None:
        order = rng.permutation(count)
        return Split(np.sort(order[heldout_count:]), np.sort(order[:heldout_count]), order[:0])
    max_distance = largest_distance(identity, sequences.shape[1], exceeding=True)
    columns = group_columns(sequences)
    role = np.zeros(count, np.int8)  # 0 training, 1 held out, 2 discarded
    for candidate in rng.permutation(count):
        heldout_so_far = np.count_nonzero(role == 1)
        if heldout_so_far >= heldout_count:
            break
        if role[candidate]:
            continue
        cluster = _find_cluster(
            sequences, columns, role, candidate, max_distance, max(1, int(_WHOLE_CLUSTER * heldout_count))
        )
        if cluster is not None and heldout_so_far + len(cluster) <= max(heldout_count, 1):
            role[cluster] = 1
            continue
        relatives = find_neighbours(sequences[candidate], columns, max_distance)
        relatives = relatives[(role[relatives] == 0) & (relatives != candidate)]
        if len(relatives) <= discard_budget:
            discard_budget -= len(relatives)
            role[relatives] = 2
            role[candidate] = 1
    parts = Split(*(np.flatnonzero(role == kind) for kind in range(3)))
    if len(parts.heldout) < _FEWEST or len(parts.training) < _FEWEST:
        raise InputError(
            f"heldout: of {count} sequences {len(parts.heldout)} can be held out and {len(parts.training)} kept for "
            f"training at identity {identity:g}; raise heldout.identity or heldout.max_discarded (mutants of one "
            "sequence are too similar to each other to be split)"
        )
    return parts


def _find_cluster(
    sequences: np.ndarray, columns: np.ndarray, role: np.ndarray, start: int, max_distance: int, largest: int
) -> np.ndarray | None:
    """Find the single-linkage cluster of `start` among training sequences, None if it is larger than `largest`."""
    members, frontier = {int(start)}, [int(start)]
    while frontier:
        relatives = find_neighbours(sequences[frontier.pop()], columns, max_distance)
        fresh = [int(m) for m in relatives if role[m] == 0 and int(m) not in members]
        members.update(fresh)
        frontier += fresh
        if len(members) > largest:
            return None
    return np.array(sorted(members))


def draw_subset(training: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a random training set: the first `size` of a random order of `training`, sorted.

    Subsets drawn with equal generators are nested; with different ones they are independent.

    Parameters
    ----------
    training : np.ndarray
        (N,) rows to draw from.
    size : int
        Number of rows.
    rng : np.random.Generator
        Source of the random order.

    Returns
    -------
    np.ndarray
        (size,) ascending rows.
    """
    return np.sort(rng.permutation(training)[:size])
