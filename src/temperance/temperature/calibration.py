"""Calibration of the model's site conditionals ``p(s_i | s_-i)`` on held-out sequences, without sampling.

Temperature scaling in the sense of Guo et al. (ICML 2017): logits are divided by tau. The negative log-likelihood of
the labels is convex in beta = 1 / tau; for site conditionals it is the negative pseudo-log-likelihood. A model that is
calibrated best at tau above 1 is overconfident, as an overfitted one is; below 1 it is underconfident, as a strongly
regularised one is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import brentq
from scipy.special import log_softmax

from temperance.msa.clusters import effective_clusters
from temperance.potts.model import Potts
from temperance.stats.estimate import Estimate, estimate
from temperance.stats.resampling import resample_sums, sum_clusters, weighted_mean

# Inverse temperatures among which the best is searched for, bins of confidence, and logits that are held at once.
_BETAS = np.geomspace(0.02, 50, 81)
_BINS, _HELD = 15, 4_000_000


def site_logits(model: Potts, sequences: np.ndarray) -> np.ndarray:
    """Compute the logits of every site given all others, the local fields h_i(a) + sum_j J_ij(a, s_j).

    Parameters
    ----------
    model : Potts
        Model of L sites and q states.
    sequences : np.ndarray
        (M, L) uint8.

    Returns
    -------
    np.ndarray
        (M, L, q)

    Examples
    --------
    >>> model = Potts(np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2, 2, 2)))
    >>> site_logits(model, np.array([[0, 1]]))[0].tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    length, q = model.fields.shape
    flat = model.couplings.reshape(length * q, length * q)
    onehot = np.eye(q, dtype=np.float32)[sequences].reshape(len(sequences), -1)
    return (onehot @ flat).reshape(len(sequences), length, q) + model.fields


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray, beta: float) -> np.ndarray:
    """Compute - ln p(label) of labels under the softmax of scaled logits.

    Parameters
    ----------
    logits : np.ndarray
        (..., q)
    labels : np.ndarray
        (...) states.
    beta : float
        Scale of the logits, an inverse temperature.

    Returns
    -------
    np.ndarray
        (...) nats.

    Examples
    --------
    >>> negative_log_likelihood(np.zeros((1, 2)), np.array([0]), 1.0).round(4)
    array([0.6931])
    """
    chosen = np.take_along_axis(log_softmax(beta * logits, axis=-1), labels[..., None].astype(np.int64), axis=-1)
    return -chosen[..., 0]


def _slope(logits: np.ndarray, labels: np.ndarray, beta: float) -> np.ndarray:
    """Differentiate `negative_log_likelihood` by beta: <logit> - logit of the label; logits centred."""
    terms = np.exp(beta * logits)
    label = np.take_along_axis(logits, labels[..., None].astype(np.int64), axis=-1)[..., 0]
    return np.einsum("...a,...a->...", terms, logits) / terms.sum(axis=-1) - label


