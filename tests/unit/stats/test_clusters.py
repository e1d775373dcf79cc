"""Clusters of relatives, counted by hand, and the coverage that resampling them gives."""

import numpy as np
import pytest
from scipy.special import stdtrit

from temperance.msa.clusters import choose_relatives_distance, effective_clusters, label_clusters

LENGTH, Q = 30, 4


def test_chains_of_relatives_share_a_label() -> None:
    """Single linkage: a and c differ in four columns, but b is within two of either; d is nobody's relative."""
    a = np.zeros(10, np.uint8)
    b, c, d = a.copy(), a.copy(), np.full(10, 3, np.uint8)
    b[:2] = 1
    c[:4] = 1
    assert label_clusters(np.array([a, d, b, c]), identity=0.8).tolist() == [0, 1, 0, 0]
    assert label_clusters(np.array([a, d, b, c]), identity=0.9).tolist() == [0, 1, 2, 3]
    assert label_clusters(np.array([a]), identity=0.8).tolist() == [0]


def test_effective_clusters_by_hand() -> None:
    assert effective_clusters(np.array([0, 0, 1, 1, 2, 2])) == pytest.approx(3)
    assert effective_clusters(np.array([7, 7, 7, 2])) == pytest.approx(16 / 10)
    assert effective_clusters(np.array([0, 0, 1]), np.array([0.5, 0.5, 1.0])) == pytest.approx(2)


def test_identity_is_chosen_between_relatives_and_strangers() -> None:
    """Twenty ancestors of 40 random columns, five mutants each at a tenth of the columns: twenty clusters come back."""
    rng = np.random.default_rng(0)
    ancestors = rng.integers(20, size=(20, 40)).astype(np.uint8)
    mutants = np.repeat(ancestors, 5, axis=0)
    for row in mutants:
        row[rng.choice(40, 4, replace=False)] = rng.integers(20, size=4)
    mixed = rng.permutation(len(mutants))
    labels = label_clusters(mutants[mixed])
    families = mixed // 5
    together = labels[:, None] == labels
    assert (together == (families[:, None] == families)).mean() > 0.99


@pytest.mark.parametrize(
    ("count", "groups", "distance"),
    [
        # Of ten sites of four states two sequences share each with probability 1/4: they differ in at most two once in
        # 2,400 times, and in at most three once in 285, of 39 pairs of a sequence: less, and more, than one in twenty.
        (40, 10, 2), (40, 8, -1),
        # One cluster for 25 sequences, so that 500 need 20; of 499 pairs one in 68 is as near as one site by chance.
        (500, 20, 1), (500, 10, -1),
    ],
)  # fmt: skip
def test_relatives_are_nearer_than_strangers_and_of_enough_clusters(count: int, groups: int, distance: int) -> None:
    """Of a tree in which equal groups hang together up to that distance, and each other far beyond it."""
    rng = np.random.default_rng(0)
    sequences = np.stack([rng.permutation(np.arange(count) % 4) for _ in range(10)], axis=1).astype(np.uint8)
    nodes = np.arange(1, count)
    near = 1 if count == 500 else 2
    tree = np.stack([nodes - 1, nodes, np.where(nodes % (count // groups) == 0, 9, near)], axis=1)
    assert choose_relatives_distance(sequences, tree) == distance
    # Strangers at one site more are no relatives.
    tree[tree[:, 2] == near, 2] += 1
    assert choose_relatives_distance(sequences, tree) == -1


def _truth(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    couplings = rng.normal(0, 0.35, (LENGTH, Q, LENGTH, Q))
    couplings = (couplings + couplings.transpose(2, 3, 0, 1)) / 2
    couplings[np.arange(LENGTH), :, np.arange(LENGTH), :] = 0
    return rng.normal(0, 0.5, (LENGTH, Q)), couplings


def _resample_sites(
    fields: np.ndarray, couplings: np.ndarray, chains: np.ndarray, sites: np.ndarray, rng: np.random.Generator
) -> None:
    """Draw one site of each chain anew."""
    local = fields[sites] + couplings[sites[:, None], :, np.arange(LENGTH), chains].sum(axis=1)
    chains[np.arange(len(chains)), sites] = (local + rng.gumbel(size=local.shape)).argmax(axis=1)


def _energies(fields: np.ndarray, couplings: np.ndarray, chains: np.ndarray) -> np.ndarray:
    onehot = np.eye(Q)[chains].reshape(len(chains), -1)
    pairs = ((onehot @ couplings.reshape(LENGTH * Q, -1)) * onehot).sum(axis=1) / 2
    return -onehot @ fields.ravel() - pairs


@pytest.fixture(scope="module")
def independent() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fields, couplings and 2,000 independent sequences of a truth."""
    rng = np.random.default_rng(0)
    fields, couplings = _truth(rng)
    pool = rng.integers(Q, size=(2000, LENGTH)).astype(np.uint8)
    for site in np.tile(np.arange(LENGTH), 15):
        _resample_sites(fields, couplings, pool, np.full(2000, site), rng)
    return fields, couplings, pool


@pytest.mark.parametrize(("size", "count"), [(1, 200), (5, 200), (20, 400)])
def test_intervals_over_clusters_cover(
    size: int, count: int, independent: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """Means of energies of relatives, each a quarter of its sites away from a common ancestor drawn from the truth."""
    rng = np.random.default_rng(size)
    fields, couplings, pool = independent
    truth = _energies(fields, couplings, pool).mean()
    clustered, single = [], []
    for _ in range(60):
        relatives = np.repeat(pool[rng.choice(len(pool), count // size, replace=False)], size, axis=0)
        for sites in rng.permuted(np.tile(np.arange(LENGTH), (count, 1)), axis=1)[:, : LENGTH // 4].T:
            _resample_sites(fields, couplings, relatives, sites, rng)
        energies = _energies(fields, couplings, relatives)
        labels = label_clusters(relatives)
        sums = np.bincount(labels, energies - energies.mean())
        error = np.sqrt((sums**2).sum()) / count
        half = stdtrit(effective_clusters(labels) - 1, 0.975) * error
        clustered.append(abs(energies.mean() - truth) < half)
        single.append(abs(energies.mean() - truth) < 1.96 * energies.std() / count**0.5)
    assert np.mean(clustered) >= 0.85
    if size > 1:
        assert np.mean(single) < np.mean(clustered) - 0.1
