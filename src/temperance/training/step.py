"""A gradient step, written once for every engine: its length, and persistent chains that follow the model."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from temperance.engines.base import Engine, Learner
from temperance.sampling.systematic_resampling import systematic_resample
from temperance.stats.resampling import effective_number

# Least effective share of the chains after the reweighting of one part of a step.
_LEAST_SURVIVAL = 0.5
# The bounds of a step decay to this share of what they were.
_LEAST_DECAY = 0.01
# Largest share by which a step may change the common scale: in a model that is nearly flat, noise alone would set it.
_MOST_SCALING = 0.9


class Learning(NamedTuple):
    """State that steps go on from: the learner, persistent chains (C, L), and the time of the decay."""

    learner: Learner
    chains: Any
    decay_time: Any = np.float32(0)


class StepRandomness(NamedTuple):
    """Pre-drawn random inputs of n steps.

    Attributes
    ----------
    sequences : np.ndarray
        (n, P, L) uint8, drawn of the data by weight.
    seeds : np.ndarray
        (n, sweeps, 2) uint32, the words of a seed for each part that a step may have.
    offsets : np.ndarray
        (n, sweeps) in [0, 1), the offsets of systematic resampling.
    """

    sequences: np.ndarray
    seeds: np.ndarray
    offsets: np.ndarray


class StepStats(NamedTuple):
    """Scalar summaries of n steps, each (n,).

    Attributes
    ----------
    norm, noise
        Norm of the gradient, and norm of its sampling noise.
    scale
        Newton's step in the logarithm of the common scale.
    drift
        By how much the whole direction would lower the data's mean energy against the chains', in units of the heat
        capacity; so the temperature at which the model covers its data would change by this share.
    acceptance
        Share of sites that the sweeps after the last resampling changed.
    """

    norm: Any
    noise: Any
    scale: Any
    drift: Any
    acceptance: Any


@dataclass(frozen=True)
class Step:
    """A gradient step that persistent chains follow; its settings, those of `temperance.training.train`.

    Engines compile equal steps once.

    Attributes
    ----------
    probes : int
        Chains, and as many sequences of the data, whose energies tell how far a step moves the model.
    sweeps : int
        Gibbs sweeps of a step.
    learning_rate, max_move : float
        Bounds of a step: share of the direction, and standard deviation of the change of energies in nats.
    decay_steps : float
        Time constant of the decay of both bounds.
    """

    probes: int
    sweeps: int
    learning_rate: float
    max_move: float
    decay_steps: float

    def draw_randomness(self, sequences: np.ndarray, count: int, rng: np.random.Generator) -> StepRandomness:
        """Draw the random inputs of several steps.

        Parameters
        ----------
        sequences : np.ndarray
            (count * probes, L) uint8, drawn of the data.
        count : int
            Steps.
        rng : numpy.random.Generator
            Source of seeds and offsets.

        Returns
        -------
        StepRandomness
        """
        parts = count, self.sweeps
        seeds = rng.integers(2**32, size=(*parts, 2), dtype=np.uint32)
        probes = sequences.reshape(count, self.probes, -1)
        return StepRandomness(probes, seeds, rng.random(parts, dtype=np.float32))

    def __call__(
        self, engine: Engine, _: None, state: Learning, randomness: StepRandomness
    ) -> tuple[Learning, StepStats]:
        """Estimate the gradient from the chains, and take a step along it that they follow.

        Parameters
        ----------
        engine : Engine
            Sweeps the chains.
        _ : None
            Nothing is constant over steps.
        state : Learning
            Model and chains before the step.
        randomness : StepRandomness
            Of this step, without the leading axis.

        Returns
        -------
        Learning, StepStats
            Model and chains after the step, and its summaries.
        """
        learner, chains, decay_time = state
        decay = _LEAST_DECAY + (1 - _LEAST_DECAY) / (1 + (decay_time / self.decay_steps) ** 2)
        # Chains that have no part in a step tell how far it moves: those that have would show its noise as a motion.
        learner, gradient = learner.update_direction(chains[self.probes :], decay)
        energies, change = engine.energies(learner.prepared, chains), learner.energy_change(chains)
        data_energies, data_change = (
            engine.energies(learner.prepared, randomness.sequences),
            learner.energy_change(randomness.sequences),
        )
        probes = slice(self.probes)
        xp = change.__array_namespace__()
        changes, all_energies = (
            xp.concatenate([x, y[probes]]) for x, y in ((data_change, change), (data_energies, energies))
        )
        variance_within = 0.5 * (data_change.var() + change[probes].var())
        decay_time = decay_time + variance_within / xp.maximum(changes.var(), 1e-12)
        rate = decay * xp.minimum(self.learning_rate, self.max_move / xp.maximum(changes.std(), 1e-6))
        # The common scale is where single steps are slowest.
        scale = scale_step(gradient.scale_slope, energies[probes].var(), gradient.penalty)
        bound = xp.minimum(self.max_move / xp.maximum(all_energies.std(), 1e-6), _MOST_SCALING)
        move = _Move(rate, 1 + xp.clip(scale, -bound, bound))
        # A model under which all energies are equal has none to drift.
        variance = energies.var()
        drift = xp.where(variance > 1e-6, change[probes].mean() - data_change.mean(), 0) / xp.maximum(variance, 1e-6)
        learner, chains, acceptance = self._follow(engine, learner, move, chains, energies, change, randomness)
        return Learning(learner, chains, decay_time), StepStats(gradient.norm, gradient.noise, scale, drift, acceptance)

    def _follow(
        self,
        engine: Engine,
        learner: Learner,
        move: "_Move",
        chains: Any,
        energies: Any,
        change: Any,
        randomness: StepRandomness,
    ) -> tuple[Learner, Any, Any]:
        """Move the model, and chains (C, L) with it, in parts, each with a resampling and its share of the sweeps.

        There are as few parts as leave enough effective chains at each resampling: the weights of a long step leave
        few.
        """
        xp, counts = change.__array_namespace__(), np.arange(1, self.sweeps + 1)
        weights = -move.part(counts[:, None]).energy_increment(energies, change)
        survive = effective_number(weights) >= _LEAST_SURVIVAL * len(chains)
        parts = xp.where(survive.any(), survive.argmax() + 1, self.sweeps)
        move, sweeps = move.part(parts), -(-self.sweeps // parts)

        def part(number: Any, learner: Learner, chains: Any, energies: Any, change: Any) -> tuple[Learner, Any, Any]:
            chosen = systematic_resample(chains, -move.energy_increment(energies, change), randomness.offsets[number])
            learner = learner.step(move.rate, move.factor)
            chains = engine.sweep(learner.prepared, chosen, 1.0, randomness.seeds[number], sweeps)
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
        """Divide the move into equal parts, and return one of them.

        Parameters
        ----------
        count : int or array
            Number of parts.

        Returns
        -------
        _Move
        """
        return _Move(self.rate / count, self.factor ** (1 / count))

    def energy_increment(self, energies: Any, change: Any) -> Any:
        """Compute by how much the energies of chains grow with the move.

        Parameters
        ----------
        energies : array
            (C,) energies before it, nats.
        change : array
            (C,) by which the whole direction, at rate 1, would change them.

        Returns
        -------
        array
            (C,) nats.
        """
        return self.factor * (energies + self.rate * change) - energies


def scale_step(scale_slope: Any, variance: Any, penalty: Any) -> Any:
    """Compute Newton's step of the penalised log-likelihood in the logarithm of the common scale of all parameters.

    Parameters
    ----------
    scale_slope : float or array
        Slope, <E>_model - <E>_data less the penalty, nats.
    variance : float or array
        Variance of the model's energy.
    penalty : float or array
        l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2, nats; with the variance it is the curvature.

    Returns
    -------
    float or array
        Relative change of the scale.

    Examples
    --------
    >>> scale_step(1.1, 10.0, 1.0)
    0.1
    """
    # Of a model without energies nothing can be scaled.
    return scale_slope / (variance + penalty + 1e-30)
