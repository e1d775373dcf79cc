"""From a file in any of the field's formats to an encoded, filtered alignment with an audit of what was dropped."""

import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from Bio import AlignIO
from Bio.SeqIO.FastaIO import SimpleFastaParser

from temperance.alphabet import AMBIGUOUS, INVALID, Alphabet
from temperance.errors import InputError


@dataclass
class Alignment:
    """An aligned family.

    Attributes
    ----------
    names : list of str
        One name a sequence.
    sequences : np.ndarray
        (M, L) uint8: bytes of the file's symbols from `read`, states of the alphabet from `encode`.
    columns : np.ndarray
        (L,) position of each column in the file, from 1, insertions not counted.
    audit : list of (what, name, reason)
        Every sequence or column that was dropped, in order.
    """

    names: list[str]
    sequences: np.ndarray
    columns: np.ndarray
    audit: list[tuple[str, str, str]] = field(default_factory=list)

    def audit_table(self) -> pd.DataFrame:
        return pd.DataFrame(self.audit, columns=["what", "name", "reason"])


# ---------------------------------------------------------------- reading


def read(path: str | Path) -> Alignment:
    """Read aligned FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln, plain or gzipped, told apart by content.

    Insertions (lower case and `.` in A2M, A3M and Stockholm) are dropped.

    Raises
    ------
    InputError
        If the file is missing, empty, of no known format or not aligned.
    """
    text = _text(Path(path))
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise InputError(f"{path}: the file is empty; an alignment is needed")
    if first.startswith(">"):
        names, rows = _fasta(text)
    elif first.startswith("# STOCKHOLM"):
        names, rows = _biopython(path, text, "stockholm")
    elif first.startswith("CLUSTAL") or re.match(r"(MUSCLE|PROBCONS|MSAPROBS|Kalign|Biopython)\b", first):
        names, rows = _biopython(path, text, "clustal")
    else:
        names, rows = _psicov(path, text)
    return _aligned(path, text, names, rows)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; give the path of an alignment") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of an alignment") from None
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: the gzip file is damaged ({error}); compress it again") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not text; an alignment in FASTA, A3M, ... is needed") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fasta(text: str) -> tuple[list[str], list[str]]:
    records = list(SimpleFastaParser(io.StringIO(text)))
    names = [(title.split() or [f"sequence_{number}"])[0] for number, (title, _) in enumerate(records, 1)]
    return names, [row.replace("\t", "") for _, row in records]


def _biopython(path: str | Path, text: str, form: str) -> tuple[list[str], list[str]]:
    try:
        records = AlignIO.read(io.StringIO(text), form)
    except (ValueError, AssertionError, IndexError, KeyError) as error:
        reason = " ".join(str(error).split()) or "it ends early"
        raise InputError(f"{path}: not a whole {form.capitalize()} alignment: {reason}") from None
    return [record.id for record in records], [str(record.seq) for record in records]


def _psicov(path: str | Path, text: str) -> tuple[list[str], list[str]]:
    names, rows = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if not re.fullmatch(r"[A-Za-z0-9.*-]+", line.strip()):
            raise InputError(
                f"{path}, line {number}: '{line.strip()[:30]}' starts no known format; "
                "FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln is needed"
            )
        names.append(f"line_{number}")
        rows.append(line.strip())
    return names, rows


def _aligned(path: str | Path, text: str, names: list[str], rows: list[str]) -> Alignment:
    """Drop insertions where the case of the letters marks them, and check that what is left is aligned."""
    lengths = {len(row) for row in rows}
    if len(lengths) == 1 and lengths != {0}:
        symbols = _bytes(rows)
        match = _match_columns(symbols)
    else:
        bare = [re.sub(r"[a-z.]", "", row) for row in rows]
        symbols = _bytes(_same_length(path, text, names, rows, bare))
        match = np.ones(symbols.shape[1], bool)
    symbols = symbols[:, match]
    return Alignment(names, symbols, np.arange(1, symbols.shape[1] + 1))


def _bytes(rows: list[str]) -> np.ndarray:
    try:
        content = "".join(rows).encode("latin-1")
    except UnicodeEncodeError as error:
        number = error.start // len(rows[0])
        raise InputError(f"sequence {number + 1}: '{error.object[error.start]}' is not a residue") from None
    return np.frombuffer(content, np.uint8).reshape(len(rows), -1)


def _match_columns(symbols: np.ndarray) -> np.ndarray:
    """Columns to keep: all, unless each column is purely match (upper case, `-`) or purely insert (lower case, `.`).

    That purity is what tells A2M from an alignment that merely has lower-case letters.
    """
    lower = (symbols >= ord("a")) & (symbols <= ord("z"))
    upper = (symbols >= ord("A")) & (symbols <= ord("Z"))
    insert = (lower | (symbols == ord("."))).all(axis=0) & lower.any(axis=0)
    pure = bool((insert | ~lower.any(axis=0)).all())
    return ~insert if pure and upper[:, ~insert].any() else np.ones(symbols.shape[1], bool)


def _same_length(path: str | Path, text: str, names: list[str], rows: list[str], bare: list[str]) -> list[str]:
    expected = len(bare[0])
    for number, row in enumerate(bare):
        if len(row) != expected or expected == 0:
            raise InputError(
                f"{path}, {_place(text, number)}, sequence {names[number]}: not aligned: {len(rows[number])} columns, "
                f"{len(row)} without insertions, where sequence {names[0]} has {len(rows[0])} and {expected}; "
                "align the sequences first"
            )
    return bare


