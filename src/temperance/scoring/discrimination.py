"""Test whether a judge depends on more than single sites: natural sequences against the same with shuffled columns."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Discrimination:
    """Chance that a natural sequence scores above one of shuffled columns (the area under the ROC curve).

    Attributes
    ----------
    auc, error : float
        0.5 for a judge of single sites only; and its standard error.
    """

    auc: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval.

        Returns
        -------
        float
        """
        return self.auc - 1.96 * self.error


def shuffle_columns(sequences: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Permute each column of sequences independently: one-site frequencies stay, correlations go.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    rng : numpy.random.Generator
        Source of the permutations.

    Returns
    -------
    np.ndarray
        (M, L) uint8.
    """
    return rng.permuted(sequences, axis=0)


def discriminate(natural: np.ndarray, shuffled: np.ndarray, units: float | None = None) -> Discrimination:
    """Measure how well scores tell natural sequences from shuffled ones, by the area under the ROC curve.

    Parameters
    ----------
    natural, shuffled : np.ndarray
        (N,) and (S,) scores; nan where there is none.
    units : float, optional
        Independent natural sequences that the scores are worth; as many as there are if not set.

    Returns
    -------
    Discrimination
        nan where there are no natural or no shuffled sequences.

    References
    ----------
    Hanley, McNeil, Radiology 143:29, 1982, doi:10.1148/radiology.143.1.7063747, for the error.

    Examples
    --------
    >>> discriminate(np.array([2.0, 3.0]), np.array([1.0, 2.5])).auc
    0.75
    """
    natural, shuffled = (scores[np.isfinite(scores)] for scores in (natural, shuffled))
    count, shuffled_count = len(natural), len(shuffled)
    if not count or not shuffled_count:
        return Discrimination(float("nan"), float("nan"))
    ranks = pd.Series(np.concatenate([natural, shuffled])).rank().to_numpy()[:count]
    auc = float((ranks.sum() - count * (count + 1) / 2) / (count * shuffled_count))
    independent = max(min(units or count, count), 1.0)
    q1, q2 = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    variance = (auc * (1 - auc) + (independent - 1) * q1 + (shuffled_count - 1) * q2) / (independent * shuffled_count)
    return Discrimination(auc, max(variance, 0.0) ** 0.5)
