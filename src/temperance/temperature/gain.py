"""Held-out log-likelihood that a model gains over the independent-site model."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from temperance.msa.frequencies import profile_frequencies, site_frequencies
from temperance.stats.estimate import Estimate, estimate
from temperance.stats.resampling import bootstrap_weights, resample
from temperance.temperature.divergence import Heldout
from temperance.thermo.thermodynamics import Curves

# Largest inverse temperature of an independent-site model.
_LARGEST_BETA = 20.0


@dataclass(frozen=True)
class Gain:
    """Mean held-out log-likelihood above that of the independent-site model, nats a site.

    Attributes
    ----------
    at_one, best : Estimate or None
        Of the model itself, and of both models at the temperatures of their largest likelihoods, which of this one is
        `temperature`; None below the coldest temperature that was sampled, where ln Z is not known.
    temperature : float
        Of the largest likelihood.
    independent : float
        Log-likelihood of the independent-site model itself, nats a site.
    """

    at_one: Estimate | None
    best: Estimate | None
    temperature: float
    independent: float

    def summary(self) -> dict[str, Any]:
        """Collect the numbers for a JSON file.

        Returns
        -------
        dict
            at_one, best, temperature, independent.
        """
        return asdict(self)


def independent_log_likelihood(training: np.ndarray, weights: np.ndarray, sequences: np.ndarray, q: int) -> np.ndarray:
    """Score sequences by the independent-site model of a training set.

    Parameters
    ----------
    training, weights : np.ndarray
        (M, L) and (M,).
    sequences : np.ndarray
        (N, L).
    q : int
        States.

    Returns
    -------
    np.ndarray
        (N,) ln P, nats.
    """
    logs = np.log(profile_frequencies(training, q, weights))
    return logs[np.arange(logs.shape[0]), sequences].sum(axis=1)


def best_independent_log_likelihood(
    training: np.ndarray, weights: np.ndarray, sequences: np.ndarray, sequence_weights: np.ndarray, q: int
) -> np.ndarray:
    """Score sequences by the independent-site model of a training set, at the temperature that makes them likeliest.

    Parameters
    ----------
    training, weights : np.ndarray
        (M, L) and (M,).
    sequences, sequence_weights : np.ndarray
        (N, L) and (N,).
    q : int
        States.

    Returns
    -------
    np.ndarray
        (N,) ln P, nats.
    """
    logs = np.log(profile_frequencies(training, q, weights))
    frequencies = site_frequencies(sequences, q, sequence_weights)

    def _mean(beta: float) -> float:
        return float((frequencies * log_softmax(beta * logs, axis=1)).sum())

    beta = minimize_scalar(lambda beta: -_mean(beta), bounds=(0, _LARGEST_BETA), method="bounded").x
    return log_softmax(beta * logs, axis=1)[np.arange(len(logs)), sequences].sum(axis=1)


def likelihood_gain(
    curves: Curves, heldout: Heldout, independent: np.ndarray, length: int, tau_f: float, rng: np.random.Generator,
    draws: int = 1000, *, best_independent: np.ndarray | None = None,
) -> Gain:  # fmt: skip
    """Measure the gain, paired over held-out sequences, by a bootstrap over their clusters and over ladders.

    Parameters
    ----------
    curves : Curves
        Of the model, for ln Z.
    heldout : Heldout
        Energies (N,), weights and clusters.
    independent : np.ndarray
        (N,) ln P of the same sequences under the independent-site model, nats.
    length : int
        Sites.
    tau_f : float
        Where the model's likelihood is largest; 1 is used where it lies outside the ladder.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.
    best_independent : np.ndarray, optional
        (N,) ln P under the independent-site model at the temperature of its own largest likelihood, with which `best`
        is compared: few sequences make single sites too sharp, too, and a flatter model is no gain of its couplings.
        By default `independent`.

    Returns
    -------
    Gain
    """
    best_independent = independent if best_independent is None else best_independent
    # The same draws for both.
    seed = int(rng.integers(2**63))
    (energy, means_at_one), (_, means_at_best) = (
        Heldout(heldout.model, heldout.weights, scores, heldout.clusters).means(draws, np.random.default_rng(seed))
        for scores in (independent, best_independent)
    )
    assert means_at_one is not None
    ladders = len(curves.log_z) - 1
    log_z = resample(curves.log_z, bootstrap_weights(max(ladders, 1), draws, rng)) if ladders > 1 else curves.log_z[[0]]
    units = min(heldout.units, ladders) if ladders > 1 else heldout.units

    def _gain_at(tau: float, independent_means: np.ndarray | None) -> Estimate | None:
        if 1 / tau > curves.betas[-1] * (1 + 1e-9):
            return None
        log_z_at_tau = np.array([np.interp(1 / tau, curves.betas, row) for row in log_z])
        values = (-energy / tau - log_z_at_tau - independent_means) / length
        return estimate(values[0], values[1:], units)

    best = tau_f if 0 < tau_f < np.inf else 1.0
    return Gain(_gain_at(1.0, means_at_one), _gain_at(best, means_at_best), best, float(means_at_one[0]) / length)
