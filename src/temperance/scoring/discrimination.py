"""Whether a judge sees more than single sites: natural sequences against the same with shuffled columns."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True)
class Discrimination:
    """Chance that a natural sequence scores above one of shuffled columns (the area under the ROC curve).

    Attributes
    ----------
    auc, error : float
        0.5 for a judge that sees single sites only; and its standard error.
    """

    auc: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.auc - 1.96 * self.error


def shuffle_columns(sequences: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Permute each column of sequences (M, L) on its own: one-site frequencies stay, correlations go."""
    return rng.permuted(sequences, axis=0)


def discriminate(natural: np.ndarray, shuffled: np.ndarray, units: float | None = None) -> Discrimination:
    """Measure how well scores tell natural sequences from shuffled ones.

    Parameters
    ----------
    natural, shuffled : np.ndarray
        (N,) and (S,) scores; nan where there is none.
    units : float, optional
        Independent natural sequences that the scores are worth; as many as there are if not set.

    Returns
    -------
    Discrimination
        The error is that of Hanley and McNeil, Radiology 143:29, 1982, doi:10.1148/radiology.143.1.7063747.
    """
    natural, shuffled = (scores[np.isfinite(scores)] for scores in (natural, shuffled))
    count, others = len(natural), len(shuffled)
    if not count or not others:
        return Discrimination(float("nan"), float("nan"))
    ranks = rankdata(np.concatenate([natural, shuffled]))[:count]
    auc = float((ranks.sum() - count * (count + 1) / 2) / (count * others))
    worth = max(min(units or count, count), 1.0)
    one, two = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    variance = (auc * (1 - auc) + (worth - 1) * one + (others - 1) * two) / (worth * others)
    return Discrimination(auc, max(variance, 0.0) ** 0.5)
