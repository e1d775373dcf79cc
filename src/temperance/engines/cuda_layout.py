"""How the CUDA kernel's models and chains lie in memory, and how its blocks share the work."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from temperance.core.errors import InputError
from temperance.engines.card import Card
from temperance.potts.model import FORBIDDEN

# Rows of a slab that are summed as 16-bit numbers; threads of a warp.
_GROUP, _WARP = 8, 32
MOST_STATES = 64


# Warps of a block that hold chains: more have too few registers. So many on a multiprocessor hide each other's latency.
_MOST_WARPS, _ENOUGH_WARPS = 20, 6
# Chunks of the ring: parts of the shared memory that one may take, in the order in which they are tried; how many.
_CHUNK_ROOMS, _STAGES = (1 / 4, 1 / 8, 1 / 16), (4, 3)


@dataclass(frozen=True)
class Shape:
    """Describe the layout of the kernel; gibbs.cu says what the numbers mean.

    Attributes
    ----------
    q, split, chunk, stages, warps : int
        States; groups of threads that share a chain's source sites; source sites of a chunk of the ring; chunks of the
        ring; warps of a block that hold chains.
    single : bool
        Whether slabs are single precision.
    """

    q: int
    split: int
    chunk: int
    stages: int
    warps: int
    single: bool = False

    @property
    def lanes(self) -> int:
        """Count the threads that hold the states of a chain.

        Returns
        -------
        int
            Threads.
        """
        return row_cells(self.q) // row_states(self.q)

    @property
    def defines(self) -> dict[str, int]:
        """Collect the kernel's macros.

        Returns
        -------
        dict of str to int
            Values by name.
        """
        names = "Q", "STATES", "LANES", "SPLIT", "CHUNK", "STAGES", "WARPS", "SINGLE"
        values = (self.q, row_states(self.q), self.lanes, self.split, self.chunk, self.stages, self.warps,
                  int(self.single))  # fmt: skip
        return dict(zip(names, values, strict=True))

    @property
    def chains(self) -> int:
        """Count the Markov chains that a block of the card's threads samples.

        Returns
        -------
        int
            Chains.
        """
        return self.warps * (_WARP // (self.lanes * self.split))

    @property
    def threads(self) -> int:
        """Count the threads of a block, with those of the warp that copies couplings for the others.

        Returns
        -------
        int
            Threads.
        """
        return _WARP * (self.warps + 1)

    def shared_bytes(self, length: int) -> int:
        """Compute the shared memory of a block: the ring, the chains' states, and two barriers a chunk.

        Parameters
        ----------
        length : int
            Number of sites.

        Returns
        -------
        int
            Bytes.
        """
        ring = self.stages * self.chunk * group_bytes(self.q, self.single) // _GROUP
        sources = source_sites(length)
        pitch = sources if sources % 16 else sources + 8
        return ring + -(-self.chains * pitch // 16) * 16 + 16 * self.stages


def row_states(q: int) -> int:
    """Choose how many states of a site one thread of the Gibbs kernel computes the energies of.

    Parameters
    ----------
    q : int
        States of the alphabet.

    Returns
    -------
    int
        4 or 8.
    """
    return 4 if q <= 4 else 8


def row_cells(q: int) -> int:
    """Round the number of states up to a multiple of those that a thread holds: the length of a row of couplings.

    Parameters
    ----------
    q : int
        States of the alphabet.

    Returns
    -------
    int
        A multiple of `row_states(q)`.
    """
    return -(-q // row_states(q)) * row_states(q)


def group_bytes(q: int, single: bool) -> int:
    """Compute the size of eight source sites of a slab, with the padding between them and the next eight.

    Parameters
    ----------
    q : int
        States of the alphabet.
    single : bool
        Whether slabs are single precision.

    Returns
    -------
    int
        Bytes.
    """
    source = q * row_cells(q) * (4 if single else 2)
    return _GROUP * source + (-(-source // 16) * 16 if row_states(q) == 4 else 0)


def source_sites(length: int) -> int:
    """Compute the number of source sites of a slab: the chain's, up to a whole group.

    Parameters
    ----------
    length : int
        Number of sites.

    Returns
    -------
    int
        A multiple of 8.
    """
    return -(-length // _GROUP) * _GROUP


def choose_shape(length: int, q: int, count: int, card: Card, single: bool = False) -> Shape:
    """Choose the layout for a number of chains: all of them at once on the card, or in as few turns as fit.

    Parameters
    ----------
    length, q, count : int
        Sites, states and chains.
    card : Card
        Card that the kernel will run on.
    single : bool
        Whether slabs are single precision.

    Returns
    -------
    Shape
        Layout that fits the card's shared memory.

    Raises
    ------
    InputError
        If q is above 64, or not even a few chains fit a multiprocessor.
    """
    if not 2 <= q <= MOST_STATES:
        raise InputError(f"engine: cuda supports alphabets of 2 to {MOST_STATES} states, not {q}; set it to jax")
    for room in _CHUNK_ROOMS:
        chunk = _choose_chunk(length, q, room * card.shared_memory, single)
        # Few chains: share the sources of each out among more threads, so that there are warps enough.
        max_split = min(_WARP // Shape(q, 1, chunk, 1, 1).lanes, chunk // _GROUP + 1 if chunk >= _GROUP else 1)
        splits = [n for n in (1, 2, 4, 8) if n <= max_split]
        sufficient = [n for n in splits if count / _count_chains(card, Shape(q, n, chunk, 1, 1)) >= _ENOUGH_WARPS]
        for split in splits[splits.index(min(sufficient, default=splits[-1])) :]:
            if shape := _fit(length, count, card, Shape(q, split, chunk, 1, 1, single)):
                return shape
    raise InputError(
        f"engine: chains of {length} sites and {q} states are too large for cuda on this card; set it to jax"
    )


def _count_chains(card: Card, shape: Shape) -> int:
    """Count the chains that all multiprocessors hold with one block each."""
    return card.multiprocessors * shape.chains


def _fit(length: int, count: int, card: Card, shape: Shape) -> Shape | None:
    """Choose the warps and stages that take the fewest turns; None if nothing fits."""
    for turns in range(1, 2 + count // _count_chains(card, shape)):
        warps = -(-count // (turns * _count_chains(card, shape)))
        for stages in _STAGES if warps <= _MOST_WARPS else ():
            fitted = replace(shape, warps=warps, stages=stages)
            if fitted.shared_bytes(length) <= card.shared_memory:
                return fitted
    return None


def _choose_chunk(length: int, q: int, room: float, single: bool) -> int:
    """Choose the source sites of a chunk: an equal share of a slab in whole groups, or part of a group of wide rows."""
    groups, needed = source_sites(length) // _GROUP, group_bytes(q, single)
    for chunks in range(1, groups + 1):
        if (share := -(-groups // chunks)) * needed <= room:
            return share * _GROUP
    return next((n for n in (4, 2, 1) if n * needed <= _GROUP * room), 1)


class Packed(NamedTuple):
    """Hold a model as the kernel reads it, beside its parameters.

    Attributes
    ----------
    fields, couplings : jax.Array
        (L, q) and (L, q, L, q).
    slabs : jax.Array
        (site, group of eight source sites, cells): of each source site, source state and two states an int32 cell,
        couplings in multiples of `unit`, the second state's times 2^16 plus the first one's, so that sums of cells hold
        both sums; or a float32 cell of each state. Groups of narrow rows end with unused cells.
    padded : jax.Array
        Fields with forbidden states up to the row's length.
    unit : jax.Array
        In nats.
    """

    fields: Any
    couplings: Any
    slabs: Any
    padded: Any
    unit: Any


def pack_model(fields: Any, couplings: Any, single: bool = False) -> Packed:
    """Bring a model into the kernel's layout.

    Couplings are quantised bit by bit as the CPU engine's `Prepared` has them.

    Parameters
    ----------
    fields, couplings : array
        (L, q) and (L, q, L, q) float32, nats.
    single : bool
        Keep couplings in single precision.

    Returns
    -------
    Packed
        The model in the kernel's layout, beside its parameters.
    """
    length, q = fields.shape
    sources, row = source_sites(length), row_cells(q)
    slabs = jnp.pad(couplings.transpose(0, 2, 3, 1), ((0, 0), (0, sources - length), (0, 0), (0, row - q)))
    unit = jnp.float32(1)
    if not single:
        # Double precision, as on the CPU: the unit decides how each coupling is rounded.
        with jax.enable_x64(True):
            largest = jnp.abs(couplings).max(axis=(1, 3)).astype(jnp.float64)
            largest = jnp.pad(largest, ((0, 0), (0, sources - length))).reshape(length, -1, _GROUP)
            exact = jnp.maximum(largest.sum(axis=2).max() / (2**15 - 1 - _GROUP), 1e-30)
            unit, per_unit = exact.astype(jnp.float32), (1 / exact).astype(jnp.float32)
        rounded = jnp.round(slabs * per_unit).astype(jnp.int32)
        slabs = rounded[..., 1::2] * 2**16 + rounded[..., ::2]
    slabs = slabs.reshape(length, sources // _GROUP, -1)
    slabs = jnp.pad(slabs, ((0, 0), (0, 0), (0, group_bytes(q, single) // 4 - slabs.shape[2])))
    padded = jnp.pad(fields, ((0, 0), (0, row - q)), constant_values=FORBIDDEN)
    return Packed(fields, couplings, slabs, padded, unit)
