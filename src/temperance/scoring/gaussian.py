"""A Potts model by the Gaussian approximation: one inversion of the covariances, no sampling and no iteration."""

import numpy as np
from scipy.linalg import lapack

from temperance.core.errors import InputError
from temperance.potts.frequencies import Frequencies, frequencies
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites


def fit_gaussian_potts(sequences: np.ndarray, weights: np.ndarray, q: int, pseudocount: float) -> Potts:
    """Fit a multivariate Gaussian to one-hot sequences and write its log density as a Potts energy.

    With x the one-hot sequence, m its mean and P the inverse covariance, -(x - m) P (x - m) / 2 has couplings -P_ij and
    fields P m - diag(P) / 2, up to a constant. Sites are not independent of each other in it, and no temperature is
    fitted: it ranks sequences, and is no distribution over them.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    weights : np.ndarray
        (M,).
    q : int
        States of a site.
    pseudocount : float
        Share, in (0, 1), of the uniform distribution in one- and two-site frequencies.

    Returns
    -------
    Potts
        Zero-sum gauge; its energies are minus the log density in nats, up to a constant.

    Raises
    ------
    InputError
        If the covariance cannot be inverted.

    References
    ----------
    Baldassi et al., PLoS ONE 9:e92721, 2014, doi:10.1371/journal.pone.0092721.
    """
    length, free = sequences.shape[1], q - 1
    observed = frequencies(sequences, q, weights, np.float32).with_pseudocount(pseudocount)
    precision = _invert(_covariance(observed, free)).reshape(length, free, length, free)
    mean = observed.single[:, :free]
    diagonal = np.diagonal(precision.reshape(length * free, -1)).reshape(length, free)
    fields, couplings = np.zeros((length, q), np.float32), np.zeros((length, q, length, q), np.float32)
    fields[:, :free] = np.tensordot(precision, mean) - diagonal / 2
    np.negative(precision, out=couplings[:, :free, :, :free], casting="same_kind")
    # Within a site x_a x_b is zero for a != b, and the diagonal is in the fields.
    couplings[np.arange(length), :, np.arange(length)] = 0
    return Potts(fields, couplings).zero_sum(overwrite=True)


def _covariance(observed: Frequencies, free: int) -> np.ndarray:
    """Covariance of one-hot sequences, (L * free, L * free), without the last state, which the others determine."""
    length = len(observed.single)
    left, right = pairs_of_sites(length)
    single = observed.single[:, :free]
    covariance = np.zeros((length, free, length, free))
    blocks = covariance.transpose(0, 2, 1, 3)
    connected = observed.pair[:, :free, :free] - single[left, :, None] * single[right, None, :]
    blocks[left, right], blocks[right, left] = connected, connected.transpose(0, 2, 1)
    for site, shares in enumerate(single):
        blocks[site, site] = np.diag(shares) - np.outer(shares, shares)
    return covariance.reshape(length * free, -1)


def _invert(covariance: np.ndarray) -> np.ndarray:
    """Inverse of a positive definite matrix, which is overwritten."""
    factor, failed = lapack.dpotrf(covariance.T, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise InputError(
            "the covariance of the alignment's sites cannot be inverted: there are too few different sequences"
        )
    for row in range(len(inverse)):
        inverse[row, row + 1 :] = inverse[row + 1 :, row]
    return inverse
