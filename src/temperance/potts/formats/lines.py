"""Models of adabmDCA and bmDCA: a line a parameter."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError, last_line
from temperance.potts.formats.common import check_model, open_text
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

_NAMES = ["what", "i", "j", "a", "b", "value", "more"]


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
        Couplings without a line are 0.

    Raises
    ------
    InputError
        If the file is not of this format, or a field is missing.
    """
    # Words that come again and again are looked at once.
    kinds = dict.fromkeys(_NAMES, "category") | {"value": str}
    options = {
        "sep": " ",
        "names": _NAMES,
        "dtype": kinds,
        "keep_default_na": False,
        "index_col": False,
        "header": None,
    }
    try:
        with open_text(path) as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # words beyond the seventh
            table = pd.read_csv(file, skipinitialspace=True, quoting=3, engine="c", comment="#", **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning, OSError, EOFError) as error:
        raise InputError(f"{path}: expected lines 'J i j a b value' and 'h i a value' ({last_line(error)})") from error
    couplings, fields = (table["what"] == "J").to_numpy(), (table["what"] == "h").to_numpy()
    # A field's line is short: site, state, value stand where a coupling has i, j, a.
    if (is_unknown := ~(couplings | fields)).any():
        row = int(is_unknown.argmax())
        raise InputError(f"{path}: line {row + 1}: begins with '{table['what'][row]}'; expected J or h")
    if (is_long := (table["more"].notna() & (table["more"] != "")).to_numpy()).any():
        raise InputError(f"{path}: line {int(is_long.argmax()) + 1}: has more than 'J i j a b value'")
    state_columns = (table["a"][couplings], table["b"][couplings], table["j"][fields])
    states = _states(alphabet, {_word(word) for words in state_columns for word in words.unique()})

    def _parse_column(rows: np.ndarray, name: str, kind: str) -> np.ndarray:
        words = table[name][rows]
        different = words.cat.categories if words.dtype == "category" else words
        if kind == "state":
            parsed = pd.Series([states.get(_word(word), np.nan) for word in different], dtype=float)
        else:
            parsed = pd.Series(pd.to_numeric(pd.Series(different), errors="coerce").to_numpy(float))
            parsed = parsed.where((parsed >= 0) & (parsed % 1 == 0)) if kind == "site" else parsed
        numbers = parsed.to_numpy()
        if words.dtype == "category":
            # The last stands for what is missing, whose code is -1.
            numbers = np.append(numbers, np.nan)[words.cat.codes.to_numpy()]
        if (is_wrong := np.isnan(numbers)).any():
            row = int(is_wrong.argmax())
            line, word = words.index[row] + 1, words.iloc[row]
            raise InputError(f"{path}: line {line}: '{_word(word)}' is not a {kind}" + _hint(kind, alphabet))
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
    length = int(site.max()) + 1
    if len(site) != length * alphabet.q or length > len(site):
        raise InputError(f"{path}: {len(site)} fields at {length} sites; expected {length} x {alphabet.q}")
    if len(i) and max(i.max(), j.max()) >= length:
        raise InputError(
            f"{path}: a coupling has site {max(i.max(), j.max())}, but the fields have sites 0 to {length - 1}"
        )
    if (i == j).any():
        line = table.index[couplings][int((i == j).argmax())] + 1
        raise InputError(f"{path}: line {line}: couples a site to itself")
    if len(np.unique(site * alphabet.q + state)) < len(site):
        raise InputError(f"{path}: a field is given twice, and another is missing")
    h, flipped = np.zeros((length, alphabet.q)), i > j
    h[site, state] = field_values
    i, j, a, b = np.where(flipped, (j, i, b, a), (i, j, a, b))
    left = i * (2 * length - i - 1) // 2 + j - i - 1
    pairs = np.zeros((length * (length - 1) // 2, alphabet.q, alphabet.q), np.float32)
    # Some programs write each coupling in both orders: the last one counts.
    with np.errstate(over="ignore"):
        pairs[left, a, b] = values
    return check_model(path, h, pairs)


def _word(value: object) -> str:
    """Restore a word of a file; where all words of a column are numbers, they are read as such."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:g}"
    return str(value)


def _states(alphabet: Alphabet, words: set[str]) -> dict[str, int]:
    """Map the words of a file to states; numbers count states, if they are no symbols."""
    if words <= set(alphabet.symbols) or not all(word.isdigit() for word in words):
        return {symbol: state for state, symbol in enumerate(alphabet.symbols)}
    return {str(state): state for state in range(alphabet.q)}


def _hint(kind: str, alphabet: Alphabet) -> str:
    hint = f"a symbol of {alphabet.symbols} or a number from 0 to {alphabet.q - 1}"
    return f"; expected {hint} (alphabet {alphabet.name})" if kind == "state" else "; expected a number"


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
