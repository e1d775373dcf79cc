"""Measured sequences with scores, and the probability that other sequences are functional."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit

from temperance.laboratory.calibrated import CalibratedModel
from temperance.laboratory.expectation import relearn
from temperance.laboratory.findings import (
    DESIGN,
    Calibration,
    Measurements,
    calibrate_model,
    tabulate_groups,
    tabulate_learning,
)
from temperance.laboratory.probabilities import Probabilities
from temperance.laboratory.scored_results import score_results
from temperance.laboratory.threshold import Threshold, choose_threshold
from temperance.scoring.judges import Judge


@dataclass(frozen=True)
class Assessment:
    """Measured sequences of a family, and the probability that others are functional.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a sequence: table, line, name, measured, group, kind, cluster, distance_natural, a column a judge,
        energy, functional and p_functional, that of a model which has seen neither the sequence nor a relative.
    threshold : Threshold
        Score above which a sequence is functional.
    results : Measurements
        The same as arrays.
    calibration : Calibration or None
        The calibrated model, how well it predicts, and whether it decides; None without a threshold.
    seed : int
        Of the folds.
    """

    table: pd.DataFrame
    threshold: Threshold
    results: Measurements
    calibration: Calibration | None
    seed: int

    @classmethod
    def from_results(
        cls, results: pd.DataFrame, sequences: np.ndarray, natural: np.ndarray, panel: Mapping[str, Judge],
        energies: np.ndarray, q: int, threshold: float | str, has_groups: bool, seed: int,
    ) -> "Assessment":  # fmt: skip
        """Score measured sequences and calibrate the probability that one is functional.

        Parameters
        ----------
        results : pandas.DataFrame
            Of `temperance.laboratory.results_table.read_results`.
        sequences : np.ndarray
            (N, L) uint8.
        natural : np.ndarray
            (M, L) uint8 natural sequences.
        panel : mapping
            Judges by name.
        energies : np.ndarray
            (N,) by the model, nats.
        q : int
            States of a site.
        threshold : float or 'auto'
            Score above which a sequence is functional.
        has_groups : bool
            Whether a group tells designs.
        seed : int
            Of folds and resampled results.

        Returns
        -------
        Assessment
        """
        table = score_results(results, sequences, natural, panel, has_groups).assign(energy=energies)
        limit = choose_threshold(table["measured"].to_numpy(), threshold)
        functional = (table["measured"] > (np.inf if limit.value is None else limit.value)).to_numpy()
        designed = (table["kind"] == DESIGN).to_numpy()
        measured = Measurements(
            sequences, table[list(panel)].to_numpy(float), list(panel), functional, designed,
            table["cluster"].to_numpy(), q,
        )  # fmt: skip
        calibration = calibrate_model(measured, seed) if limit.value is not None else None
        table["functional"] = functional if limit.value is not None else pd.NA
        table["p_functional"] = expit(calibration.log_odds) if calibration else np.nan
        return cls(table, limit, measured, calibration, seed)

    @cached_property
    def resampled(self) -> list[CalibratedModel]:
        """Learn models from resampled results.

        Returns
        -------
        list of CalibratedModel
            Empty without a calibrated model.
        """
        if self.calibration is None or self.calibration.strength is None:
            return []
        return relearn(self.results, self.calibration.strength, np.random.default_rng(self.seed))

    @property
    def groups(self) -> pd.DataFrame:
        """Tabulate the functional share of each group of measured sequences.

        Returns
        -------
        pandas.DataFrame
            As of `temperance.laboratory.findings.tabulate_groups`.
        """
        return tabulate_groups(self.table, [*self.results.judges, "energy"])

    @property
    def learning(self) -> pd.DataFrame:
        """Tabulate how well models that are learnt from some results predict others.

        Returns
        -------
        pandas.DataFrame
            As of `temperance.laboratory.findings.tabulate_learning`; empty without a calibrated model.
        """
        return tabulate_learning(self.results, self.calibration, self.seed) if self.calibration else pd.DataFrame()

    def probabilities(self, sequences: np.ndarray, scores: pd.DataFrame) -> Probabilities | None:
        """Compute how probably other sequences are functional.

        Parameters
        ----------
        sequences : np.ndarray
            (N, L) uint8.
        scores : pandas.DataFrame
            A column of scores a judge.

        Returns
        -------
        Probabilities or None
            None where too little was measured for a model.
        """
        if self.calibration is None or self.calibration.model is None:
            return None
        models = [self.calibration.model, *self.resampled]
        return Probabilities.compute(models, self.results.sequences, self.calibration.decides, sequences, scores)
