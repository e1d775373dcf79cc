"""From a file in any of the field's formats to an encoded, filtered alignment with an audit of what was dropped."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.msa.formats import MOST_COLUMNS, ParsedFile, parse_file

log = logging.getLogger(__name__)


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
        Every sequence, column or row of annotation that was dropped, in order.
    reference : str
        Name of the sequence whose residues number the columns.
    numbers, residues : np.ndarray
        (L,) number of that sequence's residue in each column, 0 where it has none, and the residue's symbol.
    match : np.ndarray or None
        (L,) whether a column is a match state of the profile that aligned the file, where the file says so.
    lines : list of int
        Line of the file at which each sequence begins; empty for sequences of no file.
    """

    names: list[str]
    sequences: np.ndarray
    columns: np.ndarray
    audit: list[tuple[str, str, str]] = field(default_factory=list)
    reference: str = ""
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    residues: np.ndarray = field(default_factory=lambda: np.zeros(0, "U1"))
    match: np.ndarray | None = None
    lines: list[int] = field(default_factory=list)

    def place(self, number: int) -> str:
        """Name a sequence and its line in the file, for messages.

        Parameters
        ----------
        number : int
            Of the sequence, from 0.

        Returns
        -------
        str
            Its line in the file, where it comes from one, and its name.
        """
        line = f"line {self.lines[number]}, " if self.lines else ""
        return f"{line}sequence {self.names[number]}"

    def audit_table(self) -> pd.DataFrame:
        """Tabulate what was dropped, and why.

        Returns
        -------
        pd.DataFrame
            One row for each: what (`sequence`, `column` or `annotation`), name, reason.
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

# Rows that HH-suite, Jalview and PROMALS3D add to the sequences: states of residues, and consensus sequences.
_ANNOTATION = re.compile(r"(ss|sa|aa)_[a-z]+|Consensus(_(aa|ss):?)?|.*_consensus|#_.*")
_SPAN = re.compile(r"/(\d{1,12})-(\d{1,12})$")
# Spans of several parts, or from numbers below 1, as CATH and the PDB have them.
_OTHER_SPAN = re.compile(r"/-?\d[\d,_:;-]*-[\d,_:;-]*\d$")


def read(path: str | Path, reference: str = "", alphabet: Alphabet | None = None) -> Alignment:
    """Read an alignment file: aligned FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln, told apart by content.

    Insertions (lower case and `.` in A2M, A3M and Stockholm) are dropped, and so are rows that are no sequences: states
    and consensus sequences of HH-suite, which the audit lists. Residues of the sequence called `reference`, else of the
    first, number the columns: from 1, or as a name such as `BPT1_BOVIN/39-91` says, downwards for `/91-39`.

    Parameters
    ----------
    path : path-like
        File, plain or compressed by gzip, bzip2 or xz.
    reference : str
        Name of the sequence that numbers the columns; empty: the first one.
    alphabet : Alphabet, optional
        Of the file; where it tells lower case from upper case, lower-case letters are residues, not insertions.

    Returns
    -------
    Alignment
        Its sequences hold the bytes of the file's symbols, still to be encoded.

    Raises
    ------
    InputError
        If the file is missing, empty, of no known format, not aligned or not one alignment, or has no sequence or
        several of that name.
    """
    is_cased = alphabet is not None and not alphabet.folds_case
    try:
        parsed, audit = _drop_annotation(path, parse_file(path, is_cased))
        if reference and reference not in parsed.names:
            note = " (that row is annotation)" if any(name == reference for _, name, _ in audit) else ""
            raise InputError(
                f"filter.reference: {path} has no sequence named {reference}{note}; its first is {parsed.names[0]}"
            )
        number = parsed.names.index(reference) if reference else 0
        for other, (name, row) in enumerate(zip(parsed.names, parsed.rows, strict=True)):
            if reference and name == reference and row != parsed.rows[number]:
                raise InputError(
                    f"filter.reference: {path}: different sequences on lines {parsed.lines[number]} and "
                    f"{parsed.lines[other]} are named {reference}; give each a name of its own"
                )
        return replace(_build_alignment(path, parsed, number, is_cased), audit=audit)
    except MemoryError:
        raise InputError(f"{path}: there is not enough memory to read it; give fewer sequences") from None


def read_rows(path: str | Path) -> tuple[list[str], list[str], bool]:
    """Read names and rows of an alignment file, insertions and all.

    Parameters
    ----------
    path : path-like
        As of `read`.

    Returns
    -------
    names, rows : list of str
        Without rows that are no sequences.
    is_aligned : bool
        Whether the rows are aligned as they stand; if not, their upper-case letters and `-` are, as in A3M.

    Raises
    ------
    InputError
        If the file is missing, empty, of no known format or not one alignment.
    """
    parsed, _ = _drop_annotation(path, parse_file(path))
    symbols = _as_array(path, parsed)
    return parsed.names, parsed.rows, symbols is not None and not _has_insertions(path, parsed, symbols)


def _drop_annotation(path: str | Path, parsed: ParsedFile) -> tuple[ParsedFile, list[tuple[str, str, str]]]:
    """Drop rows that are no sequences."""
    is_annotation = [bool(_ANNOTATION.fullmatch(_SPAN.sub("", name))) for name in parsed.names]
    if not any(is_annotation):
        return parsed, []
    audit = [("annotation", name, "no sequence") for name in compress(parsed.names, is_annotation)]
    if all(is_annotation):
        raise InputError(f"{path}: contains no sequence, but {len(audit)} rows of annotation such as {audit[0][1]}")
    is_sequence = [not flag for flag in is_annotation]
    names, rows = list(compress(parsed.names, is_sequence)), list(compress(parsed.rows, is_sequence))
    return parsed._replace(names=names, rows=rows, lines=list(compress(parsed.lines, is_sequence))), audit


def _build_alignment(path: str | Path, parsed: ParsedFile, reference: int, is_cased: bool) -> Alignment:
    """Drop insertions where the case of the letters marks them, and check that what is left is aligned."""
    if parsed.rows and len(parsed.rows[0]) > MOST_COLUMNS:
        raise InputError(f"{path}, {parsed.place(0)}: more than {MOST_COLUMNS:,} columns; give those of one domain")
    row, match = parsed.rows[reference], None
    numbers = _number_residues(path, parsed.names[reference], row)
    symbols = _as_array(path, parsed)
    if symbols is None or (not is_cased and _has_insertions(path, parsed, symbols)):
        symbols = _to_bytes(path, parsed, _strip_insertions(path, parsed))
        numbers = numbers[[not (c.islower() or c == ".") for c in row]]
    elif not is_cased:
        is_kept = _match_columns(symbols)
        if len(parsed.match) == len(is_kept):
            match = ~np.isin(list(parsed.match), list(".-~_ "))[is_kept]
        if not is_kept.all():
            log.info("%s: %d columns of insertions (lower case and .) are dropped", path, (~is_kept).sum())
        symbols, numbers = symbols[:, is_kept], numbers[is_kept]
    residues = np.where(numbers > 0, [chr(symbol) for symbol in symbols[reference]], "")
    return Alignment(
        parsed.names, symbols, np.arange(1, symbols.shape[1] + 1), lines=parsed.lines,
        reference=parsed.names[reference], numbers=numbers, residues=residues, match=match,
    )  # fmt: skip


def _number_residues(path: str | Path, name: str, row: str) -> np.ndarray:
    """Count to the residue at each symbol of a row, insertions counted, 0 at gaps."""
    residue = np.array([symbol not in "-.~_" for symbol in row])
    first, step = 1, 1
    begin, end = map(int, span.groups()) if (span := _SPAN.search(name)) else (0, 0)
    # A span that the residues do not fill is not theirs; names on the minus strand count down.
    if span and min(begin, end) > 0 and abs(end - begin) + 1 == residue.sum():
        first, step = begin, 1 if end >= begin else -1
    elif span:
        log.warning(
            "warning: %s: the reference %s has %d residues, not those that its name says; columns are numbered from 1",
            path, name, residue.sum(),
        )  # fmt: skip
    elif _OTHER_SPAN.search(name):
        log.warning(
            "warning: %s: the residues of the reference %s are numbered from 1, not as its name says; spans are read "
            "as in NAME/39-91", path, name[:60],
        )  # fmt: skip
    return np.where(residue, first + step * (residue.cumsum() - 1), 0)


def _as_array(path: str | Path, parsed: ParsedFile) -> np.ndarray | None:
    """Arrange the symbols of rows of one length in an array."""
    lengths = {len(row) for row in parsed.rows}
    return _to_bytes(path, parsed, parsed.rows) if len(lengths) == 1 and lengths != {0} else None


def _to_bytes(path: str | Path, parsed: ParsedFile, rows: list[str]) -> np.ndarray:
    symbols = np.empty((len(rows), len(rows[0])), np.uint8)
    for number, row in enumerate(rows):
        try:
            symbols[number] = np.frombuffer(row.encode("ascii"), np.uint8)
        except UnicodeEncodeError as error:
            symbol = row[error.start]
            raise InputError(f"{path}, {parsed.place(number)}: '{symbol}' is not a residue") from None
    return symbols


def iterate_blocks(symbols: np.ndarray) -> Iterator[np.ndarray]:
    """Iterate over blocks of rows, so that what is computed of them stays small.

    Parameters
    ----------
    symbols : np.ndarray
        (M, columns)

    Returns
    -------
    iterator of np.ndarray
        (m, columns) of ten million symbols at most, or of one row.
    """
    rows = max(1, 10_000_000 // symbols.shape[1])
    return (symbols[first : first + rows] for first in range(0, len(symbols), rows))


def _is_lower(symbols: np.ndarray) -> np.ndarray:
    return (symbols >= ord("a")) & (symbols <= ord("z"))


def _is_upper(symbols: np.ndarray) -> np.ndarray:
    return (symbols >= ord("A")) & (symbols <= ord("Z"))


def _match_columns(symbols: np.ndarray) -> np.ndarray:
    """Columns to keep: all, unless each column is purely match (upper case, `-`) or purely insert (lower case, `.`).

    That purity is what tells A2M from an alignment that merely has lower-case letters. `~` and `_` are gaps of either.
    """
    lower, dotted, match, upper = (np.zeros(symbols.shape[1], bool) for _ in range(4))
    for block in iterate_blocks(symbols):
        is_lower, is_dot = _is_lower(block), block == ord(".")
        lower |= is_lower.any(axis=0)
        dotted |= is_dot.any(axis=0)
        match |= ~(is_lower | is_dot | np.isin(block, list(b"~_"))).all(axis=0)
        upper |= _is_upper(block).any(axis=0)
    insert = ~match & (lower | dotted)
    is_pure = lower.any() and not (lower & match).any() and upper[~insert].any()
    return ~insert if is_pure else np.ones(len(insert), bool)


def _has_insertions(path: str | Path, parsed: ParsedFile, symbols: np.ndarray) -> bool:
    """Tell whether rows of one length are A3M with as many insertions in each, and not aligned as they stand.

    Rows of an alignment that merely has lower-case letters differ in how many; where they do not, and neither name nor
    first line says A3M, both readings are possible.
    """
    lower = False
    insertions: set[int] = set()
    for block in iterate_blocks(symbols):
        is_lower = _is_lower(block)
        counts = (is_lower | (block == ord("."))).sum(axis=1)
        insertions.update(np.where(_is_upper(block).any(axis=1), counts, -1).tolist())
        lower |= bool(is_lower.any())
    if len(insertions) > 1 or max(insertions) < 1 or not lower or not _match_columns(symbols).all():
        return False
    if not parsed.is_a3m:
        raise InputError(
            f"{path}: every row has {max(insertions)} lower-case letters, which may be insertions (A3M) or residues; "
            "name the file .a3m if they are insertions, else write them in upper case"
        )
    return True


def _strip_insertions(path: str | Path, parsed: ParsedFile) -> list[str]:
    stripped = [re.sub(r"[a-z.]", "", row) for row in parsed.rows]
    for number, row in enumerate(stripped):
        if len(row) != len(stripped[0]) or not row:
            for index, text in ((0, parsed.rows[0]), (number, parsed.rows[number])):
                if odd := re.search(r"[^!-~]", text):
                    raise InputError(
                        f"{path}, {parsed.place(index)}: {odd[0]!r} stands among the residues; remove such characters"
                    )
            raise InputError(
                f"{path}, {parsed.place(number)}: not aligned: {len(parsed.rows[number])} columns, {len(row)} without "
                f"insertions, where sequence {parsed.names[0]} has {len(parsed.rows[0])} and {len(stripped[0])}; "
                "align the sequences first"
            )
    return stripped


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
    row_names = [names[m] for m in np.flatnonzero(rows)]
    match = None if alignment.match is None else alignment.match[dense]
    by_column = {name: getattr(alignment, name)[dense] for name in ("columns", "numbers", "residues")}
    lines = list(compress(alignment.lines, rows))
    return replace(
        alignment, names=row_names, lines=lines, sequences=states[rows], audit=audit, match=match, **by_column
    )


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
