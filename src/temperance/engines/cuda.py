"""The engine for NVIDIA cards: sweeps in a CUDA kernel (gibbs.cu), all else as the reference engine does it.

The kernel is launched from within JAX's compiled programs, so steps of learning and exchanges of replicas run on the
card without the host. It samples the model that the CPU engine samples, couplings rounded to 16 bits in the same unit.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from temperance.engines.card import Card, DriverError
from temperance.engines.launch import TARGET, Launcher
from temperance.engines.nvrtc import cache_folder
from temperance.errors import InputError
from temperance.gibbs import seed_words
from temperance.gibbs_jax import JaxEngine, energies
from temperance.potts import FORBIDDEN, Potts

# States of a thread; rows of a slab that are summed as 16-bit numbers; threads of a warp.
_STATES, _BLOCK, _WARP = 8, 8, 32
MOST_STATES = 64
# Warps of a block that hold chains: as many as have 96 registers a thread.
_WARPS = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 19
# Chunks of the ring in shared memory: bytes of one at most, source sites of one, and how many there are.
_CHUNK_BYTES, _CHUNKS, _STAGES = 32768, (64, 32, 16, 8, 4, 2, 1), (4, 3, 2)
_LEAST_CAPABILITY = 80


@dataclass(frozen=True)
class Shape:
    """How the kernel is laid out; gibbs.cu says what the numbers mean.

    Attributes
    ----------
    q, lanes, chunk, stages, warps : int
    single : bool
        Whether slabs are single precision.
    cluster : int
    """

    q: int
    lanes: int
    chunk: int
    stages: int
    warps: int
    single: bool = False
    cluster: int = 1

    @property
    def defines(self) -> dict[str, int]:
        """The kernel's macros."""
        names = "Q", "LANES", "CHUNK", "STAGES", "WARPS", "SINGLE", "CLUSTER"
        values = self.q, self.lanes, self.chunk, self.stages, self.warps, int(self.single), self.cluster
        return dict(zip(names, values, strict=True))

    @property
    def chains(self) -> int:
        """Chains of a block."""
        return self.warps * (_WARP // self.lanes)

    @property
    def threads(self) -> int:
        """Threads of a block: one more warp copies the slabs."""
        return _WARP * (self.warps + 1)

    @property
    def row(self) -> int:
        """Cells of a slab's row."""
        return _STATES * self.lanes

    def shared_bytes(self, length: int) -> int:
        """Shared memory of a block: the ring, the chains' states, and two barriers a chunk."""
        ring = self.stages * self.chunk * self.q * self.row * (4 if self.single else 2)
        sources = source_sites(length)
        pitch = sources if sources % 16 else sources + 8
        return ring + -(-self.chains * pitch // 16) * 16 + 16 * self.stages


def source_sites(length: int) -> int:
    """Source sites of a slab: the chain's, up to a whole block of rows."""
    return -(-length // _BLOCK) * _BLOCK


def choose_shape(length: int, q: int, count: int, card: Card, single: bool = False) -> Shape:
    """The layout for `count` chains of `length` sites: all of them at once on the card, or in as few turns as fit.

    Raises
    ------
    InputError
        If q is above 64, or not even a few chains fit a multiprocessor.
    """
    if not 2 <= q <= MOST_STATES:
        raise InputError(f"engine: cuda takes alphabets of 2 to {MOST_STATES} states, not {q}; jax takes any")
    lanes = -(-q // _STATES)
    source_bytes = q * _STATES * lanes * (4 if single else 2)
    budget = min(_CHUNK_BYTES, card.shared_memory // 6)
    chunk = next((n for n in _CHUNKS if n * source_bytes <= budget), 1)
    chunk = min(chunk, 1 << (source_sites(length) - 1).bit_length())
    chains = _WARP // lanes
    for turns in range(1, 1 + -(-count // chains)):
        needed = count / (card.multiprocessors * turns * chains)
        warps = next((n for n in _WARPS if n >= needed), None)
        for stages in _STAGES if warps else ():
            shape = Shape(q, lanes, chunk, stages, warps or 1, single)
            # Fewer chunks than four do not hide the copies: rather take more turns.
            if shape.shared_bytes(length) <= card.shared_memory and (stages >= 4 or shape.warps == 1):
                return shape
    raise InputError(f"engine: cuda has no room for chains of {length} sites and {q} states on this card; jax has")


class Packed(NamedTuple):
    """A model as the kernel reads it, beside its parameters.

    Attributes
    ----------
    fields, couplings : jax.Array
        (L, q) and (L, q, L, q).
    slabs : jax.Array
        (site, source site, source state, two states) int32: couplings in multiples of `unit`, the second state's times
        2^16 plus the first one's, so that sums of these numbers hold both sums. Or all states, float32.
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
    """Quantise couplings as `temperance.gibbs_numba.Prepared` does, to the last bit."""
    length, q = fields.shape
    sources, row = source_sites(length), -(-q // _STATES) * _STATES
    slabs, unit = couplings.transpose(0, 2, 3, 1), jnp.float32(1)
    slabs = jnp.pad(slabs, ((0, 0), (0, sources - length), (0, 0), (0, row - q)))
    if not single:
        # Double precision, as on the CPU: the unit decides how each coupling is rounded.
        with jax.enable_x64(True):
            largest = jnp.abs(couplings).max(axis=(1, 3)).astype(jnp.float64)
            largest = jnp.pad(largest, ((0, 0), (0, sources - length))).reshape(length, -1, _BLOCK)
            exact = jnp.maximum(largest.sum(axis=2).max() / (2**15 - 1 - _BLOCK), 1e-30)
            unit, per_unit = exact.astype(jnp.float32), (1 / exact).astype(jnp.float32)
        rounded = jnp.round(slabs * per_unit).astype(jnp.int32)
        slabs = rounded[..., 1::2] * 2**16 + rounded[..., ::2]
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
            keep_compiled()

    def prepare(self, model: Potts) -> Any:
        return _pack(*super().prepare(model), self._single)

    def sweep(self, prepared: Any, chains: Any, beta: Any, seed: Any, sweeps: Any) -> Any:
        beta = jnp.broadcast_to(jnp.asarray(beta, jnp.float32), (len(chains),))
        chains, words = jnp.asarray(chains, jnp.uint8), jnp.asarray(seed_words(seed), jnp.uint32)
        return _sweep(self, prepared, chains, beta, words, jnp.asarray(sweeps, jnp.int32))

    def energies(self, prepared: Any, chains: Any) -> Any:
        return energies(*prepared[:2], jnp.asarray(chains))

    def kernel(self, shape: Shape, length: int) -> int:
        """The number by which compiled programs call the kernel of a shape, which is loaded first."""
        shared = shape.shared_bytes(length)
        named = repr((source(), shape, shared)).encode()
        number = int.from_bytes(hashlib.sha256(named).digest()[:7])
        self._launcher.add(number, _loaded(self._card, shape), shape.threads, shared, shape.chains, shape.cluster)
        return number

    def shape(self, length: int, q: int, count: int) -> Shape:
        """The layout that is taken for so many chains."""
        return choose_shape(length, q, count, self._card, self._single)

    def packed(self, prepared: Any) -> Packed:
        """A model as the kernel reads it; one that is still being learnt is packed anew for each call."""
        if isinstance(prepared, Packed):
            return prepared
        fields, couplings = prepared
        return pack(fields, couplings, self._single)

    def fault(self) -> str | None:
        """What keeps the kernel from running here, found by sweeps whose outcome is known."""
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
    # Of several models, one call sweeps the chains of all.
    call = jax.ffi.ffi_call(TARGET, jax.ShapeDtypeStruct(chains.shape, jnp.uint8), vmap_method="broadcast_all")
    return call(model.slabs, model.padded, chains, beta, model.unit, words, sweeps, kernel=np.int64(number))


@cache
def source() -> str:
    """The kernel's source."""
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


def keep_compiled() -> None:
    """Have JAX keep what it compiles on disk, beside the kernels, unless it is told where already."""
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
