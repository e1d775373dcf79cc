import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.msa.frequencies import profile_frequencies
from temperance.msa.prepare import encode_rows
from temperance.msa.split import draw_subset, split
from temperance.msa.weights import (
    draw_by_weight,
    effective_number,
    find_nearest,
    find_neighbours,
    group_columns,
    largest_distance,
    sequence_weights,
)

ALIGNMENTS = hnp.arrays(np.uint8, st.tuples(st.integers(4, 40), st.integers(2, 40)), elements=st.integers(0, 2))


@settings(max_examples=60, deadline=None)
@given(ALIGNMENTS, st.sampled_from([0.3, 0.5, 0.8, 0.9, 1.0]))
def test_weights_equal_the_definition(sequences, identity):
    agreeing = (sequences[:, None] == sequences[None]).sum(axis=2)
    expected = 1 / (agreeing >= identity * sequences.shape[1] - 1e-9).sum(axis=1)
    np.testing.assert_allclose(sequence_weights(sequences, identity), expected)
    assert effective_number(sequences, identity) == pytest.approx(expected.sum())


@settings(max_examples=80, deadline=None)
@given(ALIGNMENTS, st.sampled_from([0.4, 0.6, 0.8, 0.95]), st.sampled_from([0.1, 0.3]), st.integers(0, 5))
def test_no_held_out_sequence_exceeds_the_identity_to_any_training_sequence(sequences, identity, fraction, seed):
    try:
        parts = split(sequences, np.random.default_rng(seed), fraction, identity, max_discarded=0.2)
    except InputError:
        return
    together = np.concatenate([parts.training, parts.heldout, parts.discarded])
    np.testing.assert_array_equal(np.sort(together), np.arange(len(sequences)))
    same = (sequences[parts.heldout][:, None] == sequences[parts.training][None]).mean(axis=2)
    assert (same <= identity + 1e-9).all()
    assert len(parts.discarded) <= round(0.2 * len(sequences))
    assert len(parts.heldout) <= max(2, round(fraction * len(sequences)))


def test_a_large_cluster_is_represented_among_the_held_out():
    rng = np.random.default_rng(0)
    centre = rng.integers(0, 4, 60)
    close = np.where(rng.random((300, 60)) < 0.12, rng.integers(0, 4, (300, 60)), centre)
    far = rng.integers(0, 4, (300, 60))
    sequences = np.concatenate([close, far]).astype(np.uint8)
    parts = split(sequences, rng, fraction=0.2, identity=0.9, max_discarded=0.2)
    assert (parts.heldout < 300).sum() > 10
    assert (parts.heldout >= 300).sum() > 10


def test_as_many_are_held_out_as_is_asked_for():
    """Three of ten, and two at least, whether sequences are compared or not; none of these is like another."""
    sequences = np.arange(10, dtype=np.uint8)[:, None].repeat(5, axis=1)
    for identity in (None, 0.8):
        for fraction, count in ((0.3, 3), (0.1, 2)):
            parts = split(sequences, np.random.default_rng(0), fraction, identity)
            assert (len(parts.heldout), len(parts.training), len(parts.discarded)) == (count, 10 - count, 0)
            assert sorted([*parts.heldout, *parts.training]) == list(range(10))


def test_what_cannot_be_split_is_refused():
    with pytest.raises(InputError, match="heldout"):
        split(np.zeros((50, 10), np.uint8), np.random.default_rng(0), max_discarded=0.1)


@pytest.mark.parametrize("length", [10, 35, 53, 100])
def test_the_threshold_does_not_suffer_from_rounding(length):
    allowed = (length - np.ceil(0.8 * length - 1e-9)).astype(int)
    assert largest_distance(0.8, length) == allowed
    exceeding = max(d for d in range(length) if (length - d) / length > 0.8 + 1e-9)
    assert largest_distance(0.8, length, exceeding=True) == exceeding


