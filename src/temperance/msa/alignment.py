"""From a file in any of the field's formats to an encoded, filtered alignment with an audit of what was dropped."""

import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, count, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from Bio.SeqIO.FastaIO import SimpleFastaParser
from pyhmmer.easel import MSAFile
from pyhmmer.errors import EaselError

from temperance.core.alphabet import AMBIGUOUS, INVALID, Alphabet
from temperance.core.errors import InputError


@dataclass
class Alignment:
    """Hold an aligned family with the origin of its columns and an audit of what was dropped.

    Attributes
    ----------
    names : list of str
        Names of the sequences.
    sequences : np.ndarray
        (M, L) uint8: bytes of the file's symbols from `read`, states of the alphabet from `encode`.
    columns : np.ndarray
        (L,) position of each column in the file, from 1, insertions not counted.
    audit : list of (what, name, reason)
        Every sequence or column that was dropped, in order.
    reference : str
        Name of the sequence whose residues number the columns.
    numbers, residues : np.ndarray
        (L,) number of that sequence's residue in each column, 0 where it has none, and the residue's symbol.
    match : np.ndarray or None
        (L,) whether a column is a match state of the profile that aligned the file, where the file says so.
    """

    names: list[str]
    sequences: np.ndarray
    columns: np.ndarray
    audit: list[tuple[str, str, str]] = field(default_factory=list)
    reference: str = ""
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    residues: np.ndarray = field(default_factory=lambda: np.zeros(0, "U1"))
    match: np.ndarray | None = None

    def audit_table(self) -> pd.DataFrame:
        """Tabulate the sequences and columns that were dropped, and why.

        Returns
        -------
        pd.DataFrame
            One row for each: what (`sequence` or `column`), name, reason.
        """
        return pd.DataFrame(self.audit, columns=["what", "name", "reason"])

    def columns_table(self) -> pd.DataFrame:
        """Tabulate the columns and their numbers in the reference sequence.

        Returns
        -------
        pd.DataFrame
            One row for each column: site (of models, from 1), column (of the file), residue and its number in the
            reference, the number missing where that has a gap.
        """
        numbers = pd.array(np.where(self.numbers > 0, self.numbers, -1), dtype="Int64")
        return pd.DataFrame(
            {
                "site": np.arange(1, len(self.columns) + 1),
                "column": self.columns,
                "residue": self.residues,
                "number": pd.Series(numbers).where(self.numbers > 0),
            }
        )


# ---------------------------------------------------------------- reading

Line = tuple[int, str]
# Beyond these a file is no alignment that a model can be learnt from, or a bomb.
_LONGEST_LINE, _MOST_LINES, _MOST_CHARACTERS = 1_000_000, 20_000_000, 2_000_000_000
_MOST_SEQUENCES, _MOST_COLUMNS = 5_000_000, 100_000


class _ParsedFile(NamedTuple):
    """Sequences as the file has them, and the line at which each starts where the format tells."""

    names: list[str]
    rows: list[str]
    lines: list[int]
    match: str = ""

    def place(self, number: int) -> str:
        line = f"line {self.lines[number]}, " if self.lines else ""
        return f"{line}sequence {self.names[number]}"


