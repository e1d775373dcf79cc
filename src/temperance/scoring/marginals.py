"""Agreement of marginals of two to ten sites with natural ones: connected correlations, and r20 of words.

r20 (McGee et al., Nat. Commun. 12:6302, 2021): of a set of n sites, the Pearson correlation of the frequencies that the
reference's 20 most frequent words have in the reference and in samples; its mean over sets of sites.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
import pandas as pd

from temperance.potts.frequencies import (
    Agreement,
    Frequencies,
    agreement_from_sums,
    correlation_agreement,
    frequencies,
)

ORDERS = tuple(range(2, 11))
_TOP = 20
# Sets of sites of each order: errors of their means are a few thousandths.
_SETS, _TRIPLES = 200, 300
# Correlations below this are none.
_ROUNDING = 1e-12
# A code that no word of ten sites has.
_NO_WORD = np.uint64(2**64 - 1)


def triple_correlations(
    sequences: np.ndarray, q: int, triples: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Compute three-site connected correlations, frequencies weighted.

    f_abc - f_ab f_c - f_ac f_b - f_bc f_a + 2 f_a f_b f_c.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        States.
    triples : np.ndarray
        (T, 3) sites.
    weights : np.ndarray, optional
        (M,); equal by default.

    Returns
    -------
    np.ndarray
        (T, q, q, q)

    Examples
    --------
    >>> sequences = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.uint8)
    >>> float(triple_correlations(sequences, 2, np.array([[0, 1, 2]]))[0, 0, 0, 0])
    0.125
    """
    blocks = list(_iterate_triples(sequences, q, triples, weights))
    return np.array(blocks) if blocks else np.empty((0, q, q, q))


