"""Annealed importance sampling: a lower bound of ln Z that does not rest on replica exchange."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp

from temperance.engines.base import Engine
from temperance.engines.chains import draw_uniform_chains
from temperance.potts.model import Potts
from temperance.stats.resampling import effective_number
from temperance.thermo.energy_curve import EnergyCurve


@dataclass(frozen=True)
class Annealed:
    """ln Z by annealed importance sampling at several inverse temperatures.

    Attributes
    ----------
    log_z, error, ess : np.ndarray
        (T,) value, standard error, effective number of weights.
    """

    log_z: np.ndarray
    error: np.ndarray
    ess: np.ndarray


class _Annealing(NamedTuple):
    """Chains (C, L), and the logarithms of their weights."""

    chains: Any
    logs: Any


class _Cooling(NamedTuple):
    """Steps in beta, what it is after them, and words of seeds."""

    steps: np.ndarray
    betas: np.ndarray
    seeds: np.ndarray


class _Weights(NamedTuple):
    logs: Any


def _cool(engine: Engine, prepared: Any, state: _Annealing, cooling: _Cooling) -> tuple[_Annealing, _Weights]:
    logs = state.logs - cooling.steps * engine.energies(prepared, state.chains)
    return _Annealing(engine.sweep(prepared, state.chains, cooling.betas, cooling.seeds, 1), logs), _Weights(logs)


def estimate_log_z(
    model: Potts,
    engine: Engine,
    seed: int,
    betas: np.ndarray,
    curve: EnergyCurve,
    *,
    chains: int = 500,
    steps: int = 1000,
) -> Annealed:
    """Estimate ln Z by annealed importance sampling: uniform chains, a Gibbs sweep a step, weighted as they are cooled.

    Steps are of equal thermodynamic length, the integral of sd(E) over beta, which `curve` gives: no step then
    contributes more variance to the weights than another.

    Parameters
    ----------
    model : Potts
        Model whose ln Z is estimated.
    engine : Engine
        Sweeps the chains.
    seed : int
        Determines the result, together with the engine.
    betas : np.ndarray
        (T,) ascending inverse temperatures, at which ln Z is estimated; chains are cooled to the last.
    curve : EnergyCurve
        Mean energy of the model.
    chains, steps : int
        Their numbers; steps are added at `betas`.

    Returns
    -------
    Annealed
    """
    rng = np.random.default_rng(seed)
    schedule = np.union1d(_equal_steps(curve, float(betas[-1]), steps), betas)
    state = _Annealing(draw_uniform_chains(chains, model.L, model.q, rng), np.zeros(chains))
    seeds = rng.integers(2**32, size=(len(schedule) - 1, 2), dtype=np.uint32)
    cooling = _Cooling(np.diff(schedule), schedule[1:], seeds)
    _, recorded = engine.scan(_cool, engine.prepare(model), state, cooling)
    weights = np.asarray(recorded.logs, float)[np.isin(schedule[1:], betas)]
    share = np.exp(weights - weights.max(axis=1, keepdims=True))
    log_z = model.L * np.log(model.q) + logsumexp(weights, axis=1) - np.log(chains)
    relative = share.std(axis=1, ddof=1) / share.mean(axis=1) / chains**0.5
    return Annealed(log_z, relative, effective_number(weights))


def _equal_steps(curve: EnergyCurve, coldest: float, steps: int) -> np.ndarray:
    fine = np.linspace(0, coldest, 20 * steps + 1)
    speed = np.sqrt(np.maximum(-curve.spline.derivative()(fine), 1e-12))
    length = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    return np.interp(np.linspace(0, length[-1], steps + 1), length, fine)