def read(path: str | Path, reference: str = "") -> Alignment:
    """Read an alignment file: aligned FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln, told apart by content.

    Insertions (lower case and `.` in A2M, A3M and Stockholm) are dropped. Residues of the sequence called `reference`,
    else of the first, number the columns: from 1, or from where a name such as `BPT1_BOVIN/39-91` begins.

    Parameters
    ----------
    path : path-like
        File, plain or gzipped.
    reference : str
        Name of the sequence that numbers the columns; empty: the first one.

    Returns
    -------
    Alignment
        Its sequences hold the bytes of the file's symbols, still to be encoded.

    Raises
    ------
    InputError
        If the file is missing, empty, of no known format or not aligned, or has no sequence of that name.
    """
    lines = _read_lines(Path(path))
    opening = list(islice((line for line in lines if line[1].strip()), 2))
    if not opening:
        raise InputError(f"{path}: the file is empty; expected an alignment")
    first, following = opening[0][1], opening[-1][1]
    lines = chain(opening, lines)
    # A3M may open with a line of its own, such as "#A3M#" or ColabFold's lengths.
    if first.startswith(">") or (first.startswith("#") and following.startswith(">")):
        parsed = _read_fasta(path, lines)
    elif first.startswith("# STOCKHOLM"):
        parsed = _read_stockholm(path, lines)
    elif re.match(r"(CLUSTAL|MUSCLE|PROBCONS|MSAPROBS|Kalign)\b", first):
        parsed = _read_clustal(path, lines)
    else:
        parsed = _read_psicov(path, lines)
    if reference and reference not in parsed.names:
        raise InputError(f"filter.reference: {path} has no sequence named {reference}; its first is {parsed.names[0]}")
    return _build_alignment(path, parsed, parsed.names.index(reference) if reference else 0)


