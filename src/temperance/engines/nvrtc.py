"""CUDA C++ compiled at run time by NVRTC, which needs neither a card nor a compiler; compiled code is kept on disk."""

import ctypes
import hashlib
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from temperance.core.files import atomic


class CompilationError(Exception):
    """Report that NVRTC is missing, or does not compile a source."""


def cache_folder() -> Path:
    """Find the folder of code compiled by earlier jobs.

    Returns
    -------
    Path
        `$XDG_CACHE_HOME/temperance` or `~/.cache/temperance`.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "temperance"


def compile_cached(source: str, defines: Mapping[str, int], capability: int) -> bytes:
    """Compile a source, or read from disk what was compiled of it before.

    Parameters
    ----------
    source : str
        CUDA C++.
    defines : dict
        Macros and their values.
    capability : int
        Compute capability of the card, 80 for 8.0.

    Returns
    -------
    bytes
        Machine code (cubin).

    Raises
    ------
    CompilationError
        If NVRTC is missing or does not compile it.
    """
    identity = repr((source, sorted(defines.items()), capability, find_version()))
    cached_file = cache_folder() / "cuda" / f"{hashlib.sha256(identity.encode()).hexdigest()}.cubin"
    try:
        return cached_file.read_bytes()
    except OSError:
        code, _ = compile_source(source, defines, capability)
    try:
        cached_file.parent.mkdir(parents=True, exist_ok=True)
        with atomic(cached_file) as temporary_path:
            temporary_path.write_bytes(code)
    except OSError:  # a full or read-only disk: compile again next time
        pass
    return code


def compile_source(source: str, defines: Mapping[str, int], capability: int) -> tuple[bytes, str]:
    """Compile a source for cards of a compute capability.

    Parameters
    ----------
    source : str
        CUDA C++.
    defines : dict
        Macros and their values.
    capability : int
        Compute capability of the card, 80 for 8.0.

    Returns
    -------
    code : bytes
        Machine code (cubin).
    log : str
        The assembler's account of registers and spills.

    Raises
    ------
    CompilationError
        If NVRTC is missing or does not compile it.
    """
    options = ["--std=c++17", f"--gpu-architecture=sm_{capability}", "--ptxas-options=-v"]
    options += [f"-D{name}={value}" for name, value in defines.items()]
    library, program = _library(), ctypes.c_void_p()
    _check(library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"gibbs.cu", 0, None, None))
    try:
        arguments = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
        failed = library.nvrtcCompileProgram(program, len(options), arguments)
        log = _text(program, "ProgramLog").decode(errors="replace").rstrip("\0")
        if failed:
            raise CompilationError(f"NVRTC cannot compile the kernel for compute capability {capability}: {log}")
        return _text(program, "CUBIN"), log
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def find_version() -> tuple[int, int]:
    """Find the version of NVRTC.

    Returns
    -------
    major, minor : int
        Parts of the version.

    Raises
    ------
    CompilationError
        If NVRTC is missing.
    """
    major, minor = ctypes.c_int(), ctypes.c_int()
    _check(_library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)))
    return major.value, minor.value


def _text(program: ctypes.c_void_p, name: str) -> bytes:
    library, size = _library(), ctypes.c_size_t()
    _check(getattr(library, f"nvrtcGet{name}Size")(program, ctypes.byref(size)))
    content = ctypes.create_string_buffer(size.value)
    _check(getattr(library, f"nvrtcGet{name}")(program, content))
    return content.raw


def _check(status: int) -> None:
    if status:
        describe = _library().nvrtcGetErrorString
        describe.restype = ctypes.c_char_p
        raise CompilationError(f"NVRTC: {describe(status).decode()}")


@cache
def _library() -> ctypes.CDLL:
    """Load NVRTC of the installed packages, or else of the system."""
    for path in [*_installed(), *map(Path, ("libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"))]:
        try:
            # NVRTC opens its built-in functions by name; NVIDIA's package of CUDA 13.0 does not say where they lie.
            for built_in in path.parent.glob("libnvrtc-builtins.so.*") if path.is_absolute() else ():
                ctypes.CDLL(str(built_in))
            return ctypes.CDLL(str(path))
        except OSError:
            continue
    raise CompilationError(
        "NVRTC is not installed; install the package nvidia-cuda-nvrtc (CUDA 13) or nvidia-cuda-nvrtc-cu12"
    )


def _installed() -> list[Path]:
    """List where NVRTC may be in NVIDIA's packages, alternative builds left out, and in a toolkit."""
    packages = [path for entry in sys.path if entry for path in Path(entry).glob("nvidia/*/lib/libnvrtc.so.*")]
    toolkit = Path(os.environ.get("CUDA_PATH") or os.environ.get("CUDA_HOME") or "/usr/local/cuda") / "lib64"
    return [path for path in packages if "alt" not in path.name] + [toolkit / "libnvrtc.so"]
