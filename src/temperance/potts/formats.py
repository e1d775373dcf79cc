"""Models as other programs write them: adabmDCA, bmDCA, Mi3, CCMpred and GREMLIN (docs/formats.md)."""

import gzip
import io
import re
import sys
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet, alphabet
from temperance.core.errors import InputError, last_line
from temperance.core.files import atomic
from temperance.potts.model import Potts, load
from temperance.potts.pair_kernels import pairs_of_sites
from temperance.workflow.configuration import EXPORTS

# States in the order of CCMpred and GREMLIN.
_ORDERS = {"protein": "ARNDCQEGHILKMFPSTWYV-", "rna": "AUCG-", "dna": "ATCG-"}
_NAMES = ["what", "i", "j", "a", "b", "value", "more"]


def read_model(path: str | Path, letters: Alphabet, length: int | None = None) -> Potts:
    """The Potts model of a file, whose format is recognised by content; states as in `letters`, sites as many as
    `length`, where that is given.

    Energies are the other program's own, but for CCMpred and GREMLIN, whose parameters are those of P ~ exp(-E).

    Raises
    ------
    InputError
        Naming the file, the line where there is one, and what would be right.
    """
    try:
        model = _read(path, letters)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({last_line(error)})") from error
    if length not in (None, model.L):
        raise InputError(
            f"{path}: the model has {model.L} sites, the alignment keeps {length} columns; give the alignment that it "
            "was learnt from, with filter.max_column_gaps: 1 if none was dropped there"
        )
    return model


def _read(path: str | Path, letters: Alphabet) -> Potts:
    with Path(path).open("rb") as file:
        beginning = file.read(64)
    if beginning.startswith(b"\x93NUMPY"):
        return _read_mi3(path, letters)
    if beginning[8:9] == b"{":
        model, own, _ = load(path)
        if own.symbols != letters.symbols:
            raise InputError(f"{path}: is of alphabet {own.name}, not {letters.name}; set 'alphabet: {own.name}'")
        return model
    with _opened(path) as file:
        words = next((line.split() for line in file if line.strip()), [""])
    if words[0] in ("J", "h"):
        return _read_lines(path, letters)
    if re.fullmatch(r"V\[\d+\]", words[0]):
        return _read_gremlin(path, letters)
    if _is_number(words[0]):
        return _read_ccmpred(path, letters)
    raise InputError(
        f"{path}: no model in a known format; known are adabmDCA and bmDCA (lines 'J i j a b value', 'h i a value'), "
        "Mi3 (J.npy), CCMpred (raw), GREMLIN ('V[i]' and 'W[i][j]' lines) and model.safetensors"
    )


def write_model(path: str | Path, model: Potts, letters: Alphabet, form: str) -> None:
    """Write a model in one of FORMATS. Formats that leave out a gauge change energies by a constant.

    Raises
    ------
    InputError
        If the format has no such alphabet.
    """
    with atomic(path) as part:
        _WRITERS[form](part, model, letters)


def chains(sequences: np.ndarray, letters: Alphabet) -> str:
    """Sequences (M, L) as adabmDCA writes chains: aligned FASTA, `chain_0` first."""
    return fasta((f"chain_{number}" for number in range(len(sequences))), letters.decode(sequences))


def fasta(names: Iterable[str], rows: Iterable[str]) -> str:
    return "".join(f">{name}\n{row}\n" for name, row in zip(names, rows, strict=True))


@np.errstate(over="ignore")
def _checked(path: str | Path, fields: np.ndarray, pairs: np.ndarray) -> Potts:
    model = Potts.of_pairs(fields.astype(np.float32), pairs.astype(np.float32))
    if not (np.isfinite(model.fields).all() and np.isfinite(model.couplings).all()):
        raise InputError(f"{path}: a parameter is not a finite number in single precision")
    return model


def _opened(path: str | Path) -> IO[str]:
    with Path(path).open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    raw = gzip.open(path) if packed else Path(path).open("rb")  # noqa: SIM115 - who reads it closes it
    return io.TextIOWrapper(raw, encoding="utf-8", errors="replace")


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(path: str | Path, number: int, words: list[str], count: int) -> np.ndarray:
    """The numbers of a line, of which there have to be so many."""
    try:
        values = np.array(words, float)
    except ValueError:
        raise InputError(f"{path}: line {number}: '{' '.join(words)[:40]}' has what is no number") from None
    if len(values) != count:
        raise InputError(f"{path}: line {number}: {len(values)} numbers, {count} are needed")
    return values


# ---------------------------------------------------------------- adabmDCA and bmDCA


