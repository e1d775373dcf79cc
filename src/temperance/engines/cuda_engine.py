"""The engine for NVIDIA cards: sweeps in a CUDA kernel (gibbs.cu), all else as the reference engine does it.

The kernel is launched from within JAX's compiled programs, so steps of learning and exchanges of replicas run on the
card without the host. It samples the model that the CPU engine samples, couplings rounded to 16 bits in the same unit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from temperance.core.errors import InputError
from temperance.engines.base import seed_words
from temperance.engines.card import Card, DriverError
from temperance.engines.jax_engine import JaxEngine, energies
from temperance.engines.launch import TARGET, Launcher
from temperance.engines.nvrtc import cache_folder
from temperance.potts.model import FORBIDDEN, Potts

if TYPE_CHECKING:
    from temperance.engines.base import Array, Chains, Scalar, Seed

# Rows of a slab that are summed as 16-bit numbers; threads of a warp.
_GROUP, _WARP = 8, 32
MOST_STATES = 64
# Warps of a block that hold chains: more have too few registers. So many on a multiprocessor hide each other's latency.
_MOST_WARPS, _ENOUGH_WARPS = 20, 6
# Chunks of the ring: parts of the shared memory that one may take, in the order in which they are tried; how many.
_CHUNK_ROOMS, _STAGES = (1 / 4, 1 / 8, 1 / 16), (4, 3)
_LEAST_CAPABILITY = 80


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
        """Count the chains of a block.

        Returns
        -------
        int
            Chains.
        """
        return self.warps * (_WARP // (self.lanes * self.split))

    @property
    def threads(self) -> int:
        """Count the threads of a block, with those of the warp that copies the slabs.

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
    """Compute the number of states that a thread holds.

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
    """Compute the number of states of a slab's row: q, up to whole threads.

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
        raise InputError(f"engine: cuda takes alphabets of 2 to {MOST_STATES} states, not {q}; jax takes any")
    for room in _CHUNK_ROOMS:
        chunk = _choose_chunk(length, q, room * card.shared_memory, single)
        # Few chains: share the sources of each out among more threads, so that there are warps enough.
        max_split = min(_WARP // Shape(q, 1, chunk, 1, 1).lanes, chunk // _GROUP + 1 if chunk >= _GROUP else 1)
        splits = [n for n in (1, 2, 4, 8) if n <= max_split]
        sufficient = [n for n in splits if count / _count_chains(card, Shape(q, n, chunk, 1, 1)) >= _ENOUGH_WARPS]
        for split in splits[splits.index(min(sufficient, default=splits[-1])) :]:
            if shape := _fit(length, count, card, Shape(q, split, chunk, 1, 1, single)):
                return shape
    raise InputError(f"engine: cuda has no room for chains of {length} sites and {q} states on this card; jax has")


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


def pack(fields: Any, couplings: Any, single: bool = False) -> Packed:
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


class CudaEngine(JaxEngine):
    """Sample with a CUDA kernel on NVIDIA cards; all but the sweeps is done as by `JaxEngine`.

    Parameters
    ----------
    single : bool
        Couplings in single precision, to check the others by: twice as slow.
    card : Card, optional
        That of JAX, or what stands for one in a test.

    Raises
    ------
    InputError
        If there is no such card.
    """

    name = "cuda"

    def __init__(self, single: bool = False, card: Any = None):
        try:
            self._card = card or Card.current()
        except DriverError as error:
            raise InputError(f"engine: cuda needs an NVIDIA card of compute capability 8.0 or more: {error}") from error
        if self._card.capability < _LEAST_CAPABILITY:
            raise InputError(
                "engine: cuda needs an NVIDIA card of compute capability 8.0 or more, and this one has "
                f"{self._card.capability / 10}"
            )
        self._single, self._launcher = single, _launcher(self._card)
        if self._card.platform == "CUDA":
            enable_compilation_cache()

    def available_memory(self) -> float:
        """Measure the card's memory that JAX may still take and that no other process has taken.

        Returns
        -------
        float
            Bytes.
        """
        stats = jax.devices()[0].memory_stats() or {}
        # What JAX has reserved and does not use is not free on the card, and yet its own.
        unused = stats.get("pool_bytes", 0) - stats.get("bytes_in_use", 0)
        return min(super().available_memory(), self._card.free_memory() + max(unused, 0))

    def prepare(self, model: Potts) -> Any:
        """Bring a model into the kernel's layout, on the card.

        Parameters
        ----------
        model : Potts
            Model to sample.

        Returns
        -------
        Packed
            The model in the kernel's layout, beside its parameters.
        """
        return _pack(*super().prepare(model), self._single)

    def sweep(self, prepared: Any, chains: Chains, beta: Scalar | Array, seed: Seed, sweeps: int | Array) -> jax.Array:
        """Run Gibbs sweeps on the card: update every site of every chain in turn from its conditional distribution.

        Parameters
        ----------
        prepared : Packed or tuple of array
            From `prepare` or `JaxLearner.prepared`; the latter is packed at each call.
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
        chains = jnp.asarray(chains, jnp.uint8)
        return _sweep(self, prepared, chains, beta, words, jnp.asarray(sweeps, jnp.int32))

    def energies(self, prepared: Any, chains: Chains) -> jax.Array:
        """Compute energies of chains at temperature 1, from couplings that are not rounded.

        Parameters
        ----------
        prepared : Packed or tuple of array
            From `prepare` or `JaxLearner.prepared`.
        chains : array
            (C, L) uint8 states.

        Returns
        -------
        jax.Array
            (C,) nats.
        """
        return energies(*prepared[:2], jnp.asarray(chains))

    def kernel(self, shape: Shape, length: int) -> int:
        """Load the kernel of a layout.

        Parameters
        ----------
        shape : Shape
            Layout of the kernel.
        length : int
            Number of sites.

        Returns
        -------
        int
            Number by which compiled programs name the kernel.
        """
        shared = shape.shared_bytes(length)
        identity = repr((source(), shape, shared)).encode()
        number = int.from_bytes(hashlib.sha256(identity).digest()[:7])
        self._launcher.register(number, _load_kernel(self._card, shape), shape.threads, shared, shape.chains)
        return number

    def shape(self, length: int, q: int, count: int) -> Shape:
        """Choose the layout for a number of chains on this card.

        Parameters
        ----------
        length, q, count : int
            Sites, states and chains.

        Returns
        -------
        Shape
            From `choose_shape`.
        """
        return choose_shape(length, q, count, self._card, self._single)

    def ensure_packed(self, prepared: Any) -> Packed:
        """Bring a model into the kernel's layout, unless it is; one that is being trained is packed anew for each call.

        Parameters
        ----------
        prepared : Packed or tuple of array
            From `prepare` or `JaxLearner.prepared`.

        Returns
        -------
        Packed
            The model in the kernel's layout, beside its parameters.
        """
        if isinstance(prepared, Packed):
            return prepared
        fields, couplings = prepared
        return pack(fields, couplings, self._single)

    def find_fault(self) -> str | None:
        """Check the kernel by sweeping a system whose outcome is known.

        Returns
        -------
        str or None
            What is wrong; None if the outcome is right.
        """
        q = 21
        states = jnp.arange(q)
        # Sites want their neighbours' states, and the first one wants the last state, by far more than chance gives.
        couplings = jnp.zeros((2, q, 2, q)).at[0, states, 1, states].set(99.0).at[1, states, 0, states].set(99.0)
        fields = jnp.zeros((2, q)).at[0, q - 1].set(999.0)
        try:
            states_after = np.asarray(self.sweep((fields, couplings), jnp.zeros((100, 2), jnp.uint8), 1.0, 1, 1))
        except Exception as error:  # whatever the compiler or the driver may raise
            return str(error).partition("\n")[0]
        return None if (states_after == q - 1).all() else "its chains have not the model's distribution"


_pack = partial(jax.jit, static_argnames="single")(pack)


@partial(jax.jit, static_argnames="engine")
def _sweep(engine: CudaEngine, prepared: Any, chains: Any, beta: Any, words: Any, sweeps: Any) -> Any:
    model, (count, length) = engine.ensure_packed(prepared), chains.shape
    number = engine.kernel(engine.shape(length, model.fields.shape[1], count), length)
    beta = jnp.broadcast_to(beta, (count,))
    # Of several models, one call sweeps the chains of all.
    call = jax.ffi.ffi_call(TARGET, jax.ShapeDtypeStruct(chains.shape, jnp.uint8), vmap_method="broadcast_all")
    return call(model.slabs, model.padded, chains, beta, model.unit, words, sweeps, kernel=np.int64(number))


@cache
def source() -> str:
    """Read the kernel's source.

    Returns
    -------
    str
        CUDA C++.
    """
    return files("temperance.engines").joinpath("gibbs.cu").read_text(encoding="utf-8")


def _launcher(card: Any) -> Launcher:
    if card.platform not in _launchers:
        _launchers[card.platform] = Launcher(card.platform, card.launcher(), card.platform == "CUDA")
    return _launchers[card.platform]


_launchers: dict[str, Launcher] = {}
_kernels: dict[tuple[str, Shape], int] = {}


def _load_kernel(card: Any, shape: Shape) -> int:
    key = card.platform, shape
    if key not in _kernels:
        _kernels[key] = card.load(source(), shape.defines, "sweep")
    return _kernels[key]


def enable_compilation_cache() -> None:
    """Have JAX cache compiled programs on disk, beside the kernels, unless a folder is configured already."""
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
