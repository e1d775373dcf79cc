"""The calibrated model: the probability that a sequence is functional, learnt from measured ones.

A logistic regression on residues and on scores of judges, with a ridge penalty that is chosen by the likelihood of
sequences that are left out, whole clusters of relatives at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack
from scipy.special import expit, log_expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from temperance.core.files import load_arrays, save_arrays

# Inverse strengths of the penalty that are tried, in units of one sequence.
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
FOLDS = 10
_MOST_ITERATIONS = 2000


@dataclass(frozen=True)
class CalibratedModel:
    """Logistic model of the probability that a sequence is functional.

    Attributes
    ----------
    residues : np.ndarray
        (L, q) weight of each state at each site.
    judges : list of str
        Judges whose scores it reads.
    weights, centres, scales : np.ndarray
        (J,) weight of each judge's score, in units of `scales` above `centres`.
    intercept : float
        Log-odds of a sequence whose weights sum to zero.
    """

    residues: np.ndarray
    judges: list[str]
    weights: np.ndarray
    centres: np.ndarray
    scales: np.ndarray
    intercept: float

    def log_odds(self, sequences: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Compute the log-odds that sequences are functional.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.
        scores : np.ndarray
            (N, J) by the judges.

        Returns
        -------
        np.ndarray
            (N,)
        """
        by_residue = self.residues[np.arange(len(self.residues)), sequences].sum(axis=1)
        return self.intercept + by_residue + (scores - self.centres) / self.scales @ self.weights

    def probabilities(self, sequences: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Compute the probability that sequences are functional.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.
        scores : np.ndarray
            (N, J) by the judges.

        Returns
        -------
        np.ndarray
            (N,)
        """
        return expit(self.log_odds(sequences, scores))

    @classmethod
    def learn(
        cls, sequences: np.ndarray, scores: np.ndarray, functional: np.ndarray, q: int, strength: float,
        judges: Sequence[str] = (),
    ) -> "CalibratedModel":  # fmt: skip
        """Learn a model from measured sequences.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.
        scores : np.ndarray
            (N, J) by the judges.
        functional : np.ndarray
            (N,) bool.
        q : int
            States of a site.
        strength : float
            Inverse strength of the ridge penalty.
        judges : sequence of str
            Names of the judges.

        Returns
        -------
        CalibratedModel
            Where all sequences are functional, or none is, one probability for all: the share of functional ones among
            these and half a sequence more of either kind.
        """
        length = sequences.shape[1]
        centres, scales = scores.mean(axis=0), scores.std(axis=0)
        scales = np.where(scales > 0, scales, 1.0)
        if functional.all() or not functional.any():
            share = (functional.sum() + 0.5) / (len(functional) + 1)
            weights = np.zeros(scores.shape[1])
            return cls(np.zeros((length, q)), list(judges), weights, centres, scales, float(logit(share)))
        features = hstack([_one_hot(sequences, q), csr_array((scores - centres) / scales)]).tocsr()
        regression = LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS).fit(features, functional)
        residues, weights = np.split(regression.coef_[0], [length * q])
        intercept = float(regression.intercept_[0])
        return cls(residues.reshape(length, q), list(judges), weights, centres, scales, intercept)

    def save(self, path: str | Path, metadata: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Write the model to a file.

        Parameters
        ----------
        path : path
            The file.
        metadata : dict
            Added to the file.
        arrays : dict
            Added to the file.
        """
        own = {name: getattr(self, name) for name in ("residues", "weights", "centres", "scales")}
        save_arrays(path, own | arrays, metadata | {"judges": self.judges, "intercept": self.intercept})

    @classmethod
    def load(cls, path: str | Path) -> "CalibratedModel":
        """Read a model that `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        CalibratedModel
        """
        arrays, metadata = load_arrays(path)
        return cls(
            arrays["residues"], metadata["judges"], arrays["weights"], arrays["centres"], arrays["scales"],
            metadata["intercept"],
        )  # fmt: skip


_PARAMETERS = ("residues", "weights", "centres", "scales", "intercept")


def stack_models(models: Sequence[CalibratedModel]) -> dict[str, np.ndarray]:
    """Stack the parameters of models that read the same judges, for a file.

    Parameters
    ----------
    models : sequence of CalibratedModel
        Of resampled results.

    Returns
    -------
    dict of str to np.ndarray
        Arrays whose leading axis is that of the models.
    """
    return {f"resampled_{name}": np.array([getattr(model, name) for model in models]) for name in _PARAMETERS}


def load_resampled(path: str | Path) -> list[CalibratedModel]:
    """Load the models of resampled results that were written beside a calibrated model.

    Parameters
    ----------
    path : path
        File of `CalibratedModel.save`, with the arrays of `stack_models`.

    Returns
    -------
    list of CalibratedModel
        Empty where there are none.
    """
    arrays, metadata = load_arrays(path)
    rows = zip(*(arrays[f"resampled_{name}"] for name in _PARAMETERS), strict=True)
    return [
        CalibratedModel(residues, metadata["judges"], weights, centres, scales, float(intercept))
        for residues, weights, centres, scales, intercept in rows
    ]


def _one_hot(sequences: np.ndarray, q: int) -> csr_array:
    count, length = sequences.shape
    columns = (np.arange(length) * q + sequences).ravel()
    return csr_array((np.ones(count * length), columns, np.arange(count + 1) * length), shape=(count, length * q))


@dataclass(frozen=True)
class LeftOut:
    """Predictions for measured sequences by models that did not see them.

    Attributes
    ----------
    strength : float
        Inverse strength of the penalty.
    log_odds : np.ndarray
        (N,) by the model that left out the sequence's fold.
    """

    strength: float
    log_odds: np.ndarray


def leave_out_clusters(
    sequences: np.ndarray, scores: np.ndarray, functional: np.ndarray, labels: np.ndarray, q: int, seed: int
) -> LeftOut | None:
    """Predict each measured sequence from others that are no relatives, and choose the penalty by these predictions.

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    scores : np.ndarray
        (N, J) by judges.
    functional : np.ndarray
        (N,) bool.
    labels : np.ndarray
        (N,) clusters, which are not divided between folds.
    q : int
        States of a site.
    seed : int
        Of the folds.

    Returns
    -------
    LeftOut or None
        None where functional sequences, or others, are of a single cluster.
    """
    clusters = count_clusters(functional, labels)
    if min(clusters) < 2:
        return None
    folds = divide_folds(functional, labels, min(FOLDS, *clusters), seed)
    candidates = [
        LeftOut(strength, _predict_folds(sequences, scores, functional, folds, q, strength)) for strength in STRENGTHS
    ]
    return max(candidates, key=lambda candidate: log_likelihood(candidate.log_odds, functional))


def leave_out_random(
    sequences: np.ndarray, scores: np.ndarray, functional: np.ndarray, q: int, strength: float, seed: int
) -> np.ndarray:
    """Predict each measured sequence from others that are drawn at random, relatives among them.

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    scores : np.ndarray
        (N, J) by judges.
    functional : np.ndarray
        (N,) bool, two of either at least.
    q : int
        States of a site.
    strength : float
        Inverse strength of the penalty.
    seed : int
        Of the folds.

    Returns
    -------
    np.ndarray
        (N,) log-odds.
    """
    count = min(FOLDS, int(functional.sum()), int((~functional).sum()))
    folds = divide_folds(functional, np.arange(len(functional)), count, seed)
    return _predict_folds(sequences, scores, functional, folds, q, strength)


def log_likelihood(log_odds: np.ndarray, functional: np.ndarray) -> float:
    """Compute the mean log-likelihood of what was measured.

    Parameters
    ----------
    log_odds : np.ndarray
        (N,) predicted.
    functional : np.ndarray
        (N,) bool, measured.

    Returns
    -------
    float
        Nats a sequence.

    Examples
    --------
    >>> round(log_likelihood(np.array([0.0, np.log(3)]), np.array([False, True])), 3)
    -0.49
    """
    return float(log_expit(np.where(functional, log_odds, -log_odds)).mean())


def count_clusters(functional: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    """Count the clusters that have functional sequences, and those that have others.

    Parameters
    ----------
    functional : np.ndarray
        (N,) bool.
    labels : np.ndarray
        (N,) clusters.

    Returns
    -------
    functional, others : int

    Examples
    --------
    >>> count_clusters(np.array([True, True, False]), np.array([0, 1, 1]))
    (2, 1)
    """
    return len(np.unique(labels[functional])), len(np.unique(labels[~functional]))


def divide_folds(functional: np.ndarray, labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Assign whole clusters to folds with about equal shares of functional sequences.

    Parameters
    ----------
    functional : np.ndarray
        (N,) bool.
    labels : np.ndarray
        (N,) clusters.
    count : int
        Number of folds.
    seed : int
        Of the assignment.

    Returns
    -------
    np.ndarray
        (N,) int: numbers of folds, from 0.
    """
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    folds = np.zeros(len(functional), int)
    for number, (_, left_out) in enumerate(splitter.split(functional, functional, labels)):
        folds[left_out] = number
    return folds


def _predict_folds(
    sequences: np.ndarray, scores: np.ndarray, functional: np.ndarray, folds: np.ndarray, q: int, strength: float
) -> np.ndarray:
    log_odds = np.zeros(len(functional))
    # Threads of BLAS take longer to start than such a fit.
    with threadpool_limits(1):
        for fold in range(folds.max() + 1):
            rest, left_out = folds != fold, folds == fold
            model = CalibratedModel.learn(sequences[rest], scores[rest], functional[rest], q, strength)
            log_odds[left_out] = model.log_odds(sequences[left_out], scores[left_out])
    return log_odds
