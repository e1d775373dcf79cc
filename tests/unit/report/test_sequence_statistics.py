"""Statistics of sequences that figures draw, counted by hand."""

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.report.figures import sequence_statistics
from temperance.report.figures.sequence_statistics import (
    _random_sites,
    distance_histogram,
    logo_heights,
    marginals,
    pairwise_distances,
    principal_components,
    site_entropies,
)


def test_components_are_of_the_natural_sequences():
    # Sequences differ in the first site alone, by a vector of length sqrt(2): one component holds everything.
    natural = np.array([[0, 0], [0, 0], [1, 0], [1, 0]], np.uint8)
    # Another state at the second site does not move a sample: natural sequences do not differ there.
    sets = {0.5: np.array([[1, 0], [0, 1]], np.uint8), 1.0: np.array([[0, 1]], np.uint8)}
    background, samples, shares = principal_components(natural, sets, 2)
    np.testing.assert_allclose(shares, [1, 0], atol=1e-6)
    first = background[:, 0]
    np.testing.assert_allclose(np.abs(first), 2**-0.5, rtol=1e-6)
    assert first[0] == first[1] == -first[2] == -first[3]
    np.testing.assert_allclose(samples[0.5][:, 0], first[[2, 0]], rtol=1e-6)
    np.testing.assert_allclose(samples[1.0][:, 0], first[:1], rtol=1e-6)
    assert list(samples) == [0.5, 1.0] and samples[0.5].shape == (2, 2)


def test_marginals_are_weighted_and_of_the_temperatures_nearest_to_the_chosen_one_and_to_1():
    natural = np.array([[0, 0], [1, 1]], np.uint8)
    samples = {0.5: natural[:1], 0.8: natural[[0, 1, 1, 1]], 1.1: natural, 3.0: natural[1:]}
    single, pairs, triples = marginals(natural, np.array([3.0, 1.0]), samples, 0.75, 2)
    assert list(single.samples) == list(pairs.samples) == [0.8, 1.1]
    # Weights 3 and 1: state 0 has 3 / 4 at both sites.
    assert single.natural.tolist() == [0.75, 0.25, 0.75, 0.25]
    # Samples have no weights: state 0 has 1 / 4 at 0.8, and 1 / 2 at 1.1.
    assert single.samples[0.8].tolist() == [0.25, 0.75, 0.25, 0.75]
    assert single.samples[1.1].tolist() == [0.5] * 4
    # f_00 - f_0 f_0 = 3 / 4 - 9 / 16 = 3 / 16 at 0.8 and for natural ones, 1 / 2 - 1 / 4 = 1 / 4 at 1.1.
    assert pairs.natural.tolist() == pairs.samples[0.8].tolist() == [3 / 16, -3 / 16, -3 / 16, 3 / 16]
    assert pairs.samples[1.1].tolist() == [1 / 4, -1 / 4, -1 / 4, 1 / 4]
    assert triples.natural.size == triples.samples[0.8].size == 0
    assert [statistic.title for statistic in (single, pairs, triples)] == [
        "frequencies of states", "two sites, connected", "three sites, connected",
    ]  # fmt: skip


def test_one_temperature_nearest_to_both_is_taken_once():
    natural = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.uint8)
    single, _, triples = marginals(natural, np.ones(4), {0.9: natural, 2.0: natural}, 0.8, 2)
    assert list(single.samples) == [0.9]
    # f_000 - ... = 1 / 4 - 3 / 8 + 2 / 8 = 1 / 8, with the sign of an even number of ones.
    assert triples.natural.tolist() == [1 / 8, -1 / 8, -1 / 8, 1 / 8, -1 / 8, 1 / 8, 1 / 8, -1 / 8]


def test_sets_of_sites_are_different_and_ascend():
    # Four sites have six pairs, and 400 draws find them all.
    pairs = _random_sites(4, 2, 100, np.random.default_rng(0))
    assert sorted(map(tuple, pairs.tolist())) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert len(_random_sites(4, 2, 5, np.random.default_rng(0))) == 5


def test_distances_are_shares_of_sites():
    sequences = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 1]], np.uint8)
    assert pairwise_distances(sequences).tolist() == [0.25, 0.75, 0.5]


def test_of_many_sequences_every_second_or_third_is_compared(monkeypatch):
    monkeypatch.setattr(sequence_statistics, "_MOST_COMPARED", 3)
    # Of 7 every third: 0, 3 and 6; of 6 every second: 0, 2 and 4; of 3 all.
    sequences = np.arange(7, dtype=np.uint8)[:, None] // 3
    assert pairwise_distances(sequences).tolist() == [1, 1, 1]
    assert pairwise_distances(sequences[:6]).tolist() == [0, 1, 1]
    assert len(pairwise_distances(sequences[:3])) == 3


def test_a_histogram_counts_sites_and_is_1_at_its_highest():
    # 2 / 3 is 0.667 in a table: two sites. Counts are 1, 0, 4 and 2.
    distances, counts = distance_histogram([0, 0.667, 2 / 3, 0.666, 2 / 3, 1, 1], 3)
    np.testing.assert_allclose(distances, [0, 1 / 3, 2 / 3, 1])
    assert counts.tolist() == [0.25, 0, 1, 0.5]


def test_entropies_are_in_nats():
    # Half and half; all the same; 3 / 4 and 1 / 4.
    sequences = np.array([[0, 1, 0], [0, 1, 0], [1, 1, 0], [1, 1, 1]], np.uint8)
    expected = [np.log(2), 0, -0.75 * np.log(0.75) - 0.25 * np.log(0.25)]
    np.testing.assert_allclose(site_entropies(sequences, 2), expected)


def test_heights_of_a_logo_are_shares_of_a_columns_bits():
    """Columns of four sequences: A alone; A and C by half; A, A and two gaps; gaps alone."""
    sequences = np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 2, 0, 0], [1, 2, 0, 0]], np.uint8)
    heights = logo_heights(sequences, alphabet("rna"))
    # Of four residues a column has at most 2 bits: 2; 2 - 1 = 1, half of it for each; 2 times the half without gaps; 0.
    expected = [[0, 2, 0, 0, 0], [0, 0.5, 0.5, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert heights.tolist() == [pytest.approx(row) for row in expected]
