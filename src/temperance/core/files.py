"""Arrays as safetensors, tables as Parquet or TSV: written whole or not at all, each with its provenance."""

import contextlib
import json
import math
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import save_file

from temperance.core.artefacts import COLUMNS, TEXT_COLUMNS
from temperance.core.errors import InputError, explain_damage
from temperance.core.tensors import read_tensors
from temperance.core.version import __version__

Metadata = Mapping[str, Any]
# Columns of names that users' files have. Spreadsheets take a cell that begins with one of these characters for a
# formula, and text behind an apostrophe for text; names that begin with apostrophes and such a character get one, too.
_NAMES = ("name", "nearest_natural", "nearest_training", "table", "group")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block ends without an error.

    Parameters
    ----------
    path : path-like
        File to write; its folder must exist.

    Yields
    ------
    Path
        Where the block has to write the file.
    """
    path = Path(path)
    temporary_path = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary_path
        # Some libraries' files are their owner's alone; results are for all that the umask lets read.
        umask = os.umask(0)
        os.umask(umask)
        temporary_path.chmod(0o666 & ~umask)
        # A name that outlives a power cut must not stand for what was only in memory.
        with temporary_path.open("rb") as file:
            os.fsync(file.fileno())
        temporary_path.replace(path)
    finally:
        temporary_path.unlink(missing_ok=True)


def save_text(path: str | Path, text: str) -> None:
    """Write text to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        File to write.
    text : str
        Written as UTF-8.
    """
    with atomic(path) as temporary_path:
        temporary_path.write_text(text, encoding="utf-8")


def save_json(path: str | Path, content: Any) -> None:
    """Write JSON to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        File to write.
    content : Any
        What JSON holds, without nan or infinity.
    """
    save_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def finite_or_none(value: Any) -> Any:
    """Replace a number that JSON cannot hold, nan or infinity, by None.

    Parameters
    ----------
    value : float or other
        A number, or anything else that JSON holds.

    Returns
    -------
    float or other
        The value, where it is not such a number.

    Examples
    --------
    >>> finite_or_none(1.5), finite_or_none(math.inf)
    (1.5, None)
    """
    return None if isinstance(value, float) and not math.isfinite(value) else value


def finite_values(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Replace the numbers of a mapping that JSON cannot hold, nan and infinity, by None.

    Parameters
    ----------
    values : mapping
        By name.

    Returns
    -------
    dict

    Examples
    --------
    >>> finite_values({"mean": 1.5, "error": math.nan})
    {'mean': 1.5, 'error': None}
    """
    return {str(name): finite_or_none(value) for name, value in values.items()}


def load_json(path: str | Path) -> Any:
    """Load a JSON file.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    Any
        Its content.

    Raises
    ------
    InputError
        If it is not whole JSON.
    FileNotFoundError
        If it does not exist.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise explain_damage(path, error, "JSON") from error


def announce_reading(path: str | Path) -> None:
    """Report to Python's audit hooks a file that a compiled library opens; Python reports those that it opens itself.

    Parameters
    ----------
    path : path-like
        File that is about to be read.
    """
    sys.audit("open", str(path), "r", 0)


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Metadata) -> None:
    """Write arrays and metadata as safetensors, whole or not at all; equal content gives equal bytes.

    Parameters
    ----------
    path : path-like
        File to write.
    arrays : mapping of str to np.ndarray
        By name.
    metadata : mapping
        What JSON holds.

    Raises
    ------
    OSError
        If the file cannot be written, on a full disk for example.
    """
    # One metadata key: the format's writer keeps several in no fixed order, and equal runs must give equal bytes.
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with atomic(path) as temporary_path:
        try:
            save_file(contiguous, temporary_path, metadata={"temperance": json.dumps(metadata, sort_keys=True)})
        except SafetensorError as error:  # a full disk, say
            raise OSError(f"{path}: cannot be written ({error})") from error


def load_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Load arrays and metadata of a file that `save_arrays` wrote.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    arrays : dict of str to np.ndarray
        By name.
    metadata : dict
        Empty where the file has none.

    Raises
    ------
    InputError
        If the file is missing, truncated or not of this format.
    """
    arrays, texts = read_tensors(path)
    try:
        metadata = json.loads(texts.get("temperance", "{}"))
    except (ValueError, RecursionError) as error:
        raise explain_damage(path, error, "safetensors") from error
    if not isinstance(metadata, dict):
        raise InputError(f"{path}: its metadata 'temperance' are not a JSON object")
    return arrays, metadata


