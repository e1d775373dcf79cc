"""Temperatures at which samples have a given mean energy, from the energies of all rungs."""

import math

import numpy as np
from scipy.special import logsumexp

# Inverse temperatures of a curve that is inverted by interpolation.
POINTS = 1500
# Rounds of the fixed-point iteration, and the change of free energies at which it ends.
ROUNDS, CHANGE = 200_000, 1e-10


class Mbar:
    """Averages over all samples of all rungs, each weighed by what the rungs together sample it with."""

    def __init__(self, betas, energies, length, q, start=None):
        """Iterate f_k = - ln sum_n exp(-beta_k E_n) / sum_j N exp(f_j - beta_j E_n), energies (R, N)."""
        self.betas, self.energies = betas, energies.ravel()
        self.centre = self.energies.mean()
        shifted = self.energies - self.centre
        boltzmann = np.exp(-np.outer(betas, shifted))
        free = np.zeros(len(betas)) if start is None else start
        for _ in range(ROUNDS):
            densities = (energies.shape[1] * np.exp(free)) @ boltzmann
            updated = -np.log(boltzmann @ (1 / densities))
            updated -= updated[0]
            change, free = np.abs(updated - free).max(), updated
            if change < CHANGE:
                break
        else:
            raise AssertionError("free energies do not settle")
        self.free, self.log_densities = free, np.log((energies.shape[1] * np.exp(free)) @ boltzmann)
        self.constant = length * math.log(q) - self._log_sum(0.0)

    def _log_sum(self, beta):
        return logsumexp(-beta * (self.energies - self.centre) - self.log_densities) - beta * self.centre

    def log_z(self, beta):
        """Compute ln Z, which is L ln q at beta = 0."""
        return self._log_sum(beta) + self.constant

    def mean_energy(self, beta):
        """Compute the mean energy."""
        exponents = -beta * (self.energies - self.centre) - self.log_densities
        weights = np.exp(exponents - exponents.max())
        return (weights * self.energies).sum() / weights.sum()


def reweigh_neighbours(betas, energies, beta):
    """Compute the mean energy from the two rungs beside an inverse temperature alone, by their nearness to it."""
    below = min(max(int(np.searchsorted(betas, beta, side="right")) - 1, 0), len(betas) - 2)
    nearness = (betas[below + 1] - beta) / (betas[below + 1] - betas[below])
    means = []
    for rung in (below, below + 1):
        values = energies[rung].ravel()
        exponents = -(beta - betas[rung]) * (values - values.mean())
        weights = np.exp(exponents - exponents.max())
        means.append((weights * values).sum() / weights.sum())
    return nearness * means[0] + (1 - nearness) * means[1]


class EnergyCurve:
    """A mean energy over inverse temperature, and the temperatures at which it has given values."""

    def __init__(self, mean_energy, betas):
        self.grid = np.linspace(betas[0], betas[-1], POINTS)
        self.means = np.array([mean_energy(beta) for beta in self.grid])

    def find_temperature(self, target):
        """Find where the curve crosses a value, at several crossings where the integral of the difference is least.

        Infinite if the value is above the curve, and 0 if it is below.
        """
        slopes = target - self.means
        integral = np.concatenate([[0.0], np.cumsum((slopes[1:] + slopes[:-1]) / 2)])
        lowest = int(integral.argmin())
        if lowest in (0, POINTS - 1):
            return math.inf if lowest == 0 else 0.0
        before = lowest - 1 if slopes[lowest] > 0 else lowest
        share = -slopes[before] / (slopes[before + 1] - slopes[before])
        return 1 / (self.grid[before] + share * (self.grid[1] - self.grid[0]))

    def find_temperatures(self, targets):
        return np.array([self.find_temperature(target) for target in targets])


def expect_acceptance(beta, energies, colder_beta, colder_energies):
    """Compute the mean chance that two rungs exchange their replicas, over all pairs of their draws."""
    differences = np.subtract.outer(energies.ravel(), colder_energies.ravel())
    return np.minimum(1, np.exp((beta - colder_beta) * differences)).mean()
