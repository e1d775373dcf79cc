"""The scale on which samples are placed: percentiles among natural sequences."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NaturalScale:
    """Scores of natural sequences, those that the judge has learnt from included.

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
        """Sort natural sequences' scores (N,) of weights (N,); those without a score are left out."""
        scored = np.isfinite(scores) & (weights > 0)
        order = np.argsort(scores[scored], kind="stable")
        shares = np.concatenate([[0.0], np.cumsum(weights[scored][order])])
        return cls(scores[scored][order], shares / shares[-1] if shares[-1] else shares)

    def percentiles(self, scores: np.ndarray) -> np.ndarray:
        """Percentile of each score (M,) among natural sequences, equal scores counted half; nan without a score.

        The weighted mean percentile of the natural sequences themselves is 50.
        """
        scores = np.asarray(scores, float)
        below, upto = (self.shares[np.searchsorted(self.scores, scores, side)] for side in ("left", "right"))
        return np.where(np.isnan(scores) | (len(self.scores) == 0), np.nan, 50 * (below + upto))

    def score_at(self, percentile: float) -> float:
        """Lowest natural score that at least this percentage of the natural weight does not exceed."""
        at = np.searchsorted(self.shares[1:], percentile / 100 - 1e-9)
        return float(self.scores[min(int(at), len(self.scores) - 1)])
