"""Files that users give: opened only if they are files, unpacked while they are read, and bounded."""

import io
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import numpy as np

from temperance.core.errors import InputError
from temperance.core.opening import UNPACKING_ERRORS, compression, explain_unreadable, open_packed

# Bytes of a line, of which the couplings of a pair are the longest, and to which any compressed file may expand.
_LONGEST_LINE = 2**20
_SMALL = 2**26
# Beyond _SMALL, times its size: tables of numbers shrink by less, what was made to fill the memory by more.
_LARGEST_EXPANSION = 200


def open_binary(path: str | Path) -> BinaryIO:
    """Open a file for reading, plain or compressed.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    file
        Bytes, unpacked.

    Raises
    ------
    InputError
        If it is no file, cannot be read or is compressed in a way that is not read; on reading, if it is damaged or
        expands to far more than its size.
    """
    return io.BufferedReader(_Unpacked(path), 2**18)


def open_text(path: str | Path, expansion: int = _LARGEST_EXPANSION) -> TextIO:
    """Open a text file for reading, plain or compressed.

    Parameters
    ----------
    path : path-like
        File to read.
    expansion : int
        Largest factor by which a compressed file may grow.

    Returns
    -------
    file
        UTF-8 text, or UTF-16 where the file begins with its byte order mark; bytes that are not are replaced.

    Raises
    ------
    InputError
        As of `open_binary`; on reading, if a line is longer than any should be.
    """
    raw = io.BufferedReader(_Unpacked(path, expansion, lines=True), 2**18)
    is_utf16 = raw.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
    return io.TextIOWrapper(raw, encoding="utf-16" if is_utf16 else "utf-8-sig", errors="replace")


def read_array(file: BinaryIO, shape: tuple[int, ...], dtype: str, path: str | Path, name: str) -> np.ndarray:
    """Read an array of numbers from an open file, all of it or none.

    Parameters
    ----------
    file : file
        Read from where it stands.
    shape : tuple of int
        Shape of the array.
    dtype : str
        Type of its numbers.
    path : path-like
        Named in error messages.
    name : str
        What the array holds, for error messages.

    Returns
    -------
    np.ndarray
        The array.

    Raises
    ------
    InputError
        If the file ends before the array does, or the array is larger than the memory.
    """
    # Memory that nothing is written to is not taken: a size that the file does not have costs none.
    try:
        array = np.empty(shape, dtype)
    except MemoryError:
        raise InputError(f"{path}: its {name} of shape {shape} exceeds the memory; is it damaged?") from None
    buffer = memoryview(array.reshape(-1).view(np.uint8).data)
    start = 0
    while start < len(buffer):
        count = file.readinto(buffer[start:])  # type: ignore[attr-defined]
        if not count:
            raise InputError(f"{path}: ends within its {name}, after {start:,} of {len(buffer):,} bytes; copy it again")
        start += count
    return array


class _Unpacked(io.RawIOBase):
    """Bytes of a file, those of a compressed one unpacked."""

    def __init__(self, path: str | Path, expansion: int = _LARGEST_EXPANSION, lines: bool = False):
        self._path, self._expansion, self._lines = path, expansion, lines
        self._total = self._line = 0
        self._kind = ""
        self._stream: Any = None
        try:
            self._kind = compression(path, "an ordinary file")
            self._size = Path(path).stat().st_size
            self._stream = open_packed(path, self._kind)
        except (*UNPACKING_ERRORS, ValueError) as error:
            raise explain_unreadable(path, self._kind, error) from None

    def readable(self) -> bool:
        """Tell Python's readers of files that bytes can be read from this one.

        Returns
        -------
        bool
            True.
        """
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next bytes of the unpacked file, as many as there are and have room.

        Parameters
        ----------
        buffer : memoryview
            Filled from its beginning.

        Returns
        -------
        int
            Number of bytes read; 0 at the end of the file.

        Raises
        ------
        InputError
            If the file cannot be read, is damaged, expands to far more than its size, or, where lines are read, has a
            line that is longer than any should be.
        """
        try:
            count = self._stream.readinto(buffer)
        except UNPACKING_ERRORS as error:
            raise explain_unreadable(self._path, self._kind, error) from None
        self._total += count
        if self._kind and self._total > max(_SMALL, self._expansion * self._size):
            raise InputError(
                f"{self._path}: its {self._size:,} bytes expand to more than {self._total:,}; unpack it if it is right"
            )
        if self._lines and count:
            content = bytes(buffer[:count])
            end = max(content.rfind(b"\n"), content.rfind(b"\r"))
            self._line = self._line + count if end < 0 else count - end - 1
            if self._line > _LONGEST_LINE:
                raise InputError(f"{self._path}: a line is longer than {_LONGEST_LINE:,} bytes; is it a text file?")
        return count

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        if not self.closed and self._stream:
            self._stream.close()
        super().close()
