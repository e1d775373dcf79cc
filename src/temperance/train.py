"""Boltzmann-machine learning of a Potts model by persistent contrastive divergence."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from temperance.errors import InputError
from temperance.gibbs import Engine, profile_chains
from temperance.potts import Potts, profile
from temperance.statistics import Frequencies, agreement, freed_of_noise, frequencies, noise_ceiling

log = logging.getLogger(__name__)

# sqrt(1.1^2 - 1) = 0.46: what is left of the gradient is less than half of its sampling noise.
_AT_NOISE = 1.1
# Fresh chains this much short of the target Pearson correlation have a way to go, for which steps are long again.
_FAR = 0.1
# A model's own temperature has settled when its scale is right to this share.
_SCALE = 0.03
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
        the gradient, penalty included, was down to its sampling noise, and the scale settled; `steps`, `time`: a limit
        was reached first.
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
    learning_rate: float = 1.0,
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
    """Maximise the penalised likelihood by Adam on sampled gradients.

    The loss is the weighted mean negative log-likelihood of a sequence plus l2_fields / 2 * sum h^2 plus
    l2_couplings / 2 * sum_{i<j} J^2 (the convention of bmDCA). Adam moves every coupling by about its rate, so a
    local field, the sum of L couplings, moves by about L times that: the rate is learning_rate / L. A family with a
    gap has two phases, its sequences and all others, and the model leaps between them when a step moves the
    one against the other by much more than thermal noise: a step that changes the energies of data and chains with
    a standard deviation above max_move is shortened to that. Both bounds shrink as
    0.01 + 0.99 / (1 + (k / decay_steps)^2), where a step adds to k the share of that variance that lies within data and
    within chains: while it brings the ones to the others, k stands still.

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    seed : int
        Determines the result, together with the engine.
    chains, sweeps : int
        Persistent chains, and Gibbs sweeps of each between two gradient steps.
    learning_rate, max_move : float
        In nats, of a local field and of the energy of a sequence.
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
    length, shares = sequences.shape[1], weights / weights.sum()
    share = 1 / weights.sum() if pseudocount == "auto" else float(pseudocount)
    data = frequencies(sequences, q, weights).with_pseudocount(min(share, 0.5))
    target = data.connected()
    update = _Update(data, l2_fields, l2_couplings)
    persistent = profile_chains(chains, data.single, rng)
    ceiling = partial(noise_ceiling, sequences, weights, q, rng=rng, pseudocount=min(share, 0.5))
    scale_error = partial(_scale_error, data, l2_fields, l2_couplings)
    confirm = partial(_confirm, engine, data, target, ceiling, scale_error, confirm_sweeps, rng)

    def examine(model: Potts, final: bool = False) -> tuple[Confirmation, np.ndarray, float]:
        """Few fresh chains first: they cost a tenth of a confirmation at the defaults and spare those that would fail.

        What the many would show of a model that does not come to rest is no property of the model.
        """
        trial, few = confirm(model, chains)
        showing = freed_of_noise(target, engine.frequencies(few, q), chains)
        progress(f"step {step}: {chains} fresh chains show {showing:.3f} when freed of noise")
        if showing >= target_pearson or (final and trial.equilibrated):
            progress(f"step {step}: {confirm_chains} fresh chains have to confirm it")
            return confirm(model, confirm_chains)[0], few, showing
        return trial, few, showing

    def reached(shown: Confirmation) -> bool:
        settled = abs(shown.scale_error) <= _SCALE
        return shown.chains >= confirm_chains and shown.pearson >= target_pearson and settled

    started, confirmed, records = time.monotonic(), None, []
    clock = 0.0
    stopped, step, attempt_at, patience = "steps", 0, 0, 5 * check_every
    while step < max_steps:
        step += 1
        before = persistent
        current = update.model
        prepared = engine.prepare(current)
        persistent = engine.sweep(prepared, persistent, 1.0, int(rng.integers(2**63)), sweeps)
        shown = engine.frequencies(persistent, q)
        direction, norm, noise = update.direction(shown, chains)
        if not np.isfinite(norm):
            raise InputError("train.max_move: the parameters diverged; lower it or raise train.l2_couplings")
        among = sequences[rng.choice(len(sequences), _PROBES, p=shares)], persistent[:_PROBES]
        change = engine.energies(engine.prepare(direction), np.concatenate(among))
        of_data, of_chains = change[:_PROBES], change[_PROBES:]
        clock += 0.5 * (of_data.var() + of_chains.var()) / max(change.var(), 1e-12)
        decay = 0.01 + 0.99 / (1 + (clock / decay_steps) ** 2)
        update.move(decay * min(learning_rate / length, max_move / max(change.std(), 1e-6)))
        minutes = (time.monotonic() - started) / 60
        out_of_time = max_minutes is not None and minutes > max_minutes
        if step % check_every and step < max_steps and not out_of_time:
            continue
        match = agreement(target, shown.connected())
        acceptance = float((before != persistent).mean())
        scale = scale_error(current, shown, engine.energies(prepared, persistent))
        records.append((step, match.pearson, match.slope, scale, norm, acceptance, minutes * 60))
        progress(f"step {step}: Pearson {match.pearson:.3f}, scale error {scale:+.3f}, gradient {norm:.3g}")
        showing = freed_of_noise(target, shown, chains)
        if step >= attempt_at and showing >= target_pearson and abs(scale) <= _SCALE:
            confirmed, fresh, showing = examine(update.model)
            if reached(confirmed):
                stopped = "target"
                break
            # Fresh chains are better equilibrated than the ones that flattered: go on with them.
            persistent = fresh
            if showing < target_pearson - _FAR:
                clock = 0.0
            attempt_at, patience = step + patience, 2 * patience
        if norm < _AT_NOISE * noise and abs(scale) <= _SCALE:
            stopped = "converged"
            break
        if out_of_time:
            stopped = "time"
            break
        # The common scale of all parameters is where single steps are slowest, and Newton's step is known.
        most = max_move / engine.energies(prepared, np.concatenate(among)).std()
        update.rescale(1 + float(np.clip(scale, -most, most)))
    if stopped != "target":
        confirmed, _, _ = examine(update.model, final=True)
        stopped = "target" if reached(confirmed) else stopped
    assert confirmed is not None
    columns = ["step", "pearson", "slope", "scale_error", "gradient_norm", "acceptance", "seconds"]
    history = pd.DataFrame(records, columns=columns)
    return Training(update.model.zero_sum(), stopped, step, confirmed, history)


