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


def read_lines(path: str | Path, letters: Alphabet) -> Potts:
    """Lines `J i j a b value` and `h i a value`, in any order; states as symbols (adabmDCA) or numbers (bmDCA)."""
    # Words that come again and again are looked at once.
    kinds = dict.fromkeys(_NAMES, "category") | {"value": str}
    given = {"sep": " ", "names": _NAMES, "dtype": kinds, "keep_default_na": False, "index_col": False, "header": None}
    try:
        with open_text(path) as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # words beyond the seventh
            table = pd.read_csv(file, skipinitialspace=True, quoting=3, engine="c", comment="#", **given)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning, OSError, EOFError) as error:
        raise InputError(f"{path}: not lines 'J i j a b value' and 'h i a value' ({last_line(error)})") from error
    couplings, fields = (table["what"] == "J").to_numpy(), (table["what"] == "h").to_numpy()
    # A field's line is short: site, state, value stand where a coupling has i, j, a.
    if (strange := ~(couplings | fields)).any():
        row = int(strange.argmax())
        raise InputError(f"{path}: line {row + 1}: begins with '{table['what'][row]}'; J or h is right")
    if (long := (table["more"].notna() & (table["more"] != "")).to_numpy()).any():
        raise InputError(f"{path}: line {int(long.argmax()) + 1}: more than 'J i j a b value'")
    of_states = (table["a"][couplings], table["b"][couplings], table["j"][fields])
    states = _states(letters, {_word(word) for words in of_states for word in words.unique()})

    def column(rows: np.ndarray, name: str, kind: str) -> np.ndarray:
        words = table[name][rows]
        different = words.cat.categories if words.dtype == "category" else words
        if kind == "state":
            known = pd.Series([states.get(_word(word), np.nan) for word in different], dtype=float)
        else:
            known = pd.Series(pd.to_numeric(pd.Series(different), errors="coerce").to_numpy(float))
            known = known.where((known >= 0) & (known % 1 == 0)) if kind == "site" else known
        found = known.to_numpy()
        if words.dtype == "category":
            # The last stands for what is missing, whose code is -1.
            found = np.append(found, np.nan)[words.cat.codes.to_numpy()]
        if (wrong := np.isnan(found)).any():
            row = int(wrong.argmax())
            line, word = words.index[row] + 1, words.iloc[row]
            raise InputError(f"{path}: line {line}: '{_word(word)}' is no {kind}" + _meant(kind, letters))
        return found if kind == "value" else found.astype(int)

    i, j, a, b, values = (
        column(couplings, name, kind)
        for name, kind in (("i", "site"), ("j", "site"), ("a", "state"), ("b", "state"), ("value", "value"))
    )
    site, state, of_site = (
        column(fields, name, kind) for name, kind in (("i", "site"), ("j", "state"), ("a", "value"))
    )
    if not len(site):
        raise InputError(f"{path}: has no fields ('h i a value')")
    length = int(site.max()) + 1
    if len(site) != length * letters.q or length > len(site):
        raise InputError(f"{path}: {len(site)} fields of {length} sites; {length} x {letters.q} are needed")
    if len(i) and max(i.max(), j.max()) >= length:
        raise InputError(f"{path}: a coupling of site {max(i.max(), j.max())}, but fields of sites 0 to {length - 1}")
    if (i == j).any():
        line = table.index[couplings][int((i == j).argmax())] + 1
        raise InputError(f"{path}: line {line}: couples a site to itself")
    if len(np.unique(site * letters.q + state)) < len(site):
        raise InputError(f"{path}: a field is given twice, and another is missing")
    h, flipped = np.zeros((length, letters.q)), i > j
    h[site, state] = of_site
    i, j, a, b = np.where(flipped, (j, i, b, a), (i, j, a, b))
    left = i * (2 * length - i - 1) // 2 + j - i - 1
    pairs = np.zeros((length * (length - 1) // 2, letters.q, letters.q), np.float32)
    # Some programs write each coupling in both orders: the last one counts.
    with np.errstate(over="ignore"):
        pairs[left, a, b] = values
    return check_model(path, h, pairs)


def _word(read: object) -> str:
    """Restore a word of a file; where all words of a column are numbers, they are read as such."""
    if isinstance(read, float):
        return "" if np.isnan(read) else f"{read:g}"
    return str(read)


def _states(letters: Alphabet, words: set[str]) -> dict[str, int]:
    """Map the words of a file to states; numbers count states, if they are no symbols."""
    if words <= set(letters.symbols) or not all(word.isdigit() for word in words):
        return {symbol: state for state, symbol in enumerate(letters.symbols)}
    return {str(state): state for state in range(letters.q)}


def _meant(kind: str, letters: Alphabet) -> str:
    right = f"a symbol of {letters.symbols} or a number from 0 to {letters.q - 1}"
    return f"; {right} is right (alphabet {letters.name})" if kind == "state" else "; a number is right"


def _write_lines(path: Path, model: Potts, names: list[str]) -> None:
    q, (left, right) = model.q, pairs_of_sites(model.L)
    ab = [f"{a} {b}" for a in names for b in names]
    with path.open("w", encoding="utf-8") as file:
        for i, j in zip(left.tolist(), right.tolist(), strict=True):
            values = model.couplings[i, :, j, :].ravel().tolist()
            file.write("".join(f"J {i} {j} {of} {value:.9g}\n" for of, value in zip(ab, values, strict=True)))
        for i in range(model.L):
            file.write("".join(f"h {i} {names[a]} {model.fields[i, a]:.9g}\n" for a in range(q)))


def write_adabmdca(path: Path, model: Potts, letters: Alphabet) -> None:
    """Write lines `J i j a b value` and `h i a value`, states as symbols."""
    _write_lines(path, model, list(letters.symbols))


def write_bmdca(path: Path, model: Potts, letters: Alphabet) -> None:
    """Write lines `J i j a b value` and `h i a value`, states as numbers."""
    _write_lines(path, model, [str(state) for state in range(model.q)])
