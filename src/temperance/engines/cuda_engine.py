"""The engine for NVIDIA cards: sweeps in a CUDA kernel (gibbs.cu), all else as the reference engine does it.

The kernel is launched from within JAX's compiled programs, so steps of learning and exchanges of replicas run on the
card without the host. It samples the model that the CPU engine samples, couplings rounded to 16 bits in the same unit.
"""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from temperance.core.errors import InputError
from temperance.engines.base import seed_words
from temperance.engines.card import Card, DriverError
from temperance.engines.cuda_layout import Packed, Shape, choose_shape, pack_model
from temperance.engines.jax_engine import JaxEngine
from temperance.engines.jax_functions import energies
from temperance.engines.launch import TARGET, Launcher
from temperance.engines.nvrtc import cache_folder
from temperance.potts.model import Potts

if TYPE_CHECKING:
    from temperance.engines.base import Array, Chains, Scalar, Seed

_LEAST_CAPABILITY = 80


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
                "engine: cuda needs an NVIDIA card of compute capability 8.0 or more; this one has "
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
        """Copy a model to the card, in the layout that the sampling kernel reads.

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
        identity = repr((read_source(), shape, shared)).encode()
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
        return pack_model(fields, couplings, self._single)

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


_pack = partial(jax.jit, static_argnames="single")(pack_model)


@partial(jax.jit, static_argnames="engine")
def _sweep(engine: CudaEngine, prepared: Any, chains: Any, beta: Any, words: Any, sweeps: Any) -> Any:
    model, (count, length) = engine.ensure_packed(prepared), chains.shape
    number = engine.kernel(engine.shape(length, model.fields.shape[1], count), length)
    beta = jnp.broadcast_to(beta, (count,))
    # Of several models, one call sweeps the chains of all.
    call = jax.ffi.ffi_call(TARGET, jax.ShapeDtypeStruct(chains.shape, jnp.uint8), vmap_method="broadcast_all")
    return call(model.slabs, model.padded, chains, beta, model.unit, words, sweeps, kernel=np.int64(number))


@cache
def read_source() -> str:
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
        _kernels[key] = card.load(read_source(), shape.defines, "sweep")
    return _kernels[key]


def enable_compilation_cache() -> None:
    """Have JAX cache compiled programs on disk, beside the kernels, unless a folder is configured already."""
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
