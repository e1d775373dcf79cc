"""Kernels within JAX's compiled programs, launched by a handler of XLA's foreign function interface.

The interface is C's (xla/ffi/api/c_api.h, whose structures stand here as far as they are read); Numba compiles the
handler. A program names its kernel by a number that is the same in every process, so that compiled programs can be kept
on disk; where the kernel is in this process says a table.
"""

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

TARGET = "temperance_sweep"
# Columns of the table of kernels: a kernel's number and address; threads, bytes of shared memory, chains of a block.
_COLUMNS = 5
_MOST_KERNELS = 4096
_EXECUTE = 3  # the stage in which kernels are launched
_METADATA = 1  # the extension by which XLA asks for the interface's version
_INTERNAL = 13  # the code of an error


class _Structure(ctypes.Structure):
    _fields_: ClassVar[Sequence[tuple[str, Any]]] = (("size", ctypes.c_size_t), ("extension", ctypes.c_void_p))


class _Version(_Structure):
    _fields_ = (("major", ctypes.c_int), ("minor", ctypes.c_int))


class _Interface(_Structure):
    _fields_ = (
        ("version", _Version), ("internal", ctypes.c_void_p), ("create_error", ctypes.c_void_p),
        ("get_message", ctypes.c_void_p), ("destroy_error", ctypes.c_void_p), ("register", ctypes.c_void_p),
        ("get_stream", ctypes.c_void_p),
    )  # fmt: skip


class _Buffers(_Structure):
    _fields_ = (("count", ctypes.c_int64), ("types", ctypes.c_void_p), ("values", ctypes.c_void_p))


class _Attributes(_Structure):
    _fields_ = (
        ("count", ctypes.c_int64), ("types", ctypes.c_void_p), ("names", ctypes.c_void_p), ("values", ctypes.c_void_p)
    )  # fmt: skip


class _Call(_Structure):
    _fields_ = (
        ("interface", ctypes.c_void_p), ("context", ctypes.c_void_p), ("stage", ctypes.c_int), ("arguments", _Buffers),
        ("results", _Buffers), ("attributes", _Attributes),
    )  # fmt: skip


class _Buffer(_Structure):
    _fields_ = (
        ("dtype", ctypes.c_int), ("data", ctypes.c_void_p), ("rank", ctypes.c_int64), ("shape", ctypes.c_void_p)
    )  # fmt: skip


class _Scalar(ctypes.Structure):
    _fields_ = (("dtype", ctypes.c_int), ("value", ctypes.c_void_p))


class _Extension(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_size_t), ("kind", ctypes.c_int), ("next", ctypes.c_void_p), ("metadata", ctypes.c_void_p)
    )  # fmt: skip


class _Metadata(ctypes.Structure):
    _fields_ = (("size", ctypes.c_size_t), ("version", _Version), ("traits", ctypes.c_uint32))


class _StreamRequest(_Structure):
    _fields_ = (("context", ctypes.c_void_p), ("stream", ctypes.c_void_p))


class _ErrorRequest(_Structure):
    _fields_ = (("message", ctypes.c_char_p), ("code", ctypes.c_int))


class Launcher:
    """Keep the table of the kernels that JAX's programs on one kind of device can launch, and register their handler.

    Parameters
    ----------
    platform : str
        JAX's name of the kind of device.
    launch : int
        Address of a function like the driver's cuLaunchKernel.
    streams : bool
        Whether the device has streams; the CPU, on which tests run, has none.
    """

    def __init__(self, platform: str, launch: int, streams: bool = True):
        self._table, self._registered = np.zeros((_MOST_KERNELS, _COLUMNS), np.int64), set[int]()
        self._messages = [ctypes.create_string_buffer(text) for text in _MESSAGES]
        addresses = [ctypes.addressof(message) for message in self._messages]
        self._handler = _handler(self._table.ctypes.data, launch, streams, *addresses)
        jax.ffi.register_ffi_target(TARGET, jax.ffi.pycapsule(self._handler.address), platform=platform)

    def register(self, number: int, kernel: int, threads: int, shared: int, chains: int) -> None:
        """Make a loaded kernel available to programs.

        Parameters
        ----------
        number : int
            By which programs name the kernel: positive, and the same in every process.
        kernel : int
            Address.
        threads, shared, chains : int
            Threads of a block, its bytes of shared memory, and the chains that it holds.
        """
        if number not in self._registered:
            self._table[len(self._registered)] = number, kernel, threads, shared, chains
            self._registered.add(number)


_MESSAGES = b"the Gibbs kernel is not loaded", b"the Gibbs kernel could not be launched"
# Operands of the kernel, and which of them are the chains.
_OPERANDS, _CHAINS = 7, 2
# Where the handler finds what it reads.
_CALL_EXTENSION = _Call.extension.offset
_CALL_INTERFACE = _Call.interface.offset
_EXTENSION_KIND = _Extension.kind.offset
_EXTENSION_METADATA = _Extension.metadata.offset
_METADATA_VERSION = _Metadata.version.offset
_INTERFACE_VERSION = _Interface.version.offset
_VERSION_MAJOR = _Version.major.offset
_CALL_STAGE = _Call.stage.offset
_CALL_ATTRIBUTES = _Call.attributes.offset
_ATTRIBUTES_VALUES = _Attributes.values.offset
_SCALAR_VALUE = _Scalar.value.offset
_CALL_ARGUMENTS = _Call.arguments.offset
_BUFFERS_VALUES = _Buffers.values.offset
_CALL_RESULTS = _Call.results.offset
_BUFFER_DATA = _Buffer.data.offset
_BUFFER_SHAPE = _Buffer.shape.offset
_BUFFER_RANK = _Buffer.rank.offset
_CALL_CONTEXT = _Call.context.offset
_INTERFACE_GET_STREAM = _Interface.get_stream.offset
_INTERFACE_CREATE_ERROR = _Interface.create_error.offset


