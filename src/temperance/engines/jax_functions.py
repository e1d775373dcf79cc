"""Sums over one-hot chains in JAX."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def mask_between_sites(length: int) -> Any:
    """Mask the diagonal blocks, where frequencies are one-site ones: 1 between different sites, 0 within a site.

    Parameters
    ----------
    length : int
        Sites.

    Returns
    -------
    jax.Array
        (L, 1, L, 1).
    """
    return (1 - jnp.eye(length))[:, None, :, None]


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
def pair_projections(chains: Any, targets: Any, single: Any, vector: Any) -> Any:
    """Project chains on the weighted sum, over other chains or the same, of their pairs of centred states.

    That is sum_d v_d sum_{i<j} (x_ci . x_di) (x_cj . x_dj) for each target c and chains d, of one-hot states x less
    their frequencies.

    Parameters
    ----------
    chains, targets : array
        (C, L) and (T, L) uint8 states.
    single : array
        (L, q) frequencies of states.
    vector : array
        (C,) weights v.

    Returns
    -------
    jax.Array
        (T,).
    """
    length, q = single.shape
    centred, projected = (
        (jax.nn.one_hot(states, q, dtype=jnp.float32) - single).reshape(len(states), -1) for states in (chains, targets)
    )
    with jax.default_matmul_precision("highest"):
        table = (centred.T @ (jnp.asarray(vector, jnp.float32)[:, None] * centred)).reshape(length, q, length, q)
        table = (mask_between_sites(length) * table).reshape(length * q, length * q)
        return ((projected @ table) * projected).sum(axis=1) / 2


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


def chain_frequencies(chains: Any, q: int) -> tuple[Any, Any]:
    """Compute the frequencies of states, and of pairs of states, of chains.

    Parameters
    ----------
    chains : array
        (C, L) uint8 states.
    q : int
        States.

    Returns
    -------
    single, pair : jax.Array
        (L, q) and (L, q, L, q); the diagonal blocks of the latter hold one-site frequencies.
    """
    count, length = chains.shape
    # Zeros and ones are exact in bfloat16, and their sums in single precision up to 2^24 chains.
    onehot = jax.nn.one_hot(chains, q, dtype=jnp.bfloat16).reshape(count, -1)
    pair = jnp.matmul(onehot.T, onehot, preferred_element_type=jnp.float32).reshape(length, q, length, q) / count
    return onehot.mean(axis=0, dtype=jnp.float32).reshape(length, q), pair
