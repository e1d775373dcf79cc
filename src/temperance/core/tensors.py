"""The safetensors format, read: every size is checked before it is believed."""

import json
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from temperance.core.bounded_files import open_binary, read_array
from temperance.core.errors import InputError, explain_damage

# Types of numbers that NumPy has, too.
_TYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
_LONGEST_HEADER = 2**24
_MOST_DIMENSIONS = 8

_damaged = partial(explain_damage, kind="safetensors")


def read_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read the arrays and the metadata of a safetensors file.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    arrays : dict of str to np.ndarray
        By name.
    metadata : dict of str to str
        Empty where the file has none.

    Raises
    ------
    InputError
        If the file cannot be read, or is not whole.
    """
    with open_binary(path) as file:
        header, start = _read_header(file, path), 0
        metadata = header.pop("__metadata__", {})
        if not (isinstance(metadata, dict) and all(isinstance(text, str) for text in metadata.values())):
            raise _damaged(path, "its metadata are not texts by name")
        tensors = sorted(
            (_parse_tensor(path, name, entry) for name, entry in header.items()), key=lambda tensor: tensor[3]
        )
        arrays = {}
        for name, dtype, shape, (begin, end) in tensors:
            if begin != start:
                raise _damaged(path, f"tensor {name} begins at byte {begin} of the data; expected {start}")
            arrays[name] = read_array(file, shape, dtype, path, f"tensor {name}")
            start = end
        if file.read(1):
            raise _damaged(path, "it has more bytes than its tensors")
    return arrays, metadata


def _read_header(file: BinaryIO, path: str | Path) -> dict[str, Any]:
    """Read the header: its length, and JSON."""
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= _LONGEST_HEADER:
        raise _damaged(path, f"its header has {length:,} bytes; expected 2 to {_LONGEST_HEADER:,}")
    text = file.read(length)
    try:
        if len(text) == length and isinstance(header := json.loads(text, object_pairs_hook=_distinct), dict):
            return header
    except (ValueError, RecursionError):
        pass
    raise _damaged(path, f"its header is not a JSON object of {length:,} bytes with different names")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(entries := dict(pairs)) < len(pairs):
        raise ValueError("a name is repeated")
    return entries


def _parse_tensor(path: str | Path, name: str, entry: Any) -> tuple[str, str, tuple[int, ...], tuple[int, int]]:
    """Extract name, NumPy's type, shape, and first and last byte of a tensor from its entry in the header."""
    try:
        dtype, shape, offsets = entry["dtype"], tuple(entry["shape"]), tuple(entry["data_offsets"])
    except (TypeError, KeyError):
        raise _damaged(path, f"tensor {name} needs dtype, shape and data_offsets") from None
    if not isinstance(dtype, str) or dtype not in _TYPES:
        raise InputError(f"{path}: tensor {name} has type {dtype}; expected {', '.join(_TYPES)}")
    sizes = (*shape, *offsets)
    if len(offsets) != 2 or len(shape) > _MOST_DIMENSIONS or not all(type(n) is int and 0 <= n < 2**48 for n in sizes):
        raise _damaged(path, f"tensor {name} has shape {list(shape)!r:.60} and offsets {list(offsets)!r:.60}")
    count = np.dtype(_TYPES[dtype]).itemsize
    for n in shape:
        count *= n
    if offsets[1] - offsets[0] != count:
        length = offsets[1] - offsets[0]
        raise _damaged(path, f"tensor {name}, {dtype} of shape {list(shape)}, takes {count:,} bytes, not {length:,}")
    return name, _TYPES[dtype], shape, (offsets[0], offsets[1])
