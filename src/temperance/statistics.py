"""One- and two-site frequencies, connected correlations, and how well two sets of them agree."""

from dataclasses import dataclass

import numba
import numpy as np


@dataclass(frozen=True)
class Frequencies:
    """f_i(a), (L, q), and f_ij(a, b), (L, q, L, q) symmetric with f_i on the diagonal blocks; both sum to one."""

    single: np.ndarray
    pair: np.ndarray

    def connected(self) -> np.ndarray:
        """f_ij(a, b) - f_i(a) f_j(b) of all pairs i < j, flat, length L (L - 1) / 2 * q^2."""
        length = len(self.single)
        left, right = np.triu_indices(length, 1)
        joint = self.pair.transpose(0, 2, 1, 3)[left, right]
        return (joint - self.single[left, :, None] * self.single[right, None, :]).ravel()

    def with_pseudocount(self, share: float) -> "Frequencies":
        """Mix with the uniform distribution: (1 - share) f + share / q, and q^2 for pairs."""
        length, q = self.single.shape
        single = (1 - share) * self.single + share / q
        pair = (1 - share) * self.pair + share / q**2
        for i in range(length):
            pair[i, :, i] = np.diag(single[i])
        return Frequencies(single, pair)


@numba.njit(parallel=True, cache=True)
def _pair_sums(sequences: np.ndarray, weights: np.ndarray, q: int) -> np.ndarray:
    length = sequences.shape[1]
    sums = np.zeros((length, q, length, q))
    for k in numba.prange(length):
        # Site i has length - i partners: taking sites from both ends in turn shares the work evenly.
        i = k // 2 if k % 2 == 0 else length - 1 - k // 2
        # All sequences of one state after the other: the sums that they add to stay in the innermost cache.
        order = np.argsort(sequences[:, i], kind="mergesort")
        for m in order:
            sequence, weight = sequences[m], weights[m]
            rows = sums[i, sequence[i]]
            for j in range(i, length):
                rows[j, sequence[j]] += weight
    for j in numba.prange(length):
        for b in range(q):
            for i in range(j):
                for a in range(q):
                    sums[j, b, i, a] = sums[i, a, j, b]
    return sums


def frequencies(sequences: np.ndarray, q: int, weights: np.ndarray | None = None) -> Frequencies:
    """Weighted frequencies of sequences (M, L) uint8 with weights (M,); equal weights where there are none."""
    weights = np.ones(len(sequences)) if weights is None else weights
    pair = _pair_sums(sequences, weights, q)
    pair /= weights.sum()
    sites = np.arange(sequences.shape[1])
    return Frequencies(pair[sites, :, sites].diagonal(axis1=1, axis2=2).copy(), pair)


@dataclass(frozen=True)
class Agreement:
    """Pearson correlation and slope (of `other` regressed on `reference`)."""

    pearson: float
    slope: float


def agreement(reference: np.ndarray, other: np.ndarray) -> Agreement:
    """How `other` follows `reference`, flat arrays of equal length; nan where either is constant."""
    x, y = reference - reference.mean(), other - other.mean()
    xx, yy, xy = float(x @ x), float(y @ y), float(x @ y)
    if xx == 0 or yy == 0:
        return Agreement(float("nan"), float("nan"))
    return Agreement(xy / (xx * yy) ** 0.5, xy / xx)


def freed_of_noise(reference: np.ndarray, shown: Frequencies, samples: int) -> float:
    """Pearson correlation of connected correlations, had `shown` come from infinitely many samples.

    The variance that sampling adds, f_i (1 - f_i) f_j (1 - f_j) / samples as of nearly independent sites, is taken
    off. Where it makes up more than half of what is seen, too little is left to judge by and the correlation is nan.
    """
    length, q = shown.single.shape
    of_site = (shown.single * (1 - shown.single)).sum(axis=1)
    over_pairs = (of_site.sum() ** 2 - (of_site**2).sum()) / (length * (length - 1))
    connected = shown.connected()
    seen = float(connected.var())
    signal = seen - float(over_pairs) / q**2 / samples
    return agreement(reference, connected).pearson * (seen / signal) ** 0.5 if signal > seen / 2 else float("nan")


def noise_ceiling(
    sequences: np.ndarray, weights: np.ndarray, q: int, draws: int, rng: np.random.Generator, pseudocount: float = 0.0
) -> float:
    """Pearson correlation of connected correlations that `draws` independent sequences of the data itself reach.

    No model can be expected to show more on that many samples.
    """
    drawn = rng.choice(len(sequences), size=draws, p=weights / weights.sum())
    data = frequencies(sequences, q, weights).with_pseudocount(pseudocount)
    return agreement(data.connected(), frequencies(sequences[drawn], q).connected()).pearson