def _centre(logits: np.ndarray) -> np.ndarray:
    """Shift logits so that the largest is 0: their exponentials do not overflow, whatever the scale."""
    return logits - logits.max(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Reliability:
    """Accuracy against confidence: of the predictions in each bin of equal width.

    Attributes
    ----------
    table : pandas.DataFrame
        low, high, share (of all predictions), confidence (mean), accuracy.
    ece : float
        Expected calibration error, the mean of ``|accuracy - confidence|`` over predictions.
    """

    table: pd.DataFrame
    ece: float


def reliability(
    logits: np.ndarray, labels: np.ndarray, beta: float = 1.0, weights: np.ndarray | None = None, bins: int = _BINS
) -> Reliability:
    """Compute the reliability diagram of the likeliest class.

    Parameters
    ----------
    logits, labels : np.ndarray
        (N, q) and (N,).
    beta : float
        Scale of the logits, an inverse temperature.
    weights : np.ndarray, optional
        (N,); equal by default.
    bins : int
        Bins of confidence, of equal width.

    Returns
    -------
    Reliability
    """
    weights = np.ones(len(labels)) if weights is None else weights
    return _make_diagram(_bin(_centre(logits), logits.argmax(axis=-1) == labels, beta, weights, bins))


def _bin(centred: np.ndarray, correct: np.ndarray, beta: float, weights: np.ndarray, bins: int = _BINS) -> np.ndarray:
    """Sum weight, weight times confidence, and weight of correct predictions by bin, (3, bins); parts can be added."""
    confidence = 1 / np.exp(beta * centred).sum(axis=-1)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return np.array([np.bincount(bin_of, weights * value, bins) for value in (1.0, confidence, correct)])


def _make_diagram(sums: np.ndarray) -> Reliability:
    total, bins = sums[0], sums.shape[1]
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame(
            {
                "low": np.arange(bins) / bins,
                "high": np.arange(1, bins + 1) / bins,
                "share": total / total.sum(),
                "confidence": sums[1] / total,
                "accuracy": sums[2] / total,
            }
        )
    filled = table[table["share"] > 0].reset_index(drop=True)
    return Reliability(filled, float((filled["share"] * (filled["confidence"] - filled["accuracy"]).abs()).sum()))


def optimal_temperature(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray, rng: np.random.Generator, draws: int = 200
) -> Estimate:
    """Find the temperature at which softmax predictions have the least negative log-likelihood, with a bootstrap.

    Parameters
    ----------
    logits, labels : np.ndarray
        (M, ..., q) and (M, ...): M independent units, such as sequences, of one or more predictions each.
    weights : np.ndarray
        (M,).
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.

    Returns
    -------
    Estimate
        inf: the labels are unrelated to the logits, or against them; 0: the larger the scale the better.
    """
    centred = _centre(logits)
    return _find_optimum(lambda betas: _slopes(centred, labels, betas), weights, np.arange(len(weights)), rng, draws)


def _slopes(centred: np.ndarray, labels: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """`_slope` at each beta, summed over the predictions of a unit: (betas, M)."""
    axes = tuple(range(1, labels.ndim))
    return np.array([_slope(centred, labels, beta).sum(axis=axes) for beta in betas.tolist()])


def _find_optimum(
    slopes_at: Callable[[np.ndarray], np.ndarray], weights: np.ndarray, clusters: np.ndarray,
    rng: np.random.Generator, draws: int,
) -> Estimate:  # fmt: skip
    rows = resample_sums(sum_clusters(weights[:, None] * slopes_at(_BETAS).T, clusters), draws, rng)
    temperatures = np.array([_find_root(row) for row in rows])
    if 0 < temperatures[0] < np.inf:
        # The root is in the interval of the grid that holds its first estimate: within one step of it.
        near, step = -np.log(temperatures[0]), np.log(_BETAS[1] / _BETAS[0])
        logs = near + step * np.linspace(-1, 1, 7)
        slope = BarycentricInterpolator(logs, slopes_at(np.exp(logs)) @ weights)
        temperatures *= np.exp(near - brentq(slope, logs[0], logs[-1]))
    return estimate(temperatures[0], temperatures[1:], effective_clusters(clusters, weights))


def _find_root(slopes: np.ndarray) -> float:
    """Find the temperature at which slopes over _BETAS, which increase, cross zero."""
    if slopes[0] >= 0:
        return float("inf")
    if slopes[-1] <= 0:
        return 0.0
    return float(1 / np.exp(np.interp(0.0, slopes, np.log(_BETAS))))


@dataclass(frozen=True)
class Calibration:
    """Calibration of a model's site conditionals on held-out sequences.

    Attributes
    ----------
    table : pandas.DataFrame
        temperature, npll (nats a site), npll_error (over clusters of sequences), ece.
    reliability : pandas.DataFrame
        `Reliability.table` at temperature 1 and at tau_cal, with a column temperature.
    tau_cal : Estimate
        The temperature of least negative pseudo-log-likelihood.
    tau_ece : float
        The temperature of least expected calibration error.
    """

    table: pd.DataFrame
    reliability: pd.DataFrame
    tau_cal: Estimate
    tau_ece: float


def calibrate(
    model: Potts, heldout: np.ndarray, weights: np.ndarray, temperatures: np.ndarray, rng: np.random.Generator,
    draws: int = 200, clusters: np.ndarray | None = None,
) -> Calibration:  # fmt: skip
    """Calibrate a model's site conditionals on held-out sequences, and tabulate their calibration at temperatures.

    Parameters
    ----------
    model : Potts
        Model of L sites and q states.
    heldout, weights : np.ndarray
        (M, L) uint8 and (M,).
    temperatures : np.ndarray
        (T,) of the table.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.
    clusters : np.ndarray, optional
        (M,) labels: relatives, which share one, are not independent; each sequence is if they are not set.

    Returns
    -------
    Calibration
    """
    clusters = np.arange(len(heldout)) if clusters is None else clusters

    def _batches() -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        batch_size = max(1, _HELD // (model.L * model.q))
        for rows in (slice(first, first + batch_size) for first in range(0, len(heldout), batch_size)):
            yield rows, _centre(site_logits(model, heldout[rows])), heldout[rows]

    def _slopes_at(betas: np.ndarray) -> np.ndarray:
        return np.concatenate([_slopes(logits, labels, betas) for _, logits, labels in _batches()], axis=1)

    tau_cal = _find_optimum(_slopes_at, weights, clusters, rng, draws)
    diagram_temperatures = [1.0] + ([tau_cal.value] if 0 < tau_cal.value < np.inf else [])
    betas = {"grid": _BETAS, "table": 1 / temperatures, "shown": 1 / np.array(diagram_temperatures)}
    sums = {name: np.zeros((len(values), 3, _BINS)) for name, values in betas.items()}
    npll = np.empty((len(temperatures), len(heldout)))
    for rows, logits, labels in _batches():
        flat, site_weights = logits.reshape(-1, model.q), np.repeat(weights[rows], model.L)
        correct = flat.argmax(axis=-1) == labels.ravel()
        for name, values in betas.items():
            sums[name] += [_bin(flat, correct, beta, site_weights) for beta in values.tolist()]
        npll[:, rows] = [negative_log_likelihood(logits, labels, 1 / t).mean(axis=1) for t in temperatures.tolist()]
    diagrams = {name: [_make_diagram(bin_sums) for bin_sums in values] for name, values in sums.items()}
    means, errors = np.transpose([weighted_mean(losses, weights, clusters) for losses in npll])
    eces = [diagram.ece for diagram in diagrams["table"]]
    tables = [
        diagram.table.assign(temperature=t) for t, diagram in zip(diagram_temperatures, diagrams["shown"], strict=True)
    ]
    return Calibration(
        pd.DataFrame({"temperature": temperatures, "npll": means, "npll_error": errors, "ece": eces}),
        pd.concat(tables, ignore_index=True),
        tau_cal,
        float(1 / _BETAS[np.argmin([diagram.ece for diagram in diagrams["grid"]])]),
    )
