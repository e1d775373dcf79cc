"""A step of learning, written once for every engine: how far to go, and chains that follow."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from temperance.engines.base import Engine, Learner
from temperance.sampling.systematic_resampling import systematic_resample
from temperance.stats.resampling import effective_number

# Share of the chains that the weights of a part of a step have to leave, as an effective number.
_ALIVE = 0.5
# The bounds of a step shrink to this share.
_LEAST = 0.01


class Learning(NamedTuple):
    """What steps go on from: the learner, persistent chains (C, L), and the time of the decay."""

    learner: Learner
    chains: Any
    decay_time: Any = np.float32(0)


class StepRandomness(NamedTuple):
    """What chance has to give to n steps.

    Sequences (n, P, L) drawn of the data, by weight; for each part that a step may have, words (n, sweeps, 2) of a seed
    and a number (n, sweeps) in [0, 1).
    """

    sequences: np.ndarray
    seeds: np.ndarray
    offsets: np.ndarray


class StepStats(NamedTuple):
    """What steps (n,) found.

    Norm of the gradient and that of its sampling noise; Newton's step in the logarithm of the common scale; by how much
    the whole direction would lower the data's mean energy against the chains', in units of the heat capacity (so the
    temperature at which the model covers its data would change by this share); and the share of sites that the sweeps
    after the last choice of chains changed.
    """

    norm: Any
    noise: Any
    scale: Any
    drift: Any
    acceptance: Any


@dataclass(frozen=True)
class Step:
    """Settings of `temperance.training.train`; `max_move` in nats. Engines compile equal steps once."""

    probes: int
    sweeps: int
    learning_rate: float
    max_move: float
    decay_steps: float

    def given(self, sequences: np.ndarray, count: int, rng: np.random.Generator) -> StepRandomness:
        """For `count` steps; sequences (count * probes, L) are drawn of the data."""
        parts = count, self.sweeps
        seeds = rng.integers(2**32, size=(*parts, 2), dtype=np.uint32)
        drawn = sequences.reshape(count, self.probes, -1)
        return StepRandomness(drawn, seeds, rng.random(parts, dtype=np.float32))

    def __call__(self, engine: Engine, _: None, state: Learning, given: StepRandomness) -> tuple[Learning, StepStats]:
        """Estimate the gradient from the chains, and take a step along it that they follow."""
        learner, chains, decay_time = state
        decay = _LEAST + (1 - _LEAST) / (1 + (decay_time / self.decay_steps) ** 2)
        # Chains that have no part in a step tell how far it moves: those that have would show its noise as a motion.
        gradient = learner.update_direction(chains[self.probes :], decay)
        energies, change = engine.energies(learner.prepared, chains), learner.energy_change(chains)
        of_data, change_of_data = (
            engine.energies(learner.prepared, given.sequences),
            learner.energy_change(given.sequences),
        )
        apart = slice(self.probes)
        xp = change.__array_namespace__()
        changes, levels = (xp.concatenate([x, y[apart]]) for x, y in ((change_of_data, change), (of_data, energies)))
        within = 0.5 * (change_of_data.var() + change[apart].var())
        decay_time = decay_time + within / xp.maximum(changes.var(), 1e-12)
        rate = decay * xp.minimum(self.learning_rate, self.max_move / xp.maximum(changes.std(), 1e-6))
        # The common scale is where single steps are slowest.
        scale = scale_step(gradient.scale_slope, energies[apart].var(), gradient.penalty)
        bound = self.max_move / xp.maximum(levels.std(), 1e-6)
        move = _Move(rate, 1 + xp.clip(scale, -bound, bound))
        drift = (change[apart].mean() - change_of_data.mean()) / xp.maximum(energies.var(), 1e-6)
        learner, chains, acceptance = self._follow(engine, learner, move, chains, energies, change, given)
        return Learning(learner, chains, decay_time), StepStats(gradient.norm, gradient.noise, scale, drift, acceptance)

    def _follow(
        self,
        engine: Engine,
        learner: Learner,
        move: "_Move",
        chains: Any,
        energies: Any,
        change: Any,
        given: StepRandomness,
    ) -> tuple[Learner, Any, Any]:
        """Move the model, and chains (C, L) with it, in parts, each with its choice and its share of the sweeps.

        There are as few parts as leave enough chains alive at each choice: the weights of a long step leave few.
        """
        xp, possible = change.__array_namespace__(), np.arange(1, self.sweeps + 1)
        weights = -move.part(possible[:, None]).energy_increment(energies, change)
        enough = effective_number(weights) >= _ALIVE * len(chains)
        parts = xp.where(enough.any(), enough.argmax() + 1, self.sweeps)
        move, sweeps = move.part(parts), -(-self.sweeps // parts)

        def part(number: Any, learner: Learner, chains: Any, energies: Any, change: Any) -> tuple[Learner, Any, Any]:
            chosen = systematic_resample(chains, -move.energy_increment(energies, change), given.offsets[number])
            learner = learner.step(move.rate, move.factor)
            chains = engine.sweep(learner.prepared, chosen, 1.0, given.seeds[number], sweeps)
            return learner, chains, (chosen != chains).mean()

        def resample_and_sweep(number: Any, state: tuple[Learner, Any, Any, Any]) -> tuple[Learner, Any, Any, Any]:
            learner, chains, _ = part(number, *state)
            return learner, chains, engine.energies(learner.prepared, chains), learner.energy_change(chains)

        return part(parts - 1, *engine.fori_loop(parts - 1, resample_and_sweep, (learner, chains, energies, change)))


class _Move(NamedTuple):
    """Add `rate` times the direction, and multiply all by `factor`."""

    rate: Any
    factor: Any

    def part(self, count: Any) -> "_Move":
        """One of so many that make it up."""
        return _Move(self.rate / count, self.factor ** (1 / count))

    def energy_increment(self, energies: Any, change: Any) -> Any:
        """To energies (C,) that the whole direction would change so much."""
        return self.factor * (energies + self.rate * change) - energies


def scale_step(scale_slope: Any, variance: Any, penalty: Any) -> Any:
    """Newton's step of the penalised likelihood in the logarithm of the common scale of all parameters.

    From its slope, <E>_model - <E>_data less the penalty, and its curvature, Var(E) of the model and the penalty.
    """
    return scale_slope / (variance + penalty)
