"""The reference engine: plain JAX, on whatever device JAX has chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from temperance.engines.base import DAMPING, MOMENTUM, GradientStats, sampling_noise, seed_words
from temperance.potts.frequencies import CorrelationAgreement, Frequencies
from temperance.potts.model import FORBIDDEN, Potts, profile_fields

Prepared = tuple[jax.Array, jax.Array]


class JaxEngine:
    """Local fields of a site are one matrix product of one-hot chains with the site's couplings."""

    name, on_host = "jax", False

    def available_memory(self) -> float:
        """Return the bytes of the device's memory that JAX may still take; infinite where it sets itself no limit."""
        stats = jax.devices()[0].memory_stats() or {}
        return float(stats.get("bytes_limit", np.inf) - stats.get("bytes_in_use", 0))

    def prepare(self, model: Potts) -> Prepared:
        """Bring a model to the device."""
        return jnp.asarray(model.fields), jnp.asarray(model.couplings)

    def sweep(self, prepared: Prepared, chains: Any, beta: Any, seed: Any, sweeps: Any) -> Any:
        """Update every site of chains so many times."""
        beta, words = jnp.asarray(beta, jnp.float32), jnp.asarray(seed_words(seed), jnp.uint32)
        return _sweep(*prepared, jnp.asarray(chains), beta, words, sweeps)

    def energies(self, prepared: Prepared, chains: Any) -> Any:
        """Compute energies (C,) of chains at temperature 1, nats."""
        return energies(*prepared, jnp.asarray(chains))

    def learner(self, data: Frequencies, l2_fields: float, l2_couplings: float) -> "JaxLearner":
        """Begin to learn a model from frequencies, at their profile model."""
        return JaxLearner.of(data, l2_fields, l2_couplings)

    def repeat(self, step: Callable[..., tuple[Any, Any]], fixed: Any, state: Any, given: Any) -> tuple[Any, Any]:
        """Run a step over what is given, compiled as a whole (`jax.lax.scan`)."""
        return _repeat(self, step, fixed, state, given)

    def loop(self, count: Any, step: Callable[[Any, Any], Any], state: Any) -> Any:
        """Run a step so many times within a compiled one (`jax.lax.fori_loop`)."""
        return lax.fori_loop(0, count, step, state)


@partial(jax.jit, static_argnames=("engine", "step"))
def _repeat(engine: JaxEngine, step: Callable[..., tuple[Any, Any]], fixed: Any, state: Any, given: Any) -> Any:
    return lax.scan(partial(step, engine, fixed), state, given)


