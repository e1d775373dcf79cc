"""The reference engine: plain JAX, on whatever device JAX has chosen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from temperance.engines.base import seed_words
from temperance.engines.jax_functions import energies
from temperance.engines.jax_learner import JaxLearner, Prepared
from temperance.potts.frequencies import Frequencies
from temperance.potts.model import FORBIDDEN, Potts

if TYPE_CHECKING:
    from temperance.engines.base import Array, Chains, Constants, Inputs, Outputs, Scalar, Seed, State


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

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float, fields: bool = True) -> JaxLearner:
        """Begin to learn a model from frequencies, at their profile model.

        Parameters
        ----------
        data : Frequencies
            Of the training sequences; those of single sites are positive.
        l2_fields, l2_couplings : float
            Strengths of the penalty.
        fields : bool
            Whether the model has fields; without, the data's sites are uniform.

        Returns
        -------
        JaxLearner
            Without couplings and with a direction of zero.
        """
        return JaxLearner.from_frequencies(data, l2_fields, l2_couplings, fields)

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
