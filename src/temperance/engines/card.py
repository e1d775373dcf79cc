"""The NVIDIA card that JAX computes on, and kernels loaded onto it, through the CUDA driver."""

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jax

from temperance.engines.nvrtc import compile_cached

# Numbers of the driver's attributes of devices and functions.
_MULTIPROCESSORS, _CAPABILITY_MAJOR, _CAPABILITY_MINOR, _SHARED_MEMORY = 16, 75, 76, 97
_DYNAMIC_SHARED_MEMORY = 8


class DriverError(Exception):
    """Report that a call of the CUDA driver failed."""


@dataclass
class Card:
    """Describe the properties of a card that determine the layout of kernels, and load kernels onto it.

    Attributes
    ----------
    capability : int
        Compute capability, 80 for 8.0.
    multiprocessors : int
        Number of multiprocessors.
    shared_memory : int
        Bytes that a block can have.
    platform : str
        JAX's name of the kind of device.
    """

    capability: int
    multiprocessors: int
    shared_memory: int
    platform: str = "CUDA"
    _modules: list[Any] = field(default_factory=list)

    @classmethod
    @cache
    def current(cls) -> "Card":
        """Find the card that JAX computes on.

        Returns
        -------
        Card
            The same object at each call.

        Raises
        ------
        DriverError
            If there is no driver or no card.
        """
        device = _device()
        capability = [_attribute(n, device) for n in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)]
        return cls(
            10 * capability[0] + capability[1], _attribute(_MULTIPROCESSORS, device), _attribute(_SHARED_MEMORY, device)
        )

    def load(self, source: str, defines: Mapping[str, int], name: str) -> int:
        """Compile a source and load it onto the card.

        Parameters
        ----------
        source : str
            CUDA C++.
        defines : dict
            Macros and their values.
        name : str
            Of the kernel; it may use all of a block's shared memory.

        Returns
        -------
        int
            Address of the kernel.
        """
        code = compile_cached(source, defines, self.capability)
        module, kernel = ctypes.c_void_p(), ctypes.c_void_p()
        with _context() as driver:
            _check(driver.cuModuleLoadData(ctypes.byref(module), code))
            _check(driver.cuModuleGetFunction(ctypes.byref(kernel), module, name.encode()))
            _check(driver.cuFuncSetAttribute(kernel, _DYNAMIC_SHARED_MEMORY, self.shared_memory))
        self._modules.append(module)
        assert kernel.value
        return kernel.value

    def free_memory(self) -> int:
        """Measure the card's memory that no process has taken.

        Returns
        -------
        int
            Bytes.
        """
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        with _context() as driver:
            _check(driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)))
        return free.value

    def launcher(self) -> int:
        """Find the driver's function that launches a kernel.

        Returns
        -------
        int
            Its address.
        """
        address = ctypes.cast(_driver().cuLaunchKernel, ctypes.c_void_p).value
        assert address
        return address


@contextmanager
def _context() -> Iterator[ctypes.CDLL]:
    """Make JAX's context of the card the current one, for calls of the driver."""
    driver, context = _driver(), ctypes.c_void_p()
    _check(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), _device()))
    _check(driver.cuCtxPushCurrent_v2(context))
    try:
        yield driver
    finally:
        driver.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))


@cache
def _driver() -> ctypes.CDLL:
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise DriverError(f"there is no CUDA driver: {error}") from error
    _check(driver.cuInit(0), driver)
    return driver


@cache
def _device() -> ctypes.c_int:
    device = ctypes.c_int()
    ordinal = int(getattr(jax.devices()[0], "local_hardware_id", 0) or 0)
    _check(_driver().cuDeviceGet(ctypes.byref(device), ordinal))
    return device


def _attribute(number: int, device: ctypes.c_int) -> int:
    value = ctypes.c_int()
    _check(_driver().cuDeviceGetAttribute(ctypes.byref(value), number, device))
    return value.value


def _check(status: int, driver: ctypes.CDLL | None = None) -> None:
    if status:
        name = ctypes.c_char_p()
        (driver or _driver()).cuGetErrorName(status, ctypes.byref(name))
        raise DriverError(f"CUDA driver: {(name.value or str(status).encode()).decode()}")
