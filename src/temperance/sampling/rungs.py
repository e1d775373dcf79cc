"""Choice of a ladder's inverse temperatures, so that neighbours exchange often enough."""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq
from scipy.special import erfc, erfcinv

from temperance.engines.base import Engine
from temperance.potts.model import Potts
from temperance.sampling.ladders import EXCHANGES_PER_CALL, Ladders, draw_uniform_allowed_chains

# Between rungs: an acceptance near 0.35 keeps round trips short without wasting replicas.
_TARGET_ACCEPTANCE = 0.35
_LEAST_ACCEPTANCE = 0.2
MOST_RUNGS = 200


@dataclass(frozen=True)
class MeanEnergies:
    """Mean energy as a function of the inverse temperature, from samples at rungs.

    Attributes
    ----------
    betas, means, variances : np.ndarray
        (R,) ascending inverse temperatures; mean and variance of the energy there, nats at temperature 1.
    """

    betas: np.ndarray
    means: np.ndarray
    variances: np.ndarray

    @classmethod
    def from_samples(cls, betas: np.ndarray, energies: np.ndarray) -> "MeanEnergies":
        """Average sampled energies.

        Parameters
        ----------
        betas, energies : np.ndarray
            (R,) ascending inverse temperatures, and (R, K, D) energies of D draws of each of K ladders.

        Returns
        -------
        MeanEnergies
        """
        return cls(betas, energies.mean(axis=(1, 2)), energies.var(axis=(1, 2)))

    def extended(self, betas: np.ndarray, means: np.ndarray, variances: np.ndarray) -> "MeanEnergies":
        """Append colder rungs.

        Parameters
        ----------
        betas, means, variances : np.ndarray
            (N,) of these rungs.

        Returns
        -------
        MeanEnergies
            A new one.
        """
        parts = ((self.betas, betas), (self.means, means), (self.variances, variances))
        return MeanEnergies(*map(np.concatenate, parts))

    def __call__(self, betas: np.ndarray) -> np.ndarray:
        """Interpolate by the cubic through the means with the exact slopes d<E>/dbeta = -Var(E).

        Parameters
        ----------
        betas : np.ndarray
            Inverse temperatures.

        Returns
        -------
        np.ndarray
            Mean energies, nats at temperature 1.
        """
        return CubicHermiteSpline(self.betas, self.means, -self.variances)(betas)

    def temperature(self, energy: float) -> float:
        """Find the temperature at which the mean energy has a value.

        Parameters
        ----------
        energy : float
            That value, nats at temperature 1.

        Returns
        -------
        float
            Infinite where the mean is lower than `energy` even at the first rung, and 0 where even that of the coldest
            is higher.

        Examples
        --------
        >>> MeanEnergies(np.array([0.0, 1.0]), np.array([0.0, -4.0]), np.array([4.0, 4.0])).temperature(-2.0)
        2.0
        """
        below = np.flatnonzero(self.means <= energy)
        if not len(below):
            return 0.0
        if below[0] == 0:
            return float("inf") if self.betas[0] == 0 else float(1 / self.betas[0])
        low, high = self.betas[below[0] - 1], self.betas[below[0]]
        return float(1 / brentq(lambda beta: self(beta) - energy, low, high, xtol=1e-12))


def plan_ladder(model: Potts, engine: Engine, betas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose the rungs of replica exchange: inverse temperatures from 0 through all of `betas`, close enough together.

    Neighbours exchange with probability about erfc(sqrt(dbeta * dE) / 2) when energies are normal, dE being the
    difference of mean energies, which short pilot runs measure; so sqrt(dbeta * dE) is a distance that says how many
    rungs a gap needs.

    Parameters
    ----------
    model : Potts
        Model to be sampled.
    engine : Engine
        Sampler of the pilot runs.
    betas : np.ndarray
        (T,) inverse temperatures that are to be rungs.
    rng : numpy.random.Generator
        Source of randomness of the pilot runs.

    Returns
    -------
    np.ndarray
        (R,) ascending.

    References
    ----------
    Predescu, Predescu, Ciobanu, J. Chem. Phys. 120:4119 (2004), doi:10.1063/1.1644093.
    """
    betas = np.concatenate([[0.0], np.sort(betas)])
    step = 2 * erfcinv(_TARGET_ACCEPTANCE)
    for _ in range(4):
        chains = draw_uniform_allowed_chains(model, 16 * len(betas), rng).reshape(16, len(betas), -1)
        pilot = Ladders(model, engine, betas, chains, rng)
        pilot.advance(32, pilot.empty_buffer(0, 1))
        # As many sweeps as go into a call: engines that compile have one program less to compile for each ladder.
        buffer = pilot.empty_buffer(5, EXCHANGES_PER_CALL)
        pilot.fill(buffer)
        drops = np.maximum(-np.diff(buffer.energies.mean(axis=(1, 2))), 0)
        distances = np.sqrt(np.diff(betas) * drops)
        if (erfc(distances / 2) >= _LEAST_ACCEPTANCE).all() or len(betas) >= MOST_RUNGS:
            break
        pieces = np.maximum(np.ceil(distances / step).astype(int), 1)
        betas = np.concatenate(
            [[0.0]] + [np.linspace(betas[r], betas[r + 1], pieces[r] + 1)[1:] for r in range(len(pieces))]
        )
    return betas


def connect_rungs(betas: np.ndarray, mean_energies: MeanEnergies, earlier: np.ndarray) -> np.ndarray:
    """Add rungs between `betas` until neighbours are expected to exchange often enough.

    Parameters
    ----------
    betas : np.ndarray
        (T,) ascending inverse temperatures that are to be rungs, 0 among them.
    mean_energies : MeanEnergies
        Measured over the whole range.
    earlier : np.ndarray
        Inverse temperatures that were to be rungs of the ladder that `mean_energies` come from: gaps that have not
        changed keep its rungs.

    Returns
    -------
    np.ndarray
        (R,) ascending.
    """
    fixed = np.concatenate([[0.0], np.sort(earlier)])
    unchanged = set(itertools.pairwise(fixed.tolist()))
    rungs = [0.0]
    for low, high in itertools.pairwise(betas.tolist()):
        if (low, high) in unchanged:
            inside = mean_energies.betas[(mean_energies.betas > low) & (mean_energies.betas < high)]
            rungs += [*inside.tolist(), high]
        else:
            rungs += _divide(low, high, mean_energies, MOST_RUNGS - len(rungs)).tolist()
    return np.array(rungs)


def _divide(low: float, high: float, mean_energies: MeanEnergies, limit: int) -> np.ndarray:
    """Divide a gap into as few equal steps of beta as exchange well; without its lower end."""
    for pieces in range(1, max(limit, 1) + 1):
        points = np.linspace(low, high, pieces + 1)
        distances = np.sqrt(np.diff(points) * np.maximum(-np.diff(mean_energies(points)), 0))
        if (erfc(distances / 2) >= _TARGET_ACCEPTANCE).all():
            break
    return points[1:]
