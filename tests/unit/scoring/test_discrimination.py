import numpy as np
import pytest

from temperance.scoring.discrimination import Discrimination, discriminate, shuffle_columns


def test_the_area_counts_pairs_and_halves_of_ties():
    # Of 6 pairs: 3 > 1, 3 > 2, 2 > 1, 2 = 2; 0 is below both.
    assert discriminate(np.array([3.0, 2.0, 0.0, np.nan]), np.array([1.0, 2.0])).auc == pytest.approx(3.5 / 6)
    assert discriminate(np.array([1.0, 2.0]), np.array([np.nan, 3.0, 2.0, 0.0])).auc == pytest.approx(2.5 / 6)
    for natural, shuffled in (([np.nan], [1.0]), ([1.0], [np.nan]), ([], [])):
        nothing = discriminate(np.array(natural), np.array(shuffled))
        assert np.isnan(nothing.auc) and np.isnan(nothing.error)


def test_the_error_is_hanley_and_mcneil_s():
    """Four natural and two shuffled scores, of an area of 3/4.

    Q1 = 0.75 / 1.25 = 0.6, Q2 = 2 * 0.5625 / 1.75 = 0.642857, less 0.5625 each: 0.0375 and 0.080357.
    """
    natural, shuffled = np.array([3.0, 3.0, 2.0, 1.0]), np.array([1.0, 2.0])
    # 3 above both, twice, 4; 2 above 1 and level with 2, 1.5; 1 level with 1, 0.5: 6 of 8.
    whole = discriminate(natural, shuffled)
    assert whole.auc == pytest.approx(0.75)
    assert whole.error == pytest.approx(((0.1875 + 3 * 0.0375 + 1 * 0.080357) / 8) ** 0.5, rel=1e-5)
    # They are worth two independent ones; the shuffled ones are as many as they are.
    assert discriminate(natural, shuffled, 2).error == pytest.approx(
        ((0.1875 + 1 * 0.0375 + 1 * 0.080357) / 4) ** 0.5, rel=1e-5
    )
    # No more than there are, nor fewer than one.
    assert discriminate(natural, shuffled, 100) == whole
    assert discriminate(natural, shuffled, 0.1) == discriminate(natural, shuffled, 1)


def test_the_interval_begins_1_96_errors_below_the_area():
    assert Discrimination(0.7, 0.1).low == pytest.approx(0.504)


def test_the_error_is_that_of_repeated_draws_and_grows_with_relatives():
    rng = np.random.default_rng(0)
    repeats = [discriminate(rng.normal(0.7, 1, 80), rng.normal(0, 1, 80)) for _ in range(500)]
    spread = np.std([one.auc for one in repeats])
    assert np.mean([one.error for one in repeats]) == pytest.approx(spread, rel=0.1)
    scores, others = rng.normal(0.7, 1, 80), rng.normal(0, 1, 80)
    assert discriminate(scores, others, 10).error > 2 * discriminate(scores, others).error


def test_shuffled_columns_keep_one_site_frequencies():
    sequences = np.random.default_rng(1).integers(0, 4, (50, 6)).astype(np.uint8)
    shuffled = shuffle_columns(sequences, np.random.default_rng(2))
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), np.sort(sequences, axis=0))
    assert (shuffled != sequences).any()
    # Each column has an order of its own: no two columns that were equal still are.
    equal = np.repeat(np.arange(50, dtype=np.uint8)[:, None], 6, axis=1)
    shuffled = shuffle_columns(equal, np.random.default_rng(3))
    assert len({column.tobytes() for column in shuffled.T}) == 6
