"""What measured sequences say: shares of functional ones, how well each score predicts, and whether a model may decide.

All intervals count relatives, sequences of one cluster, as what they are worth (`temperance.stats.clustered`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from temperance.core.files import finite_values
from temperance.laboratory.calibrated import (
    CalibratedModel,
    LeftOut,
    count_clusters,
    leave_out_clusters,
    leave_out_random,
)
from temperance.stats.clustered import (
    auc_influences,
    auc_interval,
    design_effect,
    estimate_auc,
    estimate_share,
    estimate_spearman,
)
from temperance.stats.estimate import Estimate, estimate_columns

NATURAL, DESIGN = "natural", "design"
# A calibrated model decides if it ranks functional sequences above others at least so often, by its 95 % interval, and
# has seen so many clusters of relatives with functional sequences, and as many with others.
LEAST_AUC, LEAST_CLUSTERS = 0.6, 20
# Bins of a reliability diagram, of so many sequences at least.
_BINS, _LEAST_BIN = 10, 10
_MOST_NEEDED = 100_000


@dataclass(frozen=True)
class Measurements:
    """Measured sequences with what judges say of them.

    Attributes
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    scores : np.ndarray
        (N, J) by the judges that score every sequence.
    judges : list of str
        Their names.
    functional : np.ndarray
        (N,) bool.
    designed : np.ndarray
        (N,) bool: designs, not natural sequences.
    clusters : np.ndarray
        (N,) labels; relatives share one.
    q : int
        States of a site.
    """

    sequences: np.ndarray
    scores: np.ndarray
    judges: list[str]
    functional: np.ndarray
    designed: np.ndarray
    clusters: np.ndarray
    q: int

    def select(self, rows: np.ndarray) -> "Measurements":
        """Select some of the sequences.

        Parameters
        ----------
        rows : np.ndarray
            (N,) bool, or indices.

        Returns
        -------
        Measurements
        """
        return Measurements(
            self.sequences[rows], self.scores[rows], self.judges, self.functional[rows], self.designed[rows],
            self.clusters[rows], self.q,
        )  # fmt: skip

    def learn(self, strength: float) -> CalibratedModel:
        """Learn a calibrated model from all of them.

        Parameters
        ----------
        strength : float
            Inverse strength of the penalty.

        Returns
        -------
        CalibratedModel
        """
        return CalibratedModel.learn(self.sequences, self.scores, self.functional, self.q, strength, self.judges)


@dataclass(frozen=True)
class Calibration:
    """The model of all measured sequences, how well it predicts those that it has not seen, and whether it may decide.

    Attributes
    ----------
    model : CalibratedModel or None
        None where sequences of one kind only were measured, functional or not.
    strength : float or None
        Inverse strength of its penalty.
    log_odds : np.ndarray
        (N,) predicted without a sequence and its relatives; nan without a model.
    auc : Estimate
        By these predictions, over `quoted`.
    quoted : {'design', 'natural'}
        Sequences on which it is measured: designs, if enough of them were measured for a decision, else natural ones.
    decides : bool
        Whether the probabilities may decide.
    why : str
        A sentence.
    needed : int or None
        Results of the quoted kind at which it could decide, if it went on predicting as well; None where no number
        would do, or it is not known.
    """

    model: CalibratedModel | None
    strength: float | None
    log_odds: np.ndarray
    auc: Estimate
    quoted: str
    decides: bool
    why: str
    needed: int | None

    @property
    def extrapolates(self) -> bool:
        """Whether it was assessed by natural sequences only.

        Returns
        -------
        bool
        """
        return self.quoted == NATURAL

    def summary(self) -> dict[str, Any]:
        """Collect the values for a JSON file.

        Returns
        -------
        dict
            decides, why, needed, extrapolates, quoted, strength, and auc with its interval; None for what is not known.
        """
        return {
            "decides": self.decides, "why": self.why, "needed": self.needed, "quoted": self.quoted,
            "extrapolates": self.extrapolates, "strength": self.strength,
        } | finite_values(estimate_columns("auc", self.auc))  # fmt: skip


def calibrate_model(measured: Measurements, seed: int) -> Calibration:
    """Learn the calibrated model, and find out whether it may decide.

    Parameters
    ----------
    measured : Measurements
        All of them.
    seed : int
        Of the folds.

    Returns
    -------
    Calibration
    """
    quoted = choose_quoted(measured)
    rows = measured.designed == (quoted == DESIGN)
    left_out = _leave_out(measured, seed)
    if left_out is None:
        nothing, unknown = np.full(len(measured.functional), np.nan), Estimate(float("nan"), 0.0, 1.0)
        share = float(measured.functional.mean()) if len(measured.functional) else float("nan")
        why = f"{share:.0%} of {len(measured.functional)} sequences are functional: there is nothing to tell apart."
        return Calibration(None, None, nothing, unknown, quoted, False, why, None)
    auc = estimate_auc(left_out.log_odds[rows], measured.functional[rows], measured.clusters[rows])
    decides, why, needed = _decide(measured.select(rows), left_out.log_odds[rows], auc, quoted)
    model = measured.learn(left_out.strength)
    return Calibration(model, left_out.strength, left_out.log_odds, auc, quoted, decides, why, needed)


def _leave_out(measured: Measurements, seed: int) -> LeftOut | None:
    return leave_out_clusters(
        measured.sequences, measured.scores, measured.functional, measured.clusters, measured.q, seed
    )


def choose_quoted(measured: Measurements) -> str:
    """Choose the kind of sequences on which predictions are assessed.

    Parameters
    ----------
    measured : Measurements
        All of them.

    Returns
    -------
    {'design', 'natural'}
        Designs, if enough of them were measured.
    """
    designed = measured.designed
    clusters = count_clusters(measured.functional[designed], measured.clusters[designed])
    if designed.all() or min(clusters) >= LEAST_CLUSTERS:
        return DESIGN
    return NATURAL


def _decide(
    measured: Measurements, log_odds: np.ndarray, auc: Estimate, quoted: str
) -> tuple[bool, str, int | None]:  # fmt: skip
    """Tell whether the model may decide, why, and how many results would do."""
    kind = "designs" if quoted == DESIGN else "natural sequences"
    clusters = count_clusters(measured.functional, measured.clusters)
    needed = count_needed(measured, log_odds, auc.value)
    ranking = (
        f"It ranks functional {kind} that it has not seen, nor relatives of them, above others with AUC {auc.brief()}"
    )
    enough = f"About {needed:,} results would do" if needed else "No number of such results would do"
    if min(clusters) < LEAST_CLUSTERS:
        why = (
            f"Functional {kind} are of {clusters[0]} clusters of relatives and others of {clusters[1]}; it takes "
            f"{LEAST_CLUSTERS} of either to decide. {enough}."
        )
        return False, why, needed
    if auc.low < LEAST_AUC:
        return False, f"{ranking}, which may be chance (0.5) or little better. {enough}.", needed
    return True, f"{ranking}.", len(measured.functional)


def count_needed(measured: Measurements, log_odds: np.ndarray, auc: float) -> int | None:
    """Count the results at which a model could decide if it ranked them as well as the present ones.

    Parameters
    ----------
    measured : Measurements
        The present results.
    log_odds : np.ndarray
        (N,) predicted without a sequence and its relatives.
    auc : float
        By these predictions.

    Returns
    -------
    int or None
        None where `auc` is unknown or not above what it takes to decide, so that no number would do.
    """
    functional, labels = measured.functional, measured.clusters
    share = float(functional.mean()) if len(functional) else 0.0
    if not auc > LEAST_AUC or share in (0.0, 1.0):
        return None
    effect = design_effect(auc_influences(log_odds, functional)[1], labels)
    number = ceil(LEAST_CLUSTERS / (min(count_clusters(functional, labels)) / len(functional)))
    while number <= _MOST_NEEDED:
        worth = number / effect
        if auc_interval(auc, max(share * worth, 1.0), max((1 - share) * worth, 1.0))[0] >= LEAST_AUC:
            return number
        number = ceil(1.05 * number)
    return None


def tabulate_learning(measured: Measurements, calibration: Calibration, seed: int) -> pd.DataFrame:
    """Tabulate how well models that are learnt from some results predict others.

    Parameters
    ----------
    measured : Measurements
        All of them.
    calibration : Calibration
        Of all of them.
    seed : int
        Of the folds.

    Returns
    -------
    pandas.DataFrame
        One row a model and set of sequences: learnt (from natural sequences, designs or both), tested (on which), folds
        (clusters, random, or none where the tested ones had no part), results, auc with its interval, functional
        (measured share) and expected (mean probability).
    """
    kinds = {NATURAL: ~measured.designed, DESIGN: measured.designed}
    rows: list[dict[str, Any]] = []

    def _add(learnt: str, tested: str, folds: str, log_odds: np.ndarray, subset: Measurements) -> None:
        auc = estimate_auc(log_odds, subset.functional, subset.clusters)
        expected = float(expit(log_odds).mean())
        rows.append(
            {"learnt": learnt, "tested": tested, "folds": folds, "results": len(subset.functional)}
            | estimate_columns("auc", auc)
            | {"functional": float(subset.functional.mean()), "expected": expected}
        )

    all_left_out = None if calibration.strength is None else LeftOut(calibration.strength, calibration.log_odds)
    for kind, members in kinds.items():
        subset = measured.select(members)
        # Of all results it is known already.
        left_out = all_left_out if members.all() else _leave_out(subset, seed) if members.any() else None
        if left_out is None:
            continue
        _add(kind, kind, "clusters", left_out.log_odds, subset)
        random = leave_out_random(subset.sequences, subset.scores, subset.functional, subset.q, left_out.strength, seed)
        _add(kind, kind, "random", random, subset)
        unseen = measured.select(~members)
        if len(unseen.functional):
            model = subset.learn(left_out.strength)
            other = DESIGN if kind == NATURAL else NATURAL
            _add(kind, other, "none", model.log_odds(unseen.sequences, unseen.scores), unseen)
    if measured.designed.any() and not measured.designed.all() and calibration.model is not None:
        for kind, members in kinds.items():
            _add("both", kind, "clusters", calibration.log_odds[members], measured.select(members))
    columns = ["learnt", "tested", "folds", "results", "auc", "auc_low", "auc_high", "functional", "expected"]
    return pd.DataFrame(rows, columns=columns)


def tabulate_groups(table: pd.DataFrame, predictors: Sequence[str]) -> pd.DataFrame:
    """Tabulate the functional share of each group of measured sequences.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a sequence: kind, group, cluster, functional, distance_natural, p_functional.
    predictors : sequence of str
        Columns whose means are added.

    Returns
    -------
    pandas.DataFrame
        One row a group: kind, group, results, clusters, functional with its interval (nan where nothing is functional
        or not), distance_natural (mean share of sites to the nearest natural sequence), and means of the predictors.
    """
    rows = []
    for (kind, group), part in table.groupby(["kind", "group"], sort=False):
        share = Estimate(*[float("nan")] * 3)
        if part["functional"].notna().all():
            share = estimate_share(part["functional"].to_numpy(bool), part["cluster"].to_numpy())
        rows.append(
            {"kind": kind, "group": group, "results": len(part), "clusters": part["cluster"].nunique()}
            | estimate_columns("functional", share)
            | {name: float(part[name].mean()) for name in ("distance_natural", *predictors)}
        )
    return pd.DataFrame(rows)


def tabulate_predictors(
    table: pd.DataFrame, predictors: Sequence[str], rng: np.random.Generator, draws: int, seed: int
) -> pd.DataFrame:
    """Tabulate how well each score ranks measured sequences, of all designs, all natural ones and within each group.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a sequence: kind, group, cluster, functional, measured, and a column a predictor, higher for better.
    predictors : sequence of str
        Their columns.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.
    seed : int
        Of folds.

    Returns
    -------
    pandas.DataFrame
        One row a predictor and set: predictor, kind, group (`all`: every group), results, auc (for functional) and
        spearman (with the measured score) with their intervals, and, of every group, calibration_error: how far shares
        of functional sequences are from what a logistic function of the score leads to expect, sequences and their
        relatives left out.
    """
    sets = []
    for kind, part in table.groupby("kind", sort=False):
        groups = list(part.groupby("group", sort=False))
        sets += [(kind, "all", part), *((kind, group, rows) for group, rows in groups if len(groups) > 1)]
    rows = []
    for predictor in predictors:
        for kind, group, part in sets:
            scored = part[part[predictor].notna()]
            values, labels = scored[predictor].to_numpy(float), scored["cluster"].to_numpy()
            auc = Estimate(*[float("nan")] * 3)
            if scored["functional"].notna().all() and len(scored):
                auc = estimate_auc(values, scored["functional"].to_numpy(bool), labels)
            spearman = estimate_spearman(values, scored["measured"].to_numpy(float), labels, rng, draws)
            rows.append(
                {"predictor": predictor, "kind": kind, "group": group, "results": len(scored)}
                | estimate_columns("auc", auc)
                | estimate_columns("spearman", spearman)
                | {"calibration_error": _calibration_error_of(values, scored, seed) if group == "all" else np.nan}
            )
    return pd.DataFrame(rows)


def _calibration_error_of(values: np.ndarray, table: pd.DataFrame, seed: int) -> float:
    """Compute the calibration error of a logistic function of one score, with relatives left out."""
    if not table["functional"].notna().all():
        return float("nan")
    functional, labels = table["functional"].to_numpy(bool), table["cluster"].to_numpy()
    no_residues = np.zeros((len(table), 0), np.uint8)
    left_out = leave_out_clusters(no_residues, values[:, None], functional, labels, 1, seed)
    if left_out is None:
        return float("nan")
    return calibration_error(tabulate_reliability(expit(left_out.log_odds), functional, labels))


def tabulate_reliability(probabilities: np.ndarray, functional: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Tabulate how many of the sequences are functional of which a model expects about equally many to be.

    Parameters
    ----------
    probabilities : np.ndarray
        (N,) predicted.
    functional : np.ndarray
        (N,) bool, measured.
    labels : np.ndarray
        (N,) clusters.

    Returns
    -------
    pandas.DataFrame
        One row a bin, of about equally many sequences: expected (mean probability), functional (measured share) with
        its interval, results.
    """
    count = max(min(_BINS, len(probabilities) // _LEAST_BIN), 1)
    rows = [
        {"expected": float(probabilities[members].mean())}
        | estimate_columns("functional", estimate_share(functional[members], labels[members]))
        | {"results": len(members)}
        for members in np.array_split(np.argsort(probabilities, kind="stable"), count)
        if len(members)
    ]
    return pd.DataFrame(rows, columns=["expected", "functional", "functional_low", "functional_high", "results"])


def calibration_error(reliability: pd.DataFrame) -> float:
    """Compute the expected calibration error: the mean distance of expected and measured shares over sequences.

    Parameters
    ----------
    reliability : pandas.DataFrame
        Of `tabulate_reliability`.

    Returns
    -------
    float
        nan without any bin.

    Examples
    --------
    >>> bins = pd.DataFrame({"expected": [0.2, 0.6], "functional": [0.1, 0.9], "results": [10, 30]})
    >>> round(calibration_error(bins), 3)
    0.25
    """
    if reliability.empty:
        return float("nan")
    return float(
        np.average((reliability["expected"] - reliability["functional"]).abs(), weights=reliability["results"])
    )
