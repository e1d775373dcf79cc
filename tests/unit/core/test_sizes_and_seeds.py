"""Sizes of training sets as they are written, named and resolved; and seeds."""

import hashlib

import pytest

from temperance.core.errors import InputError
from temperance.core.seeds import derive_seed
from temperance.core.settings.alignment import SubsetSettings
from temperance.core.sizes import parse_sizes, resolve_size, size_label, subset_names


@pytest.mark.parametrize(
    ("sizes", "parsed"),
    [
        (7, [7]),
        ("all", [1.0]),
        ([100, 10, 100], [10, 100]),
        (["all", 0.5], [0.5, 1.0]),
        (["all", 100], [100, 1.0]),
        # Ratios of ten: 0.01, 0.1, 1; of two: 10, 20, 40; rounded to three digits, or to whole sequences.
        (["geometric(0.01, 1.0, 3)"], [0.01, 0.1, 1.0]),
        ("geometric(10, 40, 3)", [10, 20, 40]),
        ("geometric(0.1, 1.0, 3)", [0.1, 0.316, 1.0]),
        ("geometric(2, 5, 3)", [2, 3, 5]),
        ("geometric(0.1, 1, 2)", [0.1, 1.0]),
        ("geometric(1e-1, 1, 2)", [0.1, 1.0]),
    ],
)
def test_sizes_are_ascending_without_repeats(sizes, parsed):
    result = parse_sizes(sizes, "sizes")
    assert result == parsed and [type(size) for size in result] == [type(size) for size in parsed]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([1], "1 sequence is too few"),
        ([100, 0.5], "mixed"),
        ("geometric(0.5, 0.5, 2)", "lo below hi"),
        ("geometric(0.5, 1.01, 2)", "up to 1.0"),
        ("geometric(1, 10, 2)", "two counts"),
        ("geometric(0, 1.0, 2)", "lo below hi"),
        ("geometric(2, 10, 1)", "n from 2"),
        ("geometric(2, 10, 1001)", "to 1000"),
        ("geometric(2, ten, 2)", "two counts"),
        ("geometric(2, inf, 2)", "lo below hi"),
    ],
)
def test_sizes_that_cannot_be_are_refused_with_their_key(sizes, message):
    with pytest.raises(InputError, match=f"^the.key: .*{message}"):
        parse_sizes(sizes, "the.key")


def test_two_sizes_of_one_name_are_refused():
    # Six digits name a folder: 0.123456 and 0.123457 have two names, 0.1234561 and 0.1234562 one.
    assert parse_sizes([0.123457, 0.123456], "x") == [0.123456, 0.123457]
    with pytest.raises(InputError, match=r"^the.key: 0\.1234561 and 0\.1234562 are too close; .* f0\.123456$"):
        parse_sizes([0.1234562, 0.1234561], "the.key")


def test_bounds_of_geometric_sizes_are_taken():
    assert parse_sizes("geometric(2, 3, 2)", "x") == [2, 3]
    assert len(parse_sizes("geometric(0.001, 1.0, 1000)", "x")) > 900


def test_training_sets_are_named_by_size_and_replicate():
    assert [size_label(size) for size in (500, 0.25, 1.0, 0.316)] == ["n500", "f0.25", "f1", "f0.316"]
    assert subset_names(SubsetSettings(sizes=[60, 1.0], replicates=3)) == [
        "n60-r1", "n60-r2", "n60-r3", "f1-r1", "f1-r2", "f1-r3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "available", "count"),
    # A share is rounded: 0.25 of 10 is 2.5, to the even 2, of 11 2.75; a count may be all.
    [(500, 800, 500), (800, 800, 800), (2, 2, 2), (0.25, 800, 200), (1.0, 7, 7), (0.25, 10, 2), (0.25, 11, 3)],
)
def test_a_size_is_a_count_or_a_share_of_what_there_is(size, available, count):
    assert resolve_size(size, available, "x") == count


@pytest.mark.parametrize(
    ("size", "available", "message"),
    [(801, 800, "801 is larger than the 800"), (0.001, 800, "0.001 of 800 training sequences is 1"), (1.0, 1, "is 1;")],
)
def test_sizes_beyond_what_there_is_are_refused(size, available, message):
    with pytest.raises(InputError, match=rf"^fam: subsets\.sizes: .*{message}"):
        resolve_size(size, available, "fam")


def test_a_seed_is_the_hash_of_the_run_s_and_of_every_label():
    digest = hashlib.sha256(b"7/family/n60-r1/train").digest()
    assert derive_seed(7, "family", "n60-r1", "train") == int.from_bytes(digest[:8], "little") >> 1
    # What has been computed can be computed again: this is a value of version 0.1.0.
    assert derive_seed(1) == 8141974312213627701
    seeds = {
        derive_seed(seed, family, subset, stage)
        for seed in (1, 2) for family in ("a", "b") for subset in ("n60-r1", "n60-r2") for stage in ("train", "sample")
    }  # fmt: skip
    assert len(seeds) == 16 and all(0 <= seed < 2**63 for seed in seeds)
