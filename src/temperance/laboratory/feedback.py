"""Whether a model that learns from results ranks other sequences better, and how strongly it is to learn from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.checkpoint import NONE, Checkpoint
from temperance.laboratory.calibrated import count_clusters, divide_folds
from temperance.laboratory.findings import DESIGN, NATURAL, Measurements, choose_quoted
from temperance.stats.clustered import auc_influences, estimate_auc, resample_clusters
from temperance.stats.estimate import Estimate, estimate, estimate_columns

# Strengths that are tried; adabmDCA's is 1. And folds, each of which costs a short training a strength.
STRENGTHS = (0.1, 0.3, 1.0)
FOLDS = 5


@dataclass(frozen=True)
class LeftOutEnergies:
    """Energies of measured sequences by models that have not seen their results.

    Attributes
    ----------
    strengths : np.ndarray
        (K,) ascending, the first 0: the model of natural sequences alone.
    energies : np.ndarray
        (K, N) nats, less the mean energy of the training sequences by the same model; nan where training diverged.
    folds : np.ndarray
        (N,) fold by which each sequence was left out, with its relatives.
    """

    strengths: np.ndarray
    energies: np.ndarray
    folds: np.ndarray


def leave_out_results(
    measured: Measurements, strengths: Sequence[float], energies_without: Callable[[np.ndarray], np.ndarray],
    plain: np.ndarray, seed: int, rng: np.random.Generator, checkpoint: Checkpoint = NONE,
) -> LeftOutEnergies | None:  # fmt: skip
    """Compute energies of measured sequences by models that learnt from the results of no relative of theirs.

    Parameters
    ----------
    measured : Measurements
        All of them.
    strengths : sequence of float
        Positive, ascending.
    energies_without : callable
        From (N,) bool, the sequences whose results are learnt from, to energies (K, N) of all at every strength.
    plain : np.ndarray
        (N,) energies by the model of natural sequences alone.
    seed : int
        Of the folds.
    rng : numpy.random.Generator
        From which `energies_without` draws; a checkpoint keeps its state.
    checkpoint : Checkpoint
        From which it goes on after a fold.

    Returns
    -------
    LeftOutEnergies or None
        None where functional sequences, or others, are of a single cluster.
    """
    clusters = count_clusters(measured.functional, measured.clusters)
    if min(clusters) < 2:
        return None
    folds = divide_folds(measured.functional, measured.clusters, min(FOLDS, *clusters), seed)
    energies = np.full((len(strengths) + 1, len(folds)), np.nan)
    energies[0], first_fold = plain, 0
    if saved := checkpoint.load():
        energies, first_fold, rng.bit_generator.state = saved["energies"], saved["done"], saved["random_state"]
    for fold in range(first_fold, folds.max() + 1):
        energies[1:, folds == fold] = energies_without(folds != fold)[:, folds == fold]
        if checkpoint.due:
            checkpoint.save({"energies": energies, "done": fold + 1, "random_state": rng.bit_generator.state})
    return LeftOutEnergies(np.array([0.0, *strengths]), energies, folds)


@dataclass(frozen=True)
class Gain:
    """How much better than the plain model one that learnt from results ranks functional sequences first.

    Attributes
    ----------
    strength : float
        With which results are to be learnt from: 0 where that is of no proven use.
    quoted : {'design', 'natural'}
        Sequences on which that is assessed.
    results : int
        Their number.
    plain, auc, gain : Estimate
        AUC of the plain model, of the one that learnt from other results, and their difference.
    why : str
        A sentence.
    """

    strength: float
    quoted: str
    results: int
    plain: Estimate
    auc: Estimate
    gain: Estimate
    why: str

    def summary(self) -> dict[str, Any]:
        """Collect the values for a JSON file.

        Returns
        -------
        dict
        """
        columns = estimate_columns("plain", self.plain) | estimate_columns("auc", self.auc)
        columns |= estimate_columns("gain", self.gain)
        return {"strength": self.strength, "quoted": self.quoted, "results": self.results, "why": self.why} | columns


def choose_feedback(
    measured: Measurements, left_out: LeftOutEnergies, fixed: float | None, rng: np.random.Generator, draws: int
) -> Gain:
    """Choose how strongly results are learnt from, and assess it by sequences that took no part in the choice.

    The strength of the largest AUC is chosen. Each fold is assessed at the strength that the other folds choose.

    Parameters
    ----------
    measured : Measurements
        All of them.
    left_out : LeftOutEnergies
        Of `leave_out_results`.
    fixed : float, optional
        Strength that the user has set, at which training did not diverge.
    rng : numpy.random.Generator
        Source of the bootstrap over clusters of relatives.
    draws : int
        Bootstrap draws.

    Returns
    -------
    Gain
        Without a strength of the user, that is 0 unless the gain's whole interval is above 0.
    """
    quoted = choose_quoted(measured)
    rows = measured.designed == (quoted == DESIGN)
    subset, energies, folds = measured.select(rows), left_out.energies[:, rows], left_out.folds[rows]
    allowed = left_out.strengths == fixed if fixed else True
    usable = np.flatnonzero(np.isfinite(energies).all(axis=1) & allowed)
    scores = -energies[0]
    for fold in np.unique(folds):
        outside, inside = folds != fold, folds == fold
        scores = np.where(inside, -energies[_best(energies, subset.functional, outside, usable)], scores)
    plain = estimate_auc(-energies[0], subset.functional, subset.clusters)
    auc = estimate_auc(scores, subset.functional, subset.clusters)

    def _gain(members: np.ndarray) -> float:
        outcomes = subset.functional[members]
        return _auc(scores[members], outcomes) - _auc(-energies[0, members], outcomes)

    values = resample_clusters(subset.clusters, rng, draws, _gain)
    values, units = values[np.isfinite(values)], len(np.unique(subset.clusters))
    gain = Estimate(float("nan"), -1.0, 1.0)
    if len(values):
        gain = estimate(_gain(np.arange(len(subset.functional))), values, units)
    best = float(left_out.strengths[_best(energies, subset.functional, np.ones(len(folds), bool), usable)])
    helps = bool(gain.low > 0) and best > 0
    kind = "designs" if quoted == DESIGN else "natural sequences"
    why = (
        f"Learnt from the results of others that are no relatives, the model ranks functional {kind} above others with "
        f"AUC {auc.brief()}, without results with {plain.brief()}: a gain of {gain.brief()}"
    )
    why += "." if helps else ", which may be chance."
    strength = fixed or (best if helps else 0.0)
    return Gain(strength, quoted, len(subset.functional), plain, auc, gain, why)


def _best(energies: np.ndarray, functional: np.ndarray, members: np.ndarray, usable: np.ndarray) -> int:
    """Find the strength of the largest AUC among sequences; the weaker of equals."""
    aucs = [_auc(-energies[number, members], functional[members]) for number in usable]
    return int(usable[int(np.nan_to_num(aucs).argmax())])


def _auc(scores: np.ndarray, functional: np.ndarray) -> float:
    if functional.all() or not functional.any():
        return float("nan")
    return auc_influences(scores, functional)[0]


def tabulate_strengths(measured: Measurements, left_out: LeftOutEnergies) -> pd.DataFrame:
    """Tabulate how well models that learn from results with each strength rank sequences whose results they lack.

    Parameters
    ----------
    measured : Measurements
        All of them.
    left_out : LeftOutEnergies
        Of `leave_out_results`.

    Returns
    -------
    pandas.DataFrame
        One row a strength and kind of sequences: strength, kind, results, auc with its interval.
    """
    rows = []
    for kind, members in ((NATURAL, ~measured.designed), (DESIGN, measured.designed)):
        for strength, energies in zip(left_out.strengths, left_out.energies, strict=True):
            if members.any() and np.isfinite(energies[members]).all():
                auc = estimate_auc(-energies[members], measured.functional[members], measured.clusters[members])
                row = {"strength": float(strength), "kind": kind, "results": int(members.sum())}
                rows.append(row | estimate_columns("auc", auc))
    return pd.DataFrame(rows, columns=["strength", "kind", "results", "auc", "auc_low", "auc_high"])
