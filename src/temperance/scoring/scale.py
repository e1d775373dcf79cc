"""The scale on which samples are placed: percentiles among natural sequences."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NaturalScale:
    """Scale of a judge: the scores of natural sequences, including those that the judge was learnt from.

    Attributes
    ----------
    scores : np.ndarray
        (N,) ascending.
    shares : np.ndarray
        (N + 1,) share of the weight that lies before each, from 0 to 1.
    """

    scores: np.ndarray
    shares: np.ndarray

    @classmethod
    def measure(cls, scores: np.ndarray, weights: np.ndarray) -> "NaturalScale":
        """Build the scale from the scores of natural sequences; those without a score are left out.

        Parameters
        ----------
        scores, weights : np.ndarray
            (N,); scores may be nan.

        Returns
        -------
        NaturalScale
        """
        scored = np.isfinite(scores) & (weights > 0)
        order = np.argsort(scores[scored], kind="stable")
        shares = np.concatenate([[0.0], np.cumsum(weights[scored][order])])
        return cls(scores[scored][order], shares / shares[-1] if shares[-1] else shares)

    def percentiles(self, scores: np.ndarray) -> np.ndarray:
        """Compute the percentile of each score among natural sequences, equal scores counted half.

        The weighted mean percentile of the natural sequences themselves is 50.

        Parameters
        ----------
        scores : np.ndarray
            (M,)

        Returns
        -------
        np.ndarray
            (M,) from 0 to 100; nan without a score.

        Examples
        --------
        >>> NaturalScale.measure(np.array([1.0, 2.0]), np.ones(2)).percentiles(np.array([0.0, 1.0, 1.5, 2.0]))
        array([ 0., 25., 50., 75.])
        """
        scores = np.asarray(scores, float)
        lower, upper = (self.shares[np.searchsorted(self.scores, scores, side)] for side in ("left", "right"))
        return np.where(np.isnan(scores) | (len(self.scores) == 0), np.nan, 50 * (lower + upper))

    def score_at(self, percentile: float) -> float:
        """Find the lowest natural score that at least a percentage of the natural weight does not exceed.

        Parameters
        ----------
        percentile : float
            That percentage.

        Returns
        -------
        float

        Examples
        --------
        >>> NaturalScale.measure(np.array([1.0, 2.0]), np.ones(2)).score_at(50)
        1.0
        """
        index = np.searchsorted(self.shares[1:], percentile / 100 - 1e-9)
        return float(self.scores[min(int(index), len(self.scores) - 1)])
