"""Gibbs sweeps for NVIDIA cards from Ampere on: all updates of a call in one kernel, local fields on the tensor cores.

A program takes a block of chains through all sweeps. The local fields of a site are, a few source sites at a time, the
product of one-hot states, made in registers, with a block of couplings, so that couplings are all that is read from
memory, and a block of chains shares what is read. One-hot states are exact in half precision, and two float16 numbers
hold a coupling to 22 bits.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from temperance.gibbs import seed_words
from temperance.gibbs_jax import JaxEngine, Prepared
from temperance.potts import FORBIDDEN

# Chains of a program, its warps, and stages of its loads: 10,000 chains are 157 programs. Not tuned on a card yet.
_BLOCK, _WARPS, _STAGES = 64, 4, 3
# Source sites of a product: few would leave the tensor cores waiting for loads.
_SOURCES = 4
# The least width that a tensor core multiplies.
_NARROWEST = 16


class TritonEngine(JaxEngine):
    """As the reference engine, but for its sweeps.

    Parameters
    ----------
    terms : int
        2: couplings are the sum of two float16 numbers, as good as single precision; 1: they are bfloat16.
    interpret : bool
        Run the kernel's operations one by one, on any device.
    """

    name = "triton"

    def __init__(self, terms: int = 2, interpret: bool = False):
        self._terms, self._interpret = terms, interpret

    def sweep(self, prepared: Prepared, chains: Any, beta: Any, seed: Any, sweeps: Any) -> Any:
        beta = jnp.broadcast_to(jnp.asarray(beta, jnp.float32), (len(chains),))
        key, count = jnp.asarray(seed_words(seed)), jnp.asarray(sweeps, jnp.int32)[None]
        return sweep(*prepared, jnp.asarray(chains), beta, key, count, terms=self._terms, interpret=self._interpret)

    def fault(self) -> str | None:
        """What keeps the kernel from running here, found by sweeps whose outcome is known."""
        q = 21
        states = jnp.arange(q)
        # Sites want their neighbours' states, and the first one wants the last state, by far more than chance gives.
        alike = jnp.zeros((2, q, 2, q)).at[0, states, 1, states].set(99.0).at[1, states, 0, states].set(99.0)
        fields = jnp.zeros((2, q)).at[0, q - 1].set(999.0)
        try:
            found = np.asarray(self.sweep((fields, alike), jnp.zeros((100, 2), jnp.uint8), 1.0, 1, 1))
        except Exception as error:  # whatever the compiler or the driver may raise
            return str(error).partition("\n")[0]
        return None if (found == q - 1).all() else "its chains have not the model's distribution"


@partial(jax.jit, static_argnames=("terms", "interpret"))
def sweep(
    fields: Any, couplings: Any, chains: Any, beta: Any, key: Any, sweeps: Any, *, terms: int, interpret: bool
) -> Any:
    """Chains (C, L) uint8 after `sweeps` (1,) sweeps at inverse temperatures beta (C,); key (2,) uint32."""
    count, length = chains.shape
    of_sites, of_pairs = _packed(fields, couplings, terms)
    width, sources, padded = of_sites.shape[1], of_pairs.shape[1], _up(count, _BLOCK)
    # Neighbours in a block are neighbours in memory.
    start = jnp.zeros((sources, padded), jnp.uint8).at[:length, :count].set(chains.T)
    betas = jnp.ones(padded, jnp.float32).at[:count].set(beta)
    columns = pl.BlockSpec((sources, _BLOCK), lambda block: (0, block))
    run = pl.pallas_call(
        partial(_kernel, q=fields.shape[1], barrier=(lambda: None) if interpret else triton.debug_barrier),
        grid=(padded // _BLOCK,),
        in_specs=[
            _whole(of_sites), _whole(of_pairs), pl.BlockSpec((_BLOCK,), lambda block: (block,)), _whole(key),
            _whole(sweeps), columns,
        ],
        out_specs=columns,
        input_output_aliases={5: 0},
        out_shape=jax.ShapeDtypeStruct(start.shape, start.dtype),
        compiler_params=None if interpret else triton.CompilerParams(num_warps=_WARPS, num_stages=_STAGES),
        interpret=interpret,
        name=f"gibbs_{length}_{width}_{terms}",
    )  # fmt: skip
    return run(of_sites, of_pairs, betas, key, sweeps, start)[:length, :count].T


def _packed(fields: Any, couplings: Any, terms: int) -> tuple[Any, Any]:
    """Fields (L, W) and couplings (site, source site, source state W, terms W), W a power of two.

    The terms of a coupling stand beside each other; source sites are padded to a multiple of _SOURCES.
    """
    length, q = fields.shape
    width, kind = max(_NARROWEST, 1 << (q - 1).bit_length()), jnp.bfloat16 if terms == 1 else jnp.float16
    more = (0, width - q)
    rest = jnp.pad(couplings.transpose(0, 2, 3, 1), ((0, 0), (0, _up(length, _SOURCES) - length), more, more))
    parts = []
    for _ in range(terms):
        parts.append(rest.astype(kind))
        rest = rest - parts[-1].astype(jnp.float32)
    return jnp.pad(fields, ((0, 0), more)), jnp.concatenate(parts, axis=3)


def _up(number: int, unit: int) -> int:
    """The least multiple of the unit that is not less."""
    return -(-number // unit) * unit


def _whole(array: Any) -> pl.BlockSpec:
    return pl.BlockSpec(array.shape, lambda _: (0,) * array.ndim)


def _kernel(
    fields: Any, couplings: Any, betas: Any, key: Any, sweeps: Any, _: Any, chains: Any, *, q: int, barrier: Any
) -> None:
    """What `chains` holds at first are the chains to sweep."""
    (length, width), (_, sources, _, abreast) = fields.shape, couplings.shape
    lanes = (pl.program_id(0) * _BLOCK + jnp.arange(_BLOCK)).astype(jnp.uint32)
    states = lax.broadcasted_iota(jnp.int32, (_BLOCK, width), 1)
    of_sources = lax.broadcasted_iota(jnp.int32, (_BLOCK, _SOURCES, width), 2)
    upto = lax.broadcasted_iota(jnp.int32, (width, width), 0) <= lax.broadcasted_iota(jnp.int32, (width, width), 1)
    beta = betas[:][:, None]

    def update(step: Any, _: Any) -> Any:
        site = lax.rem(step, length)

        def add(group: Any, local: Any) -> Any:
            at = pl.ds(_SOURCES * group, _SOURCES)
            onehot = (chains[at, :].T.astype(jnp.int32)[:, :, None] == of_sources).astype(couplings.dtype)
            slab = couplings[site, at].reshape(_SOURCES * width, abreast)
            return local + lax.dot(onehot.reshape(_BLOCK, -1), slab, preferred_element_type=jnp.float32)

        terms = lax.fori_loop(0, sources // _SOURCES, add, jnp.zeros((_BLOCK, abreast), jnp.float32))
        local = fields[site, :][None, :] + terms.reshape(_BLOCK, abreast // width, width).sum(axis=1)
        local = jnp.where((states < q) & (local > FORBIDDEN / 2), beta * local, -jnp.inf)
        weights = jnp.exp(local - local.max(axis=1)[:, None])
        cumulative = lax.dot(weights, upto.astype(jnp.float32), precision=lax.Precision.HIGHEST)
        share = _uniform(key[0], key[1], lax.convert_element_type(step, jnp.uint32), lanes)
        # The last sum, not another one, so that rounding leaves no share beyond all states.
        mark = share[:, None] * cumulative.max(axis=1)[:, None]
        drawn = (cumulative <= mark).astype(jnp.int32).sum(axis=1)
        # What other threads of the program have yet to read, and then what they will read.
        barrier()
        chains[site, :] = drawn.astype(jnp.uint8)
        barrier()
        return _

    lax.fori_loop(0, sweeps[0] * length, update, 0)


def _uniform(key: Any, other_key: Any, counter: Any, lanes: Any) -> Any:
    """Single-precision numbers in [0, 1), one for each counter and lane: Threefry-2x32 (Salmon et al., SC 2011)."""
    keys = key, other_key, key ^ other_key ^ np.uint32(0x1BD11BDA)
    left, right = jnp.full(lanes.shape, counter + keys[0]), lanes + keys[1]
    for group in range(5):
        for turn in ((13, 15, 26, 6), (17, 29, 16, 24))[group % 2]:
            left = left + right
            right = (right << np.uint32(turn) | right >> np.uint32(32 - turn)) ^ left
        left = left + keys[(group + 1) % 3]
        right = right + keys[(group + 2) % 3] + np.uint32(group + 1)
    return (left >> np.uint32(8)).astype(jnp.float32) * np.float32(2**-24)
