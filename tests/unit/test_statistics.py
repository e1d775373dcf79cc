import numpy as np
import pytest
from small_systems import all_states, boltzmann

from temperance.statistics import agreement, freed_of_noise, frequencies, noise_ceiling


def test_weighted_frequencies_equal_a_direct_sum():
    rng = np.random.default_rng(0)
    sequences, weights = rng.integers(0, 3, (40, 5), dtype=np.uint8), rng.random(40)
    shown = frequencies(sequences, 3, weights)
    for i in range(5):
        for a in range(3):
            assert shown.single[i, a] == pytest.approx(weights[sequences[:, i] == a].sum() / weights.sum())
            for j in range(5):
                for b in range(3):
                    both = (sequences[:, i] == a) & (sequences[:, j] == b)
                    assert shown.pair[i, a, j, b] == pytest.approx(weights[both].sum() / weights.sum())


def test_connected_correlations_of_independent_sites_vanish(small):
    states = all_states(4, 3)
    independent = np.prod([np.array([0.2, 0.3, 0.5])[states[:, i]] for i in range(4)], axis=0)
    assert np.abs(frequencies(states, 3, independent).connected()).max() < 1e-12
    assert np.abs(frequencies(states, 3, boltzmann(small, states, 1)).connected()).max() > 0.01


def test_a_pseudocount_mixes_in_the_uniform_distribution():
    mixed = frequencies(np.zeros((5, 2), np.uint8), 4).with_pseudocount(0.2)
    np.testing.assert_allclose(mixed.single[0], [0.85, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(mixed.pair[0, :, 1].sum(), 1)
    np.testing.assert_allclose(mixed.pair[0, 0, 1, 0], 0.8 + 0.2 / 16)
    np.testing.assert_allclose(mixed.pair[0, :, 0], np.diag(mixed.single[0]))


def test_agreement_is_the_correlation_and_the_regression_slope():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    y = 0.7 * x + rng.normal(scale=0.3, size=500) + 2
    found = agreement(x, y)
    assert found.pearson == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.slope == pytest.approx(np.polyfit(x, y, 1)[0])
    assert np.isnan(agreement(x, np.ones(500)).pearson)


def test_taking_off_the_sampling_variance_reveals_the_true_agreement(small):
    states = all_states(4, 3)
    p = boltzmann(small, states, 2.0)
    exact = frequencies(states, 3, p).connected()
    rng = np.random.default_rng(1)
    drawn = [frequencies(states[rng.choice(len(states), 200, p=p)], 3) for _ in range(40)]
    plain = np.mean([agreement(exact, f.connected()).pearson for f in drawn])
    corrected = np.mean([freed_of_noise(exact, f, 200) for f in drawn])
    assert plain < 0.97
    assert abs(corrected - 1) < 0.03


def test_noise_alone_is_not_taken_for_agreement():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=30 * 29 // 2 * 21**2)
    nothing = frequencies(rng.integers(0, 21, (500, 30), dtype=np.uint8), 21)
    assert np.isnan(freed_of_noise(reference, nothing, 500))


def test_the_noise_ceiling_rises_with_the_number_of_samples():
    rng = np.random.default_rng(0)
    sequences = rng.integers(0, 2, (400, 6), dtype=np.uint8)
    sequences[:, 1] = sequences[:, 0]
    few, many = (noise_ceiling(sequences, np.ones(400), 2, n, rng) for n in (50, 20_000))
    assert few < many
    assert many > 0.99
