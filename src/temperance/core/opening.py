"""Files that a user gives, plain or compressed, opened only where reading them comes to an end."""

import bz2
import contextlib
import gzip
import lzma
import os
import re
import stat
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from temperance.core.errors import InputError, last_line

_READ = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_OPENERS: dict[str, Any] = {"": partial(open, mode="rb"), "gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_NOT_READ = {
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd -d"),
    b"PK\x03\x04": ("zip", "unzip"),
    b"\x1f\x9d": ("compress", "uncompress"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "7z x"),
    b"\x04\x22\x4d\x18": ("lz4", "lz4 -d"),
    b"\x5d\x00\x00": ("lzma", "unlzma"),
    b"LZIP": ("lzip", "lzip -d"),
    b"Rar!": ("rar", "unrar x"),
}
# Workbooks and documents: those of old, and zip files by the name, from byte 30, of what was packed first.
_OFFICE = re.compile(rb"(?s)\xd0\xcf\x11\xe0|PK\x03\x04.{26}(\[Content_Types\]|_rels/|docProps/|xl/|word/|mimetype)")
_LONGEST_MAGIC = 64
# What a tar archive, plain or packed, has at byte 257.
_TAR, _TAR_AT = b"ustar", 257
# What Python's unpackers raise where a file is damaged; among them are errors of the system, without its number.
UNPACKING_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, MemoryError)
# Bytes of a text file that is read whole, of which tables of ten thousand families have one or two million.
_LARGEST_TEXT = 2**24
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@contextlib.contextmanager
def open_input(path: str | Path, needed: str) -> Iterator[IO[bytes]]:
    """Open a file that is plain or compressed by gzip, bzip2 or xz, told by its first bytes.

    How much is read is the reader's to bound: a small compressed file may hold terabytes.

    Parameters
    ----------
    path : path-like
        File to read.
    needed : str
        What its path should be that of, for error messages: `an alignment`.

    Yields
    ------
    file
        Content, unpacked while it is read.

    Raises
    ------
    InputError
        If there is no such file, it is a folder, a pipe or a device, its compression is another, it is an archive, or
        it cannot be read or is damaged, there or where the block reads it.
    """
    kind = ""
    try:
        kind = compression(path, needed)
        with open_packed(path, kind) as file:
            yield file
    except UNPACKING_ERRORS as error:
        raise explain_unreadable(path, kind, error, needed) from None


def explain_unreadable(path: str | Path, kind: str, error: Exception, needed: str = "") -> InputError:
    """Explain why a file cannot be opened, read or unpacked: it is missing, out of reach or damaged.

    Parameters
    ----------
    path : path-like
        The file.
    kind : {'', 'gzip', 'bzip2', 'xz'}
        As of `compression`.
    error : Exception
        Raised by the system or by one of Python's unpackers.
    needed : str
        What its path should be that of; empty where any file will do.

    Returns
    -------
    InputError
        To be raised in place of the error.

    Examples
    --------
    >>> str(explain_unreadable("family.fasta", "", FileNotFoundError(), "an alignment"))
    'family.fasta: there is no such file; give the path of an alignment'
    >>> str(explain_unreadable("family.gz", "gzip", EOFError("no end"), "an alignment"))
    'family.gz: the gzip file is damaged (no end); compress it again'
    """
    hint = f"; give the path of {needed}" if needed else ""
    number = getattr(error, "errno", None)
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: there is no such file{hint}")
    if isinstance(error, MemoryError):
        return InputError(f"{path}: the {kind} file takes more memory to unpack than there is; unpack it first")
    if number or not kind:
        reason = os.strerror(number) if needed and number else last_line(error)
        return InputError(f"{path}: cannot be read ({reason}){hint}")
    damage, remedy = ("damaged", "compress it again") if needed else ("damaged or cut", "copy it again")
    return InputError(f"{path}: the {kind} file is {damage} ({error}); {remedy}")


def read_text(path: str | Path, needed: str, utf16: bool = False) -> str:
    """Read a text file whole, plain or compressed.

    Parameters
    ----------
    path : path-like
        File to read, in UTF-8.
    needed : str
        What its path should be that of, for error messages.
    utf16 : bool
        Whether it may be UTF-16, as spreadsheets write it, with a byte order mark.

    Returns
    -------
    str
        The text, with line breaks as they are and without a byte order mark.

    Raises
    ------
    InputError
        As of `open_input`, or if the file is of another encoding, which names the line, or larger than any such file
        should be.
    """
    with open_input(path, needed) as file:
        content = file.read(_LARGEST_TEXT + 1)
    if len(content) > _LARGEST_TEXT:
        raise InputError(f"{path}: larger than {_LARGEST_TEXT:,} bytes; give the path of {needed}")
    encoding = "utf-16" if utf16 and content.startswith(_UTF16_MARKS) else "utf-8"
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: not {encoding.upper()} (byte {content[error.start]:#04x}); save the file as UTF-8"
        ) from None


def open_packed(path: str | Path, kind: str) -> IO[bytes]:
    """Open a file of a known compression.

    Parameters
    ----------
    path : path-like
        File to read.
    kind : {'', 'gzip', 'bzip2', 'xz'}
        As of `compression`.

    Returns
    -------
    file
        Content, unpacked while it is read.

    Raises
    ------
    InputError
        If it is a tar archive.
    """
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(_OPENERS[kind](path))
        if file.peek(_TAR_AT + len(_TAR))[_TAR_AT:].startswith(_TAR):
            raise InputError(f"{path}: a tar archive of files; unpack it first (tar xf {path}), and give one of them")
        stack.pop_all()
    return file


def compression(path: str | Path, needed: str) -> str:
    """Recognise how a file is compressed by its first bytes.

    Parameters
    ----------
    path : path-like
        File.
    needed : str
        What its path should be that of, for error messages.

    Returns
    -------
    {'', 'gzip', 'bzip2', 'xz'}
        Empty for a file that is not compressed.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be opened.
    InputError
        If it is no regular file, which may never end, of an office program, or compressed in a way that is not read.
    """
    mode = Path(path).stat().st_mode
    if not stat.S_ISREG(mode):
        problem = "it is a folder" if stat.S_ISDIR(mode) else "it is a pipe or a device, which may never end"
        raise InputError(f"{path}: cannot be read: {problem}; give the path of {needed}")
    with Path(path).open("rb") as file:
        beginning = file.read(_LONGEST_MAGIC)
    if _OFFICE.match(beginning):
        raise InputError(f"{path}: a workbook or document of an office program; export it as plain text")
    for magic, (kind, program) in _NOT_READ.items():
        if beginning.startswith(magic):
            raise InputError(f"{path}: compressed by {kind}, which is not read; unpack it first: {program} {path}")
    return next((kind for magic, kind in _READ.items() if beginning.startswith(magic)), "")
