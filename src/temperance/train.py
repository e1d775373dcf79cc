"""Boltzmann-machine learning of a Potts model by persistent contrastive divergence."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from temperance.errors import InputError
from temperance.gibbs import Engine, Learner, profile_chains
from temperance.potts import Potts
from temperance.statistics import Frequencies, Showing, frequencies, showing

log = logging.getLogger(__name__)

# sqrt(1.1^2 - 1) = 0.46: what is left of the gradient is less than half of its sampling noise.
_AT_NOISE = 1.1
# Fresh chains this much short of the target Pearson correlation have a way to go, for which steps are long again; this
# much short of persistent ones, they have not the model's distribution, or those have not.
_FAR = 0.1
# Where fresh chains show this much more than at any attempt before, there was something left to learn.
_MORE = 0.01
# Checks between an attempt and the next, twice as many whenever one showed no more.
_PATIENCE = 2
# A model's own temperature has settled when its scale is right to this share.
_SCALE = 0.03
# Beyond this length thermal fluctuations of the energy, and so the steps, grow with its square root.
_SHORT = 50
# Sequences of the data, and as many chains, whose energies tell how far a step moves the model.
_PROBES = 500


@dataclass(frozen=True)
class Confirmation:
    """What fresh chains, started from the profile model, show of a model.

    Attributes
    ----------
    pearson, slope : float
        Of the connected two-site correlations against the data's.
    ceiling : float
        Pearson correlation that as many draws from the data themselves reach.
    scale_error : float
        Share by which all parameters together are too small (negative: too large) for the penalised likelihood: the
        model's own temperature is too high by as much, which no correlation coefficient sees.
    chains, sweeps : int
        How many it took.
    equilibrated : bool
        Whether the mean energy had stopped moving by then.
    """

    pearson: float
    slope: float
    ceiling: float
    scale_error: float
    chains: int
    sweeps: int
    equilibrated: bool


@dataclass(frozen=True)
class Training:
    """A trained model, zero-sum gauge, with what is known of how well it was trained.

    Attributes
    ----------
    stopped : {'target', 'converged', 'steps', 'time'}
        `target`: the Pearson correlation was reached, the scale settled, and fresh chains confirm both; `converged`:
        the gradient, penalty included, was down to its sampling noise, the scale settled, and fresh chains show no
        more at two attempts in a row, and not much less than persistent ones; `steps`, `time`: a limit was reached
        first.
    history : pandas.DataFrame
        step, pearson, slope, scale_error, gradient_norm, acceptance (share of sites that a step changed), seconds.
    """

    model: Potts
    stopped: str
    steps: int
    confirmation: Confirmation
    history: pd.DataFrame


def train(
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    engine: Engine,
    seed: int,
    *,
    chains: int = 4_000,
    sweeps: int = 4,
    learning_rate: float = 0.2,
    max_move: float = 1.0,
    decay_steps: int = 50,
    l2_fields: float = 0.0,
    l2_couplings: float = 0.003,
    pseudocount: float | str = "auto",
    target_pearson: float = 0.95,
    confirm_chains: int = 40_000,
    confirm_sweeps: int = 100,
    check_every: int = 10,
    max_steps: int = 300,
    max_minutes: float | None = None,
    progress: Callable[[str], None] = log.info,
) -> Training:
    """Maximise the penalised likelihood along sampled gradients.

    The loss is the weighted mean negative log-likelihood of a sequence plus l2_fields / 2 * sum h^2 plus
    l2_couplings / 2 * sum_{i<j} J^2 (the convention of bmDCA); the direction is that of `temperance.gibbs.Learner`, and
    the rate is a share of it. A family with a gap has two phases, its sequences and all others, and the model leaps
    between them when a step moves the one against the other by much more than thermal noise: a step that changes the
    energies of data and chains with a standard deviation above max_move, times sqrt(L / 50) beyond 50 sites, is
    shortened to that. Both bounds shrink as 0.01 + 0.99 / (1 + (k / decay_steps)^2), where a step adds to k the share
    of that variance that lies within data and within chains: while it brings the ones to the others, k stands still.
    Every step is followed by Newton's in the common scale of all parameters, with the second bound.

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    seed : int
        Determines the result, together with the engine.
    chains, sweeps : int
        Persistent chains, and Gibbs sweeps of each between two gradient steps.
    learning_rate : float
        The most of the direction that a step takes.
    max_move : float
        In nats, of the energy of a sequence.
    pseudocount : float or 'auto'
        Share of the uniform distribution in the data's frequencies; 'auto' is 1 / Meff.
    target_pearson : float
        Of connected two-site correlations, to be shown by `confirm_chains` fresh chains. A model that does not come
        near it is shown by fewer, as many as `chains`. A correlation does not see the scale of the parameters, that is
        the model's own temperature; training also goes on until that has settled to 3 %.
    confirm_sweeps : int
        The most sweeps that fresh chains get to equilibrate.
    max_minutes : float, optional
        Limit on wall-clock time. A run that it stops is not reproducible.

    Raises
    ------
    InputError
        If the parameters diverge.
    """
    rng = np.random.default_rng(seed)
    share = min(1 / weights.sum() if pseudocount == "auto" else float(pseudocount), 0.5)
    data = frequencies(sequences, q, weights, np.float32).with_pseudocount(share)
    learner = engine.learner(data, l2_fields, l2_couplings)
    judge = _Judge(
        engine, learner, data, sequences, weights / weights.sum(), rng,
        target_pearson, (chains, confirm_chains), confirm_sweeps, progress,
    )  # fmt: skip
    persistent = profile_chains(chains, data.single, rng)
    # Chains that have no part in a step tell how far it moves: those that have would show its noise as a motion.
    probes = min(_PROBES, chains // 5)
    length = sequences.shape[1]
    most = max_move * max(1.0, length / _SHORT) ** 0.5
    started, confirmed, records, best = time.monotonic(), None, [], -np.inf
    wait = _PATIENCE * check_every
    clock, decay, attempt_at, patience = 0.0, 1.0, 0, wait
    stopped, step = "steps", 0
    while step < max_steps:
        step += 1
        before = persistent
        persistent = engine.sweep(learner.prepared, persistent, 1.0, int(rng.integers(2**63)), sweeps)
        gradient = learner.gradient(persistent[probes:], decay)
        if not np.isfinite(gradient.norm):
            raise InputError("train.max_move: the parameters diverged; lower it or raise train.l2_couplings")
        minutes = (time.monotonic() - started) / 60
        out_of_time = max_minutes is not None and minutes > max_minutes
        checked = step % check_every == 0 or step == max_steps or out_of_time
        among = np.concatenate([judge.drawn(probes), persistent[:probes]])
        energies = engine.energies(learner.prepared, among)
        scale = scale_step(gradient.rise, energies[probes:].var(), gradient.penalty)
        most_scale = most / energies.std()
        change = learner.change(among)
        within = 0.5 * (change[:probes].var() + change[probes:].var())
        clock += within / max(change.var(), 1e-12)
        decay = 0.01 + 0.99 / (1 + (clock / decay_steps) ** 2)
        learner.move(decay * min(learning_rate, most / max(change.std(), 1e-6)))
        # The common scale is where single steps are slowest.
        learner.rescale(1 + float(np.clip(scale, -most_scale, most_scale)))
        if not checked:
            continue
        seen = showing(data, persistent)
        acceptance = float((before != persistent).mean())
        records.append((step, seen.pearson, seen.slope, scale, gradient.norm, acceptance, minutes * 60))
        progress(f"step {step}: Pearson {seen.pearson:.3f}, scale error {scale:+.3f}, gradient {gradient.norm:.3g}")
        at_noise = gradient.norm < _AT_NOISE * gradient.noise
        if step >= attempt_at and abs(scale) <= _SCALE and (at_noise or judge.expects(seen) >= target_pearson):
            confirmed, fresh, expected = judge.examine(step)
            if judge.satisfied(confirmed):
                stopped = "target"
                break
            gained, again = expected > best + _MORE, patience > wait
            if at_noise and not gained and again and expected > judge.expects(seen) - _FAR:
                stopped = "converged"
                break
            # Fresh chains are better equilibrated than the ones that flattered: go on with them.
            persistent = fresh
            if expected < target_pearson - _FAR:
                clock = 0.0
            patience = wait if gained else 2 * patience
            attempt_at, best = step + patience, max(best, expected)
        if out_of_time:
            stopped = "time"
            break
    if stopped != "target":
        confirmed, _, _ = judge.examine(step, final=True)
        stopped = "target" if judge.satisfied(confirmed) else stopped
    assert confirmed is not None
    columns = ["step", "pearson", "slope", "scale_error", "gradient_norm", "acceptance", "seconds"]
    history = pd.DataFrame(records, columns=columns)
    parameters = learner.parameters
    # What learning needed is larger than the model: let go of it before that is written out in full.
    del learner, judge, data
    return Training(Potts.of_pairs(*parameters).zero_sum(overwrite=True), stopped, step, confirmed, history)


def fresh_chains(
    engine: Engine, prepared: Any, single: np.ndarray, count: int, max_sweeps: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, int, bool]:
    """Chains (count, L) of the profile model, swept in doubling blocks until their mean energy rests within its error.

    Also their energies (count,), the sweeps that it took, `max_sweeps` at most, and whether they came to rest. `single`
    are one-site frequencies, (L, q).
    """
    chains = profile_chains(count, single, rng)
    before, done, block, resting = np.inf, 0, 25, False
    while not resting and done < max_sweeps:
        block = min(block, max_sweeps - done)
        chains = engine.sweep(prepared, chains, 1.0, int(rng.integers(2**63)), block)
        energies = engine.energies(prepared, chains)
        resting = bool(abs(energies.mean() - before) < 2 * energies.std() * (2 / count) ** 0.5)
        before, done, block = energies.mean(), done + block, done + block
    return chains, energies, done, resting


class _Judge:
    """What a model shows of the data on chains that have not followed its learning."""

    def __init__(
        self,
        engine: Engine,
        learner: Learner,
        data: Frequencies,
        sequences: np.ndarray,
        shares: np.ndarray,
        rng: np.random.Generator,
        target: float,
        chains: tuple[int, int],
        max_sweeps: int,
        progress: Callable[[str], None],
    ):
        self._engine, self._learner, self._data = engine, learner, data
        self._sequences, self._shares, self._rng = sequences, shares, rng
        self._target, (self._few, self._many), self._max_sweeps = target, chains, max_sweeps
        self._progress = progress

    def examine(self, step: int, final: bool = False) -> tuple[Confirmation, np.ndarray, float]:
        """Few fresh chains first: they cost a tenth of a confirmation at the defaults and spare those that would fail.

        What the many would show of a model that does not come to rest is no property of the model. Also the few
        chains, and the Pearson correlation that is expected of the many.
        """
        trial, few, expected = self._confirm(self._few)
        self._progress(f"step {step}: {self._few} fresh chains say that {self._many} would show {expected:.3f}")
        likely = expected >= self._target and self._settled(trial)
        if likely or (final and trial.equilibrated):
            self._progress(f"step {step}: {self._many} fresh chains have to confirm it")
            return self._confirm(self._many)[0], few, expected
        return trial, few, expected

    def expects(self, seen: Showing) -> float:
        """The Pearson correlation that as many chains as have to confirm it would show, by what others have shown."""
        return seen.with_samples(self._many)

    def satisfied(self, shown: Confirmation) -> bool:
        return shown.chains >= self._many and shown.pearson >= self._target and self._settled(shown)

    def _settled(self, shown: Confirmation) -> bool:
        return abs(shown.scale_error) <= _SCALE

    def drawn(self, count: int) -> np.ndarray:
        """So many sequences (count, L) of the data, by weight."""
        return self._sequences[self._rng.choice(len(self._sequences), count, p=self._shares)]

    def _confirm(self, chains: int) -> tuple[Confirmation, np.ndarray, float]:
        fresh, energies, done, resting = fresh_chains(
            self._engine, self._learner.prepared, self._data.single, chains, self._max_sweeps, self._rng
        )
        seen, ceiling = showing(self._data, fresh), showing(self._data, self.drawn(chains)).pearson
        scale = self.scale_error(energies)
        shown = Confirmation(seen.pearson, seen.slope, ceiling, scale, chains, done, resting)
        return shown, fresh, self.expects(seen)

    def scale_error(self, energies: np.ndarray) -> float:
        """What the energies of chains tell of the common scale."""
        penalty = self._learner.penalty()
        return scale_step(energies.mean() - self._learner.data_energy() - penalty, energies.var(), penalty)


def scale_step(rise: float, variance: float, penalty: float) -> float:
    """Newton's step of the penalised likelihood in the logarithm of the common scale of all parameters.

    From its slope, <E>_model - <E>_data less the penalty, and its curvature, Var(E) of the model and the penalty.
    """
    return float(rise / (variance + penalty))
