"""The reference engine: plain JAX, on whatever device JAX has chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from temperance.engines.base import DAMPING, MOMENTUM, GradientStats, sampling_noise, seed_words
from temperance.potts.frequencies import CorrelationAgreement, Frequencies
from temperance.potts.model import FORBIDDEN, Potts, profile_fields

if TYPE_CHECKING:
    from temperance.engines.base import Array, Chains, Constants, Inputs, Outputs, Scalar, Seed, State

Prepared = tuple[jax.Array, jax.Array]


class JaxEngine:
    """Sample and learn with plain JAX: a site's local fields are one matrix product of one-hot chains and couplings.

    Attributes
    ----------
    name : str
        `jax`.
    on_host : bool
        False: its arrays are JAX's.
    """

    name, on_host = "jax", False

    def available_memory(self) -> float:
        """Measure the device's memory that JAX may still take.

        Returns
        -------
        float
            Bytes; infinite where JAX sets itself no limit.
        """
        stats = jax.devices()[0].memory_stats() or {}
        return float(stats.get("bytes_limit", np.inf) - stats.get("bytes_in_use", 0))

    def prepare(self, model: Potts) -> Prepared:
        """Bring a model to the device.

        Parameters
        ----------
        model : Potts
            Model to sample.

        Returns
        -------
        tuple of jax.Array
            Fields (L, q) and couplings (L, q, L, q).
        """
        return jnp.asarray(model.fields), jnp.asarray(model.couplings)

    def sweep(
        self, prepared: Prepared, chains: Chains, beta: Scalar | Array, seed: Seed, sweeps: int | Array
    ) -> jax.Array:
        """Run Gibbs sweeps: update every site of every chain in turn from its conditional distribution.

        Parameters
        ----------
        prepared : tuple of array
            Fields (L, q) and couplings (L, q, L, q).
        chains : array
            (C, L) uint8 states.
        beta : float or array
            Inverse temperature, one for all chains or (C,).
        seed : int or array
            A whole number, or its two words of 32 bits.
        sweeps : int
            Number of sweeps.

        Returns
        -------
        jax.Array
            (C, L) uint8.
        """
        beta, words = jnp.asarray(beta, jnp.float32), jnp.asarray(seed_words(seed), jnp.uint32)
        return _sweep(*prepared, jnp.asarray(chains), beta, words, sweeps)

    def energies(self, prepared: Prepared, chains: Chains) -> jax.Array:
        """Compute energies of chains at temperature 1.

        Parameters
        ----------
        prepared : tuple of array
            Fields (L, q) and couplings (L, q, L, q).
        chains : array
            (C, L) uint8 states.

        Returns
        -------
        jax.Array
            (C,) nats.
        """
        return energies(*prepared, jnp.asarray(chains))

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float) -> JaxLearner:
        """Begin to learn a model from frequencies, at their profile model.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.

        Returns
        -------
        JaxLearner
            Without couplings and with a direction of zero.
        """
        return JaxLearner.from_frequencies(data, l2_fields, l2_couplings)

    def scan(
        self,
        step: Callable[[Self, Constants, State, Inputs], tuple[State, Outputs]],
        constants: Constants,
        state: State,
        inputs: Inputs,
    ) -> tuple[State, Outputs]:
        """Run a step over the leading axis of the inputs, compiled as a whole (`jax.lax.scan`).

        Parameters
        ----------
        step : callable
            `state, output = step(engine, constants, state, row)`.
        constants : Any
            What is the same for all steps.
        state : Any
            State before the first step.
        inputs : named tuple of arrays
            Inputs of all steps.

        Returns
        -------
        state : Any
            State after the last step.
        outputs : named tuple of arrays
            Outputs of all steps, stacked along a leading axis.
        """
        return _scan(self, step, constants, state, inputs)

    def fori_loop(self, count: int | Array, step: Callable[[int | Array, State], State], state: State) -> State:
        """Run a step a number of times within a compiled one (`jax.lax.fori_loop`).

        Parameters
        ----------
        count : int
            Number of steps.
        step : callable
            `state = step(number, state)`.
        state : Any
            State before the first step.

        Returns
        -------
        Any
            State after the last step.
        """
        return lax.fori_loop(0, count, step, state)


@partial(jax.jit, static_argnames=("engine", "step"))
def _scan(engine: JaxEngine, step: Callable[..., tuple[Any, Any]], constants: Any, state: Any, inputs: Any) -> Any:
    return lax.scan(partial(step, engine, constants), state, inputs)


@jax.tree_util.register_dataclass
@dataclass
class JaxLearner:
    """Learn with full (L, q, L, q) arrays on the device, where both halves of the couplings move alike.

    Attributes
    ----------
    data, prepared, direction : tuple
        Of sites (L, q) and between sites (L, q, L, q): the data's frequencies, the parameters, the search direction.
    l2 : tuple
        Strengths of the penalty, of fields and of couplings.
    """

    data: Prepared
    l2: tuple[Any, Any]
    prepared: Prepared
    direction: Prepared

    @classmethod
    def from_frequencies(cls, data: Frequencies, l2_fields: float, l2_couplings: float) -> JaxLearner:
        """Begin to learn at the profile model of frequencies.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.

        Returns
        -------
        JaxLearner
            Without couplings and with a direction of zero.
        """
        frequencies = np.asarray(data.single, np.float32), Potts.from_pairs(data.single, data.pair).couplings
        l2 = np.float32(l2_fields), np.float32(l2_couplings)
        return _begin(frequencies, l2, np.asarray(profile_fields(data.single), np.float32))

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the present fields and couplings of pairs.

        Returns
        -------
        fields : np.ndarray
            (L, q).
        couplings : np.ndarray
            (L (L - 1) / 2, q, q).
        """
        fields, couplings = map(np.asarray, self.prepared)
        return fields, Potts(fields, couplings).pairs()

    @property
    def arrays(self) -> dict[str, jax.Array]:
        """Collect the state of learning, for a checkpoint.

        Returns
        -------
        dict of str to jax.Array
            Parameters, and the direction of each.
        """
        (fields, couplings), (field_direction, coupling_direction) = self.prepared, self.direction
        return {
            "fields": fields,
            "couplings": couplings,
            "of_fields": field_direction,
            "of_couplings": coupling_direction,
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return to a saved state.

        Parameters
        ----------
        arrays : mapping of str to np.ndarray
            From `arrays`.

        Returns
        -------
        JaxLearner
            A new object.
        """
        fields, couplings, field_direction, coupling_direction = (jnp.asarray(arrays[name]) for name in self.arrays)
        return replace(self, prepared=(fields, couplings), direction=(field_direction, coupling_direction))

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
        learner : JaxLearner
            With the new direction.
        stats : GradientStats
            Of this gradient.
        """
        direction, stats = _compute_direction(self, jnp.asarray(chains), noise_fraction)
        return replace(self, direction=direction), stats

    def energy_change(self, sequences: Chains) -> jax.Array:
        """Compute the change of energies when the model moves by the whole direction.

        Parameters
        ----------
        sequences : array
            (M, L) uint8.

        Returns
        -------
        jax.Array
            (M,) nats.
        """
        return energies(*self.direction, jnp.asarray(sequences))

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
        JaxLearner
            A new object.
        """
        return replace(self, prepared=_move(self.prepared, self.direction, rate, factor))

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
        moments, single = _moments(self.data, jnp.asarray(chains))
        return CorrelationAgreement.from_moments(np.asarray(moments), np.asarray(single, float), len(chains))

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data.

        Returns
        -------
        float
            Nats.
        """
        return float(_mean_energy(self.prepared, self.data))

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2.

        Returns
        -------
        float
            Nats; twice what is subtracted from the mean log-likelihood.
        """
        return float(_penalty(self))


@jax.jit
def _begin(frequencies: Prepared, l2: tuple[Any, Any], fields: Any) -> JaxLearner:
    """Return the learner of a model without couplings."""
    start = fields, jnp.zeros_like(frequencies[1])
    return JaxLearner(frequencies, l2, start, jax.tree.map(jnp.zeros_like, start))


@jax.jit
def _move(parameters: Prepared, direction: Prepared, rate: Any, factor: Any) -> Prepared:
    return jax.tree.map(lambda value, step: factor * (value + rate * step), parameters, direction)


@jax.jit
def _mean_energy(parameters: Prepared, data: Prepared) -> Any:
    (fields, couplings), (single, pair) = parameters, data
    return -jnp.vdot(single, fields) - jnp.vdot(pair, couplings) / 2


@jax.jit
def _penalty(learner: JaxLearner) -> Any:
    fields, couplings = learner.prepared
    return learner.l2[0] * jnp.vdot(fields, fields) + learner.l2[1] * jnp.vdot(couplings, couplings) / 2


@jax.jit
def _compute_direction(learner: JaxLearner, chains: Any, noise_fraction: Any) -> tuple[Prepared, GradientStats]:
    """Compute the next direction, and the statistics of the gradient."""
    (single, pair), (fields, couplings), (l2_fields, l2_couplings) = learner.data, learner.prepared, learner.l2
    length, q = fields.shape
    chain_single, chain_pair = _frequencies(chains, q)
    ascent = single - chain_single - l2_fields * fields
    crossed = jnp.einsum("ia,jb->iajb", ascent, single)
    raw = _between(length) * (pair - chain_pair - l2_couplings * couplings)
    centred = raw - _between(length) * (crossed + crossed.transpose(2, 3, 0, 1))
    squares = (centred**2).sum(axis=(1, 3), keepdims=True)
    noise_factors, noise = sampling_noise(single, len(chains), noise_fraction)
    factors = jnp.asarray(noise_factors)
    signal_share = jnp.maximum(0, 1 - jnp.outer(factors, factors)[:, None, :, None] / jnp.maximum(squares, 1e-30))
    independent = jnp.einsum("ia,jb->iajb", single, single)
    steps = ascent / (single + l2_fields + DAMPING), signal_share * centred / (independent + l2_couplings + DAMPING)
    direction = jax.tree.map(lambda old, new: MOMENTUM * old + (1 - MOMENTUM) * new, learner.direction, steps)
    scale_slope = jnp.vdot(fields, ascent) + jnp.vdot(couplings, raw) / 2
    norm = jnp.sqrt((ascent**2).sum() + squares.sum() / 2)
    return direction, GradientStats(norm, noise, scale_slope, _penalty(learner))


def _between(length: int) -> Any:
    """Mask the diagonal blocks, where frequencies are one-site ones: 1 between different sites, 0 within a site."""
    return (1 - jnp.eye(length))[:, None, :, None]


@jax.jit
def _moments(data: Prepared, chains: Any) -> tuple[Any, Any]:
    """Compute moments (5,) and one-site frequencies of chains (C, L), for `CorrelationAgreement.from_moments`."""
    single, pair = data
    length, q = single.shape
    chain_single, chain_pair = _frequencies(chains, q)
    x, y = (
        _between(length) * (two_site - jnp.einsum("ia,jb->iajb", one_site, one_site))
        for one_site, two_site in ((single, pair), (chain_single, chain_pair))
    )
    entries = length * (length - 1) * q**2
    return jnp.stack([part.sum() for part in (x, y, x * x, y * y, x * y)]) / entries, chain_single


@jax.jit
def _sweep(fields: Any, couplings: Any, chains: Any, beta: Any, words: Any, sweeps: Any) -> Any:
    length, q = fields.shape
    count = len(chains)
    beta = jnp.broadcast_to(beta, (count,))
    flat, key = couplings.reshape(length, q, length * q), jax.random.wrap_key_data(words, impl="threefry2x32")

    def update(site: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        onehot, key = state
        local = onehot.reshape(count, -1) @ flat[site].T + fields[site]
        logits = jnp.where(local > FORBIDDEN / 2, beta[:, None] * local, -jnp.inf)
        states = jax.random.categorical(jax.random.fold_in(key, site), logits)
        return onehot.at[:, site].set(jax.nn.one_hot(states, q, dtype=onehot.dtype)), key

    def sweep(number: Any, onehot: Any) -> Any:
        """Update every site of chains so many times."""
        # Loops of known length do not ask the host, on a card, whether to go on.
        return lax.fori_loop(0, length, update, (onehot, jax.random.fold_in(key, number)))[0]

    with jax.default_matmul_precision("highest"):
        onehot = lax.fori_loop(0, sweeps, sweep, jax.nn.one_hot(chains, q, dtype=fields.dtype))
    return onehot.argmax(axis=-1).astype(jnp.uint8)


@jax.jit
def energies(fields: Any, couplings: Any, chains: Any) -> Any:
    """Compute energies of chains at temperature 1.

    Parameters
    ----------
    fields, couplings : array
        (L, q) and (L, q, L, q) float32.
    chains : array
        (C, L) uint8 states.

    Returns
    -------
    jax.Array
        (C,) nats.
    """
    length, q = fields.shape
    onehot = jax.nn.one_hot(chains, q, dtype=jnp.bfloat16).reshape(len(chains), -1)
    local = _product(onehot, couplings.reshape(length * q, length * q))
    return -(onehot * (fields.ravel() + 0.5 * local)).sum(axis=1)


@jax.jit
def pair_projections(chains: Any, single: Any, vector: Any) -> Any:
    """Project chains on the weighted sum over chains of their pairs of centred states.

    That is sum_d v_d sum_{i<j} (x_ci . x_di) (x_cj . x_dj) for each chain c, of one-hot states x less their
    frequencies.

    Parameters
    ----------
    chains : array
        (C, L) uint8 states.
    single : array
        (L, q) frequencies of states.
    vector : array
        (C,) weights v.

    Returns
    -------
    jax.Array
        (C,).
    """
    length, q = single.shape
    centred = (jax.nn.one_hot(chains, q, dtype=jnp.float32) - single).reshape(len(chains), -1)
    with jax.default_matmul_precision("highest"):
        table = (centred.T @ (jnp.asarray(vector, jnp.float32)[:, None] * centred)).reshape(length, q, length, q)
        table = (_between(length) * table).reshape(length * q, length * q)
        return ((centred @ table) * centred).sum(axis=1) / 2


def _product(onehot: Any, matrix: Any) -> Any:
    """Add the rows of a single-precision matrix that bfloat16 zeros and ones (C, N) select."""
    if jax.default_backend() == "cpu":
        with jax.default_matmul_precision("highest"):
            return onehot.astype(jnp.float32) @ matrix
    # Three bfloat16 numbers are a single-precision one: three fast products are exact but for the order of sums.
    product = jnp.zeros((), jnp.float32)
    for _ in range(3):
        # Not a mere conversion, which a compiler that may keep more digits would undo in the rest.
        term = lax.reduce_precision(matrix, exponent_bits=8, mantissa_bits=7)
        product = product + jnp.matmul(onehot, term.astype(jnp.bfloat16), preferred_element_type=jnp.float32)
        matrix = matrix - term
    return product


def _frequencies(chains: Any, q: int) -> tuple[Any, Any]:
    """Compute one-site (L, q) and two-site (L, q, L, q) frequencies of chains (C, L)."""
    count, length = chains.shape
    # Zeros and ones are exact in bfloat16, and their sums in single precision up to 2^24 chains.
    onehot = jax.nn.one_hot(chains, q, dtype=jnp.bfloat16).reshape(count, -1)
    pair = jnp.matmul(onehot.T, onehot, preferred_element_type=jnp.float32).reshape(length, q, length, q) / count
    return onehot.mean(axis=0, dtype=jnp.float32).reshape(length, q), pair
