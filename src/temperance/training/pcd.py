"""Boltzmann-machine learning of a Potts model by persistent contrastive divergence, along a path of L2 penalties."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from temperance.core.checkpoint import NONE, Checkpoint
from temperance.core.errors import InputError
from temperance.engines.base import Engine
from temperance.engines.memory import check_training
from temperance.potts.frequencies import frequencies
from temperance.training.convergence import ConvergenceTest
from temperance.training.result import Training
from temperance.training.run import Plan, Run
from temperance.training.state import STATE_FORM
from temperance.training.step import Step
from temperance.training.strengths import (
    HeldoutSequences,
)

log = logging.getLogger(__name__)

# Steps after a change of the penalty are shorter than the first ones by this factor: the chains are near the data.
_WARM_MOVE = 0.3
# Beyond this many sites thermal fluctuations of the energy, and so the steps, grow with the root of their number. Below
# it gradients are less noisy, and steps take a larger share of the direction, at most so many times as large.
_REFERENCE_LENGTH, _FASTEST = 50, 2.5
# Sequences of the data, and as many chains, whose energies tell how far a step moves the model.
_PROBES = 500
# Factors of the steps' bounds that are tried in turn while the parameters diverge.
_RETRY_FACTORS = 1, 1 / 4, 1 / 16


def train(
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    engine: Engine,
    seed: int,
    *,
    heldout: np.ndarray | None = None,
    heldout_weights: np.ndarray | None = None,
    chains: int = 4_000,
    sweeps: int = 10,
    learning_rate: float = 0.2,
    max_move: float = 1.0,
    decay_steps: int = 50,
    fields: bool = True,
    l2_fields: float = 0.0,
    l2_couplings: float | str = "auto",
    l2_path: Sequence[float] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001),
    path_steps: int = 60,
    pseudocount: float | str = "auto",
    stop: str = "converged",
    target_pearson: float = 0.95,
    confirm_chains: int = 10_000,
    check_every: int = 10,
    max_steps: int = 600,
    max_minutes: float | None = None,
    progress: Callable[[str], None] = log.info,
    checkpoint: Checkpoint = NONE,
) -> Training:
    """Maximise the penalised likelihood of a Potts model along sampled gradients.

    The loss is the weighted mean negative log-likelihood of a sequence plus l2_fields / 2 * sum h^2 plus
    l2_couplings / 2 * sum_{i<j} J^2 (the convention of bmDCA). Training begins with a strong penalty, which leaves
    nearly independent sites, and weakens it step by step to the target penalty, each model starting from the one
    before: so the chains follow the model through the transition between the family and all other sequences. With
    `l2_couplings='auto'` the strength is chosen among those of the path by the likelihood of held-out sequences.

    Directions are those of `temperance.engines.base.Learner`, steps those of `temperance.training.step.Step`. After
    every block of `check_every` steps a part of the chains is replaced by a population that was annealed from infinite
    temperature (`temperance.sampling.population`): a mode of the model that no persistent chain has entered shows up
    there, and the next gradients remove it. A few more are replaced by sequences of the data: a mode of the data
    without a chain would be deepened until it holds too much.

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    q : int
        States.
    engine : Engine
        Sampler, and source of the gradient steps.
    seed : int
        Determines the result, together with the engine.
    heldout, heldout_weights : np.ndarray, optional
        (H, L) uint8 and (H,), for `l2_couplings='auto'`.
    chains, sweeps : int
        Persistent chains, and Gibbs sweeps of each between two gradient steps.
    learning_rate : float
        Largest share of the direction that a step takes; times 50 / L, at most 2.5, below 50 sites.
    max_move : float
        Largest standard deviation of the change of energies by a first step, nats; times sqrt(L / 50) beyond 50 sites.
    decay_steps : int
        Both bounds shrink as 0.01 + 0.99 / (1 + (k / decay_steps)^2) with the steps k at one penalty.
    fields : bool
        Whether the model has fields. One without has none in the zero-sum gauge: its couplings stay in that gauge.
        Correlations of the data that it is compared with are then those about uniform sites.
    l2_fields : float
        Penalty on the fields.
    l2_couplings : float or 'auto'
        Penalty on the couplings; 'auto' chooses it among `l2_path` by the held-out likelihood.
    l2_path : sequence of float
        Strengths from which training descends.
    path_steps : int
        Most steps at each strength on the way.
    pseudocount : float or 'auto'
        Share of the uniform distribution in the data's frequencies; 'auto' is 1 / Meff.
    stop : {'converged', 'pearson'}
        `converged`: at the optimum, within sampling noise. `pearson`: as soon as `confirm_chains` independent chains
        show the correlation `target_pearson` (or the ceiling, where that is lower). Stopping early is a regulariser of
        its own, and leaves parameters too small: the temperatures of such a model mean something else.
    target_pearson : float
        Pearson correlation of connected correlations at which training stops early, with `stop='pearson'`.
    confirm_chains : int
        Independent chains that the final comparison with the data rests on.
    check_every : int
        Steps of a block, after which chains are replaced and the course of training is recorded.
    max_steps : int
        Most steps at the last penalty.
    max_minutes : float, optional
        Limit on wall-clock time. A run that it stops is not reproducible.
    progress : callable
        Takes messages.
    checkpoint : Checkpoint
        State to resume from, of a task that settings, seed and engine determine; sequences and weights are added here.

    Returns
    -------
    Training

    Raises
    ------
    InputError
        If fewer than two columns vary, held-out sequences are missing, the parameters diverge, or the device has too
        little memory.

    References
    ----------
    Tieleman, ICML 2008 (persistent chains); Carbone, Hua, Coste, Vanden-Eijnden, NeurIPS 2023 (their weights).
    """
    _check_sequences(sequences)
    check_training(engine, sequences.shape[1], q, max(chains, confirm_chains))
    if l2_couplings == "auto" and (heldout is None or heldout_weights is None):
        raise InputError("train.l2_couplings: auto needs held-out sequences; give a number")
    checkpoint = checkpoint.with_task(sequences=sequences, weights=weights, form=STATE_FORM)
    share = min(1 / weights.sum() if pseudocount == "auto" else float(pseudocount), 0.5)
    length = sequences.shape[1]
    heldout_sequences = HeldoutSequences.from_sequences(
        np.empty((0, length), np.uint8) if heldout is None else heldout,
        np.empty(0) if heldout_weights is None else heldout_weights,
    )
    for factor in _RETRY_FACTORS:
        first = first_step(length, chains, sweeps, factor * learning_rate, factor * max_move, decay_steps)
        plan = Plan(
            fields=fields,
            l2_fields=l2_fields,
            strengths=_path(l2_couplings, l2_path, stop),
            choose=l2_couplings == "auto" and len(l2_path) > 1,
            path_steps=path_steps,
            max_steps=max_steps,
            max_minutes=max_minutes,
            check_every=check_every,
            confirm_chains=confirm_chains,
            target=target_pearson if stop == "pearson" else None,
            first=first,
            warm=warm_step(first),
        )
        rng = np.random.default_rng(seed)
        data = frequencies(sequences, q, weights, np.float32).with_pseudocount(share)
        if not fields:
            data = data.with_uniform_sites()
        test = ConvergenceTest(engine, sequences, weights, q, rng, progress)
        run = Run(plan, engine, data, test, rng, chains, heldout_sequences, checkpoint.with_task(factor=factor))
        try:
            return run.train(progress)
        except FloatingPointError:
            progress(f"training diverged with steps {factor:g} times as long as configured")
    raise InputError("train.max_move: training diverged; lower train.max_move or raise train.l2_couplings")


def first_step(
    length: int, chains: int, sweeps: int, learning_rate: float, max_move: float, decay_steps: float
) -> Step:
    """Set the bounds of steps from the profile model, for a number of sites.

    Parameters
    ----------
    length : int
        Sites.
    chains, sweeps : int
        Persistent chains, and Gibbs sweeps of each between two steps.
    learning_rate, max_move, decay_steps : float
        As of `train`.

    Returns
    -------
    Step
    """
    longest = max_move * max(1.0, length / _REFERENCE_LENGTH) ** 0.5
    rate = learning_rate * min(max(1.0, _REFERENCE_LENGTH / length), _FASTEST)
    return Step(min(_PROBES, chains // 5), sweeps, rate, longest, decay_steps)


def warm_step(first: Step) -> Step:
    """Shorten steps for a model that is near its optimum, and whose chains are near the data.

    Parameters
    ----------
    first : Step
        Of `first_step`.

    Returns
    -------
    Step
    """
    return replace(first, max_move=_WARM_MOVE * first.max_move)


def _check_sequences(sequences: np.ndarray) -> None:
    varied = int((sequences != sequences[0]).any(axis=0).sum())
    if varied < 2:
        raise InputError(
            f"subsets.sizes: {varied} of {sequences.shape[1]} columns vary among {len(sequences)} training sequences; "
            "correlations need at least 2: train on more sequences"
        )


def _path(l2_couplings: float | str, l2_path: Sequence[float], stop: str) -> tuple[float, ...]:
    """Order the penalties as they are trained with, the strongest first."""
    descending = tuple(sorted((float(strength) for strength in l2_path), reverse=True))
    if l2_couplings == "auto":
        return descending
    target = float(l2_couplings)
    # A model that stops early is not the optimum of any penalty: a path to it would only cost time.
    stronger = () if stop == "pearson" else tuple(strength for strength in descending[1:] if strength > 2 * target)
    return (*stronger, target)
