"""Clusters of relatives: the units that are resampled where sequences are not independent of each other.

Natural sequences share ancestors. A mean over them varies as a mean over clusters of relatives does, not as one over
as many independent sequences (Felsenstein, Am. Nat. 125:1, 1985).
"""

import numba
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from temperance.msa.weights import compare_group, group_columns, largest_distance

# Unrelated sequences that may pass for a relative of a sequence by chance. Such links join what is independent, which
# widens no interval on average, as long as they are too few (below 1) to chain everything together.
_CHANCE_RELATIVES = 0.05
# Clusters have to be worth at least this many equal ones, and one for so many sequences: fewer say too little of their
# spread, and relatives are then told apart more finely.
_LEAST_CLUSTERS, _LARGEST_MEAN = 10, 25
# Sequences from which the identity of relatives is chosen, at most.
_MOST_SEQUENCES = 10_000
_SEED = 1


def label_clusters(sequences: np.ndarray, identity: float | None = None) -> np.ndarray:
    """Label the single-linkage clusters of relatives among aligned sequences.

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    identity : float, optional
        Share of columns from which on two sequences count as relatives; chosen by `choose_relatives_distance` if not
        set, from 10,000 random sequences if there are more.

    Returns
    -------
    np.ndarray
        (N,) int64: relatives share a label. Labels count from 0 in the order in which clusters first appear.

    Examples
    --------
    >>> label_clusters(np.array([[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]], np.uint8), identity=0.75)
    array([0, 1, 0])
    """
    count, length = sequences.shape
    if count < 2:
        return np.zeros(count, np.int64)
    tree = _spanning_tree(sequences)
    if identity is not None:
        distance = largest_distance(identity, length)
    elif count <= _MOST_SEQUENCES:
        distance = choose_relatives_distance(sequences, tree)
    else:
        subsample = np.random.default_rng(_SEED).choice(count, _MOST_SEQUENCES, replace=False)
        distance = choose_relatives_distance(sequences[subsample], _spanning_tree(sequences[subsample]))
    return _cut(tree, distance, count)


def choose_relatives_distance(sequences: np.ndarray, tree: np.ndarray) -> int:
    """Choose the number of differing columns up to which two sequences count as relatives.

    It is the largest at which at most one in twenty sequences would have a relative by chance, if sites were
    independent; and smaller, if need be, until the clusters are worth at least ten equal ones and one for 25 sequences.

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    tree : np.ndarray
        (N - 1, 3) edges of the minimum spanning tree: two sequences and their distance.

    Returns
    -------
    int
        Differing columns; -1: no two sequences are relatives.
    """
    count = len(sequences)
    min_clusters = min(max(_LEAST_CLUSTERS, count / _LARGEST_MEAN), count)
    for level in np.unique(tree[tree[:, 2] <= _chance_distance(sequences), 2])[::-1]:
        if effective_clusters(_cut(tree, int(level), count)) >= min_clusters - 0.5:
            return int(level)
    return -1


def effective_clusters(labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Compute the effective number of clusters, (sum w)^2 / sum w^2 over the clusters' total weights w.

    Parameters
    ----------
    labels : np.ndarray
        (N,) clusters of sequences.
    weights : np.ndarray, optional
        (N,) weights of sequences; equal if not set.

    Returns
    -------
    float
        Number of clusters of equal weight that would vary as much.

    Examples
    --------
    >>> effective_clusters(np.array([0, 0, 1, 1])), effective_clusters(np.array([0, 0, 0, 1]))
    (2.0, 1.6)
    """
    sums = np.bincount(np.unique(labels, return_inverse=True)[1], weights)
    return float(sums.sum() ** 2 / (sums**2).sum())


def _chance_distance(sequences: np.ndarray) -> int:
    """Compute the distance within which few sequences have another if sites are independent (Poisson-binomial law)."""
    count = len(sequences)
    agreement = [float(((np.bincount(column) / count) ** 2).sum()) for column in sequences.T]
    distribution = np.ones(1)
    for share in agreement:
        distribution = np.convolve(distribution, [share, 1 - share])
    expected = (count - 1) * np.cumsum(distribution)
    return int(np.searchsorted(expected, _CHANCE_RELATIVES, side="right")) - 1


def _cut(tree: np.ndarray, distance: int, count: int) -> np.ndarray:
    edges = tree[tree[:, 2] <= distance]
    links = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _spanning_tree(sequences: np.ndarray) -> np.ndarray:
    """Compute the edges (N - 1, 3) of the minimum spanning tree by Hamming distance (Prim's algorithm)."""
    return _prim(np.ascontiguousarray(sequences), group_columns(sequences))


@numba.njit(cache=True, nogil=True)
def _prim(sequences: np.ndarray, columns: np.ndarray) -> np.ndarray:
    count, length = sequences.shape
    groups, _, lanes = columns.shape
    best_distance = np.full(groups * lanes, length + 1, np.int64)
    best_distance[count:] = -1
    nearest = np.zeros(groups * lanes, np.int64)
    edges = np.empty((count - 1, 3), np.int64)
    partial_counts, distances = np.empty(lanes, np.uint8), np.empty(lanes, np.uint16)
    added = 0
    best_distance[0] = -1
    for step in range(count - 1):
        shortest, nearest_unlinked = length + 2, -1
        for group in range(groups):
            start = group * lanes
            farthest = best_distance[start : start + lanes].max()
            if farthest > 0 and compare_group(
                sequences[added], columns[group], farthest - 1, partial_counts, distances
            ):
                for n in range(lanes):
                    if distances[n] < best_distance[start + n]:
                        best_distance[start + n], nearest[start + n] = distances[n], added
            for n in range(start, start + lanes):
                if 0 <= best_distance[n] < shortest:
                    shortest, nearest_unlinked = best_distance[n], n
        edges[step] = nearest[nearest_unlinked], nearest_unlinked, shortest
        best_distance[nearest_unlinked] = -1
        added = nearest_unlinked
    return edges