@jax.tree_util.register_dataclass
@dataclass
class JaxLearner:
    """Everything as full (L, q, L, q) arrays on the device, where both halves of the couplings move alike.

    Attributes
    ----------
    data, prepared, direction : tuple
        Of sites (L, q) and between sites: frequencies, parameters, and where these should go.
    l2 : tuple
        Of fields and of couplings.
    """

    data: Prepared
    l2: tuple[Any, Any]
    prepared: Prepared
    direction: Prepared

    @classmethod
    def of(cls, data: Frequencies, l2_fields: float, l2_couplings: float) -> "JaxLearner":
        """Begin at the profile model of frequencies."""
        frequencies = np.asarray(data.single, np.float32), Potts.from_pairs(data.single, data.pair).couplings
        l2 = np.float32(l2_fields), np.float32(l2_couplings)
        return _begin(frequencies, l2, np.asarray(profile_fields(data.single), np.float32))

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Fields (L, q) and couplings of pairs (L (L - 1) / 2, q, q)."""
        fields, couplings = map(np.asarray, self.prepared)
        return fields, Potts(fields, couplings).pairs()

    @property
    def arrays(self) -> dict[str, Any]:
        """State of learning, for a checkpoint."""
        (fields, couplings), (of_fields, of_couplings) = self.prepared, self.direction
        return {"fields": fields, "couplings": couplings, "of_fields": of_fields, "of_couplings": of_couplings}

    def restored(self, arrays: Mapping[str, np.ndarray]) -> "JaxLearner":
        """Return to a saved state."""
        fields, couplings, of_fields, of_couplings = (jnp.asarray(arrays[name]) for name in self.arrays)
        return replace(self, prepared=(fields, couplings), direction=(of_fields, of_couplings))

    def update_direction(self, chains: Any, noise_fraction: Any) -> GradientStats:
        """Estimate the gradient from chains (C, L), and update the direction of the next step."""
        self.direction, found = _turn(self, jnp.asarray(chains), noise_fraction)
        return found

    def energy_change(self, sequences: Any) -> Any:
        """Compute by how much the whole direction would change energies of sequences."""
        return energies(*self.direction, jnp.asarray(sequences))

    def step(self, rate: Any, factor: Any) -> "JaxLearner":
        """Add `rate` times the direction to the parameters, and multiply all by `factor`."""
        return replace(self, prepared=_move(self.prepared, self.direction, rate, factor))

    def correlation_agreement(self, chains: Any) -> CorrelationAgreement:
        """Compare the correlations of chains with those of the data."""
        moments, single = _moments(self.data, jnp.asarray(chains))
        return CorrelationAgreement.from_moments(np.asarray(moments), np.asarray(single, float), len(chains))

    def mean_data_energy(self) -> float:
        """Compute the mean energy of the data, nats."""
        return float(_mean_energy(self.prepared, self.data))

    def penalty(self) -> float:
        """Compute l2_fields * sum h^2 + l2_couplings * sum_{i<j} J^2, nats."""
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
def _turn(learner: JaxLearner, chains: Any, noise_fraction: Any) -> tuple[Prepared, GradientStats]:
    """Compute the next direction, and the statistics of the gradient."""
    (single, pair), (fields, couplings), (l2_fields, l2_couplings) = learner.data, learner.prepared, learner.l2
    length, q = fields.shape
    shown_single, shown_pair = _frequencies(chains, q)
    ascent = single - shown_single - l2_fields * fields
    crossed = jnp.einsum("ia,jb->iajb", ascent, single)
    raw = _between(length) * (pair - shown_pair - l2_couplings * couplings)
    centred = raw - _between(length) * (crossed + crossed.transpose(2, 3, 0, 1))
    squares = (centred**2).sum(axis=(1, 3), keepdims=True)
    of_sites, noise = sampling_noise(single, len(chains), noise_fraction)
    above_noise = jnp.maximum(0, 1 - jnp.outer(of_sites, of_sites)[:, None, :, None] / jnp.maximum(squares, 1e-30))
    independent = jnp.einsum("ia,jb->iajb", single, single)
    steps = ascent / (single + l2_fields + DAMPING), above_noise * centred / (independent + l2_couplings + DAMPING)
    turned = jax.tree.map(lambda old, new: MOMENTUM * old + (1 - MOMENTUM) * new, learner.direction, steps)
    scale_slope = jnp.vdot(fields, ascent) + jnp.vdot(couplings, raw) / 2
    norm = jnp.sqrt((ascent**2).sum() + squares.sum() / 2)
    return turned, GradientStats(norm, noise, scale_slope, _penalty(learner))


def _between(length: int) -> Any:
    """1 between different sites, 0 on the diagonal blocks: frequencies have the one-site ones there."""
    return (1 - jnp.eye(length))[:, None, :, None]


@jax.jit
def _moments(data: Prepared, chains: Any) -> tuple[Any, Any]:
    """Compute moments (5,) and one-site frequencies of chains (C, L), for `CorrelationAgreement.from_moments`."""
    single, pair = data
    length, q = single.shape
    shown_single, shown_pair = _frequencies(chains, q)
    x, y = (
        _between(length) * (of_pairs - jnp.einsum("ia,jb->iajb", of_sites, of_sites))
        for of_sites, of_pairs in ((single, pair), (shown_single, shown_pair))
    )
    entries = length * (length - 1) * q**2
    return jnp.stack([part.sum() for part in (x, y, x * x, y * y, x * y)]) / entries, shown_single


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
        drawn = jax.random.categorical(jax.random.fold_in(key, site), logits)
        return onehot.at[:, site].set(jax.nn.one_hot(drawn, q, dtype=onehot.dtype)), key

    def sweep(number: Any, onehot: Any) -> Any:
        """Update every site of chains so many times."""
        # Loops of known length do not ask the host, on a card, whether to go on.
        return lax.fori_loop(0, length, update, (onehot, jax.random.fold_in(key, number)))[0]

    with jax.default_matmul_precision("highest"):
        onehot = lax.fori_loop(0, sweeps, sweep, jax.nn.one_hot(chains, q, dtype=fields.dtype))
    return onehot.argmax(axis=-1).astype(jnp.uint8)


@jax.jit
def energies(fields: Any, couplings: Any, chains: Any) -> Any:
    """Energies (C,) at temperature 1 of chains (C, L), nats."""
    length, q = fields.shape
    onehot = jax.nn.one_hot(chains, q, dtype=jnp.bfloat16).reshape(len(chains), -1)
    local = _product(onehot, couplings.reshape(length * q, length * q))
    return -(onehot * (fields.ravel() + 0.5 * local)).sum(axis=1)


@jax.jit
def pair_projections(chains: Any, single: Any, vector: Any) -> Any:
    """Project chains on the sum over chains, weighed by a vector, of their pairs of centred states.

    That is sum_d v_d sum_{i<j} (x_ci . x_di) (x_cj . x_dj), of states x less their frequencies.

    Parameters
    ----------
    chains, single, vector : array
        (C, L), (L, q) frequencies of states, (C,).

    Returns
    -------
    jax.Array
        (C,)
    """
    length, q = single.shape
    centred = (jax.nn.one_hot(chains, q, dtype=jnp.float32) - single).reshape(len(chains), -1)
    with jax.default_matmul_precision("highest"):
        table = (centred.T @ (jnp.asarray(vector, jnp.float32)[:, None] * centred)).reshape(length, q, length, q)
        table = (_between(length) * table).reshape(length * q, length * q)
        return ((centred @ table) * centred).sum(axis=1) / 2


def _product(onehot: Any, matrix: Any) -> Any:
    """Rows of a single-precision matrix added as bfloat16 zeros and ones (C, N) say."""
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
    """One-site (L, q) and two-site (L, q, L, q) frequencies of chains (C, L)."""
    count, length = chains.shape
    # Zeros and ones are exact in bfloat16, and their sums in single precision up to 2^24 chains.
    onehot = jax.nn.one_hot(chains, q, dtype=jnp.bfloat16).reshape(count, -1)
    pair = jnp.matmul(onehot.T, onehot, preferred_element_type=jnp.float32).reshape(length, q, length, q) / count
    return onehot.mean(axis=0, dtype=jnp.float32).reshape(length, q), pair
