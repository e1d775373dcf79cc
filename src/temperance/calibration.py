"""Calibration of the model's site conditionals p(s_i | s_-i) on sequences it has not seen, which needs no sampling.

Temperature scaling in the sense of Guo et al. (ICML 2017): logits are divided by tau. The negative log-likelihood of
the labels is convex in beta = 1 / tau; for site conditionals it is the negative pseudo-log-likelihood. A model whose
logits want tau above 1 is overconfident, as an overfitted one is; below 1 it is underconfident, as a strongly
regularised one is.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import log_softmax

from temperance.optimum import Estimate, estimate
from temperance.potts import Potts
from temperance.resampling import resampled_counts, weighted_mean

# Where the scale is looked for.
_BETAS = np.geomspace(0.02, 50, 81)


def site_logits(model: Potts, sequences: np.ndarray) -> np.ndarray:
    """Local fields h_i(a) + sum_j J_ij(a, s_j), (M, L, q): the logits of every site given all others."""
    length, q = model.fields.shape
    flat = model.couplings.reshape(length * q, length * q)
    onehot = np.eye(q, dtype=np.float32)[sequences].reshape(len(sequences), -1)
    return (onehot @ flat).reshape(len(sequences), length, q) + model.fields


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray, beta: float) -> np.ndarray:
    """- ln p(label) of logits (..., q) scaled by beta, for labels (...)."""
    chosen = np.take_along_axis(log_softmax(beta * logits, axis=-1), labels[..., None].astype(np.int64), axis=-1)
    return -chosen[..., 0]


def _slope(logits: np.ndarray, labels: np.ndarray, beta: float) -> np.ndarray:
    """Derivative of `negative_log_likelihood` with respect to beta: <logit> - logit of the label; logits centred."""
    terms = np.exp(beta * logits)
    label = np.take_along_axis(logits, labels[..., None].astype(np.int64), axis=-1)[..., 0]
    return np.einsum("...a,...a->...", terms, logits) / terms.sum(axis=-1) - label


def _centred(logits: np.ndarray) -> np.ndarray:
    """Logits of which the largest is 0: their exponentials need no more care, whatever the scale."""
    return logits - logits.max(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Reliability:
    """Accuracy against confidence: of the predictions in each bin of equal width.

    Attributes
    ----------
    table : pandas.DataFrame
        low, high, share (of all predictions), confidence (mean), accuracy.
    ece : float
        Expected calibration error, the mean of |accuracy - confidence| over predictions.
    """

    table: pd.DataFrame
    ece: float


def reliability(
    logits: np.ndarray, labels: np.ndarray, beta: float = 1.0, weights: np.ndarray | None = None, bins: int = 15
) -> Reliability:
    """Reliability diagram of the likeliest class.

    Parameters
    ----------
    logits, labels, weights : np.ndarray
        (N, q), (N,) and (N,).
    """
    confidence, right = 1 / np.exp(beta * _centred(logits)).sum(axis=-1), logits.argmax(axis=-1) == labels
    weights = np.ones(len(labels)) if weights is None else weights
    return _reliability(confidence, right, weights, bins)


def _reliability(confidence: np.ndarray, right: np.ndarray, weights: np.ndarray, bins: int = 15) -> Reliability:
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    total = np.bincount(which, weights, bins)
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame(
            {
                "low": np.arange(bins) / bins,
                "high": np.arange(1, bins + 1) / bins,
                "share": total / total.sum(),
                "confidence": np.bincount(which, weights * confidence, bins) / total,
                "accuracy": np.bincount(which, weights * right, bins) / total,
            }
        )
    seen = table[table["share"] > 0].reset_index(drop=True)
    return Reliability(seen, float((seen["share"] * (seen["confidence"] - seen["accuracy"]).abs()).sum()))


def optimal_temperature(
    logits: np.ndarray, labels: np.ndarray, weights: np.ndarray, rng: np.random.Generator, draws: int = 200
) -> Estimate:
    """The temperature of least negative log-likelihood, with a bootstrap over the first axis.

    Parameters
    ----------
    logits, labels : np.ndarray
        (M, ..., q) and (M, ...): M independent units, such as sequences, of one or more predictions each.
    weights : np.ndarray
        (M,).

    Returns
    -------
    Estimate
        inf: the labels are unrelated to the logits, or against them; 0: the larger the scale the better.
    """
    axes, logits = tuple(range(1, labels.ndim)), _centred(logits)
    slopes = np.array([_slope(logits, labels, beta).sum(axis=axes) for beta in _BETAS])
    rows = (resampled_counts(len(labels), draws, rng) * weights) @ slopes.T
    temperatures = np.array([_root(row) for row in rows])
    if 0 < temperatures[0] < np.inf:
        near = 1 / temperatures[0]
        exact = brentq(lambda beta: weights @ _slope(logits, labels, beta).sum(axis=axes), near / 1.2, near * 1.2)
        temperatures *= near / exact
    return estimate(temperatures[0], temperatures[1:])


def _root(slopes: np.ndarray) -> float:
    """Temperature at which slopes over _BETAS, which rise, pass zero."""
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
        temperature, npll (nats a site), npll_error (over sequences), ece.
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
    draws: int = 200,
) -> Calibration:  # fmt: skip
    """Calibrate a model on held-out sequences (M, L) of weights (M,), and tabulate it at `temperatures`."""
    logits = site_logits(model, heldout)
    tau_cal = optimal_temperature(logits, heldout, weights, rng, draws)
    flat, labels, each = logits.reshape(-1, model.q), heldout.ravel(), np.repeat(weights, model.L)
    centred, right = _centred(flat), flat.argmax(axis=-1) == labels
    errors = [_reliability(1 / np.exp(beta * centred).sum(axis=-1), right, each).ece for beta in _BETAS]
    rows = []
    for temperature in temperatures:
        mean, error = weighted_mean(negative_log_likelihood(logits, heldout, 1 / temperature).mean(axis=1), weights)
        ece = reliability(flat, labels, 1 / temperature, each).ece
        rows.append({"temperature": float(temperature), "npll": mean, "npll_error": error, "ece": ece})
    shown = [1.0] + ([tau_cal.value] if 0 < tau_cal.value < np.inf else [])
    diagrams = [reliability(flat, labels, 1 / t, each).table.assign(temperature=t) for t in shown]
    return Calibration(
        pd.DataFrame(rows), pd.concat(diagrams, ignore_index=True), tau_cal, float(1 / _BETAS[np.argmin(errors)])
    )
