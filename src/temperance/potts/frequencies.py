"""One- and two-site frequencies, connected correlations, and how well two sets of them agree."""

from dataclasses import dataclass

import numpy as np

from temperance.msa.frequencies import site_frequencies
from temperance.potts.pair_kernels import correlation_moments, pair_frequencies, pairs_of_sites


@dataclass(frozen=True)
class Frequencies:
    """Hold the frequencies of states at each site, and of pairs of states at each pair of sites.

    Attributes
    ----------
    single : np.ndarray
        f_i(a), (L, q); each site's sum to 1.
    pair : np.ndarray
        f_ij(a, b), (L (L - 1) / 2, q, q), pairs as in `temperance.potts.pair_kernels`; each pair's sum to 1.
    """

    single: np.ndarray
    pair: np.ndarray

    def connected(self) -> np.ndarray:
        """Compute the connected correlations f_ij(a, b) - f_i(a) f_j(b) of all pairs i < j.

        Returns
        -------
        np.ndarray
            (L (L - 1) / 2 * q^2,), flat.
        """
        left, right = pairs_of_sites(len(self.single))
        return (self.pair - self.single[left, :, None] * self.single[right, None, :]).ravel()

    def with_pseudocount(self, share: float) -> "Frequencies":
        """Mix the frequencies with the uniform distribution: (1 - share) f + share / q, and share / q^2 for pairs.

        Parameters
        ----------
        share : float
            Weight of the uniform distribution, 0 to 1.

        Returns
        -------
        Frequencies
            All positive if `share` is.
        """
        q = self.single.shape[1]
        pair = self.pair * self.pair.dtype.type(1 - share)
        pair += share / q**2
        return Frequencies((1 - share) * self.single + share / q, pair)

    def with_uniform_sites(self) -> "Frequencies":
        """Keep what a model without fields can follow: uniform sites, and pairs without their sites' preferences.

        Couplings in the zero-sum gauge have the same mean energy over these frequencies as over the original ones.

        Returns
        -------
        Frequencies
            Of pairs f_ij(a, b) - f_i(a) / q - f_j(b) / q + 2 / q^2, which may be negative.
        """
        q = self.single.shape[1]
        pair = self.pair - self.pair.mean(axis=2, keepdims=True)
        pair -= self.pair.mean(axis=1, keepdims=True)
        pair += 2 / q**2
        return Frequencies(np.full_like(self.single, 1 / q), pair)


