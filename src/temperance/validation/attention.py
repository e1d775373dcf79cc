"""Attention of the attention model between hard and soft, and the temperature at which it predicts best."""

from itertools import product

import numpy as np
import pandas as pd
from scipy.special import entr

from temperance.baselines.attention import Attention
from temperance.baselines.registry import independent
from temperance.core.seeds import derive_seed
from temperance.potts.enumeration import all_sequences, boltzmann, conditional_logits, draw_sequences, energies_of_all
from temperance.potts.exact_optima import forward_divergence
from temperance.temperature.calibration import negative_log_likelihood
from temperance.validation.systems import LENGTH, Q, draw_truth

_TEMPERATURES = np.geomspace(0.03, 10, 26)


def attention(
    seed: int,
    kinds: tuple[str, ...] = ("planted", "hopfield", "gapless", "critical"),
    sizes: tuple[int, ...] = (30, 100, 300, 1000),
    replicates: int = 6,
) -> pd.DataFrame:
    """Tabulate how soft attention is and how well it predicts, against the temperature of its softmax.

    Equal sequences are one memory. Predictions are those of each site given all others; all averages are over the
    truth, which the memories are drawn from, and exact.

    Parameters
    ----------
    seed : int
        Random seed of truths and memories.
    kinds : tuple of str
        Kinds of truths, as of `systems.draw_truth`.
    sizes : tuple of int
        Sequences that the memories are made of.
    replicates : int
        Draws of each size.

    Returns
    -------
    pandas.DataFrame
        One row a model and temperature: family, M, replicate, temperature, entropy (mean, of attention, nats),
        largest_share (mean, of attention), loss (negative pseudo-log-likelihood, nats a site), divergence (KL(P || Q),
        nats a sequence), and the losses that do not depend on temperature, of the profile model of the same sequences
        and of the truth itself: profile_loss, truth_loss.
    """
    sequences = all_sequences(LENGTH, Q)
    rows = []
    for kind in kinds:
        truth = draw_truth(kind, seed)
        p = boltzmann(truth)
        truth_loss = measure_loss(truth, p)
        for size, replicate in product(sizes, range(1, replicates + 1)):
            rng = np.random.default_rng(derive_seed(seed, kind, "attention", str(size), str(replicate)))
            training = draw_sequences(truth, LENGTH, Q, size, rng)
            model = Attention.from_sequences(training, np.ones(size), Q)
            # Equal sequences are one memory.
            distinct = np.unique(training, axis=0, return_inverse=True)[1]
            membership = np.eye(distinct.max() + 1)[distinct]
            profile_loss = measure_loss(energies_of_all(independent(training, np.ones(size), Q)), p)
            for tau in _TEMPERATURES.tolist():
                energies, weights = model.energies(sequences, tau), model.attend(sequences, tau) @ membership
                rows.append(
                    {"family": kind, "M": size, "replicate": replicate, "temperature": tau,
                     "entropy": float(p @ entr(weights).sum(axis=1)), "largest_share": float(p @ weights.max(axis=1)),
                     "loss": measure_loss(energies, p), "divergence": forward_divergence(truth, energies, 1.0),
                     "profile_loss": profile_loss, "truth_loss": truth_loss}
                )  # fmt: skip
    return pd.DataFrame(rows)


def measure_loss(energies: np.ndarray, probabilities: np.ndarray) -> float:
    """Compute the mean negative log-likelihood of a site of ten spins given the others, over a distribution.

    Parameters
    ----------
    energies : np.ndarray
        (1024,) of every sequence under the model, nats.
    probabilities : np.ndarray
        (1024,) of the distribution that sequences are from.

    Returns
    -------
    float
        Nats a site.
    """
    logits = conditional_logits(energies, LENGTH, Q)
    return float(probabilities @ negative_log_likelihood(logits, all_sequences(LENGTH, Q), 1.0).mean(axis=1))


def find_best_temperatures(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Find the temperature of each model at which a column is least: a parabola through the least value's neighbours.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `attention`.
    column : str
        loss or divergence.

    Returns
    -------
    pandas.DataFrame
        One row a model: family, M, replicate, temperature (at the end of the range if the least value is there).
    """
    rows = []
    for (family, size, replicate), curve in table.groupby(["family", "M", "replicate"], sort=False):
        logs, values = np.log(curve["temperature"].to_numpy()), curve[column].to_numpy()
        least = int(values.argmin())
        best = logs[least]
        if 0 < least < len(logs) - 1:
            before, middle, after = values[least - 1 : least + 2]
            best += (logs[1] - logs[0]) * (before - after) / (2 * (before - 2 * middle + after))
        rows.append({"family": family, "M": size, "replicate": replicate, "temperature": float(np.exp(best))})
    return pd.DataFrame(rows)