@pytest.mark.parametrize("length", [15, 70])
def test_many_sequences_are_weighed_as_few_are(length):
    """Of 700 sequences, with more and with fewer columns than are looked at before pairs are given up."""
    rng = np.random.default_rng(length)
    sequences = rng.integers(0, 21, (20, length), dtype=np.uint8)[rng.integers(0, 20, 700)]
    mutated = rng.random(sequences.shape) < rng.uniform(0, 0.3, (700, 1))
    sequences[mutated] = rng.integers(0, 21, mutated.sum(), dtype=np.uint8)
    agreeing = (sequences[:, None] == sequences[None]).sum(axis=2)
    expected = 1 / (agreeing >= 0.8 * length - 1e-9).sum(axis=1)
    np.testing.assert_allclose(sequence_weights(sequences), expected)
    assert 0.01 < expected.mean() < 0.5
    near = find_neighbours(sequences[3], group_columns(sequences), length // 5)
    np.testing.assert_array_equal(near, np.flatnonzero(agreeing[3] >= length - length // 5))


@pytest.mark.parametrize("count", [50, 600])
def test_nearest_equals_a_direct_search(count):
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 3, (30, 45), dtype=np.uint8), rng.integers(0, 3, (count, 45), dtype=np.uint8)
    which, identity = find_nearest(left, right)
    same = (left[:, None] == right[None]).mean(axis=2)
    np.testing.assert_allclose(identity, same.max(axis=1))
    np.testing.assert_allclose(same[np.arange(30), which], same.max(axis=1))


def test_nearest_other_sequence_of_the_same_set():
    """Rows 0 and 2 are equal, and two columns from row 1."""
    sequences = np.array([[0, 1, 2, 3], [0, 1, 0, 0], [0, 1, 2, 3]], np.uint8)
    which, identity = find_nearest(sequences, sequences, np.arange(3))
    assert which.tolist() == [2, 0, 0]
    assert identity.tolist() == [1, 0.5, 1]
    # Each is compared with every reference but its own.
    which, identity = find_nearest(sequences[1:], sequences, np.array([0, 1]))
    assert which.tolist() == [1, 0]
    assert identity.tolist() == [1, 1]


def test_subsets_of_equal_seeds_are_nested_and_of_others_are_not():
    training = np.arange(100, 400)
    small, large = (draw_subset(training, n, np.random.default_rng(5)) for n in (20, 90))
    assert set(small) < set(large) < set(training)
    assert len(set(small)) == 20
    assert not set(draw_subset(training, 20, np.random.default_rng(6))) <= set(large)


def test_rows_are_encoded_in_the_columns_that_were_kept():
    """Columns 1 and 3 of four; rows of two columns are those already."""
    letters, columns = alphabet("ABC"), np.array([1, 3])
    assert encode_rows(["ABCA", "CAAB"], letters, columns, 4).tolist() == [[0, 2], [2, 0]]
    assert encode_rows(["AC", "CB"], letters, columns, 4).tolist() == [[0, 2], [2, 1]]
    with pytest.raises(
        InputError, match=r"sequences: 3 columns; expected 4 \(all of the alignment\) or 2 \(those kept\)"
    ):
        encode_rows(["ABC"], letters, columns, 4)


def test_a_profile_has_one_sequence_beside_the_effective_number():
    """Weights 3 and 1 at one site of two states, and a half of either: 3.5 and 1.5 of 5."""
    sequences = np.array([[0], [1]], np.uint8)
    assert profile_frequencies(sequences, 2, np.array([3.0, 1.0])) == pytest.approx(np.array([[0.7, 0.3]]))


def test_sequences_are_drawn_in_proportion_to_weights_of_any_sum():
    """Of weights 0, 1 and 3 the first is never drawn, and the last in three of four draws; rows stay whole."""
    sequences, weights = np.array([[0, 9], [1, 8], [2, 7]], np.uint8), np.array([0, 1, 3], np.float32)
    draws = draw_by_weight(sequences, weights, 4000, np.random.default_rng(0))
    assert draws.shape == (4000, 2) and (draws.sum(axis=1) == 9).all() and 0 not in draws[:, 0]
    assert (draws[:, 0] == 2).mean() == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / 4000) ** 0.5)
