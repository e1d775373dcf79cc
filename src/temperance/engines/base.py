"""Gibbs sampling and the gradient steps that go with it, behind one small interface.

An engine updates all chains at site 0, 1, ... L - 1 in turn, each from its conditional distribution given the
rest of the chain, at the chain's own inverse temperature. Engines give the same distribution, not the same
numbers; the result of one engine depends on the seed alone, not on the number of threads. Arrays that it returns are
its own: `numpy.asarray` brings them from a device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from temperance.potts.frequencies import CorrelationAgreement, Frequencies
from temperance.potts.model import Potts

if TYPE_CHECKING:
    from typing import TypeAlias

    import jax
    from jaxtyping import Float, UInt8

    Array: TypeAlias = np.ndarray | jax.Array
    # States of chains or sequences, their energies in nats, and single numbers, on the host or on a device.
    Chains: TypeAlias = UInt8[Array, "C L"]
    Energies: TypeAlias = Float[Array, "C"]
    Scalar: TypeAlias = float | np.floating | jax.Array
    Seed: TypeAlias = int | Array

Prepared = TypeVar("Prepared")
Learnt = TypeVar("Learnt", covariant=True)
Constants = TypeVar("Constants")
State = TypeVar("State")
Inputs = TypeVar("Inputs", bound=tuple)
Outputs = TypeVar("Outputs", bound=tuple)


class Engine(Protocol[Prepared]):
    """Sample Potts models by Gibbs sweeps, and learn them.

    Attributes
    ----------
    name : str
        As in the configuration's `engine`.
    on_host : bool
        Whether its arrays are NumPy's.
    """

    name: str
    on_host: bool

    def available_memory(self) -> float:
        """Measure the memory of the engine's device that the process may still take.

        Returns
        -------
        float
            Bytes; infinite for an engine on the host.
        """
        ...

    def prepare(self, model: Potts) -> Prepared:
        """Bring a model into the layout that `sweep` and `energies` of this engine read fastest.

        Parameters
        ----------
        model : Potts
            Model to sample.

        Returns
        -------
        Prepared
            The model, in the engine's own type.
        """
        ...

    def sweep(
        self, prepared: Prepared, chains: Chains, beta: Scalar | Array, seed: Seed, sweeps: int | Array
    ) -> Chains:
        """Run Gibbs sweeps: update every site of every chain in turn from its conditional distribution.

        Parameters
        ----------
        prepared : Prepared
            From `prepare` or `Learner.prepared`.
        chains : array
            (C, L) uint8 states.
        beta : float or array
            Inverse temperature, one for all chains or (C,).
        seed : int or array
            A whole number, or its two words of 32 bits (`seed_words`).
        sweeps : int
            Number of sweeps.

        Returns
        -------
        array
            (C, L) uint8, a new array.
        """
        ...

    def energies(self, prepared: Prepared, chains: Chains) -> Energies:
        """Compute energies of chains at temperature 1.

        Parameters
        ----------
        prepared : Prepared
            From `prepare` or `Learner.prepared`.
        chains : array
            (C, L) uint8 states.

        Returns
        -------
        array
            (C,) nats.
        """
        ...

    def learner(
        self, data: Frequencies, l2_fields: float, l2_couplings: float, fields: bool = True
    ) -> Learner[Prepared]:
        """Begin to learn a model from frequencies, at their profile model.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.
        fields : bool
            Whether the model has fields. Without, they stay zero, as the couplings' sums over the states of a site do;
            for that the data's sites have to be uniform (`Frequencies.with_uniform_sites`).

        Returns
        -------
        Learner
            Without couplings and with a direction of zero.
        """
        ...

    def scan(
        self,
        step: Callable[[Self, Constants, State, Inputs], tuple[State, Outputs]],
        constants: Constants,
        state: State,
        inputs: Inputs,
    ) -> tuple[State, Outputs]:
        """Run `state, output = step(engine, constants, state, row)` over the inputs' leading axis, as `jax.lax.scan`.

        An engine may compile all of it, once for steps that are equal, so states are made of arrays and learners, and
        `step` does not look into them.

        Parameters
        ----------
        step : callable
            One step; it returns the next state, and its output as a named tuple.
        constants : Constants
            What is the same for all steps.
        state : State
            State before the first step.
        inputs : named tuple of arrays
            Inputs of all steps; `step` gets a named tuple of one row of each array.

        Returns
        -------
        state : State
            State after the last step.
        outputs : named tuple of arrays
            Outputs of all steps, stacked along a leading axis.
        """
        ...

    def fori_loop(self, count: int | Array, step: Callable[[int | Array, State], State], state: State) -> State:
        """Run `state = step(number, state)` for number = 0 ... count - 1, within a step of `scan`.

        Parameters
        ----------
        count : int
            Number of steps.
        step : callable
            One step; it returns the next state.
        state : State
            State before the first step.

        Returns
        -------
        State
            After the last step.
        """
        ...


class GradientStats(NamedTuple):
    """Summarise one gradient estimate and the model at which it was taken.

    Attributes
    ----------
    norm, noise : float
        Norm of the gradient in centred states, and the norm that the chains' sampling noise has.
    scale_slope : float
        Derivative of the penalised likelihood by the logarithm of the common scale of all parameters, nats.
    penalty : float
        l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.
    """

    norm: Scalar
    noise: Scalar
    scale_slope: Scalar
    penalty: Scalar


class Learner(Protocol[Learnt]):
    """Hold the parameters of a model and the search direction in which they raise the penalised likelihood.

    The direction is Newton's for independent sites, in the fields and in couplings of x - f, x being the one-hot
    sequence and f the data's frequencies: in these coordinates fields and couplings do not mix (the centring of
    Montavon and Mueller). The gradient of a pair is divided by f_i(a) f_j(b) + l2 + DAMPING and multiplied by the share
    of its square that is above its sampling variance (James and Stein): most pairs of a long family have nothing but
    noise to follow. The direction keeps the share MOMENTUM of the one before.

    Learners are values: what changes one returns another, which takes its arrays over, so that a model is held once.
    The one before is not to be used again.

    References
    ----------
    Montavon and Mueller, Neural Networks: Tricks of the Trade, 2012.
    James and Stein, Berkeley Symp. 1:361, 1961.
    """

    @property
    def prepared(self) -> Learnt:
        """Return the present model in the layout that `Engine.sweep` and `Engine.energies` read.

        Returns
        -------
        Learnt
            The model, in the engine's own type.
        """
        ...

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the present fields and couplings of pairs.

        Returns
        -------
        fields : np.ndarray
            (L, q).
        couplings : np.ndarray
            (L (L - 1) / 2, q, q); pairs in the order of `temperance.potts.pair_kernels`.
        """
        ...

    @property
    def arrays(self) -> Mapping[str, Array]:
        """Collect all arrays that change while it learns, for a checkpoint.

        Returns
        -------
        dict of str to array
            By name, in the engine's own layout.
        """
        ...

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return to saved arrays of a learner of the same data.

        Parameters
        ----------
        arrays : mapping of str to np.ndarray
            From `arrays`.

        Returns
        -------
        Learner
            With these arrays.
        """
        ...

    def update_direction(self, chains: Chains, noise_fraction: Scalar) -> tuple[Self, GradientStats]:
        """Estimate the gradient from chains, and update the search direction.

        Parameters
        ----------
        chains : array
            (C, L) uint8 samples of the present model.
        noise_fraction : float
            Multiple of the sampling variance that the shrinkage of pair gradients subtracts.

        Returns
        -------
        learner : Learner
            With the new direction.
        stats : GradientStats
            Of this gradient.
        """
        ...

    def energy_change(self, sequences: Chains) -> Energies:
        """Compute the change of energies when the model moves by the whole direction.

        Parameters
        ----------
        sequences : array
            (M, L) uint8.

        Returns
        -------
        array
            (M,) nats.
        """
        ...

    def step(self, rate: Scalar, factor: Scalar) -> Self:
        """Add a multiple of the direction to the parameters, and multiply them all by a factor.

        Parameters
        ----------
        rate : float
            Multiple of the direction.
        factor : float
            Applied after the direction was added.

        Returns
        -------
        Learner
            With the new parameters.
        """
        ...

    def correlation_agreement(self, chains: Chains) -> CorrelationAgreement:
        """Compute the agreement of the chains' connected correlations with those of the data.

        Parameters
        ----------
        chains : array
            (C, L) uint8.

        Returns
        -------
        CorrelationAgreement
            With the data as the reference.
        """
        ...

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data.

        Returns
        -------
        float
            Nats.
        """
        ...

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.

        Returns
        -------
        float
            Nats; twice what is subtracted from the mean log-likelihood.
        """
        ...


# More momentum overshoots where persistent chains answer late; less damping follows the noise of rare states
# (docs/method.md has the figures).
MOMENTUM, DAMPING = 0.5, 0.004


def sampling_noise(single: Array, count: int, noise_fraction: Scalar, fields: Scalar = 1) -> tuple[Array, Scalar]:
    """Compute the sampling noise of a gradient that is estimated from chains, as if their sites were independent.

    Parameters
    ----------
    single : array
        (L, q) one-site frequencies.
    count : int
        Number of chains.
    noise_fraction : float
        Multiple of a pair's sampling variance that the first result stands for.
    fields : float
        1, or 0 for a model without fields.

    Returns
    -------
    noise : array
        (L,) float32: noise_i noise_j is `noise_fraction` times the mean squared norm of the noise in the pair (i, j).
    norm : float
        Norm of the whole noise, over fields, if there are any, and pairs.
    """
    spread = 1 - (single**2).sum(axis=1)
    norm = (fields * spread.sum() + (spread.sum() ** 2 - (spread**2).sum()) / 2) / count
    return (spread * (noise_fraction / count) ** 0.5).astype(np.float32), norm**0.5


def seed_words(seed: Seed) -> Array:
    """Split a seed into its two words of 32 bits, the high one first.

    Parameters
    ----------
    seed : int or array
        A whole number; anything else is returned as it is.

    Returns
    -------
    array
        (2,) uint32.

    Examples
    --------
    >>> seed_words(2**32 + 5)
    array([1, 5], dtype=uint32)
    """
    return np.array([seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF], np.uint32) if isinstance(seed, int) else seed
