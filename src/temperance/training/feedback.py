"""Learning from results: a trained model is adjusted to data to which functional sequences are added and others not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from temperance.core.settings.training import TrainSettings
from temperance.engines.base import Engine
from temperance.potts.frequencies import Frequencies, frequencies
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites
from temperance.sampling.population import anneal_population
from temperance.training.pcd import first_step, warm_step
from temperance.training.step import Learning

# Share of the chains that independent ones replace after each block of steps.
_MIXED = 0.15
# Least sum of the weights of all sequences, natural ones counting as 1: below it frequencies are of very few of them.
LEAST_SUM = 0.1


def balance(functional: np.ndarray, weights: np.ndarray) -> float:
    """Compute the share of functional sequences less that of others, by weight.

    Parameters
    ----------
    functional : np.ndarray
        (N,) bool.
    weights : np.ndarray
        (N,) positive.

    Returns
    -------
    float
        -1 to 1.

    Examples
    --------
    >>> balance(np.array([True, False]), np.array([1.0, 3.0]))
    -0.5
    """
    return float(np.where(functional, weights, -weights).sum() / weights.sum())


def add_results(
    natural: Frequencies, sequences: np.ndarray, functional: np.ndarray, weights: np.ndarray, strength: float,
    floor: float,
) -> Frequencies:  # fmt: skip
    """Add the frequencies of functional sequences to natural ones, and subtract those of others.

    The result is (f_natural + strength * sum_b w_b y_b f_b) / (1 + strength * sum_b w_b y_b) over results b, whose
    weights w sum to 1, and y is 1 of a functional sequence and -1 of another one. States of a site that would be rarer
    than the floor are raised to it, and pairs by as much, so that they go on agreeing with their sites; pairs may be
    negative, which a penalty on couplings bounds.

    Parameters
    ----------
    natural : Frequencies
        Of natural sequences, with a pseudocount.
    sequences : np.ndarray
        (N, L) uint8 with results.
    functional : np.ndarray
        (N,) bool.
    weights : np.ndarray
        (N,) positive, of any sum.
    strength : float
        Weight of all results, natural sequences together counting as 1.
    floor : float
        Least frequency of a state at a site.

    Returns
    -------
    Frequencies

    References
    ----------
    Calvanese, Peinetti, Pavlinova, Nghe, Weigt, arXiv:2504.01593 (adabmDCA's `reintegrate`).
    """
    q, total = natural.single.shape[1], 1 + strength * balance(functional, weights)
    single, pair = natural.single / total, natural.pair / natural.pair.dtype.type(total)
    for members, sign in ((functional, 1), (~functional, -1)):
        if members.any():
            share = sign * strength * weights[members].sum() / weights.sum() / total
            added = frequencies(sequences[members], q, weights[members], pair.dtype.type)
            single += share * added.single
            pair += pair.dtype.type(share) * added.pair
    raised = np.maximum(single, floor)
    raised /= raised.sum(axis=1, keepdims=True)
    change = ((raised - single) / q).astype(pair.dtype)
    left, right = pairs_of_sites(len(single))
    pair += change[left, :, None] + change[right, None, :]
    return Frequencies(raised, pair)


@dataclass(frozen=True)
class Adjusted:
    """A model that was adjusted to other frequencies.

    Attributes
    ----------
    model : Potts
        In the zero-sum gauge.
    chains : np.ndarray
        (C, L) uint8 samples of it.
    steps : int
        Gradient steps.
    gradient : float
        Norm of the last gradient over that of its sampling noise; nan where parameters diverged.
    pearson : float
        Agreement of the connected correlations of its chains with those of the frequencies.
    """

    model: Potts
    chains: np.ndarray
    steps: int
    gradient: float
    pearson: float


def draw_chains(model: Potts, count: int, engine: Engine, rng: np.random.Generator) -> np.ndarray:
    """Draw independent chains of a model by population annealing.

    Parameters
    ----------
    model : Potts
        Sampled at temperature 1.
    count : int
        Number of chains.
    engine : Engine
        Sampler.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (count, L) uint8.
    """
    return np.asarray(anneal_population(engine, engine.prepare(model), count, (model.L, model.q), rng).chains)


def adjust(
    model: Potts, chains: np.ndarray, data: Frequencies, draw_data: Callable[[int], np.ndarray], l2_couplings: float,
    options: TrainSettings, engine: Engine, rng: np.random.Generator, near: float, most_steps: int,
) -> Adjusted:  # fmt: skip
    """Train a model on from where it is, by the frequencies of other data.

    The penalised likelihood has one optimum, so it does not matter where training starts, and a model of similar data
    is near it.

    Parameters
    ----------
    model : Potts
        To start from.
    chains : np.ndarray
        (C, L) uint8 samples of it.
    data : Frequencies
        Of `add_results`.
    draw_data : callable
        Draws as many sequences as it is asked for, by which lengths of steps are measured.
    l2_couplings : float
        Penalty on couplings that the model was trained with.
    options : TrainSettings
        Training.
    engine : Engine
        The CPU's, whose learner can start from any model.
    rng : numpy.random.Generator
        Source of randomness.
    near : float
        Training ends when the gradient's norm is so many times that of its noise.
    most_steps : int
        Largest number of steps.

    Returns
    -------
    Adjusted
        The model that it started from where parameters diverge.
    """
    if not options.fields:
        data = data.with_uniform_sites()
    learner = engine.learner(data, options.l2_fields, l2_couplings, options.fields)
    pairs = np.asarray(model.pairs(), np.float32).reshape(-1, model.q**2)
    directions = {"of_fields": np.zeros_like(model.fields), "of_couplings": np.zeros_like(pairs)}
    learner = learner.restore({"fields": model.fields, "couplings": pairs} | directions)
    bounds = options.sweeps, options.learning_rate, options.max_move, options.decay_steps
    step = warm_step(first_step(model.L, len(chains), *bounds))
    learning, steps, gradient = Learning(learner, chains), 0, np.inf
    while steps < most_steps and gradient > near:
        count = min(options.check_every, most_steps - steps)
        randomness = step.draw_randomness(draw_data(count * step.probes), count, rng)
        with np.errstate(over="ignore", invalid="ignore"):
            learning, info = engine.scan(step, None, learning, randomness)
        if not np.isfinite(np.asarray(info.norm)).all():
            return Adjusted(model, chains, steps, float("nan"), float("nan"))
        steps, gradient = steps + count, float(np.asarray(info.norm)[-1] / np.asarray(info.noise)[-1])
        learning = learning._replace(chains=_mix(learning, engine, (model.L, model.q), rng))
    agreement = learning.learner.correlation_agreement(learning.chains)
    adjusted = Potts.from_pairs(*(np.array(values) for values in learning.learner.parameters)).zero_sum(overwrite=True)
    if not options.fields:
        adjusted = replace(adjusted, fields=np.zeros_like(adjusted.fields))
    return Adjusted(adjusted, np.asarray(learning.chains), steps, gradient, float(agreement.pearson))


def _mix(learning: Learning, engine: Engine, shape: tuple[int, int], rng: np.random.Generator) -> Any:
    """Replace some chains by independent ones, which enter modes that the others have not."""
    chains = np.array(learning.chains)
    count = max(1, round(_MIXED * len(chains)))
    population = anneal_population(engine, learning.learner.prepared, max(count, 10), shape, rng)
    chains[rng.choice(len(chains), count, replace=False)] = np.asarray(population.chains)[:count]
    return chains