def _read_lines(path: Path) -> Iterator[Line]:
    """Read numbered lines, each with its end, of a file that may be gzipped; no more than a computer can hold."""
    try:
        with path.open("rb") as raw:
            is_gzipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if is_gzipped else raw as file:
                yield from _number_lines(path, io.TextIOWrapper(file, encoding="latin-1"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; give the path of an alignment") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is damaged ({error}); compress it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of an alignment") from None


def _number_lines(path: Path, file: io.TextIOWrapper) -> Iterator[Line]:
    total = 0
    for number in count(1):
        # Latin-1 never fails, so that a line that is not text is known by its number.
        line = file.readline(_LONGEST_LINE + 1)
        total += len(line)
        if len(line) > _LONGEST_LINE:
            raise InputError(f"{path}, line {number}: longer than {_LONGEST_LINE:,} characters; break it into lines")
        if total > _MOST_CHARACTERS or number > _MOST_LINES:
            raise InputError(
                f"{path}, line {number}: the file holds more than {_MOST_CHARACTERS:,} characters or {_MOST_LINES:,} "
                "lines; give fewer sequences"
            )
        if not line:
            return
        if not line.isascii():
            try:
                line = line.encode("latin-1").decode("utf-8-sig")
            except UnicodeDecodeError:
                raise InputError(
                    f"{path}, line {number}: not text; an alignment in FASTA, A3M, ... is needed"
                ) from None
        yield number, line


def _read_fasta(path: str | Path, lines: Iterable[Line]) -> _ParsedFile:
    starts: list[int] = []

    def text() -> Iterator[str]:
        length = 0
        for number, line in lines:
            length = 0 if line.startswith(">") else length + len(line)
            if length > _LONGEST_LINE:
                raise InputError(f"{path}, line {number}: a sequence of more than {_LONGEST_LINE:,} residues")
            if line.startswith(">"):
                starts.append(number)
                if len(starts) > _MOST_SEQUENCES:
                    raise InputError(f"{path}, line {number}: more than {_MOST_SEQUENCES:,} sequences; give fewer")
            yield line

    names, rows = [], []
    for number, (title, row) in enumerate(SimpleFastaParser(text()), 1):
        names.append((title.split() or [f"sequence_{number}"])[0])
        rows.append(row.replace("\t", ""))
    return _ParsedFile(names, rows, starts)


def _read_stockholm(path: str | Path, lines: Iterable[Line]) -> _ParsedFile:
    # Easel's reader: Biopython's takes a file that ends early for a whole one.
    text = "".join(line for _, line in lines)
    try:
        with MSAFile(io.BytesIO(text.encode()), format="stockholm", digital=False) as file:
            msa = file.read()
    except (ValueError, EaselError) as error:
        raise InputError(f"{path}: not a complete Stockholm alignment: {str(error).split(': ')[-1]}") from None
    if msa is None:
        raise InputError(f"{path}: the Stockholm alignment contains no sequence")
    return _ParsedFile(list(msa.names), list(msa.alignment), [], msa.reference or "")


def _read_clustal(path: str | Path, lines: Iterable[Line]) -> _ParsedFile:
    # Our own: Biopython's reader never returns from a file that ends after its header.
    rows: dict[str, str] = {}
    for number, line in islice(lines, 1, None):
        if line[0].isspace():
            continue  # no residues: an empty line, or that of conserved columns
        if not (match := re.fullmatch(r"(\S+)\s+([A-Za-z.*-]+)(\s+\d+)?\s*", line)):
            raise InputError(f"{path}, line {number}: '{line[:30].rstrip()}' is not a name and residues")
        name, residues, _ = match.groups()
        rows[name] = rows.get(name, "") + residues
    if not rows:
        raise InputError(f"{path}: the Clustal alignment contains no sequence")
    return _ParsedFile(list(rows), list(rows.values()), [])


def _read_psicov(path: str | Path, lines: Iterable[Line]) -> _ParsedFile:
    rows, numbers = [], []
    for number, line in lines:
        if not line.strip():
            continue
        if not re.fullmatch(r"[A-Za-z0-9.*-]+", line.strip()):
            raise InputError(
                f"{path}, line {number}: '{line.strip()[:30]}' starts no known format; "
                "FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln is needed"
            )
        rows.append(line.strip())
        numbers.append(number)
    return _ParsedFile([f"line_{number}" for number in numbers], rows, numbers)


def _build_alignment(path: str | Path, parsed: _ParsedFile, reference: int) -> Alignment:
    """Drop insertions where the case of the letters marks them, and check that what is left is aligned."""
    match = None
    if parsed.rows and len(parsed.rows[0]) > _MOST_COLUMNS:
        raise InputError(f"{path}, {parsed.place(0)}: more than {_MOST_COLUMNS:,} columns; give those of one domain")
    if len({len(row) for row in parsed.rows}) == 1 and parsed.rows[0]:
        symbols = _to_bytes(path, parsed, parsed.rows)
        is_kept = _match_columns(symbols)
        if len(parsed.match) == len(is_kept):
            match = ~np.isin(list(parsed.match), list(".-~_ "))[is_kept]
        symbols = symbols[:, is_kept]
        numbers = _number_residues(parsed.names[reference], parsed.rows[reference])[is_kept]
    else:
        symbols = _to_bytes(path, parsed, _strip_insertions(path, parsed))
        row = parsed.rows[reference]
        numbers = _number_residues(parsed.names[reference], row)[[not (c.islower() or c == ".") for c in row]]
    residues = np.where(numbers > 0, [chr(symbol) for symbol in symbols[reference]], "")
    return Alignment(
        parsed.names, symbols, np.arange(1, symbols.shape[1] + 1),
        reference=parsed.names[reference], numbers=numbers, residues=residues, match=match,
    )  # fmt: skip


def _number_residues(name: str, row: str) -> np.ndarray:
    """Count to the residue at each symbol of a row, insertions counted, 0 at gaps."""
    residue = np.array([symbol not in "-." for symbol in row])
    span = re.search(r"/(\d+)-(\d+)$", name)
    # A span that the residues do not fill is not theirs.
    first = int(span[1]) if span and int(span[2]) - int(span[1]) + 1 == residue.sum() else 1
    return np.where(residue, residue.cumsum() + first - 1, 0)


def _to_bytes(path: str | Path, parsed: _ParsedFile, rows: list[str]) -> np.ndarray:
    try:
        content = "".join(rows).encode("ascii")
    except UnicodeEncodeError as error:
        number = error.start // len(rows[0])
        raise InputError(f"{path}, {parsed.place(number)}: '{error.object[error.start]}' is not a residue") from None
    return np.frombuffer(content, np.uint8).reshape(len(rows), -1)


def _match_columns(symbols: np.ndarray) -> np.ndarray:
    """Columns to keep: all, unless each column is purely match (upper case, `-`) or purely insert (lower case, `.`).

    That purity is what tells A2M from an alignment that merely has lower-case letters.
    """
    lower = (symbols >= ord("a")) & (symbols <= ord("z"))
    upper = (symbols >= ord("A")) & (symbols <= ord("Z"))
    insert = (lower | (symbols == ord("."))).all(axis=0)
    pure = lower.any() and (insert | ~lower.any(axis=0)).all() and upper[:, ~insert].any()
    return ~insert if pure else np.ones(symbols.shape[1], bool)


def _strip_insertions(path: str | Path, parsed: _ParsedFile) -> list[str]:
    stripped = [re.sub(r"[a-z.]", "", row) for row in parsed.rows]
    for number, row in enumerate(stripped):
        if len(row) != len(stripped[0]) or not row:
            raise InputError(
                f"{path}, {parsed.place(number)}: not aligned: {len(parsed.rows[number])} columns, {len(row)} without "
                f"insertions, where sequence {parsed.names[0]} has {len(parsed.rows[0])} and {len(stripped[0])}; "
                "align the sequences first"
            )
    return stripped


# ---------------------------------------------------------------- encoding


def encode(alignment: Alignment, alphabet: Alphabet, ambiguous: str = "gap", path: str | Path = "") -> Alignment:
    """Replace the symbols of an alignment by states of an alphabet.

    Parameters
    ----------
    alignment : Alignment
        From `read`.
    alphabet : Alphabet
        States to encode by.
    ambiguous : {'gap', 'drop', 'error'}
        Treatment of a residue that the standard calls ambiguous (X, B, N, ...): replace it by a gap, drop its sequence,
        or raise an error.
    path : path-like
        File that error messages name.

    Returns
    -------
    Alignment
        Its sequences are states, uint8.

    Raises
    ------
    InputError
        If a symbol is not of the alphabet, or every sequence looks like nucleic acid in a protein alignment; if a
        residue is ambiguous where that is an error, or to be replaced by a gap in an alphabet without one.
    """
    states = alphabet.codes()[alignment.sequences]
    invalid = np.argwhere(states == INVALID)
    if len(invalid):
        row, column = invalid[0]
        symbol = chr(alignment.sequences[row, column])
        raise InputError(
            f"{path}, sequence {row + 1} ({alignment.names[row]}), column {column + 1}: '{symbol}' is not in the "
            f"alphabet {alphabet.name}; set 'alphabet' to protein, rna, dna or the symbols of the file"
        )
    _refuse_nucleotides(alignment, alphabet, path)
    has_ambiguous = (states == AMBIGUOUS).any(axis=1)
    audit = list(alignment.audit)
    if has_ambiguous.any() and ambiguous == "error":
        row = int(np.argmax(has_ambiguous))
        raise InputError(
            f"{path}, sequence {row + 1} ({alignment.names[row]}): contains an ambiguous residue; remove it or set "
            "'ambiguous' to gap or drop"
        )
    if ambiguous == "gap" and has_ambiguous.any() and alphabet.gap is None:
        raise InputError(f"ambiguous: the alphabet {alphabet.name} has no gap; set 'ambiguous' to drop or error")
    keep = np.ones(len(states), bool)
    if ambiguous == "drop":
        keep = ~has_ambiguous
        audit += [("sequence", alignment.names[row], "ambiguous residue") for row in np.flatnonzero(has_ambiguous)]
    states = states[keep]
    states[states == AMBIGUOUS] = alphabet.gap or 0
    names = [name for name, kept in zip(alignment.names, keep, strict=True) if kept]
    return replace(alignment, names=names, sequences=states, audit=audit)


def _refuse_nucleotides(alignment: Alignment, alphabet: Alphabet, path: str | Path) -> None:
    if alphabet.name != "protein":
        return
    present = {chr(byte).upper() for byte in np.unique(alignment.sequences)} - {"-", "."}
    for name, symbols in (("dna", "ACGTN"), ("rna", "ACGUN")):
        if present and present <= set(symbols):
            symbols_present = "".join(sorted(present))
            raise InputError(f"{path}: holds only {symbols_present}, which is nucleic acid; set 'alphabet: {name}'")


# ---------------------------------------------------------------- filtering


def filter_alignment(
    alignment: Alignment,
    alphabet: Alphabet,
    max_column_gaps: float = 0.5,
    max_sequence_gaps: float = 0.5,
    duplicates: str = "drop",
    columns: str = "all",
    path: str | Path = "",
) -> Alignment:
    """Drop gapped columns, then gapped sequences, then repeats of an earlier sequence; each drop is audited.

    Parameters
    ----------
    alignment : Alignment
        From `encode`.
    alphabet : Alphabet
        States of its sequences.
    max_column_gaps, max_sequence_gaps : float
        Largest share of gaps, 0 to 1, that a column or sequence may have and stay.
    duplicates : {'drop', 'keep'}
        Whether repeats of an earlier sequence, compared in the columns that stay, are dropped.
    columns : {'all', 'reference', 'match'}
        Which columns may stay: all, those in which the reference has a residue, or match states of a Stockholm file.
    path : path-like
        File that error messages name.

    Returns
    -------
    Alignment
        What is left.

    Raises
    ------
    InputError
        If fewer than two columns or four sequences are left, or match states are asked for where the file has none.
    """
    states, names, audit = alignment.sequences, alignment.names, list(alignment.audit)
    gaps = states == alphabet.gap if alphabet.gap is not None else np.zeros(states.shape, bool)
    shares = gaps.mean(axis=0) if len(states) else np.zeros(states.shape[1])
    eligible, reason = _select_columns(alignment, columns, path)
    dense = eligible & (shares <= max_column_gaps)
    audit += [("column", str(alignment.columns[j]), reason) for j in np.flatnonzero(~eligible)]
    audit += [
        ("column", str(alignment.columns[j]), f"gap fraction {shares[j]:.3f} > {max_column_gaps:g}")
        for j in np.flatnonzero(eligible & ~dense)
    ]
    if dense.sum() < 2:
        raise InputError(
            f"{path}: {dense.sum()} of {dense.size} columns have at most {max_column_gaps:g} gaps; at least 2 are "
            "needed: raise filter.max_column_gaps or give a denser alignment"
        )
    states, gaps = states[:, dense], gaps[:, dense]
    shares = gaps.mean(axis=1)
    rows = shares <= max_sequence_gaps
    audit += [
        ("sequence", names[m], f"gap fraction {shares[m]:.3f} > {max_sequence_gaps:g}") for m in np.flatnonzero(~rows)
    ]
    if duplicates == "drop":
        rows, repeats = _first_occurrences(states, rows)
        audit += [("sequence", names[m], f"same as {names[first]}") for m, first in repeats]
    if rows.sum() < 4:
        raise InputError(
            f"{path}: {rows.sum()} of {rows.size} sequences pass the filters; at least 4 are needed: "
            "relax 'filter' in the configuration or give more sequences"
        )
    kept = [names[m] for m in np.flatnonzero(rows)]
    match = None if alignment.match is None else alignment.match[dense]
    by_column = {name: getattr(alignment, name)[dense] for name in ("columns", "numbers", "residues")}
    return replace(alignment, names=kept, sequences=states[rows], audit=audit, match=match, **by_column)


def _select_columns(alignment: Alignment, columns: str, path: str | Path) -> tuple[np.ndarray, str]:
    """Find the columns that may stay, and why the others may not."""
    if columns == "reference":
        return alignment.numbers > 0, f"no residue of {alignment.reference}"
    if columns == "match":
        if alignment.match is None:
            raise InputError(f"{path}: filter.columns: match needs a Stockholm file with a line '#=GC RF'")
        return alignment.match, "no match state"
    return np.ones(len(alignment.columns), bool), ""


def _first_occurrences(states: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    first_rows: dict[bytes, int] = {}
    repeats = []
    for m in np.flatnonzero(rows):
        first = first_rows.setdefault(states[m].tobytes(), int(m))
        if first != m:
            repeats.append((int(m), first))
    rows = rows.copy()
    rows[[m for m, _ in repeats]] = False
    return rows, repeats
