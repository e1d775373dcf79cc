"""Divergences of enumerated distributions, and the temperatures at which they are least."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from temperance.potts.enumeration import boltzmann, log_z

# Inverse temperatures among which exact optima are looked for: temperatures from 0.05 up.
MOST_BETA = 20.0
_GRID = np.concatenate([[0.0], np.geomspace(0.01, MOST_BETA, 96)])


def forward_divergence(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """Compute the forward divergence D_f = KL(P || Q_tau) of truth P and model Q.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies of every sequence under truth and model, nats.
    beta : float
        Inverse temperature 1 / tau of the model.

    Returns
    -------
    float
        Nats.
    """
    p = boltzmann(truth)
    return float(p @ (beta * model - truth)) + log_z(model, beta) - log_z(truth)


def reverse_divergence(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """Compute the reverse divergence D_r = KL(Q_tau || P) of truth P and model Q.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies of every sequence under truth and model, nats.
    beta : float
        Inverse temperature 1 / tau of the model.

    Returns
    -------
    float
        Nats.
    """
    p = boltzmann(model, beta)
    return float(p @ (truth - beta * model)) + log_z(truth) - log_z(model, beta)


def jeffreys_divergence(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """Compute the Jeffreys divergence D_f + D_r of truth and model.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies of every sequence under truth and model, nats.
    beta : float
        Inverse temperature 1 / tau of the model.

    Returns
    -------
    float
        Nats.
    """
    return forward_divergence(truth, model, beta) + reverse_divergence(truth, model, beta)


def reverse_divergence_slope(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """Compute the derivative of the reverse divergence, dD_r / dbeta = beta Var(E_Q) - Cov(E_P, E_Q) over Q_tau.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies E_P and E_Q of every sequence under truth and model, nats.
    beta : float
        Inverse temperature 1 / tau of the model.

    Returns
    -------
    float
        Nats per unit of beta.
    """
    p = boltzmann(model, beta)
    centred = model - p @ model
    return float(p @ (centred * (beta * centred - (truth - p @ truth))))


@dataclass(frozen=True)
class Optima:
    """Hold the temperatures of least divergence of a model; inf where it is least at beta = 0.

    Attributes
    ----------
    tau_f, tau_r, tau_j : float
        Of the forward, the reverse and the Jeffreys divergence.
    """

    tau_f: float
    tau_r: float
    tau_j: float


def find_optima(truth: np.ndarray, model: np.ndarray) -> Optima:
    """Compute the optimal temperatures of a model.

    tau_f is the root of <E_Q>_P = <E_Q>_tau, whose left side is constant and whose right side falls with beta; the
    others are the least minimum between beta = 0 and MOST_BETA.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies of every sequence under truth and model, nats.

    Returns
    -------
    Optima
        Of the forward, the reverse and the Jeffreys divergence.
    """
    natural = float(boltzmann(truth) @ model)

    @cache
    def _means(beta: float) -> list[float]:
        return _averages(model, beta, truth, model)

    def _reverse(beta: float) -> float:
        log_z, mean_true, mean = _means(beta)
        return mean_true - beta * mean - log_z

    def _jeffreys(beta: float) -> float:
        _, mean_true, mean = _means(beta)
        return mean_true - beta * mean + beta * natural

    # Up to constants, which move no minimum.
    betas = (_minimise(curve) for curve in (_reverse, _jeffreys))
    tau_f = matching_temperature(model, natural)
    return Optima(tau_f, *(1 / beta if beta > 0 else float("inf") for beta in betas))


def matching_temperature(energies: np.ndarray, mean: float) -> float:
    """Find the temperature at which the mean energy has a given value.

    Parameters
    ----------
    energies : np.ndarray
        (N,) of every sequence, nats.
    mean : float
        Mean energy to match, nats.

    Returns
    -------
    float
        Temperature; inf: the mean energy of the uniform distribution is already below; 0: not even the coldest
        temperature, 1 / MOST_BETA, reaches it.
    """

    def _excess(beta: float) -> float:
        return _averages(energies, beta, energies)[1] - mean

    if _excess(0.0) <= 0:
        return float("inf")
    return 1 / float(brentq(_excess, 0.0, MOST_BETA)) if _excess(MOST_BETA) < 0 else 0.0


def _minimise(curve: Any) -> float:
    """Find the inverse temperature of the least value: the best of a grid, then Brent's method beside it."""
    index = int(np.argmin([curve(beta) for beta in _GRID]))
    low, high = _GRID[max(index - 1, 0)], _GRID[min(index + 1, len(_GRID) - 1)]
    optimum = minimize_scalar(curve, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    return 0.0 if optimum.x < _GRID[1] / 10 else float(optimum.x)


def _averages(energies: np.ndarray, beta: float, *observables: np.ndarray) -> list[float]:
    """Compute ln Z, and the average of each observable over the Boltzmann distribution, from one list of weights."""
    exponents = -beta * energies
    most = exponents.max()
    weights = np.exp(exponents - most)
    z = weights.sum()
    return [float(np.log(z) + most), *(float(weights @ observable / z) for observable in observables)]