def _place(text: str, number: int) -> str:
    """Line of the file at which sequence `number` (from 0) starts."""
    starts = [match.start() for match in re.finditer(r"^>", text, re.M)]
    if starts:
        return f"line {text.count(chr(10), 0, starts[number]) + 1}"
    filled = [line for line, content in enumerate(text.splitlines(), 1) if content.strip()]
    return f"line {filled[number]}" if number < len(filled) else f"sequence {number + 1}"


# ---------------------------------------------------------------- encoding


def encode(alignment: Alignment, alphabet: Alphabet, ambiguous: str = "gap", path: str | Path = "") -> Alignment:
    """Replace symbols by states.

    Parameters
    ----------
    ambiguous : {'gap', 'drop', 'error'}
        What becomes of a residue that the standard calls ambiguous (X, B, N, ...): a gap, the end of its
        sequence, or an error.
    path : str
        Named in error messages.

    Raises
    ------
    InputError
        If a symbol is not of the alphabet, or every sequence looks like nucleic acid in a protein alignment.
    """
    states = alphabet.codes()[alignment.sequences]
    found = np.argwhere(states == INVALID)
    if len(found):
        row, column = found[0]
        symbol = chr(alignment.sequences[row, column])
        raise InputError(
            f"{path}, sequence {row + 1} ({alignment.names[row]}), column {column + 1}: '{symbol}' is not in the "
            f"alphabet {alphabet.name}; set the key 'alphabet' to what the file holds"
        )
    _refuse_nucleotides(alignment, alphabet, path)
    doubtful = (states == AMBIGUOUS).any(axis=1)
    audit = list(alignment.audit)
    if doubtful.any() and ambiguous == "error":
        row = int(np.argmax(doubtful))
        raise InputError(
            f"{path}, sequence {row + 1} ({alignment.names[row]}): has an ambiguous residue; remove it or set "
            "'ambiguous' to gap or drop"
        )
    if ambiguous == "gap" and doubtful.any() and alphabet.gap is None:
        raise InputError(f"ambiguous: the alphabet {alphabet.name} has no gap; set 'ambiguous' to drop or error")
    keep = np.ones(len(states), bool)
    if ambiguous == "drop":
        keep = ~doubtful
        audit += [("sequence", alignment.names[row], "ambiguous residue") for row in np.flatnonzero(doubtful)]
    states = states[keep]
    states[states == AMBIGUOUS] = alphabet.gap or 0
    names = [name for name, kept in zip(alignment.names, keep, strict=True) if kept]
    return Alignment(names, states, alignment.columns, audit)


def _refuse_nucleotides(alignment: Alignment, alphabet: Alphabet, path: str | Path) -> None:
    if alphabet.name != "protein":
        return
    present = {chr(byte).upper() for byte in np.unique(alignment.sequences)} - {"-", "."}
    if present and present <= set("ACGTN"):
        raise InputError(f"{path}: holds only {''.join(sorted(present))}, which is nucleic acid; set 'alphabet: dna'")


# ---------------------------------------------------------------- filtering


def filter_alignment(
    alignment: Alignment,
    alphabet: Alphabet,
    max_column_gaps: float = 0.5,
    max_sequence_gaps: float = 0.5,
    duplicates: str = "drop",
    path: str | Path = "",
) -> Alignment:
    """Drop gapped columns, then gapped sequences, then repeats of an earlier sequence; each drop is audited.

    Parameters
    ----------
    max_column_gaps, max_sequence_gaps : float
        Largest share of gaps, 0 to 1, that a column or sequence may have and stay.
    duplicates : {'drop', 'keep'}

    Raises
    ------
    InputError
        If fewer than two columns or four sequences are left.
    """
    states, names, audit = alignment.sequences, alignment.names, list(alignment.audit)
    gaps = states == alphabet.gap if alphabet.gap is not None else np.zeros(states.shape, bool)
    shares = gaps.mean(axis=0) if len(states) else np.zeros(states.shape[1])
    columns = shares <= max_column_gaps
    audit += [
        ("column", str(alignment.columns[j]), f"gap fraction {shares[j]:.3f} > {max_column_gaps:g}")
        for j in np.flatnonzero(~columns)
    ]
    if columns.sum() < 2:
        raise InputError(
            f"{path}: {columns.sum()} of {columns.size} columns have at most {max_column_gaps:g} gaps, 2 are needed; "
            "raise filter.max_column_gaps or give a denser alignment"
        )
    states, gaps = states[:, columns], gaps[:, columns]
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
            f"{path}: {rows.sum()} of {rows.size} sequences pass the filters, at least 4 are needed; "
            "see 'filter' in the configuration or give more sequences"
        )
    kept = [names[m] for m in np.flatnonzero(rows)]
    return Alignment(kept, states[rows], alignment.columns[columns], audit)


def _first_occurrences(states: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    seen: dict[bytes, int] = {}
    repeats = []
    for m in np.flatnonzero(rows):
        first = seen.setdefault(states[m].tobytes(), int(m))
        if first != m:
            repeats.append((int(m), first))
    rows = rows.copy()
    rows[[m for m, _ in repeats]] = False
    return rows, repeats
