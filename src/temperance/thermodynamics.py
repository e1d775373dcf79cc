"""Mean energy, free energy and entropy of a model as functions of temperature, from a ladder that reaches beta = 0."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq


@dataclass(frozen=True)
class EnergyCurve:
    """<E> as a function of beta: the cubic through the rungs' means with the exact slopes d<E>/dbeta = -Var(E)."""

    betas: np.ndarray
    spline: CubicHermiteSpline

    def mean_energy(self, beta: float | np.ndarray) -> np.ndarray:
        return self.spline(beta)

    def log_z(self, beta: float | np.ndarray, length: int, q: int) -> np.ndarray:
        """ln Z = L ln q - integral of <E> from 0 to beta (thermodynamic integration)."""
        return length * np.log(q) - self.spline.antiderivative()(beta)

    def entropy(self, beta: float | np.ndarray, length: int, q: int) -> np.ndarray:
        """S = ln Z + beta <E>, nats."""
        return self.log_z(beta, length, q) + np.asarray(beta) * self.mean_energy(beta)

    def beta_at(self, energy: float) -> float:
        """Inverse temperature whose mean energy is `energy`; 0 or inf where the ladder does not reach it."""
        hottest, coldest = self.spline(self.betas[0]), self.spline(self.betas[-1])
        if energy >= hottest:
            return 0.0
        if energy <= coldest:
            return float("inf")
        return float(brentq(lambda beta: self.spline(beta) - energy, self.betas[0], self.betas[-1]))


def energy_curve(betas: np.ndarray, energies: np.ndarray) -> EnergyCurve:
    """Curve through the rungs' sampled energies.

    Parameters
    ----------
    betas : np.ndarray
        (R,) ascending from 0.
    energies : np.ndarray
        (R, K, D), at temperature 1.
    """
    flat = energies.reshape(len(betas), -1)
    return EnergyCurve(betas, CubicHermiteSpline(betas, flat.mean(axis=1), -flat.var(axis=1)))


def entropies(betas: np.ndarray, energies: np.ndarray, at: np.ndarray, q: int, length: int) -> np.ndarray:
    """Entropy at inverse temperatures `at` (T,), nats, with its standard error over ladders: (T, 2)."""
    return _jackknifed(lambda curve: curve.entropy(at, length, q), betas, energies)


def log_likelihoods(
    betas: np.ndarray, energies: np.ndarray, natural: float, at: np.ndarray, q: int, length: int
) -> np.ndarray:
    """Mean log-likelihood a site, nats, of sequences whose mean energy is `natural`, at inverse temperatures `at`.

    Absolute, since the ladder reaches beta = 0: minus (beta <E> + ln Z(beta)) / L. The forward divergence
    KL(P || Q_tau) is minus this times L, up to the entropy of P. The standard error over ladders is ln Z's: (T, 2).
    """
    return _jackknifed(lambda curve: -(at * natural + curve.log_z(at, length, q)) / length, betas, energies)


def _jackknifed(statistic: Callable[[EnergyCurve], np.ndarray], betas: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Value and error, (T, 2), of a smooth function of the means of independent ladders, by leaving out one in turn."""
    whole, ladders = statistic(energy_curve(betas, energies)), energies.shape[1]
    if ladders < 2:
        return np.column_stack([whole, np.full(len(whole), np.nan)])
    parts = np.array([statistic(energy_curve(betas, np.delete(energies, k, axis=1))) for k in range(ladders)])
    return np.column_stack([whole, np.sqrt((ladders - 1) * parts.var(axis=0))])
