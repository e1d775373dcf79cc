"""Calibration of site conditionals beside the generalisation gap, of models of exactly solved truths."""

from itertools import product

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.potts.enumeration import all_sequences, boltzmann, conditional_logits, heat_capacity
from temperance.potts.exact_optima import matching_temperature
from temperance.stats.clustered import resample_clusters
from temperance.temperature.calibration import negative_log_likelihood, optimal_temperature
from temperance.validation.law import ExponentialFamily
from temperance.validation.systems import LENGTH, Q, draw_truth


def overfitting(
    seed: int,
    kinds: tuple[str, ...] = ("hopfield", "gapless", "critical"),
    sizes: tuple[int, ...] = (100, 300, 1000, 3000),
    penalties: tuple[float, ...] = (0.001, 0.01, 0.1),
    replicates: int = 6,
) -> pd.DataFrame:
    """Tabulate by how much models are overfitted, and the temperatures at which they are calibrated.

    Models are pairwise, of largest penalised likelihood. Held-out values are averages over the truth, and exact.

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    kinds : tuple of str
        Kinds of truths, as of `systems.draw_truth`.
    sizes : tuple of int
        Sequences of a training set.
    penalties : tuple of float
        L2 penalties on all parameters: fields have no maximum of the likelihood where a state is absent.
    replicates : int
        Training sets of each size.

    Returns
    -------
    pandas.DataFrame
        One row a model: family, M, l2, replicate, gap_pseudo (held-out less training negative pseudo-log-likelihood,
        nats a site), gap (of the negative log-likelihood, nats a sequence), heat_capacity (of the model), and the
        temperatures at which the losses are least: tau_cal and tau_cal_train (pseudo-likelihood, of held-out and of
        training sequences), tau_f and tau_train (likelihood).
    """
    family = ExponentialFamily.pairwise(LENGTH, Q)
    sequences = all_sequences(LENGTH, Q)
    rows = []
    for kind, size, replicate in product(kinds, sizes, range(1, replicates + 1)):
        truth = draw_truth(kind, seed)
        p = boltzmann(truth)
        rng = np.random.default_rng(derive_seed(seed, kind, "overfitting", str(size), str(replicate)))
        shares = rng.multinomial(size, p) / size
        for l2 in penalties:
            penalty = family.penalties(l2) + np.where(family.is_coupling, 0.0, l2 * Q)
            energies = -family.features @ family.fit(shares @ family.features, penalty)
            logits = conditional_logits(energies, LENGTH, Q)
            losses = negative_log_likelihood(logits, sequences, 1.0).mean(axis=1)
            calibrated, fitted = (
                optimal_temperature(logits, sequences, weights, rng, draws=2).value for weights in (p, shares)
            )
            rows.append(
                {"family": kind, "M": size, "l2": l2, "replicate": replicate,
                 "gap_pseudo": float((p - shares) @ losses), "gap": float((p - shares) @ energies),
                 "heat_capacity": heat_capacity(energies), "tau_cal": calibrated, "tau_cal_train": fitted,
                 "tau_f": matching_temperature(energies, float(p @ energies)),
                 "tau_train": matching_temperature(energies, float(shares @ energies))}
            )  # fmt: skip
    return pd.DataFrame(rows)


def correlate(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, rng: np.random.Generator, draws: int = 1000
) -> np.ndarray:
    """Compute the Pearson correlation with its 95 % interval, by resampling groups of points that share a training set.

    Parameters
    ----------
    x, y : np.ndarray
        (N,)
    groups : np.ndarray
        (N,) labels.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.

    Returns
    -------
    np.ndarray
        (3,) correlation, low and high.
    """

    def _correlate(rows: np.ndarray) -> float:
        # Of few training sets a draw may have one alone, of which there is no correlation.
        varied = np.ptp(x[rows]) and np.ptp(y[rows])
        return float(np.corrcoef(x[rows], y[rows])[0, 1]) if varied else float("nan")

    resampled = resample_clusters(groups, rng, draws, _correlate)
    return np.array([np.corrcoef(x, y)[0, 1], *np.nanquantile(resampled, [0.025, 0.975])])


def tabulate_correlations(table: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Tabulate how best temperatures correlate with the generalisation gap, for each truth and for all together.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `overfitting`.
    seed : int
        Random seed of the bootstrap over training sets.

    Returns
    -------
    pandas.DataFrame
        Index family ("all" for all together); columns tau_cal (less 1) and tau_cal_above_train (less tau_cal_train),
        with gap_pseudo; tau_f (less 1) with gap; tau_f_above_train (less tau_train) with the gap over the heat
        capacity. Each is a column of (correlation, low, high).
    """
    rows = {}
    for name in [*table["family"].unique(), "all"]:
        models = table if name == "all" else table[table["family"] == name]
        training_sets = models.groupby(["family", "M", "replicate"]).ngroup().to_numpy()
        pairs = {
            "tau_cal": (models["tau_cal"], models["gap_pseudo"]),
            "tau_cal_above_train": (models["tau_cal"] - models["tau_cal_train"], models["gap_pseudo"]),
            "tau_f": (models["tau_f"], models["gap"]),
            "tau_f_above_train": (models["tau_f"] - models["tau_train"], models["gap"] / models["heat_capacity"]),
        }
        rows[name] = {
            column: tuple(correlate(x.to_numpy(), y.to_numpy(), training_sets, np.random.default_rng(seed)))
            for column, (x, y) in pairs.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index")
