"""Models of the sector, the truth of the forerunner of arXiv:2512.09152, over the strength of their penalty."""

from typing import Any

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.core.settings.truths import SectorTruth
from temperance.engines.base import Engine
from temperance.potts.model import Potts
from temperance.sampling.replica_exchange import sample
from temperance.stats.resampling import jackknife_error
from temperance.thermo.thermodynamics import estimate_curves, group_ladders
from temperance.training import train
from temperance.truth import sector

STRENGTHS = (1e-8, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0)
SIZE, MUTATIONS, REPLICATES = 500, 3, 2
# The strength whose model is sampled at temperatures other than 1, too, and these.
TEMPERED, TEMPERATURES = 0.03, (0.5, 0.6, 0.7, 0.8, 0.9)
# Training on the way to a weak penalty, and its end: models of 35 sites need no more.
_TRAINING: dict[str, Any] = {
    "chains": 1000, "confirm_chains": 2000, "l2_path": (1.0, 0.1, 0.01, 0.001), "path_steps": 30, "max_steps": 150,
}  # fmt: skip


def tabulate_sector(
    temperature: float,
    seed: int,
    engine: Engine,
    strengths: tuple[float, ...] = STRENGTHS,
    replicates: int = REPLICATES,
    sequences: int = 2048,
) -> pd.DataFrame:
    """Tabulate entropy and false positives of models that were trained with penalties of different strengths.

    Parameters
    ----------
    temperature : float
        Of the sector: a mutation costs 1 / temperature, in nats.
    seed : int
        Random seed of training sets, training and sampling.
    engine : Engine
        Engine that trains and samples.
    strengths : tuple of float
        Strengths of the L2 penalty on couplings.
    replicates : int
        Training sets, the same ones for every strength.
    sequences : int
        Samples of a model at each sampling temperature.

    Returns
    -------
    pandas.DataFrame
        One row a model and sampling temperature: temperature (of the truth), replicate, l2, tau, entropy and its
        standard error (nats), false_positive (share of samples that are impossible under the truth), rhat (of the
        samples' energies), pearson (of two-site correlations of the model and its training set).
    """
    rows = []
    for replicate in range(1, replicates + 1):
        replicate_seed = derive_seed(seed, "sector", temperature, replicate)
        truth = SectorTruth(kind="sector", mutations=MUTATIONS, temperature=temperature, sequences=SIZE)
        training = sector.draw(truth, "ABCDE", replicate_seed).sequences
        for l2 in strengths:
            trained = train(training, np.ones(SIZE), sector.Q, engine, replicate_seed, l2_couplings=l2, **_TRAINING)
            taus = (*TEMPERATURES, 1.0) if l2 == TEMPERED else (1.0,)
            name = {"temperature": temperature, "replicate": replicate, "l2": l2}
            constants = {"pearson": trained.confirmation.pearson}
            rows += [
                name | row | constants
                for row in _sample_model(trained.model, engine, replicate_seed, taus, training, temperature, sequences)
            ]
    return pd.DataFrame(rows)


def _sample_model(
    model: Potts, engine: Engine, seed: int, taus: tuple[float, ...], training: np.ndarray, temperature: float,
    sequences: int,
) -> list[dict[str, float]]:  # fmt: skip
    """Sample a model at some temperatures, and compute its entropy and the share of impossible samples."""
    samples = sample(model, engine, seed, list(taus), starts=training, sequences=sequences, ladders=16, max_sweeps=64)
    curves = estimate_curves(samples.betas, group_ladders(samples.energies), model.L, model.q)
    rhat = samples.rungs[samples.rungs["requested"]].sort_values("temperature")["rhat"]
    rows = []
    for tau, sampled, spread in zip(samples.temperatures, samples.sequences, rhat, strict=True):
        entropy = curves.entropy[:, np.argmin(np.abs(curves.betas - 1 / tau))]
        impossible = np.isinf(sector.energies(sampled.reshape(-1, model.L), MUTATIONS, temperature))
        rows.append(
            {"tau": float(tau), "entropy": float(entropy[0]), "entropy_error": float(jackknife_error(entropy)),
             "false_positive": float(impossible.mean()), "rhat": float(spread)}
        )  # fmt: skip
    return rows