def frequencies(
    sequences: np.ndarray, q: int, weights: np.ndarray | None = None, dtype: type = np.float64
) -> Frequencies:
    """Compute weighted one- and two-site frequencies of sequences.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        Number of states.
    weights : np.ndarray, optional
        (M,); equal if not set.
    dtype : type
        Of the two-site frequencies.

    Returns
    -------
    Frequencies
        Of the sequences, without a pseudocount.

    Examples
    --------
    >>> frequencies(np.array([[0, 1], [1, 1]], np.uint8), 2).pair
    array([[[0. , 0.5],
            [0. , 0.5]]])
    """
    weights = np.ones(len(sequences)) if weights is None else weights
    length = sequences.shape[1]
    pair = np.empty((length * (length - 1) // 2, q * q), dtype)
    pair_frequencies(sequences, weights / weights.sum(), q, pair)
    return Frequencies(site_frequencies(sequences, q, weights), pair.reshape(-1, q, q))


# ---------------------------------------------------------------- agreement


@dataclass(frozen=True)
class Agreement:
    """Hold the Pearson correlation and the slope between two sets of values; nan where either is constant.

    Attributes
    ----------
    pearson : float
        Pearson correlation.
    slope : float
        Slope of the least-squares regression of the values on the reference.
    """

    pearson: float
    slope: float


def measure_agreement(reference: np.ndarray, values: np.ndarray) -> Agreement:
    """Compute the Pearson correlation of values with a reference, and the slope of their regression on it.

    Parameters
    ----------
    reference, values : np.ndarray
        Flat arrays of equal length.

    Returns
    -------
    Agreement
        Nan where either is constant.

    Examples
    --------
    >>> measure_agreement(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 4.0]))
    Agreement(pearson=1.0, slope=2.0)
    """
    x, y = reference - reference.mean(), values - values.mean()
    return agreement_from_sums(float(x @ x), float(y @ y), float(x @ y))


def agreement_from_sums(xx: float, yy: float, xy: float) -> Agreement:
    """Compute Pearson correlation and slope from sums over centred pairs of values.

    Parameters
    ----------
    xx, yy, xy : float
        Sums of squares of the reference and of the values, and of their products.

    Returns
    -------
    Agreement
        Nan where either is constant.

    Examples
    --------
    >>> agreement_from_sums(2.0, 8.0, 4.0)
    Agreement(pearson=1.0, slope=2.0)
    """
    if xx == 0 or yy == 0:
        return Agreement(float("nan"), float("nan"))
    return Agreement(xy / (xx * yy) ** 0.5, xy / xx)


@dataclass(frozen=True)
class CorrelationAgreement(Agreement):
    """Hold the agreement of samples' connected correlations with a reference, and that of infinitely many samples.

    Attributes
    ----------
    pearson_noise_corrected : float
        Pearson correlation without the variance that sampling adds, f_i (1 - f_i) f_j (1 - f_j) / samples as of nearly
        independent sites; nan where that is half or more of the variance of the samples' correlations, of which too
        little is then left to judge by.
    noise : float
        The variance that a single sample would add, divided by the variance without sampling noise; nan with
        `pearson_noise_corrected`.
    """

    pearson_noise_corrected: float
    noise: float

    @classmethod
    def from_moments(cls, moments: np.ndarray, single: np.ndarray, count: int) -> "CorrelationAgreement":
        """Compute the agreement from moments of connected correlations over all pairs of sites and states.

        Parameters
        ----------
        moments : np.ndarray
            (5,) means of x, y, x^2, y^2 and xy; x are the connected correlations of the reference, y those of samples.
        single : np.ndarray
            (L, q) one-site frequencies of the samples.
        count : int
            Number of samples.

        Returns
        -------
        CorrelationAgreement
            Of the samples with the reference.
        """
        x, y, xx, yy, xy = map(float, moments)
        length, q = single.shape
        variance = yy - y * y
        uncorrected = agreement_from_sums(xx - x * x, variance, xy - x * y)
        site_variances = (single * (1 - single)).sum(axis=1)
        pair_variance = (site_variances.sum() ** 2 - (site_variances**2).sum()) / (length * (length - 1))
        sampling_variance = float(pair_variance / q**2)
        signal = variance - sampling_variance / count
        if signal <= variance / 2:
            signal = float("nan")
        corrected = uncorrected.pearson * (variance / signal) ** 0.5
        return cls(uncorrected.pearson, uncorrected.slope, corrected, sampling_variance / signal)

    def expected_pearson(self, count: int) -> float:
        """Predict the Pearson correlation that a number of samples of the same model would show.

        Parameters
        ----------
        count : int
            Number of samples.

        Returns
        -------
        float
            Nan with `pearson_noise_corrected`.
        """
        return self.pearson_noise_corrected / (1 + self.noise / count) ** 0.5


def correlation_agreement(reference: Frequencies, samples: np.ndarray) -> CorrelationAgreement:
    """Compute the agreement of samples' connected correlations with those of a reference.

    No array of the size of the couplings is made.

    Parameters
    ----------
    reference : Frequencies
        Of the data, for example.
    samples : np.ndarray
        (C, L) uint8, of equal weights.

    Returns
    -------
    CorrelationAgreement
        Of the samples with the reference.
    """
    q = reference.single.shape[1]
    single = site_frequencies(samples, q)
    moments = correlation_moments(reference.single, reference.pair.reshape(-1, q * q), single, samples)
    return CorrelationAgreement.from_moments(sum(moments).sum(axis=0) / reference.pair.size, single, len(samples))