class _Update:
    """Parameters and the optimiser's state, on the device where JAX keeps them."""

    def __init__(self, data: Frequencies, l2_fields: float, l2_couplings: float):
        start = profile(data.single)
        self._data = jnp.asarray(data.single, jnp.float32), jnp.asarray(data.pair, jnp.float32)
        self._parameters = jnp.asarray(start.fields), jnp.asarray(start.couplings)
        self._l2 = l2_fields, l2_couplings
        # Adam's usual 0.9 overshoots where persistent chains answer late (docs/method.md).
        self._optimiser = optax.scale_by_adam(b1=0.5)
        self._state = self._optimiser.init(self._parameters)
        self._advance = jax.jit(self._gradient_step, donate_argnums=1)

    @property
    def model(self) -> Potts:
        return _potts(self._parameters)

    def direction(self, shown: Frequencies, chains: int) -> tuple[Potts, float, float]:
        """Where a unit rate moves, the gradient's norm, and the norm that the noise of `chains` samples has."""
        single, pair = jnp.asarray(shown.single, jnp.float32), jnp.asarray(shown.pair, jnp.float32)
        self._direction, self._state, norm, spread = self._advance(
            self._parameters, self._state, self._data, (single, pair)
        )
        return _potts(self._direction), float(norm), float(spread) / chains**0.5

    def move(self, rate: float) -> None:
        """Move by `rate` along the latest direction."""
        self._parameters = jax.tree.map(lambda value, step: value + rate * step, self._parameters, self._direction)

    def rescale(self, factor: float) -> None:
        """Multiply all parameters."""
        self._parameters = jax.tree.map(lambda value: value * factor, self._parameters)

    def _gradient_step(self, parameters: Any, state: Any, data: Any, shown: Any) -> Any:
        length = len(parameters[0])
        off_diagonal = (1 - jnp.eye(length))[:, None, :, None]
        ascent = tuple(
            target - model - l2 * value
            for model, target, l2, value in zip(shown, data, self._l2, parameters, strict=True)
        )
        ascent = ascent[0], ascent[1] * off_diagonal
        norm = jnp.sqrt((ascent[0] ** 2).sum() + (ascent[1] ** 2).sum() / 2)
        single, pair = (frequency * (1 - frequency) for frequency in shown)
        spread = jnp.sqrt(single.sum() + (pair * off_diagonal).sum() / 2)
        direction, state = self._optimiser.update(ascent, state)
        return direction, state, norm, spread


def _potts(parameters: Any) -> Potts:
    return Potts(np.asarray(parameters[0]), np.asarray(parameters[1]))


def _confirm(
    engine: Engine,
    data: Frequencies,
    target: np.ndarray,
    ceiling: Callable[..., float],
    scale_error: Callable[..., float],
    max_sweeps: int,
    rng: np.random.Generator,
    model: Potts,
    chains: int,
) -> tuple[Confirmation, np.ndarray]:
    """Fresh chains from the profile model, swept in doubling blocks until the mean energy rests within its error."""
    prepared = engine.prepare(model)
    fresh = profile_chains(chains, data.single, rng)
    before, done, block, resting = np.inf, 0, 25, False
    while not resting and done < max_sweeps:
        block = min(block, max_sweeps - done)
        fresh = engine.sweep(prepared, fresh, 1.0, int(rng.integers(2**63)), block)
        energies = engine.energies(prepared, fresh)
        resting = abs(energies.mean() - before) < 2 * energies.std() * (2 / chains) ** 0.5
        before, done, block = energies.mean(), done + block, done + block
    seen = engine.frequencies(fresh, data.single.shape[1])
    match, scale = agreement(target, seen.connected()), scale_error(model, seen, energies)
    shown = Confirmation(match.pearson, match.slope, ceiling(draws=chains), scale, chains, done, bool(resting))
    return shown, fresh


def _scale_error(
    data: Frequencies, l2_fields: float, l2_couplings: float, model: Potts, shown: Frequencies, energies: np.ndarray
) -> float:
    """Newton's step of the penalised likelihood in the logarithm of the common scale of all parameters.

    Its gradient is <E>_model - <E>_data less the penalty's, its curvature Var(E) and the penalty's.
    """
    fields, couplings = model.fields, model.couplings
    penalty = l2_fields * np.vdot(fields, fields) + l2_couplings * np.vdot(couplings, couplings) / 2
    gain = np.vdot(data.single - shown.single, fields) + np.vdot(data.pair - shown.pair, couplings) / 2
    return float((gain - penalty) / (energies.var() + penalty))
