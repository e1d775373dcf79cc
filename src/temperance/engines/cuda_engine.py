"""The engine for NVIDIA cards: sweeps in a CUDA kernel (gibbs.cu), all else as the reference engine does it.

The kernel is launched from within JAX's compiled programs, so steps of learning and exchanges of replicas run on the
card without the host. It samples the model that the CPU engine samples, couplings rounded to 16 bits in the same unit.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

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
    """How the kernel is laid out; gibbs.cu says what the numbers mean.

    Attributes
    ----------
    q, split, chunk, stages, warps : int
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
        """Threads that hold the states of a chain."""
        return row_cells(self.q) // row_states(self.q)

    @property
    def defines(self) -> dict[str, int]:
        """The kernel's macros."""
        names = "Q", "STATES", "LANES", "SPLIT", "CHUNK", "STAGES", "WARPS", "SINGLE"
        values = (self.q, row_states(self.q), self.lanes, self.split, self.chunk, self.stages, self.warps,
                  int(self.single))  # fmt: skip
        return dict(zip(names, values, strict=True))

    @property
    def chains(self) -> int:
        """Chains of a block."""
        return self.warps * (_WARP // (self.lanes * self.split))

    @property
    def threads(self) -> int:
        """Threads of a block: one more warp copies the slabs."""
        return _WARP * (self.warps + 1)

    def shared_bytes(self, length: int) -> int:
        """Shared memory of a block: the ring, the chains' states, and two barriers a chunk."""
        ring = self.stages * self.chunk * group_bytes(self.q, self.single) // _GROUP
        sources = source_sites(length)
        pitch = sources if sources % 16 else sources + 8
        return ring + -(-self.chains * pitch // 16) * 16 + 16 * self.stages


def row_states(q: int) -> int:
    """States of a thread."""
    return 4 if q <= 4 else 8


def row_cells(q: int) -> int:
    """States of a slab's row: whole threads'."""
    return -(-q // row_states(q)) * row_states(q)


def group_bytes(q: int, single: bool) -> int:
    """Bytes of eight source sites of a slab, with those between them and the next eight."""
    source = q * row_cells(q) * (4 if single else 2)
    return _GROUP * source + (-(-source // 16) * 16 if row_states(q) == 4 else 0)


def source_sites(length: int) -> int:
    """Source sites of a slab: the chain's, up to a whole group."""
    return -(-length // _GROUP) * _GROUP


def choose_shape(length: int, q: int, count: int, card: Card, single: bool = False) -> Shape:
    """Choose the layout for `count` chains: all of them at once on the card, or in as few turns as fit.

    Parameters
    ----------
    length, q, count : int
        Sites, states and chains.
    card : Card
    single : bool
        Whether slabs are single precision.

    Returns
    -------
    Shape

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
        most = min(_WARP // Shape(q, 1, chunk, 1, 1).lanes, chunk // _GROUP + 1 if chunk >= _GROUP else 1)
        splits = [n for n in (1, 2, 4, 8) if n <= most]
        enough = [n for n in splits if count / _chains(card, Shape(q, n, chunk, 1, 1)) >= _ENOUGH_WARPS]
        for split in splits[splits.index(min(enough, default=splits[-1])) :]:
            if shape := _fit(length, count, card, Shape(q, split, chunk, 1, 1, single)):
                return shape
    raise InputError(f"engine: cuda has no room for chains of {length} sites and {q} states on this card; jax has")


def _chains(card: Card, shape: Shape) -> int:
    """Chains of a block on every multiprocessor."""
    return card.multiprocessors * shape.chains


def _fit(length: int, count: int, card: Card, shape: Shape) -> Shape | None:
    """Choose the warps and stages that take the fewest turns; None if nothing fits."""
    for turns in range(1, 2 + count // _chains(card, shape)):
        warps = -(-count // (turns * _chains(card, shape)))
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
    """A model as the kernel reads it, beside its parameters.

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
    """Bring a model into the kernel's layout, couplings quantised bit by bit as the CPU engine's `Prepared` has them.

    Parameters
    ----------
    fields, couplings : array
        (L, q) and (L, q, L, q) float32, nats.
    single : bool
        Keep couplings in single precision.

    Returns
    -------
    Packed
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
    """As the reference engine, but for its sweeps.

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
        """Return the bytes of the card's memory that JAX may still take and that no other process has taken."""
        stats = jax.devices()[0].memory_stats() or {}
        # What JAX has reserved and does not use is not free on the card, and yet its own.
        spare = stats.get("pool_bytes", 0) - stats.get("bytes_in_use", 0)
        return min(super().available_memory(), self._card.free_memory() + max(spare, 0))

    def prepare(self, model: Potts) -> Any:
        """Bring a model into the kernel's layout, on the card."""
        return _pack(*super().prepare(model), self._single)

    def sweep(self, prepared: Any, chains: Any, beta: Any, seed: Any, sweeps: Any) -> Any:
        """Update every site of chains so many times, on the card."""
        beta, words = jnp.asarray(beta, jnp.float32), jnp.asarray(seed_words(seed), jnp.uint32)
        chains = jnp.asarray(chains, jnp.uint8)
        return _sweep(self, prepared, chains, beta, words, jnp.asarray(sweeps, jnp.int32))

    def energies(self, prepared: Any, chains: Any) -> Any:
        """Compute energies (C,) of chains at temperature 1, nats."""
        return energies(*prepared[:2], jnp.asarray(chains))

    def kernel(self, shape: Shape, length: int) -> int:
        """Load the kernel of a shape; return the number by which compiled programs name it."""
        shared = shape.shared_bytes(length)
        named = repr((source(), shape, shared)).encode()
        number = int.from_bytes(hashlib.sha256(named).digest()[:7])
        self._launcher.register(number, _loaded(self._card, shape), shape.threads, shared, shape.chains)
        return number

    def shape(self, length: int, q: int, count: int) -> Shape:
        """Choose the layout for `count` chains on this card."""
        return choose_shape(length, q, count, self._card, self._single)

    def packed(self, prepared: Any) -> Packed:
        """Return the model in the kernel's layout; one that is being trained is packed anew for each call."""
        if isinstance(prepared, Packed):
            return prepared
        fields, couplings = prepared
        return pack(fields, couplings, self._single)

    def fault(self) -> str | None:
        """Sweep a system whose outcome is known; return what is wrong, or None."""
        q = 21
        states = jnp.arange(q)
        # Sites want their neighbours' states, and the first one wants the last state, by far more than chance gives.
        alike = jnp.zeros((2, q, 2, q)).at[0, states, 1, states].set(99.0).at[1, states, 0, states].set(99.0)
        fields = jnp.zeros((2, q)).at[0, q - 1].set(999.0)
        try:
            swept = np.asarray(self.sweep((fields, alike), jnp.zeros((100, 2), jnp.uint8), 1.0, 1, 1))
        except Exception as error:  # whatever the compiler or the driver may raise
            return str(error).partition("\n")[0]
        return None if (swept == q - 1).all() else "its chains have not the model's distribution"


_pack = partial(jax.jit, static_argnames="single")(pack)


@partial(jax.jit, static_argnames="engine")
def _sweep(engine: CudaEngine, prepared: Any, chains: Any, beta: Any, words: Any, sweeps: Any) -> Any:
    model, (count, length) = engine.packed(prepared), chains.shape
    number = engine.kernel(engine.shape(length, model.fields.shape[1], count), length)
    beta = jnp.broadcast_to(beta, (count,))
    # Of several models, one call sweeps the chains of all.
    call = jax.ffi.ffi_call(TARGET, jax.ShapeDtypeStruct(chains.shape, jnp.uint8), vmap_method="broadcast_all")
    return call(model.slabs, model.padded, chains, beta, model.unit, words, sweeps, kernel=np.int64(number))


@cache
def source() -> str:
    """Return the kernel's source."""
    return files("temperance.engines").joinpath("gibbs.cu").read_text(encoding="utf-8")


def _launcher(card: Any) -> Launcher:
    if card.platform not in _launchers:
        _launchers[card.platform] = Launcher(card.platform, card.launcher(), card.platform == "CUDA")
    return _launchers[card.platform]


_launchers: dict[str, Launcher] = {}
_kernels: dict[tuple[str, Shape], int] = {}


def _loaded(card: Any, shape: Shape) -> int:
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