def _read_lines(path: str | Path, letters: Alphabet) -> Potts:
    """Lines `J i j a b value` and `h i a value`, in any order; states as symbols (adabmDCA) or numbers (bmDCA)."""
    # Words that come again and again are looked at once.
    kinds = dict.fromkeys(_NAMES, "category") | {"value": str}
    given = {"sep": " ", "names": _NAMES, "dtype": kinds, "keep_default_na": False, "index_col": False, "header": None}
    try:
        with _opened(path) as file, warnings.catch_warnings():
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
        raise InputError(f"{path}: a field stands twice, and another is missing")
    h, flipped = np.zeros((length, letters.q)), i > j
    h[site, state] = of_site
    i, j, a, b = np.where(flipped, (j, i, b, a), (i, j, a, b))
    left = i * (2 * length - i - 1) // 2 + j - i - 1
    pairs = np.zeros((length * (length - 1) // 2, letters.q, letters.q), np.float32)
    # Some programs write each coupling in both orders: the last one counts.
    with np.errstate(over="ignore"):
        pairs[left, a, b] = values
    return _checked(path, h, pairs)


def _word(read: object) -> str:
    """A word of a file; where all words of a column are numbers, they are read as such."""
    if isinstance(read, float):
        return "" if np.isnan(read) else f"{read:g}"
    return str(read)


def _states(letters: Alphabet, words: set[str]) -> dict[str, int]:
    """The state that a word of a file stands for; numbers count states, if they are no symbols."""
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


def _write_adabmdca(path: Path, model: Potts, letters: Alphabet) -> None:
    _write_lines(path, model, list(letters.symbols))


def _write_bmdca(path: Path, model: Potts, letters: Alphabet) -> None:
    _write_lines(path, model, [str(state) for state in range(model.q)])


# ---------------------------------------------------------------- Mi3


def _read_mi3(path: str | Path, letters: Alphabet) -> Potts:
    """J.npy, (L (L - 1) / 2, q^2) in the order of pairs, E = sum J: signs are opposite to ours, and fields are none."""
    try:
        pairs = np.load(path, allow_pickle=False)
    except Exception as error:  # a damaged header is read as Python, which raises whatever it leads to
        raise InputError(f"{path}: no array of numbers ({type(error).__name__}: {last_line(error)})") from error
    rows = len(pairs) if pairs.ndim == 2 else 0
    length = int((1 + (1 + 8 * rows) ** 0.5) / 2)
    if length < 2 or length * (length - 1) // 2 != rows or pairs.dtype.kind not in "fiu":
        raise InputError(f"{path}: shape {pairs.shape} of {pairs.dtype}; Mi3's is (L (L - 1) / 2, q^2) of numbers")
    if pairs.shape[1] != letters.q**2:
        raise InputError(f"{path}: {pairs.shape[1]} numbers a pair; alphabet {letters.name} needs {letters.q**2}")
    return _checked(path, np.zeros((length, letters.q)), -pairs.astype(float).reshape(-1, letters.q, letters.q))


def _write_mi3(path: Path, model: Potts, letters: Alphabet) -> None:
    left, right = pairs_of_sites(model.L)
    fields = model.fields.astype(float) / (model.L - 1)
    pairs = model.pairs() + fields[left, :, None] + fields[right, None, :]
    with path.open("wb") as file:
        np.save(file, -pairs.reshape(len(pairs), -1).astype(np.float32))


# ---------------------------------------------------------------- CCMpred and GREMLIN


def _permutation(path: str | Path, letters: Alphabet, program: str) -> np.ndarray:
    """Our state of each of theirs."""
    names = {alphabet(name).symbols: order for name, order in _ORDERS.items()}
    if letters.symbols not in names or (program == "CCMpred" and letters.name != "protein"):
        known = "protein" if program == "CCMpred" else ", ".join(_ORDERS)
        raise InputError(f"{path}: {program} has alphabet {known}, not {letters.name}")
    return np.array([letters.symbols.index(symbol) for symbol in names[letters.symbols]])


def _ordered(of_ours: np.ndarray, fields: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parameters in their order of states, in ours."""
    back = np.argsort(of_ours)
    return fields[:, back], pairs[:, back][:, :, back]


def _read_ccmpred(path: str | Path, letters: Alphabet) -> Potts:
    """Raw couplings: a line of 20 fields a site, that of the gap being 0, then `# i j` and 21 lines of 21 each pair."""
    of_ours, q = _permutation(path, letters, "CCMpred"), letters.q
    fields: list[np.ndarray] = []
    with _opened(path) as file:
        lines = ((number, line.split()) for number, line in enumerate(file, 1))
        lines = ((number, words) for number, words in lines if words and not words[0].startswith("#>"))
        for number, words in lines:
            if words[0] == "#":
                break
            fields.append(_numbers(path, number, words, q - 1))
        else:
            raise InputError(f"{path}: ends before its couplings ('# 0 1')")
        length = len(fields)
        pairs = np.empty((length * (length - 1) // 2, q, q), np.float32)
        for at, (i, j) in enumerate(zip(*pairs_of_sites(length), strict=True)):
            if words != ["#", str(i), str(j)]:
                raise InputError(f"{path}: line {number}: '{' '.join(words)[:40]}'; '# {i} {j}' is right")
            block = [next(lines, (number, [])) for _ in range(q)]
            pairs[at] = [_numbers(path, *row, q) for row in block]
            number, words = next(lines, (number, ["the", "end"]))
    h = np.zeros((length, q))
    h[:, :-1] = fields
    return _checked(path, *_ordered(of_ours, h, pairs))


def _write_ccmpred(path: Path, model: Potts, letters: Alphabet) -> None:
    of_ours = _permutation(path.name, letters, "CCMpred")
    fields = (model.fields - model.fields[:, [of_ours[-1]]])[:, of_ours[:-1]]
    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(f"{value:.9g}" for value in row) + "\t\n" for row in fields.tolist())
        for (i, j), block in _blocks(model, of_ours):
            file.write(f"# {i} {j}\n")
            file.writelines("\t".join(f"{value:.9g}" for value in row) + "\t\n" for row in block.tolist())


def _read_gremlin(path: str | Path, letters: Alphabet) -> Potts:
    """`V[i]` and q numbers, `W[i][j]` and q^2; columns that GREMLIN left out for their gaps have no line."""
    of_ours, q = _permutation(path, letters, "GREMLIN"), letters.q
    fields, blocks = {}, {}
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if not words:
                continue
            named = re.fullmatch(r"V\[(\d+)\]|W\[(\d+)\]\[(\d+)\]", words[0])
            if named is None:
                raise InputError(f"{path}: line {number}: begins with '{words[0][:20]}'; V[i] or W[i][j] is right")
            site, i, j = named.groups()
            if site is None:
                blocks[int(i), int(j)] = _numbers(path, number, words[1:], q * q)
            else:
                fields[int(site)] = _numbers(path, number, words[1:], q)
    place = {site: n for n, site in enumerate(sorted(fields))}
    pairs = np.zeros((len(place) * (len(place) - 1) // 2, q, q), np.float32)
    at = {(i, j): n for n, (i, j) in enumerate(zip(*(of.tolist() for of in pairs_of_sites(len(place))), strict=True))}
    for (i, j), block in blocks.items():
        if i not in place or j not in place or place[i] >= place[j]:
            raise InputError(f"{path}: W[{i}][{j}]: expected two sites with i < j that have fields, V[i]")
        pairs[at[place[i], place[j]]] = block.reshape(q, q)
    return _checked(path, *_ordered(of_ours, np.array([fields[site] for site in place]), pairs))


def _write_gremlin(path: Path, model: Potts, letters: Alphabet) -> None:
    of_ours = _permutation(path.name, letters, "GREMLIN")
    with path.open("w", encoding="utf-8") as file:
        for i, row in enumerate(model.fields[:, of_ours].tolist()):
            file.write(f"V[{i}] " + " ".join(f"{value:.9g}" for value in row) + "\n")
        for (i, j), block in _blocks(model, of_ours):
            file.write(f"W[{i}][{j}] " + " ".join(f"{value:.9g}" for value in block.ravel().tolist()) + "\n")


def _blocks(model: Potts, of_ours: np.ndarray) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    for i, j in zip(*(sites.tolist() for sites in pairs_of_sites(model.L)), strict=True):
        yield (i, j), model.couplings[i][of_ours][:, j][:, of_ours]


_WRITERS: dict[str, Callable[[Path, Potts, Alphabet], None]] = {
    "adabmdca": _write_adabmdca,
    "bmdca": _write_bmdca,
    "mi3": _write_mi3,
    "ccmpred": _write_ccmpred,
    "gremlin": _write_gremlin,
}
# Formats that a model is written in, and what files of theirs are called.
FORMATS = {form: EXPORTS[form] for form in _WRITERS}


def main(words: list[str]) -> int:
    """`python -m temperance.potts.formats MODEL OUT FORMAT [ALPHABET]`: convert a model."""
    if len(words) not in (3, 4) or words[2] not in FORMATS:
        print(f"usage: python -m temperance.potts.formats MODEL OUT {'|'.join(FORMATS)} [ALPHABET]", file=sys.stderr)
        return 2
    try:
        letters = alphabet(words[3] if len(words) == 4 else "protein")
        write_model(words[1], read_model(words[0], letters), letters, words[2])
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
