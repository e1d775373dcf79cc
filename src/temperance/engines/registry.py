"""The choice of an engine: by name, or by the device that is there."""

import logging
from importlib.metadata import entry_points
from importlib.util import find_spec

from temperance.core.errors import InputError
from temperance.engines.base import Engine

log = logging.getLogger(__name__)
# Compute capability from which on cards copy to shared memory without waiting.
_AMPERE = 8.0


def choose_engine(name: str = "auto") -> Engine:
    """Choose the engine called `name`; `auto` takes CUDA on an NVIDIA card, JAX on others, and Numba on a CPU.

    Each library is imported only when it is needed: they take seconds.

    Parameters
    ----------
    name : {'auto', 'numba', 'jax', 'cuda'}
        As in the configuration's `engine`. With `auto`, cards of compute capability below 8.0, and those on which the
        kernel does not run (a warning says so), get JAX.

    Returns
    -------
    Engine
        A new engine.

    Raises
    ------
    InputError
        If the engine needs a card that the computer does not have.
    """
    automatic = name == "auto"
    if automatic:
        name = "numba" if not _accelerator() else "jax" if _capability() < _AMPERE else "cuda"
    if name == "numba":
        from temperance.engines.numba_engine import NumbaEngine

        return NumbaEngine()
    if name == "cuda":
        if _capability() < _AMPERE:
            raise InputError("engine: cuda needs an NVIDIA card of compute capability 8.0 or more; JAX finds none")
        from temperance.engines.cuda_engine import CudaEngine

        try:
            engine = CudaEngine()
            fault = engine.find_fault() if automatic else None
        except InputError as error:
            if not automatic:
                raise
            fault = str(error)
        if fault is None:
            return engine
        log.warning(
            "warning: the CUDA kernel does not run on this card; using the slower engine jax instead: %s", fault
        )
    from temperance.engines.jax_engine import JaxEngine

    return JaxEngine()


def _accelerator() -> bool:
    # JAX finds accelerators by plugins; without one it need not be imported to say that there is none.
    if not (entry_points(group="jax_plugins") or find_spec("jax_plugins") or find_spec("libtpu")):
        return False
    import jax

    return jax.default_backend() != "cpu"


def _capability() -> float:
    """Find CUDA's compute capability of the device that JAX takes, 0 where that is no NVIDIA card."""
    if not _accelerator():
        return 0.0
    import jax

    try:
        return float(getattr(jax.devices()[0], "compute_capability", 0))
    except ValueError:  # other makers call theirs gfx90a
        return 0.0
