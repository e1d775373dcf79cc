import numpy as np
import pytest

from temperance.scoring.discrimination import discriminate, shuffle_columns


def test_the_area_counts_pairs_and_halves_of_ties():
    # Of 6 pairs: 3 > 1, 3 > 2, 2 > 1, 2 = 2; 0 is below both.
    found = discriminate(np.array([3.0, 2.0, 0.0, np.nan]), np.array([1.0, 2.0]))
    assert found.auc == pytest.approx(3.5 / 6)
    assert np.isnan(discriminate(np.array([np.nan]), np.array([1.0])).auc)


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
