"""A held-out set that no training sequence resembles, and subsets of the training set."""

from dataclasses import dataclass

import numpy as np

from temperance.core.errors import InputError
from temperance.msa.weights import grouped_columns, largest_distance, neighbours

# Sequences held out, and kept for training, at least: one differs from nothing.
_FEWEST = 2
# A cluster larger than this share of the wanted held-out set is not taken whole: it would be most of the set.
_WHOLE_CLUSTER = 0.02


@dataclass(frozen=True)
class Split:
    """Indices of an alignment's sequences: for training, held out, and discarded because they link the two."""

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
    fraction, max_discarded : float
        Shares of M.

    Raises
    ------
    InputError
        If fewer than two sequences can be held out, or are left for training.
    """
    count = len(sequences)
    wanted, spare = max(_FEWEST, round(fraction * count)), round(max_discarded * count)
    if identity is None:
        order = rng.permutation(count)
        return Split(np.sort(order[wanted:]), np.sort(order[:wanted]), order[:0])
    most = largest_distance(identity, sequences.shape[1], exceeding=True)
    columns = grouped_columns(sequences)
    role = np.zeros(count, np.int8)  # 0 training, 1 held out, 2 discarded
    for candidate in rng.permutation(count):
        held = np.count_nonzero(role == 1)
        if held >= wanted:
            break
        if role[candidate]:
            continue
        linked = _cluster(sequences, columns, role, candidate, most, max(1, int(_WHOLE_CLUSTER * wanted)))
        if linked is not None and held + len(linked) <= max(wanted, 1):
            role[linked] = 1
            continue
        near = neighbours(sequences[candidate], columns, most)
        near = near[(role[near] == 0) & (near != candidate)]
        if len(near) <= spare:
            spare -= len(near)
            role[near] = 2
            role[candidate] = 1
    parts = Split(*(np.flatnonzero(role == kind) for kind in range(3)))
    if len(parts.heldout) < _FEWEST or len(parts.training) < _FEWEST:
        raise InputError(
            f"heldout: of {count} sequences {len(parts.heldout)} can be held out and {len(parts.training)} kept for "
            f"training at identity {identity:g}; raise heldout.identity or heldout.max_discarded"
        )
    return parts


def _cluster(
    sequences: np.ndarray, columns: np.ndarray, role: np.ndarray, start: int, most: int, largest: int
) -> np.ndarray | None:
    """Single-linkage cluster of `start` among training sequences, None if it is larger than `largest`."""
    found, frontier = {int(start)}, [int(start)]
    while frontier:
        near = neighbours(sequences[frontier.pop()], columns, most)
        fresh = [int(m) for m in near if role[m] == 0 and int(m) not in found]
        found.update(fresh)
        frontier += fresh
        if len(found) > largest:
            return None
    return np.array(sorted(found))


def subset(training: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Take the first `size` of a random order of `training`, sorted.

    Subsets drawn with equal generators are nested; with different ones they are independent.
    """
    return np.sort(rng.permutation(training)[:size])
