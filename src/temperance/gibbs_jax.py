"""The reference engine: plain JAX, on whatever device JAX has chosen."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from temperance.gibbs import DAMPING, MOMENTUM, Gradient, sampling_noise
from temperance.potts import Potts, profile_fields
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

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float) -> "JaxLearner":
        return JaxLearner(data, l2_fields, l2_couplings)


class JaxLearner:
    """Everything as full (L, q, L, q) arrays on the device, where both halves of the couplings move alike."""

    def __init__(self, data: Frequencies, l2_fields: float, l2_couplings: float):
        start = profile_fields(data.single)
        full = Potts.of_pairs(start, data.pair).couplings
        self._single, self._data = data.single, (jnp.asarray(data.single, jnp.float32), jnp.asarray(full))
        self._parameters = jnp.asarray(start), jnp.zeros(full.shape, jnp.float32)
        self._l2 = l2_fields, l2_couplings
        self._direction = jax.tree.map(jnp.zeros_like, self._parameters)

    @property
    def prepared(self) -> Prepared:
        return self._parameters

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        fields, couplings = map(np.asarray, self._parameters)
        return fields, Potts(fields, couplings).pairs()

    def gradient(self, chains: np.ndarray, doubt: float) -> Gradient:
        of_sites, noise = sampling_noise(self._single, len(chains), doubt)
        self._direction, norm, rise = _turn(
            self._direction, self._parameters, self._data, self._l2, jnp.asarray(chains), of_sites
        )
        return Gradient(float(norm), noise, float(rise), self.penalty())

    def change(self, sequences: np.ndarray) -> np.ndarray:
        return np.asarray(_energies(*self._direction, jnp.asarray(sequences)))

    def move(self, rate: float) -> None:
        self._parameters = jax.tree.map(lambda value, step: value + rate * step, self._parameters, self._direction)

    def rescale(self, factor: float) -> None:
        self._parameters = jax.tree.map(lambda value: value * factor, self._parameters)

    def data_energy(self) -> float:
        (fields, couplings), (single, pair) = self._parameters, self._data
        return float(-jnp.vdot(single, fields) - jnp.vdot(pair, couplings) / 2)

    def penalty(self) -> float:
        fields, couplings = self._parameters
        return float(self._l2[0] * jnp.vdot(fields, fields) + self._l2[1] * jnp.vdot(couplings, couplings) / 2)


@jax.jit
def _turn(direction: Any, parameters: Any, data: Any, l2: Any, chains: Any, noise: Any) -> Any:
    """The next direction, the norm of the gradient, and the rise with the common scale."""
    (single, pair), (fields, couplings), (l2_fields, l2_couplings) = data, parameters, l2
    length, q = fields.shape
    shown_single, shown_pair = _frequencies(chains, q)
    ascent = single - shown_single - l2_fields * fields
    crossed = jnp.einsum("ia,jb->iajb", ascent, single)
    # Frequencies have the one-site ones on the diagonal blocks, couplings nothing.
    between = (1 - jnp.eye(length))[:, None, :, None]
    raw = between * (pair - shown_pair - l2_couplings * couplings)
    centred = raw - between * (crossed + crossed.transpose(2, 3, 0, 1))
    squares = (centred**2).sum(axis=(1, 3), keepdims=True)
    above_noise = jnp.maximum(0, 1 - jnp.outer(noise, noise)[:, None, :, None] / jnp.maximum(squares, 1e-30))
    independent = jnp.einsum("ia,jb->iajb", single, single)
    steps = ascent / (single + l2_fields + DAMPING), above_noise * centred / (independent + l2_couplings + DAMPING)
    turned = jax.tree.map(lambda old, new: MOMENTUM * old + (1 - MOMENTUM) * new, direction, steps)
    rise = jnp.vdot(fields, ascent) + jnp.vdot(couplings, raw) / 2
    return turned, jnp.sqrt((ascent**2).sum() + squares.sum() / 2), rise


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


def _frequencies(chains: Any, q: int) -> Any:
    count, length = chains.shape
    onehot = jax.nn.one_hot(chains, q).reshape(count, -1)
    with jax.default_matmul_precision("highest"):
        pair = (onehot.T @ onehot).reshape(length, q, length, q) / count
    return onehot.mean(axis=0).reshape(length, q), pair