def save_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as TSV or Parquet, whole or not at all.

    Parameters
    ----------
    path : path-like
        File to write: TSV, with floats to six significant digits and all those before the point, and an apostrophe
        before names that a spreadsheet would take for formulas, if it ends on `.tsv`, else Parquet.
    table : pd.DataFrame
        Written without its index.
    """
    with atomic(path) as temporary_path:
        if Path(path).suffix == ".tsv":
            guarded = {name: table[name].map(_guard) for name in _NAMES if name in table}
            table.assign(**guarded).to_csv(temporary_path, sep="\t", index=False, float_format=_format_float)
        else:
            table.to_parquet(temporary_path, index=False)


def _guard(name: Any) -> Any:
    """Write a name such that no spreadsheet takes it for a formula."""
    return f"'{name}" if isinstance(name, str) and _FORMULA.match(name) else name


def _unguard(name: Any) -> Any:
    """Return the name that `_guard` wrote."""
    return name[1:] if isinstance(name, str) and name.startswith("'") and _FORMULA.match(name) else name


def _format_float(value: float) -> str:
    """Write a number to six significant digits, and those before the point in full."""
    return f"{value:.0f}" if 999_999.5 <= abs(value) < 1e15 else f"{value:.6g}"


def load_table(path: str | Path, text: Sequence[str] = ()) -> pd.DataFrame:
    """Load a table from TSV or Parquet.

    Parameters
    ----------
    path : path-like
        File to read: TSV if it ends on `.tsv`, else Parquet.
    text : sequence of str
        Columns of a TSV that hold text, with empty strings where cells are empty: names may be numbers, such as 007,
        and symbols of an alphabet digits.

    Returns
    -------
    pd.DataFrame
        The table.

    Raises
    ------
    InputError
        If the file is not whole.
    FileNotFoundError
        If it does not exist.
    """
    is_tsv = Path(path).suffix == ".tsv"
    try:
        if not is_tsv:
            announce_reading(path)
            return pd.read_parquet(path)
        # Missing is what is empty: NA and null are names.
        types = dict.fromkeys(text, str)
        table = pd.read_csv(path, sep="\t", dtype=types, keep_default_na=False, na_values=[""])
        table = table.fillna(dict.fromkeys(text, "")) if text else table
        return table.assign(**{name: table[name].map(_unguard) for name in _NAMES if name in table})
    except FileNotFoundError:
        raise
    except Exception as error:  # pandas and Arrow raise whatever a damaged file leads to
        raise explain_damage(path, error, "TSV" if is_tsv else "Parquet") from error


def load_result(path: str | Path) -> pd.DataFrame:
    """Load a table of a run's results, and make sure that it has the columns which later jobs read.

    Parameters
    ----------
    path : path-like
        Table of a name in `temperance.core.artefacts.COLUMNS`, or of any other; its columns in `TEXT_COLUMNS` are text.

    Returns
    -------
    pd.DataFrame
        The table.

    Raises
    ------
    InputError
        If it lacks a column, as that of an older version does, or is not whole.
    FileNotFoundError
        If it does not exist.
    """
    name = Path(path).name
    table = load_table(path, TEXT_COLUMNS.get(name, ()))
    missing = [column for column in COLUMNS.get(name, ()) if column not in table]
    if missing:
        raise InputError(
            f"{path}: has no column {missing[0]}, so it was written by an older version; delete it, and the command "
            "that you ran makes it anew, with what depends on it"
        )
    return table


def versions() -> dict[str, str]:
    """Collect the versions of this program and of the packages that its numbers depend on.

    Returns
    -------
    dict of str to str
        Of temperance, Python, NumPy, SciPy, JAX and Numba; JAX's only where it is installed, since jobs that neither
        train, sample nor score do not need it.
    """
    installed = {"temperance": __version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "jax", "numba"):
        with contextlib.suppress(PackageNotFoundError):
            installed[package] = version(package)
    return installed


def provenance(settings: Metadata, seed: int | None = None) -> dict[str, Any]:
    """Collect what is needed to reproduce a result.

    Parameters
    ----------
    settings : mapping
        Configuration that the result depends on.
    seed : int, optional
        Seed of its random numbers.

    Returns
    -------
    dict
        `settings`, `seed` and `versions`.
    """
    return {"settings": dict(settings), "seed": seed, "versions": versions()}
