import numpy as np
import pytest

from temperance.core.errors import InputError
from temperance.scoring.gaussian import fit_gaussian_potts

RNG = np.random.default_rng(3)


def log_density(sequences, others, weights, q, pseudocount):
    """Log density of a Gaussian with the pseudocounted moments of one-hot sequences, up to a constant: all by hand."""
    shares = weights / weights.sum()
    one_hot = np.eye(q)[sequences][..., :-1].reshape(len(sequences), -1)
    mean = (1 - pseudocount) * shares @ one_hot + pseudocount / q
    second = (1 - pseudocount) * (one_hot * shares[:, None]).T @ one_hot + pseudocount / q**2
    length, free = sequences.shape[1], q - 1
    for i in range(length):
        block = slice(i * free, (i + 1) * free)
        second[block, block] = np.diag(mean[block])
    precision = np.linalg.inv(second - np.outer(mean, mean))
    off = np.eye(q)[others][..., :-1].reshape(len(others), -1) - mean
    return -np.einsum("mi,ij,mj->m", off, precision, off) / 2


@pytest.mark.parametrize(("q", "length"), [(2, 6), (4, 5)])
def test_energies_are_minus_the_log_density(q, length):
    sequences = RNG.integers(0, q, (40, length)).astype(np.uint8)
    sequences[:, 1] = sequences[:, 0]
    weights = RNG.random(40) + 0.2
    others = RNG.integers(0, q, (30, length)).astype(np.uint8)
    model = fit_gaussian_potts(sequences, weights, q, 0.2)
    difference = -model.energies(others) - log_density(sequences, others, weights, q, 0.2)
    np.testing.assert_allclose(difference, difference[0], atol=2e-4)
    # The gauge of all models here, and couplings as an engine wants them.
    np.testing.assert_allclose(model.couplings.sum(axis=1), 0, atol=1e-4)
    np.testing.assert_array_equal(model.couplings[2, :, 2], 0)
    np.testing.assert_allclose(model.couplings, model.couplings.transpose(2, 3, 0, 1), atol=1e-5)


def test_two_sites_of_two_states_by_hand():
    """Sequences 00 and 11 of weights 3 and 1 with a pseudocount of 1/2.

    The mean of "is 0" is (3/4 + 1/2) / 2 = 5/8, so variances are 15/64; both are 0 in (3/4 + 1/4) / 2 = 1/2, and the
    covariance is 1/2 - 25/64 = 7/64. The inverse of (15, 7; 7, 15) / 64 is (15, -7; -7, 15) * 64 / 176.
    """
    model = fit_gaussian_potts(np.array([[0, 0], [1, 1]], np.uint8), np.array([3.0, 1.0]), 2, 0.5)
    energies = model.energies(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8))
    # x - m is 3/8 or -5/8: 15 (9 + 9) - 14 * 9 of 64 parts, twice 15 (9 + 25) + 14 * 15, and 15 (25 + 25) - 14 * 25.
    expected = np.array([144, 720, 720, 400]) / 64 * (64 / 176) / 2
    np.testing.assert_allclose(energies - energies[0], expected - expected[0], rtol=1e-5)


def test_a_covariance_that_has_no_inverse_is_refused():
    """Two sites that are equal in all sequences, without a pseudocount."""
    with pytest.raises(InputError, match="too few different sequences"):
        fit_gaussian_potts(np.array([[0, 0], [1, 1]], np.uint8), np.ones(2), 2, 0.0)
