"""One- and two-site frequencies, connected correlations, and how well two sets of them agree."""

from dataclasses import dataclass

import numpy as np

from temperance.msa.frequencies import site_frequencies
from temperance.potts.pair_kernels import correlation_moments, pair_frequencies, pairs_of_sites


@dataclass(frozen=True)
class Frequencies:
    """f_i(a), (L, q), and f_ij(a, b), (L (L - 1) / 2, q, q), pairs as in `potts.pair_kernels`; both sum to one."""

    single: np.ndarray
    pair: np.ndarray

    def connected(self) -> np.ndarray:
        """f_ij(a, b) - f_i(a) f_j(b) of all pairs i < j, flat, length L (L - 1) / 2 * q^2."""
        left, right = pairs_of_sites(len(self.single))
        return (self.pair - self.single[left, :, None] * self.single[right, None, :]).ravel()

    def with_pseudocount(self, share: float) -> "Frequencies":
        """Mix with the uniform distribution: (1 - share) f + share / q, and q^2 for pairs."""
        q = self.single.shape[1]
        pair = self.pair * self.pair.dtype.type(1 - share)
        pair += share / q**2
        return Frequencies((1 - share) * self.single + share / q, pair)


def frequencies(
    sequences: np.ndarray, q: int, weights: np.ndarray | None = None, dtype: type = np.float64
) -> Frequencies:
    """Weighted frequencies of sequences (M, L) uint8 with weights (M,); equal weights where there are none."""
    weights = np.ones(len(sequences)) if weights is None else weights
    length = sequences.shape[1]
    pair = np.empty((length * (length - 1) // 2, q * q), dtype)
    pair_frequencies(sequences, weights / weights.sum(), q, pair)
    return Frequencies(site_frequencies(sequences, q, weights), pair.reshape(-1, q, q))


# ---------------------------------------------------------------- agreement


@dataclass(frozen=True)
class Agreement:
    """Pearson correlation and slope (of `other` regressed on `reference`); nan where either is constant."""

    pearson: float
    slope: float


def agreement(reference: np.ndarray, other: np.ndarray) -> Agreement:
    """How `other` follows `reference`, flat arrays of equal length."""
    x, y = reference - reference.mean(), other - other.mean()
    return _agreement(float(x @ x), float(y @ y), float(x @ y))


def _agreement(xx: float, yy: float, xy: float) -> Agreement:
    if xx == 0 or yy == 0:
        return Agreement(float("nan"), float("nan"))
    return Agreement(xy / (xx * yy) ** 0.5, xy / xx)


@dataclass(frozen=True)
class CorrelationAgreement(Agreement):
    """How connected correlations of samples follow a reference, and how they would if there were infinitely many.

    Attributes
    ----------
    pearson_noise_corrected : float
        Pearson correlation without the variance that sampling adds, f_i (1 - f_i) f_j (1 - f_j) / samples as of nearly
        independent sites. Where it makes up more than half of what is seen, too little is left to judge by: nan.
    noise : float
        The variance that a single sample would add, over what is there without; nan with `pearson_noise_corrected`.
    """

    pearson_noise_corrected: float
    noise: float

    @classmethod
    def of(cls, moments: np.ndarray, single: np.ndarray, samples: int) -> "CorrelationAgreement":
        """From means of x, y, x^2, y^2 and xy over all pairs of sites and states.

        x are the connected correlations of the reference, y those of so many samples, of one-site frequencies (L, q).
        """
        x, y, xx, yy, xy = map(float, moments)
        length, q = single.shape
        seen = yy - y * y
        found = _agreement(xx - x * x, seen, xy - x * y)
        of_site = (single * (1 - single)).sum(axis=1)
        over_pairs = (of_site.sum() ** 2 - (of_site**2).sum()) / (length * (length - 1))
        sampling = float(over_pairs / q**2)
        signal = seen - sampling / samples
        if signal <= seen / 2:
            signal = float("nan")
        corrected = found.pearson * (seen / signal) ** 0.5
        return cls(found.pearson, found.slope, corrected, sampling / signal)

    def expected_pearson(self, count: int) -> float:
        """Predict the Pearson correlation that so many samples of the same model would show."""
        return self.pearson_noise_corrected / (1 + self.noise / count) ** 0.5


def correlation_agreement(reference: Frequencies, samples: np.ndarray) -> CorrelationAgreement:
    """Agreement of the connected correlations of samples (C, L), equal weights, with those of a reference.

    No array of the size of the couplings is made.
    """
    q = reference.single.shape[1]
    single = site_frequencies(samples, q)
    moments = correlation_moments(reference.single, reference.pair.reshape(-1, q * q), single, samples)
    return CorrelationAgreement.of(sum(moments).sum(axis=0) / reference.pair.size, single, len(samples))
