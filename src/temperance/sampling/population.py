"""Population annealing: independent samples of a model, and its partition function, from uniformly random chains.

Chains are cooled from infinite temperature in small steps. After each step every chain is copied or dropped as its
Boltzmann weight says, and swept. Modes that single chains cannot leave get the weights that the model gives them, as
long as some chains enter them on the way.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp

from temperance.engines.base import Engine, seed_words
from temperance.engines.chains import draw_uniform_chains
from temperance.sampling.systematic_resampling import systematic_resample
from temperance.stats.resampling import effective_number

# Share of the population, as an effective number, that the weights of a step in temperature leave.
_LEAST_SURVIVAL = 0.85
# Gibbs sweeps after each step.
_SWEEPS = 2


@dataclass(frozen=True)
class Population:
    """Chains of a model at temperature 1, as population annealing leaves them.

    Attributes
    ----------
    chains : array
        (C, L) uint8.
    energies : np.ndarray
        (C,) nats.
    log_z : float
        Logarithm of the model's partition function.
    families : float
        Effective number of the initial chains that have descendants left, (sum n)^2 / sum n^2 over their numbers of
        descendants. The standard error of `log_z` is about `families ** -0.5`.
    sweeps : int
        Gibbs sweeps that each chain had.
    """

    chains: Any
    energies: np.ndarray
    log_z: float
    families: float
    sweeps: int

    @property
    def log_z_error(self) -> float:
        """Standard error of `log_z`.

        Returns
        -------
        float
            Nats.
        """
        return self.families**-0.5

    @property
    def mean_energy_error(self) -> float:
        """Standard error of the mean energy, each family counted as one independent chain.

        Returns
        -------
        float
            Nats.
        """
        return float(self.energies.std() / self.families**0.5)


def anneal_population(
    engine: Engine, prepared: Any, count: int, shape: tuple[int, int], rng: np.random.Generator
) -> Population:
    """Sample a model by population annealing from infinite temperature to temperature 1.

    Parameters
    ----------
    engine : Engine
        Sweeps the chains.
    prepared : Any
        The model as `engine.prepare` or a learner gives it.
    count : int
        Chains.
    shape : (int, int)
        Sites and states of the model.
    rng : numpy.random.Generator
        Source of all randomness.

    Returns
    -------
    Population

    References
    ----------
    Hukushima, Iba, AIP Conf. Proc. 690:200 (2003); Wang, Machta, Katzgraber, Phys. Rev. E 92:063307 (2015), for the
    families of descendants and the error of ln Z.
    """
    length, q = shape
    ancestors = np.arange(count)
    starts = draw_uniform_chains(count, length, q, rng)
    chains, energies = resample_chains(engine, prepared, starts, ancestors, 0.0, 0, 0)
    log_z, beta, sweeps = length * np.log(q), 0.0, 0
    while beta < 1:
        step = _largest_step(energies, 1 - beta)
        beta = 1.0 if step >= 1 - beta else beta + step
        log_weights = -step * energies
        log_z += float(logsumexp(log_weights)) - np.log(count)
        parents = systematic_resample(np.arange(count), log_weights, rng.random())
        ancestors = ancestors[parents]
        chains, energies = resample_chains(engine, prepared, chains, parents, beta, int(rng.integers(2**63)), _SWEEPS)
        sweeps += _SWEEPS
    descendants = np.bincount(ancestors).astype(float)
    return Population(chains, energies, log_z, float(count**2 / (descendants**2).sum()), sweeps)


class _Resampling(NamedTuple):
    """Chains that are copied (1, C), and inverse temperature, seed words and number of their sweeps (1, ...)."""

    parents: np.ndarray
    beta: np.ndarray
    seed: np.ndarray
    sweeps: np.ndarray


class _Energies(NamedTuple):
    energies: Any


def _resample(engine: Engine, prepared: Any, chains: Any, step: _Resampling) -> tuple[Any, _Energies]:
    chains = engine.sweep(prepared, chains[step.parents], step.beta, step.seed, step.sweeps)
    return chains, _Energies(engine.energies(prepared, chains))


def resample_chains(
    engine: Engine, prepared: Any, chains: Any, parents: np.ndarray, beta: float, seed: int, sweeps: int
) -> tuple[Any, np.ndarray]:
    """Sweep copies of some chains, in one call of the engine.

    Parameters
    ----------
    engine : Engine
        Sweeps the chains.
    prepared : Any
        The model, as `engine.prepare` or a learner gives it.
    chains : array
        (C, L) uint8.
    parents : np.ndarray
        (C,) numbers of the chains that are copied.
    beta : float
        Inverse temperature.
    seed, sweeps : int
        Of the Gibbs sweeps, and their number.

    Returns
    -------
    array, np.ndarray
        Chains (C, L) and their energies (C,), nats.
    """
    # The lower word first: the CPU engine makes of both what it makes of the number.
    words = np.asarray(seed_words(seed))[None, ::-1]
    step = _Resampling(parents[None], np.array([beta], np.float32), words, np.array([sweeps], np.int32))
    chains, resampled = engine.scan(_resample, prepared, chains, step)
    return chains, np.asarray(resampled.energies, float)[0]


def _largest_step(energies: np.ndarray, limit: float) -> float:
    """Find the step in inverse temperature, at most `limit`, that leaves an effective `_LEAST_SURVIVAL` of chains."""
    if not np.isfinite(energies).all():
        raise FloatingPointError("a model whose parameters have diverged has no energies")

    def surplus(step: float) -> float:
        return float(effective_number(-step * energies)) / len(energies) - _LEAST_SURVIVAL

    if surplus(limit) >= 0:
        return limit
    return float(brentq(surplus, 0.0, limit, xtol=1e-6))
