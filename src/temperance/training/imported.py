"""Evaluation of a model that was trained elsewhere."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from temperance.engines.base import Engine
from temperance.potts.frequencies import CorrelationAgreement, Frequencies, correlation_agreement, frequencies
from temperance.potts.model import Potts
from temperance.training.convergence import ConvergenceTest
from temperance.training.result import Training
from temperance.training.run import HISTORY_COLUMNS
from temperance.training.strengths import COLUMNS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _FrozenModel:
    """An imported model with the interface of one in training; its penalty is unknown and counts as none."""

    prepared: Any
    data: Frequencies
    data_energy: float

    def correlation_agreement(self, chains: Any) -> CorrelationAgreement:
        """Compute the agreement of the connected correlations of chains with the data's.

        Parameters
        ----------
        chains : array
            (C, L) uint8.

        Returns
        -------
        CorrelationAgreement
        """
        return correlation_agreement(self.data, np.asarray(chains))

    def mean_data_energy(self) -> float:
        """Return the mean energy of the training data under the model.

        Returns
        -------
        float
            Nats.
        """
        return self.data_energy

    def penalty(self) -> float:
        """Return the L2 penalty, which of an imported model is not known.

        Returns
        -------
        float
            0.
        """
        return 0.0


def evaluate_imported(
    model: Potts,
    sequences: np.ndarray,
    weights: np.ndarray,
    engine: Engine,
    seed: int,
    *,
    confirm_chains: int = 10_000,
    progress: Callable[[str], None] = log.info,
) -> Training:
    """Measure how an imported model agrees with training sequences; nothing is trained.

    The penalty that it was trained with is not known, so its scale error is that of the likelihood alone. Two
    populations are annealed, and have to agree with each other.

    Parameters
    ----------
    model : Potts
        The imported model.
    sequences, weights : np.ndarray
        Training data, (M, L) uint8 and (M,).
    engine : Engine
        Sampler of the populations.
    seed : int
        Determines the result, together with the engine.
    confirm_chains : int
        Independent chains of each population.
    progress : callable
        Takes messages.

    Returns
    -------
    Training
        Its `stopped` is 'imported'; its history is one row, of step 0.
    """
    rng, data = np.random.default_rng(seed), frequencies(sequences, model.q, weights, np.float32)
    frozen = _FrozenModel(engine.prepare(model), data, float(np.average(model.energies(sequences), weights=weights)))
    test = ConvergenceTest(engine, sequences, weights, model.q, rng, progress)
    first, second = (test.population(frozen, confirm_chains) for _ in range(2))
    confirmation = test.confirm(
        frozen, first, second.energies, frozen.correlation_agreement(second.chains), second.families
    )
    missing = np.nan
    row = (
        0,
        missing,
        confirmation.pearson,
        confirmation.slope,
        confirmation.scale_error,
        missing,
        missing,
        missing,
        0.0,
    )
    return Training(
        model=model,
        stopped="imported",
        steps=0,
        l2_couplings=missing,
        l2_choice="unknown",
        confirmation=confirmation,
        history=pd.DataFrame([row], columns=HISTORY_COLUMNS),
        strengths=pd.DataFrame(columns=COLUMNS),
        sequences=len(sequences),
        meff=float(weights.sum()),
        target=None,
    )
