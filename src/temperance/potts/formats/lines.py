"""Models of adabmDCA and bmDCA: a line a parameter."""

import itertools
import logging
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.alphabet import NAMED, Alphabet
from temperance.core.bounded_files import open_text
from temperance.core.errors import InputError, last_line
from temperance.potts.formats.common import MOST_SITES, check_end, check_model
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

log = logging.getLogger(__name__)

_NAMES = ["what", "i", "j", "a", "b", "value", "more"]
# Couplings of a model most of which may have no line: a small file must not fill the memory.
_MOST_SPARSE = 400_000_000
# By gzip, lines of zeros shrink to a seventh.
_LARGEST_EXPANSION = 40


def read_lines(path: str | Path, alphabet: Alphabet) -> Potts:
    """Read a model of adabmDCA or bmDCA: lines `J i j a b value` and `h i a value`, in any order.

    Parameters
    ----------
    path : path-like
        File, plain or gzipped; states are symbols (adabmDCA) or numbers (bmDCA).
    alphabet : Alphabet
        States of the model.

    Returns
    -------
    Potts
        Couplings may lack a line, and are 0, only where fields are last in the file, as in the sparse models of
        adabmDCA: a file that was cut is not taken for one of these. How many are missing is logged.

    Raises
    ------
    InputError
        If the file is not of this format, was cut, or has an entry twice with different values.
    """
    table = _read_table(path)
    check_end(path)
    line_number = partial(_line_number, path)
    couplings, fields = (table["what"] == "J").to_numpy(), (table["what"] == "h").to_numpy()
    # A field's line is short: site, state, value stand where a coupling has i, j, a.
    if (is_unknown := ~(couplings | fields)).any():
        row = int(is_unknown.argmax())
        raise InputError(f"{path}: line {line_number(row)}: begins with '{table['what'][row]}'; expected J or h")
    for rows, name, form in ((couplings, "more", "J i j a b value"), (fields, "b", "h i a value")):
        if (is_long := rows & (table[name].notna() & (table[name] != "")).to_numpy()).any():
            raise InputError(f"{path}: line {line_number(int(is_long.argmax()))}: has more than '{form}'")
    state_columns = (table["a"][couplings], table["b"][couplings], table["j"][fields])
    states = _states(path, alphabet, {_word(word) for words in state_columns for word in words.unique()})

    def _parse_column(rows: np.ndarray, name: str, kind: str) -> np.ndarray:
        words = table[name][rows]
        different = words.cat.categories if words.dtype == "category" else words
        if kind == "state":
            parsed = pd.Series([states.get(_word(word), np.nan) for word in different], dtype=float)
        else:
            parsed = pd.Series(pd.to_numeric(pd.Series(different), errors="coerce").to_numpy(float))
            is_site = (parsed >= 0) & (parsed % 1 == 0) & (parsed < MOST_SITES)
            parsed = parsed.where(is_site if kind == "site" else np.isfinite(parsed))
        numbers = parsed.to_numpy()
        if words.dtype == "category":
            # The last stands for what is missing, whose code is -1.
            numbers = np.append(numbers, np.nan)[words.cat.codes.to_numpy()]
        if (is_wrong := np.isnan(numbers)).any():
            row = int(is_wrong.argmax())
            line, word = line_number(words.index[row]), words.iloc[row]
            raise InputError(f"{path}: line {line}: '{_word(word)[:40]}' is not a {kind}" + _hint(kind, alphabet))
        return numbers if kind == "value" else numbers.astype(int)

    i, j, a, b, values = (
        _parse_column(couplings, name, kind)
        for name, kind in (("i", "site"), ("j", "site"), ("a", "state"), ("b", "state"), ("value", "value"))
    )
    site, state, field_values = (
        _parse_column(fields, name, kind) for name, kind in (("i", "site"), ("j", "state"), ("a", "value"))
    )
    if not len(site):
        raise InputError(f"{path}: has no fields (lines 'h i a value')")
    q, length = alphabet.q, int(site.max()) + 1
    if length > len(site):
        raise InputError(f"{path}: {len(site)} fields at {length} sites; expected {length} x {q}")
    h, is_missing = _fill(path, "h", table.index[fields], site * q + state, field_values, length * q)
    if is_missing.any():
        first, symbol = divmod(int(is_missing.argmax()), q)
        raise InputError(
            f"{path}: {len(site)} fields at {length} sites; expected {length} x {q}, h {first} "
            f"{alphabet.symbols[symbol]} is missing{'; sites count from 0' if site.min() else ''}"
        )
    if len(i) and max(i.max(), j.max()) >= length:
        raise InputError(
            f"{path}: a coupling has site {max(i.max(), j.max())}, but the fields have sites 0 to {length - 1}"
        )
    if (i == j).any():
        line = line_number(table.index[couplings][int((i == j).argmax())])
        raise InputError(f"{path}: line {line}: couples a site to itself")
    is_flipped = i > j
    i, j, a, b = np.where(is_flipped, (j, i, b, a), (i, j, a, b))
    needed = length * (length - 1) // 2 * q * q
    if needed > max(len(i), _MOST_SPARSE):
        raise _missing(path, needed - len(i), needed)
    keys = ((i * (2 * length - i - 1) // 2 + j - i - 1) * q + a) * q + b
    pairs, is_missing = _fill(path, "J", table.index[couplings], keys, values, needed)
    if missing := int(is_missing.sum()):
        # A file that goes on to its fields was not cut: its program leaves couplings out.
        if not (couplings[0] and fields[-1]):
            raise _missing(path, missing, needed)
        log.warning("warning: %s: %d of %d couplings have no line and are taken as 0", path, missing, needed)
    return check_model(path, h.reshape(length, q), pairs.reshape(-1, q, q))


def _read_table(path: str | Path) -> pd.DataFrame:
    """Read the words of each line, which are separated by blanks or tabs; lines that begin with # are left out."""
    # Words that come again and again are looked at once.
    kinds = dict.fromkeys(_NAMES, "category") | {"value": str}
    options = {
        "sep": r"\s+",
        "names": _NAMES,
        "dtype": kinds,
        "keep_default_na": False,
        "index_col": False,
        "header": None,
    }
    try:
        with open_text(path, _LARGEST_EXPANSION) as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # words beyond the seventh
            return pd.read_csv(file, quoting=3, engine="c", comment="#", **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning) as error:
        raise InputError(f"{path}: expected lines 'J i j a b value' and 'h i a value' ({last_line(error)})") from error


def _missing(path: str | Path, missing: int, needed: int) -> InputError:
    return InputError(
        f"{path}: {missing:,} of {needed:,} couplings are missing; the file was cut, or needs lines of zeros for them"
    )


def _line_number(path: str | Path, row: int) -> int:
    """Find the line of a row of the table: blank lines and comments have none."""
    with open_text(path) as file:
        numbers = (number for number, line in enumerate(file, 1) if line.split("#")[0].strip())
        return next(itertools.islice(numbers, int(row), None))


def _fill(
    path: str | Path, what: str, rows: pd.Index, keys: np.ndarray, values: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fill an array (size,) with values at keys, and tell where none is; a key may be repeated with an equal value."""
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    array, is_missing = np.zeros(size, np.float32), np.ones(size, bool)
    array[keys], is_missing[keys] = values, False
    if (differs := array[keys] != values).any():
        first = int(differs.argmax())
        last = int(np.flatnonzero(keys == keys[first])[-1])
        places = [_line_number(path, rows[row]) for row in (first, last)]
        raise InputError(
            f"{path}: line {places[1]}: repeats the {what} of line {places[0]} with another value, {values[last]:g} "
            f"in place of {values[first]:g}; remove one of them"
        )
    return array, is_missing


def _word(value: object) -> str:
    """Restore a word of a file; where all words of a column are numbers, they are read as such."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:g}"
    return str(value)


def _states(path: str | Path, alphabet: Alphabet, words: set[str]) -> dict[str, int]:
    """Map the words of a file to states; numbers count states, if they are no symbols."""
    if words <= set(alphabet.symbols) or not all(word.isdigit() for word in words):
        names = (name for name, other in NAMED.items() if set(other.symbols) == words != set(alphabet.symbols))
        if name := next(names, None):
            raise InputError(f"{path}: the model's alphabet is {name}, not {alphabet.name}; set 'alphabet: {name}'")
        return {symbol: state for state, symbol in enumerate(alphabet.symbols)}
    return {str(state): state for state in range(alphabet.q)}


def _hint(kind: str, alphabet: Alphabet) -> str:
    hint = f"a symbol of {alphabet.symbols} or a number from 0 to {alphabet.q - 1}"
    numbers = {"site": "a whole number from 0", "value": "a finite number"}
    return f"; expected {hint} (alphabet {alphabet.name})" if kind == "state" else f"; expected {numbers[kind]}"


def _write_lines(path: Path, model: Potts, names: list[str]) -> None:
    q, (left, right) = model.q, pairs_of_sites(model.L)
    state_pairs = [f"{a} {b}" for a in names for b in names]
    with path.open("w", encoding="utf-8") as file:
        for i, j in zip(left.tolist(), right.tolist(), strict=True):
            values = model.couplings[i, :, j, :].ravel().tolist()
            file.write(
                "".join(f"J {i} {j} {states} {value:.9g}\n" for states, value in zip(state_pairs, values, strict=True))
            )
        for i in range(model.L):
            file.write("".join(f"h {i} {names[a]} {model.fields[i, a]:.9g}\n" for a in range(q)))


def write_adabmdca(path: Path, model: Potts, alphabet: Alphabet) -> None:
    """Write a model as lines `J i j a b value` and `h i a value`, states as symbols.

    Parameters
    ----------
    path : Path
        File to write.
    model : Potts
        The model.
    alphabet : Alphabet
        States of the model.
    """
    _write_lines(path, model, list(alphabet.symbols))


def write_bmdca(path: Path, model: Potts, alphabet: Alphabet) -> None:
    """Write a model as lines `J i j a b value` and `h i a value`, states as numbers.

    Parameters
    ----------
    path : Path
        File to write.
    model : Potts
        The model.
    alphabet : Alphabet
        Not used: states are numbers.
    """
    _write_lines(path, model, [str(state) for state in range(model.q)])
