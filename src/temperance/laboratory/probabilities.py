"""Probabilities that candidates for designs are functional, by the calibrated model and those of resampled results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.files import load_arrays
from temperance.laboratory.calibrated import CalibratedModel, load_resampled
from temperance.msa.weights import find_nearest
from temperance.stats.estimate import estimate, estimate_columns


@dataclass(frozen=True)
class Probabilities:
    """Probabilities that candidates are functional, and how far these are from what was measured.

    Attributes
    ----------
    value : np.ndarray
        (N,) by the calibrated model.
    resampled : np.ndarray
        (B, N) by models of resampled results.
    distance_measured : np.ndarray
        (N,) share of sites that differ from the nearest measured sequence.
    decides : bool
        Whether the calibrated model has been found to predict results that it had not seen.
    """

    value: np.ndarray
    resampled: np.ndarray
    distance_measured: np.ndarray
    decides: bool

    @classmethod
    def compute(
        cls, models: Sequence[CalibratedModel], measured: np.ndarray, decides: bool, sequences: np.ndarray,
        scores: pd.DataFrame,
    ) -> "Probabilities":  # fmt: skip
        """Compute the probabilities of candidates.

        Parameters
        ----------
        models : sequence of CalibratedModel
            The calibrated model, then those of resampled results.
        measured : np.ndarray
            (M, L) uint8 measured sequences.
        decides : bool
            Whether the calibrated model decides.
        sequences : np.ndarray
            (N, L) uint8 candidates.
        scores : pandas.DataFrame
            Their scores, a column a judge.

        Returns
        -------
        Probabilities
        """
        judged = scores[models[0].judges].to_numpy(float)
        value, *resampled = (model.probabilities(sequences, judged) for model in models)
        return cls(value, np.array(resampled), 1 - find_nearest(sequences, measured)[1], decides)

    @classmethod
    def load(cls, path: Path, sequences: np.ndarray, scores: pd.DataFrame) -> "Probabilities | None":
        """Compute the probabilities of candidates by the models of a file.

        Parameters
        ----------
        path : Path
            Calibrated model, from `measured`.
        sequences : np.ndarray
            (N, L) uint8.
        scores : pandas.DataFrame
            Their scores, a column a judge.

        Returns
        -------
        Probabilities or None
            None where too little was measured for a model.
        """
        arrays, metadata = load_arrays(path)
        if not metadata["known"]:
            return None
        models = [CalibratedModel.load(path), *load_resampled(path)]
        return cls.compute(models, arrays["sequences"], bool(metadata["decides"]), sequences, scores)

    def columns(self, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """Collect what the table of designs says of them.

        Parameters
        ----------
        chosen : np.ndarray
            (K,) their indices.

        Returns
        -------
        dict of str to np.ndarray
            p_functional with its 95 % interval, and distance_measured.
        """
        probabilities = [
            estimate(value, draws) for value, draws in zip(self.value[chosen], self.resampled.T[chosen], strict=True)
        ]
        table = pd.DataFrame([estimate_columns("p_functional", probability) for probability in probabilities])
        return {str(name): table[name].to_numpy() for name in table} | {
            "distance_measured": self.distance_measured[chosen]
        }

    def expected(self, chosen: np.ndarray) -> dict[str, float]:
        """Compute how many designs are expected to be functional.

        Parameters
        ----------
        chosen : np.ndarray
            (K,) their indices.

        Returns
        -------
        dict of str to float
            expected_functional with its 95 % interval.
        """
        number = estimate(float(self.value[chosen].sum()), self.resampled[:, chosen].sum(axis=1))
        return estimate_columns("expected_functional", number)
