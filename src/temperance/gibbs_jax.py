"""The reference engine: plain JAX, on whatever device JAX has chosen."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from temperance.potts import Potts
from temperance.statistics import Frequencies

Prepared = tuple[jax.Array, jax.Array]


class JaxEngine:
    """Local fields of a site are one matrix product of one-hot chains with the site's couplings."""

    name = "jax"

    def prepare(self, model: Potts) -> Prepared:
        return jnp.asarray(model.fields), jnp.asarray(model.couplings)

    def sweep(self, prepared: Prepared, chains: Any, beta: Any, seed: int, sweeps: int) -> np.ndarray:
        beta = jnp.broadcast_to(jnp.asarray(beta, jnp.float32), (len(chains),))
        key = jax.random.key(seed % 2**63)
        return np.asarray(_sweep(*prepared, jnp.asarray(chains), beta, key, sweeps))

    def energies(self, prepared: Prepared, chains: Any) -> np.ndarray:
        return np.asarray(_energies(*prepared, jnp.asarray(chains)))

    def frequencies(self, chains: Any, q: int) -> Frequencies:
        single, pair = _frequencies(jnp.asarray(chains), q)
        return Frequencies(np.asarray(single, np.float64), np.asarray(pair, np.float64))


@partial(jax.jit, static_argnames="sweeps")
def _sweep(fields: Any, couplings: Any, chains: Any, beta: Any, key: Any, sweeps: int) -> Any:
    length, q = fields.shape
    count = len(chains)
    flat = couplings.reshape(length, q, length * q)

    def update(step: Any, onehot: Any) -> Any:
        site = step % length
        local = onehot.reshape(count, -1) @ flat[site].T + fields[site]
        state = jax.random.categorical(jax.random.fold_in(key, step), beta[:, None] * local)
        return onehot.at[:, site].set(jax.nn.one_hot(state, q, dtype=onehot.dtype))

    with jax.default_matmul_precision("highest"):
        onehot = jax.lax.fori_loop(0, sweeps * length, update, jax.nn.one_hot(chains, q, dtype=fields.dtype))
    return onehot.argmax(axis=-1).astype(jnp.uint8)


@jax.jit
def _energies(fields: Any, couplings: Any, chains: Any) -> Any:
    length, q = fields.shape
    onehot = jax.nn.one_hot(chains, q, dtype=fields.dtype).reshape(len(chains), -1)
    with jax.default_matmul_precision("highest"):
        local = fields.ravel() + 0.5 * onehot @ couplings.reshape(length * q, length * q)
    return -(onehot * local).sum(axis=1)


@partial(jax.jit, static_argnames="q")
def _frequencies(chains: Any, q: int) -> Any:
    count, length = chains.shape
    onehot = jax.nn.one_hot(chains, q).reshape(count, -1)
    with jax.default_matmul_precision("highest"):
        pair = (onehot.T @ onehot).reshape(length, q, length, q) / count
    return onehot.mean(axis=0).reshape(length, q), pair
