import numpy as np
import pytest
from small_systems import all_states, boltzmann

from temperance.msa.frequencies import site_frequencies
from temperance.potts.frequencies import correlation_agreement, frequencies, measure_agreement
from temperance.potts.pair_kernels import pairs_of_sites


def test_weighted_frequencies_equal_a_direct_sum():
    rng = np.random.default_rng(0)
    sequences, weights = rng.integers(0, 3, (40, 5), dtype=np.uint8), rng.random(40)
    marginals = frequencies(sequences, 3, weights)
    np.testing.assert_array_equal(marginals.single, site_frequencies(sequences, 3, weights))
    for i in range(5):
        for a in range(3):
            assert marginals.single[i, a] == pytest.approx(weights[sequences[:, i] == a].sum() / weights.sum())
    for n, (i, j) in enumerate(zip(*pairs_of_sites(5), strict=True)):
        for a in range(3):
            for b in range(3):
                both = (sequences[:, i] == a) & (sequences[:, j] == b)
                assert marginals.pair[n, a, b] == pytest.approx(weights[both].sum() / weights.sum())


def test_connected_correlations_of_independent_sites_vanish(small):
    states = all_states(4, 3)
    independent = np.prod([np.array([0.2, 0.3, 0.5])[states[:, i]] for i in range(4)], axis=0)
    assert np.abs(frequencies(states, 3, independent).connected()).max() < 1e-12
    assert np.abs(frequencies(states, 3, boltzmann(small, states, 1)).connected()).max() > 0.01


def test_a_pseudocount_mixes_in_the_uniform_distribution():
    mixed = frequencies(np.zeros((5, 2), np.uint8), 4).with_pseudocount(0.2)
    np.testing.assert_allclose(mixed.single[0], [0.85, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(mixed.pair.sum(), 1)
    np.testing.assert_allclose(mixed.pair[0, 0, 0], 0.8 + 0.2 / 16)


def test_uniform_sites_leave_what_couplings_of_the_zero_sum_gauge_see(small):
    data = frequencies(all_states(4, 3), 3, boltzmann(small, all_states(4, 3), 1))
    uniform = data.with_uniform_sites()
    np.testing.assert_array_equal(uniform.single, np.full((4, 3), 1 / 3))
    np.testing.assert_allclose(uniform.pair.sum(axis=1), 1 / 3)
    np.testing.assert_allclose(uniform.pair.sum(axis=2), 1 / 3)
    couplings = small.zero_sum().pairs()
    assert (couplings * uniform.pair).sum() == pytest.approx((couplings * data.pair).sum(), abs=1e-6)
    # Both spins up with 0.5, else each of the others alike: <s s> = 1/3, of which (1 +- <s s>) / 4 is left.
    spins = frequencies(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8), 2, np.array([3, 1, 1, 1]))
    np.testing.assert_allclose(spins.with_uniform_sites().pair, [[[1 / 3, 1 / 6], [1 / 6, 1 / 3]]])


def test_agreement_is_the_correlation_and_the_regression_slope():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    y = 0.7 * x + rng.normal(scale=0.3, size=500) + 2
    agreement = measure_agreement(x, y)
    assert agreement.pearson == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert agreement.slope == pytest.approx(np.polyfit(x, y, 1)[0])
    assert np.isnan(measure_agreement(x, np.ones(500)).pearson)


def test_what_samples_show_is_the_agreement_of_their_connected_correlations():
    rng = np.random.default_rng(0)
    sequences, samples = (rng.integers(0, 5, (n, 7), dtype=np.uint8) for n in (60, 90))
    sequences[:, 3] = samples[:60, 2] = sequences[:, 1]
    reference = frequencies(sequences, 5, rng.random(60)).with_pseudocount(0.1)
    agreement = correlation_agreement(reference, samples)
    expected = measure_agreement(reference.connected(), frequencies(samples, 5).connected())
    assert agreement.pearson == pytest.approx(expected.pearson)
    assert agreement.slope == pytest.approx(expected.slope)


def test_taking_off_the_sampling_variance_reveals_the_true_agreement(small):
    states = all_states(4, 3)
    p = boltzmann(small, states, 2.0)
    exact = frequencies(states, 3, p)
    rng = np.random.default_rng(1)
    few, more = (
        [correlation_agreement(exact, states[rng.choice(len(states), n, p=p)]) for _ in range(40)] for n in (200, 800)
    )
    assert np.mean([s.pearson for s in few]) < 0.97
    assert abs(np.mean([s.pearson_noise_corrected for s in few]) - 1) < 0.03
    assert np.mean([s.expected_pearson(800) for s in few]) == pytest.approx(
        np.mean([s.pearson for s in more]), abs=0.02
    )


def test_noise_alone_is_not_taken_for_agreement():
    rng = np.random.default_rng(0)
    few, many = (rng.integers(0, 21, (n, 30), dtype=np.uint8) for n in (500, 5000))
    assert np.isnan(correlation_agreement(frequencies(many, 21), few).pearson_noise_corrected)


def test_the_ceiling_rises_with_the_number_of_draws():
    rng = np.random.default_rng(0)
    sequences = rng.integers(0, 2, (400, 6), dtype=np.uint8)
    sequences[:, 1] = sequences[:, 0]
    reference = frequencies(sequences, 2)
    few, many = (correlation_agreement(reference, sequences[rng.integers(0, 400, n)]).pearson for n in (50, 20_000))
    assert few < many
    assert many > 0.99
