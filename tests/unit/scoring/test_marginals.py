"""Marginals of higher orders against a direct count."""

import itertools
from collections import Counter

import numpy as np
import pytest

from temperance.scoring.marginals import Reference, TopPatterns, pair_correlations, triple_correlations

RNG = np.random.default_rng(0)
NATURAL = RNG.choice(4, (300, 12), p=[0.5, 0.3, 0.15, 0.05]).astype(np.uint8)
NATURAL[:, 5:] = np.where(RNG.random((300, 1)) < 0.5, NATURAL[:, 4:5], NATURAL[:, 5:])
SAMPLES = RNG.permutation(NATURAL)[:200]
SAMPLES[::3] = RNG.integers(0, 4, SAMPLES[::3].shape)


def test_pair_correlations_are_a_direct_count():
    rng = np.random.default_rng(3)
    sequences, weights = rng.integers(0, 3, (50, 4), dtype=np.uint8), rng.random(50)
    found = pair_correlations(sequences, 3, np.array([[0, 2], [1, 3]]), weights)
    for n, (i, j) in enumerate(((0, 2), (1, 3))):
        for a in range(3):
            for b in range(3):
                one, other = sequences[:, i] == a, sequences[:, j] == b
                together, alone, apart = (np.average(x, weights=weights) for x in (one & other, one, other))
                assert found[n, a, b] == pytest.approx(together - alone * apart)


def test_three_site_correlations_are_central_moments_of_indicators():
    weights = RNG.random(300)
    triples = np.array([[0, 1, 2], [3, 7, 11]])
    found = triple_correlations(NATURAL, 4, triples, weights)
    for (i, j, k), of_triple in zip(triples, found, strict=True):
        for a, b, c in itertools.product(range(4), repeat=3):
            x, y, z = NATURAL[:, i] == a, NATURAL[:, j] == b, NATURAL[:, k] == c
            x, y, z = (v - np.average(v, weights=weights) for v in (x, y, z))
            assert of_triple[a, b, c] == pytest.approx(np.average(x * y * z, weights=weights), abs=1e-12)


@pytest.mark.parametrize("order", [2, 5, 10])
def test_r20_is_what_a_direct_count_gives(order):
    reference = Reference.from_sequences(NATURAL, np.ones(300), 4, np.random.default_rng(1))
    row = reference.compare(SAMPLES).set_index("order").loc[order]
    values = []
    for sites in reference.words[order].sites:
        natural = Counter(tuple(row) for row in NATURAL[:, sites])
        samples = Counter(tuple(row) for row in SAMPLES[:, sites])
        # Ties at the twentieth place are cut by the code, of which the first site is the lowest digit.
        top = sorted(natural, key=lambda word: (-natural[word], word[::-1]))[:20]
        x, y = [natural[word] / 300 for word in top], [samples[word] / 200 for word in top]
        if np.ptp(x):
            values.append(np.corrcoef(x, y)[0, 1] if np.ptp(y) else 0)
    assert row["r20"] == pytest.approx(np.mean(values), abs=1e-12)
    assert row["r20_error"] == pytest.approx(np.std(values) / len(values) ** 0.5, abs=1e-12)


def test_weights_count_sequences():
    twice = np.concatenate([NATURAL, NATURAL[:100]])
    sites = np.array([[0, 4, 8], [1, 2, 3]])
    one = TopPatterns.from_reference(twice, np.ones(400), sites)
    other = TopPatterns.from_reference(NATURAL, np.where(np.arange(300) < 100, 2.0, 1.0), sites)
    assert one.codes.tolist() == other.codes.tolist()
    np.testing.assert_allclose(one.shares, other.shares)


def test_sequences_beyond_a_block_count_as_well():
    sites = np.array([[0, 4, 8], [1, 2, 3]])
    words = TopPatterns.from_reference(NATURAL, np.ones(300), sites)
    np.testing.assert_allclose(words.shares_in(np.tile(NATURAL, (7, 1))), words.shares)


def test_the_reference_follows_itself_and_noise_does_not():
    reference = Reference.from_sequences(NATURAL, np.ones(300), 4, np.random.default_rng(1))
    itself, noise = (reference.compare(rows) for rows in (NATURAL, RNG.integers(0, 4, (300, 12), dtype=np.uint8)))
    np.testing.assert_allclose(itself["r20"], 1)
    np.testing.assert_allclose(itself.loc[itself["order"] < 4, ["pearson", "slope"]], 1)
    assert itself.loc[itself["order"] > 3, "pearson"].isna().all()
    assert noise["r20"].max() < 0.3
    assert noise["pearson"].abs().max() < 0.3


@pytest.mark.parametrize("length", [2, 3])
def test_orders_end_with_the_sites(length):
    reference = Reference.from_sequences(NATURAL[:, :length], np.ones(300), 4, np.random.default_rng(1))
    assert reference.compare(SAMPLES[:, :length])["order"].tolist() == list(range(2, length + 1))