def _iterate_triples(
    sequences: np.ndarray, q: int, triples: np.ndarray, weights: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Compute the three-site connected correlations (q, q, q) of one triple after the other."""
    weights = np.full(len(sequences), 1.0) if weights is None else weights
    states = sequences.astype(np.int64)
    for i, j, k in triples:
        codes = (states[:, i] * q + states[:, j]) * q + states[:, k]
        f = np.bincount(codes, weights, q**3).reshape(q, q, q) / weights.sum()
        ij, ik, jk = f.sum(axis=2), f.sum(axis=1), f.sum(axis=0)
        a, b, c = ij.sum(axis=1), ij.sum(axis=0), jk.sum(axis=0)
        # f - f_ij f_k - f_ik f_j - f_i (f_jk - 2 f_j f_k)
        f -= ij[:, :, None] * c
        f -= ik[:, None, :] * b[:, None]
        f -= np.multiply.outer(a, jk - 2 * np.multiply.outer(b, c))
        yield f


def pair_correlations(
    sequences: np.ndarray, q: int, pairs: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Compute two-site connected correlations, frequencies weighted.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        States.
    pairs : np.ndarray
        (P, 2) sites.
    weights : np.ndarray, optional
        (M,); equal by default.

    Returns
    -------
    np.ndarray
        (P, q, q)

    Examples
    --------
    >>> pair_correlations(np.array([[0, 0], [1, 1]], np.uint8), 2, np.array([[0, 1]]))[0].tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    weights = np.full(len(sequences), 1.0) if weights is None else weights
    states = sequences.astype(np.int64)
    correlations = np.empty((len(pairs), q, q))
    for n, (i, j) in enumerate(pairs):
        f = np.bincount(states[:, i] * q + states[:, j], weights, q * q).reshape(q, q) / weights.sum()
        correlations[n] = f - np.multiply.outer(f.sum(axis=1), f.sum(axis=0))
    return correlations


@dataclass(frozen=True)
class TopPatterns:
    """Most frequent words, the states of several sites, of a reference at sets of sites.

    Attributes
    ----------
    sites : np.ndarray
        (S, n) ascending.
    codes : np.ndarray
        (S, 20) of words, ascending; a code that no word has where a set has fewer words.
    shares : np.ndarray
        (S, 20) frequencies in the reference, nan where a set has fewer words.
    """

    sites: np.ndarray
    codes: np.ndarray
    shares: np.ndarray

    @classmethod
    def from_reference(cls, reference: np.ndarray, weights: np.ndarray, sites: np.ndarray) -> "TopPatterns":
        """Find the combinations of states (words) that sequences have most often at each set of sites.

        Parameters
        ----------
        reference, weights : np.ndarray
            (M, L) uint8 and (M,).
        sites : np.ndarray
            (S, n) ascending.

        Returns
        -------
        TopPatterns
        """
        codes = np.full((len(sites), _TOP), _NO_WORD)
        shares = np.full(codes.shape, np.nan)
        for row, row_shares, sequence_codes in zip(codes, shares, _encode(reference[:, sites]).T, strict=True):
            words, indices = np.unique(sequence_codes, return_inverse=True)
            frequency = np.bincount(indices, weights) / weights.sum()
            # The more frequent first; of equally frequent ones that of the lower code.
            top = np.sort(np.argsort(-frequency, kind="stable")[:_TOP])
            row[: len(top)], row_shares[: len(top)] = words[top], frequency[top]
        return cls(sites, codes, shares)

    def shares_in(self, sequences: np.ndarray) -> np.ndarray:
        """Compute the frequencies of these words in sequences.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (S, 20)
        """
        return _count_words(sequences, self.sites, self.codes) / len(sequences)

    def correlations(self, sequences: np.ndarray) -> np.ndarray:
        """Correlate, by set of sites, the frequencies of the words among sequences with those in the reference.

        Words that are all equally frequent tell nothing. The correlation is 0 of sequences that have none of the words.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            Pearson correlations, as many as sets whose words differ in frequency.
        """
        varied = np.nanmax(self.shares, axis=1) - np.nanmin(self.shares, axis=1) > 1e-12
        x, y = self.shares[varied], self.shares_in(sequences)[varied]
        y[np.isnan(x)] = np.nan
        x, y = (np.nan_to_num(values - np.nanmean(values, axis=1, keepdims=True)) for values in (x, y))
        spread = ((x * x).sum(axis=1) * (y * y).sum(axis=1)) ** 0.5
        return (x * y).sum(axis=1) / np.where(spread > 0, spread, 1)


def _encode(words: np.ndarray) -> np.ndarray:
    """Encode words (..., n) of up to ten sites and 64 states as numbers: six bits a site."""
    return (words.astype(np.uint64) << (np.uint64(6) * np.arange(words.shape[-1], dtype=np.uint64))).sum(axis=-1)


@numba.njit(cache=True)
def _count_words(sequences: np.ndarray, sites: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Count the words of ascending codes (S, 20) in sequences (M, L) at sets of sites (S, n)."""
    counts = np.zeros(codes.shape, np.int64)
    for n in range(len(sites)):
        words = codes[n]
        for m in range(len(sequences)):
            code = np.uint64(0)
            for k in range(sites.shape[1]):
                code |= np.uint64(sequences[m, sites[n, k]]) << np.uint64(6 * k)
            low, high = 0, len(words) - 1
            while low < high:
                middle = (low + high) // 2
                if words[middle] < code:
                    low = middle + 1
                else:
                    high = middle
            if words[low] == code:
                counts[n, low] += 1
    return counts


@dataclass(frozen=True)
class Reference:
    """Marginals of natural sequences that samples are to have.

    Attributes
    ----------
    q : int
        States.
    pairs : Frequencies
        One- and two-site frequencies.
    triples, triple : np.ndarray
        (T, 3) sites, and their connected correlations (T, q, q, q).
    words : dict
        Order -> `TopPatterns`.
    """

    q: int
    pairs: Frequencies
    triples: np.ndarray
    triple: np.ndarray
    words: dict[int, TopPatterns]

    @classmethod
    def from_sequences(
        cls, sequences: np.ndarray, weights: np.ndarray, q: int, rng: np.random.Generator
    ) -> "Reference":
        """Compute the marginals of weighted sequences at random sets of sites.

        Parameters
        ----------
        sequences, weights : np.ndarray
            (M, L) uint8 and (M,).
        q : int
            States.
        rng : numpy.random.Generator
            Draws the sets of sites.

        Returns
        -------
        Reference
        """
        length = sequences.shape[1]

        def _draw_sites(count: int, order: int) -> np.ndarray:
            sets = [np.sort(rng.choice(length, order, replace=False)) for _ in range(count)]
            return np.unique(sets, axis=0)

        pairs = frequencies(sequences, q, weights)
        # Wide alphabets have many states a triple.
        count = min(_TRIPLES, max(10, 3_000_000 // q**3))
        triples = _draw_sites(count, 3) if length > 2 else np.empty((0, 3), int)
        words = {
            order: TopPatterns.from_reference(sequences, weights, _draw_sites(_SETS, order))
            for order in ORDERS
            if order <= length
        }
        return cls(q, pairs, triples, triple_correlations(sequences, q, triples, weights), words)

    def compare(self, samples: np.ndarray) -> pd.DataFrame:
        """Compare the marginals of samples with the reference's.

        Parameters
        ----------
        samples : np.ndarray
            (N, L) uint8.

        Returns
        -------
        pandas.DataFrame
            One row an order: order, pearson and slope of connected correlations (orders 2 and 3), r20 and its error;
            nan where nothing varies.
        """
        agreements: dict[int, Agreement] = {2: correlation_agreement(self.pairs, samples)}
        if len(self.triples):
            agreements[3] = self._compare_triples(samples)
        rows = []
        for order, words in self.words.items():
            pearson = words.correlations(samples)
            r20, error = (pearson.mean(), pearson.std() / len(pearson) ** 0.5) if len(pearson) else (np.nan, np.nan)
            connected_agreement = agreements.get(order, Agreement(np.nan, np.nan))
            connected = {"pearson": connected_agreement.pearson, "slope": connected_agreement.slope}
            rows.append({"order": order} | connected | {"r20": r20, "r20_error": error})
        return pd.DataFrame(rows)

    def _compare_triples(self, samples: np.ndarray) -> Agreement:
        """Compare connected correlations of three sites, whose mean over the states is 0, a triple at a time."""
        xx = yy = xy = 0.0
        for reference, correlations in zip(self.triple, _iterate_triples(samples, self.q, self.triples), strict=True):
            x, y = reference.ravel(), correlations.ravel()
            xx, yy, xy = xx + x @ x, yy + y @ y, xy + x @ y
        rounding = self.triple.size * _ROUNDING**2
        xx, yy = (0.0 if square <= rounding else float(square) for square in (xx, yy))
        return agreement_from_sums(xx, yy, float(xy))
