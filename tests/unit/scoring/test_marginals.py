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
    correlations = pair_correlations(sequences, 3, np.array([[0, 2], [1, 3]]), weights)
    for n, (i, j) in enumerate(((0, 2), (1, 3))):
        for a in range(3):
            for b in range(3):
                one, other = sequences[:, i] == a, sequences[:, j] == b
                together, alone, apart = (np.average(x, weights=weights) for x in (one & other, one, other))
                assert correlations[n, a, b] == pytest.approx(together - alone * apart)


def test_three_site_correlations_are_central_moments_of_indicators():
    weights = RNG.random(300)
    triples = np.array([[0, 1, 2], [3, 7, 11]])
    correlations = triple_correlations(NATURAL, 4, triples, weights)
    for (i, j, k), of_triple in zip(triples, correlations, strict=True):
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


# ---------------------------------------------------------------- counted by hand

# Weights 1, 1, 2. At sites 0 and 1 the words are 00, 10 and 11, of shares 1/4, 1/4, 1/2.
FEW, WEIGHTS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0]], np.uint8), np.array([1.0, 1.0, 2.0])


def test_a_set_has_a_correlation_if_its_own_words_differ_in_frequency():
    """Words of the first two sites are three times 00 and once 10, those of the last two all four, once each."""
    sequences = np.array([[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 1, 1]], np.uint8)
    words = TopPatterns.from_reference(sequences, np.ones(4), np.array([[0, 1], [2, 3]]))
    assert words.correlations(sequences) == pytest.approx([1.0])


def test_weighted_words_and_their_correlation_by_hand():
    words = TopPatterns.from_reference(FEW, WEIGHTS, np.array([[0, 1]]))
    # Codes have six bits a site, the first site lowest: 0 + 0, 1 + 0, 1 + 64.
    assert words.codes[0, :4].tolist() == [0, 1, 65, 2**64 - 1]
    assert words.shares[0, :3].tolist() == [0.25, 0.25, 0.5] and np.isnan(words.shares[0, 3:]).all()
    # Samples 00, 00, 10, 01, the last of which is none of the words: shares 2/4, 1/4, 0.
    samples = np.array([[0, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]], np.uint8)
    assert words.shares_in(samples)[0, :4].tolist() == [0.5, 0.25, 0, 0]
    # Deviations (-1, -1, 2) / 12 and (1, 0, -1) / 4: the sum of products is -3, over sqrt(6 * 2).
    assert words.correlations(samples) == pytest.approx([-3 / 12**0.5])
    # Samples without any of the words have a correlation of 0; words that are all as frequent have none.
    assert words.correlations(samples[3:]).tolist() == [0]
    assert (
        TopPatterns.from_reference(FEW, np.array([2.0, 2.0, 2.0]), np.array([[0, 1]])).correlations(samples).size == 0
    )


def test_states_up_to_the_64th_are_told_apart():
    """32 at the first of two sites is not 1 at the second, nor is 63 at the last of ten sites anything else."""
    sequences = np.zeros((3, 10), np.uint8)
    sequences[1, 0], sequences[2, 9] = 32, 63
    other = np.zeros((1, 10), np.uint8)
    other[0, 1] = 1
    words = TopPatterns.from_reference(sequences, np.ones(3), np.array([np.arange(10)]))
    assert (words.codes[0] != 2**64 - 1).sum() == 3
    assert words.shares_in(other).sum() == 0 and words.shares_in(sequences[1:]).sum() == 1


def test_weights_of_the_reference_count_at_every_order():
    """A sequence of weight 3 is the same as three of weight 1; sets of sites are the same for equal seeds."""
    weights = np.where(np.arange(300) < 100, 3.0, 1.0)
    copies = np.concatenate([NATURAL, NATURAL[:100], NATURAL[:100]])
    weighted, copied = (
        Reference.from_sequences(sequences, w, 4, np.random.default_rng(5)).compare(SAMPLES)
        for sequences, w in ((NATURAL, weights), (copies, np.ones(500)))
    )
    np.testing.assert_allclose(weighted, copied)
    unweighted = Reference.from_sequences(NATURAL, np.ones(300), 4, np.random.default_rng(5)).compare(SAMPLES)
    assert (weighted["r20"] - unweighted["r20"]).abs().min() > 1e-4
    assert (weighted.loc[:1, ["pearson", "slope"]] - unweighted.loc[:1, ["pearson", "slope"]]).abs().min().min() > 1e-4


def test_slopes_are_of_samples_on_the_reference():
    """Samples whose correlations are half of the reference's: a slope of 1/2, not of 2."""
    pair = np.array([[0, 0], [1, 1]], np.uint8)
    reference = Reference.from_sequences(pair, np.ones(2), 2, np.random.default_rng(0))
    # Of 00, 00, 00, 11, 11, 11, 01, 10 the share of 00 is 3/8: 3/8 - 1/4 = 1/8, half of the reference's.
    samples = np.array([[0, 0]] * 3 + [[1, 1]] * 3 + [[0, 1], [1, 0]], np.uint8)
    row = reference.compare(samples).iloc[0]
    assert (row["order"], row["pearson"], row["slope"]) == (2, pytest.approx(1), pytest.approx(0.5))
    # An even number of ones gives correlations of +-1/8; half of the samples have any number.
    even = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.uint8)
    reference = Reference.from_sequences(even, np.ones(4), 2, np.random.default_rng(0))
    every = np.array(list(itertools.product((0, 1), repeat=3)), np.uint8)
    row = reference.compare(np.concatenate([even, even, every])).set_index("order").loc[3]
    assert (row["pearson"], row["slope"]) == (pytest.approx(1), pytest.approx(0.5))


def test_how_many_sets_of_sites_are_compared():
    """200 of an order, of 12 sites: all 66 pairs are hit but a few; 300 triples, fewer of many states."""
    reference = Reference.from_sequences(NATURAL, np.ones(300), 4, np.random.default_rng(1))
    assert list(reference.words) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert [words.sites.shape[1] for words in reference.words.values()] == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    # 495 sets of four sites: of 200 draws about 495 (1 - exp(-200 / 495)) = 165 are different; 792 of five, 177.
    assert len(reference.words[4].sites) == pytest.approx(165, abs=20)
    assert len(reference.words[5].sites) == pytest.approx(177, abs=20)
    # 220 triples: of 300 draws 220 (1 - exp(-300 / 220)) = 164; of 64 states 3,000,000 / 64^3 = 11 draws.
    assert len(reference.triples) == pytest.approx(164, abs=20)
    assert all(len(set(sites)) == 3 for sites in reference.triples.tolist())
    wide = Reference.from_sequences(NATURAL[:20], np.ones(20), 64, np.random.default_rng(1))
    assert 10 <= len(wide.triples) <= 11 and wide.triple.shape[1:] == (64, 64, 64)


def test_correlations_that_are_nothing_but_rounding_have_no_agreement():
    """Every word of three sites and five states once: no correlation, but fifths are not exact."""
    sequences = np.array(list(itertools.product(range(5), repeat=3)), np.uint8)
    reference = Reference.from_sequences(sequences, np.ones(125), 5, np.random.default_rng(0))
    assert 0 < np.abs(reference.triple).max() < 1e-15
    correlated = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.uint8)
    assert np.isnan(reference.compare(correlated).set_index("order").loc[3, ["pearson", "slope"]].to_numpy(float)).all()
    other = Reference.from_sequences(correlated, np.ones(4), 5, np.random.default_rng(0))
    assert np.isnan(other.compare(sequences).set_index("order").loc[3, ["pearson", "slope"]].to_numpy(float)).all()