def _handler(table: int, launch: int, streams: bool, unknown: int, failed: int) -> Any:
    """Compile a handler, call frame -> error or 0, that finds kernels in the table at an address."""

    @numba.cfunc(types.int64(types.int64))
    def handle(call: int) -> int:
        extension = _load_64(call + _CALL_EXTENSION)
        interface = _load_64(call + _CALL_INTERFACE)
        if extension and _load_32(extension + _EXTENSION_KIND) == _METADATA:
            # The handler reads what all versions of the interface have had: it answers with the one that asks.
            version = _load_64(extension + _EXTENSION_METADATA) + _METADATA_VERSION
            requested_version = interface + _INTERFACE_VERSION + _VERSION_MAJOR
            _store_64(version + _VERSION_MAJOR, _load_64(requested_version))
            return 0
        if _load_32(call + _CALL_STAGE) != _EXECUTE:
            return 0
        attributes = _load_64(call + _CALL_ATTRIBUTES + _ATTRIBUTES_VALUES)
        number = _load_64(_load_64(_load_64(attributes) + _SCALAR_VALUE))
        row = table
        while _load_64(row) != number:
            row += 8 * _COLUMNS
            if _load_64(row) == 0 or row >= table + 8 * _COLUMNS * _MOST_KERNELS:
                return _error(interface, unknown)
        operands = _load_64(call + _CALL_ARGUMENTS + _BUFFERS_VALUES)
        result = _load_64(_load_64(call + _CALL_RESULTS + _BUFFERS_VALUES))
        # Addresses of the kernel's parameters: all operands' and the result's data; chains and sites.
        parameters = np.empty(_OPERANDS + 3, np.int64)
        for n in range(_OPERANDS):
            parameters[n] = _load_64(operands + 8 * n) + _BUFFER_DATA
        parameters[_OPERANDS] = result + _BUFFER_DATA
        chains = _load_64(operands + 8 * _CHAINS)
        shape, rank = _load_64(chains + _BUFFER_SHAPE), _load_64(chains + _BUFFER_RANK)
        parameters[_OPERANDS + 1], parameters[_OPERANDS + 2] = shape + 8 * (rank - 2), shape + 8 * (rank - 1)
        models = 1
        for n in range(rank - 2):
            models *= _load_64(shape + 8 * n)
        per_block = _load_64(row + 32)
        blocks = (_load_64(parameters[_OPERANDS + 1]) + per_block - 1) // per_block
        stream = 0
        if streams:
            request = np.zeros(4, np.int64)
            request[0], request[2] = 32, _load_64(call + _CALL_CONTEXT)
            error = _call_interface(_load_64(interface + _INTERFACE_GET_STREAM), request.ctypes.data)
            if error:
                return error
            stream = request[3]
        if blocks * models == 0:
            return 0
        block, shared = _load_64(row + 16), _load_64(row + 24)
        if _launch(launch, _load_64(row + 8), blocks, models, block, shared, stream, parameters.ctypes.data):
            return _error(interface, failed)
        return 0

    return handle


@numba.njit
def _error(interface: int, message: int) -> int:
    request = np.zeros(4, np.int64)
    request[0], request[2], request[3] = 28, message, _INTERNAL
    return _call_interface(_load_64(interface + _INTERFACE_CREATE_ERROR), request.ctypes.data)


_BYTE, _HALF, _WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)


@intrinsic
def _load_64(typing: Any, address: Any) -> Any:
    """Load 64 bits from an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], _WORD.as_pointer()))

    return types.int64(types.int64), generate


@intrinsic
def _load_32(typing: Any, address: Any) -> Any:
    """Load 32 bits from an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], _HALF.as_pointer()))

    return types.int32(types.int64), generate


@intrinsic
def _store_64(typing: Any, address: Any, value: Any) -> Any:
    """Store 64 bits at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[1], builder.inttoptr(arguments[0], _WORD.as_pointer()))
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def _call_interface(typing: Any, function: Any, request: Any) -> Any:
    """Call a function of the interface; it returns an error or 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_WORD]).as_pointer()
        return builder.call(builder.inttoptr(arguments[0], kind), [arguments[1]])

    return types.int64(types.int64, types.int64), generate


@intrinsic
def _launch(
    typing: Any, function: Any, kernel: Any, blocks: Any, models: Any, threads: Any, shared: Any, stream: Any,
    parameters: Any,
) -> Any:  # fmt: skip
    """Call cuLaunchKernel(kernel, blocks, models, 1, threads, 1, 1, shared, stream, parameters, NULL)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function, kernel, blocks, models, threads, shared, stream, parameters = arguments
        kind = ir.FunctionType(_HALF, [_WORD, *[_HALF] * 7, _WORD, _WORD, _WORD]).as_pointer()
        blocks, models, threads, shared = (builder.trunc(x, _HALF) for x in (blocks, models, threads, shared))
        one = _HALF(1)
        values = [kernel, blocks, models, one, threads, one, one, shared, stream, parameters, _WORD(0)]
        return builder.call(builder.inttoptr(function, kind), values)

    return types.int32(*[types.int64] * 8), generate
