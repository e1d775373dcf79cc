"""Rows of an alignment file in any of the field's formats, told apart by content."""

import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from Bio.SeqIO.FastaIO import SimpleFastaParser
from pyhmmer.easel import MSAFile
from pyhmmer.errors import EaselError

from temperance.core.errors import InputError
from temperance.core.opening import open_input

Line = tuple[int, str]
# Beyond these a file is no alignment that a model can be learnt from, or a bomb.
_LONGEST_LINE, _MOST_LINES, _MOST_CHARACTERS = 1_000_000, 10_000_000, 500_000_000
_MOST_SEQUENCES, MOST_COLUMNS = 5_000_000, 100_000

_EXPECTED = "expected FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln"
_CLUSTAL = re.compile(r"(CLUSTAL\w*|MUSCLE|PROBCONS|MSAPROBS|Kalign)\b")
# What stands below the columns of a Clustal block: marks of conservation, or a ruler.
_CONSERVATION = "*:.+ \t\r\n0123456789"
# The first line of formats that are not read, and what they are, in any case of letters.
_OTHER_FORMATS = {
    r"\s*\d+\s+\d+(\s+[A-Z]+)?\s*$": "PHYLIP",
    r"#NEXUS": "NEXUS",
    r"!!|PileUp|.*\bMSF:": "MSF",
    r"#mega": "MEGA",
    r"#\s*STOCKHOLM": "Stockholm without its first line '# STOCKHOLM 1.0'",
    r"C;": "PIR",
    r"#=": "SELEX",
    r"HMMER\d": "a profile of HMMER",
    r"HHsearch \d": "a profile of HH-suite",
    r"<": "a web page, XML or an ensemble of MUSCLE",
    r"@": "FASTQ",
    r"T-COFFEE, Version": "scores of T-Coffee",
    r"\S+\s+[A-Za-z.~_-]{10,}$": "SELEX, PSI-BLAST or other lines of names and residues",
}
_PIR = re.compile(r"(P1|F1|DL|DC|RL|RC|N1|N3|XX);")


class ParsedFile(NamedTuple):
    """Hold the rows of an alignment file as they stand there.

    Attributes
    ----------
    names : list of str
        Names of the rows.
    rows : list of str
        Symbols of the rows.
    lines : list of int
        Number of the line at which each row begins.
    match : str
        Reference line of a Stockholm file, which marks match states; empty where there is none.
    is_a3m : bool
        Whether the file's name or its first line says that it is A3M.
    """

    names: list[str]
    rows: list[str]
    lines: list[int]
    match: str = ""
    is_a3m: bool = False

    def place(self, number: int) -> str:
        """Describe where a row stands.

        Parameters
        ----------
        number : int
            Of the row, from 0.

        Returns
        -------
        str
            Its line and its name.
        """
        return f"line {self.lines[number]}, sequence {self.names[number]}"


def parse_file(path: str | Path, is_cased: bool = False) -> ParsedFile:
    """Parse an alignment file: aligned FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln.

    Parameters
    ----------
    path : path-like
        File, plain or compressed by gzip, bzip2 or xz.
    is_cased : bool
        Whether lower-case letters may be residues of PSICOV .aln.

    Returns
    -------
    ParsedFile

    Raises
    ------
    InputError
        If the file is missing, empty, of no known format, damaged or too large, or holds several alignments.
    """
    lines = _read_lines(path)
    first = next((line for line in lines if line[1].replace("\0", " ").strip()), None)
    if first is None:
        raise InputError(f"{path}: the file is empty or has only NUL bytes; expected an alignment")
    text = first[1].lstrip("\0")
    if text.startswith("# STOCKHOLM"):
        return _parse_stockholm(path, _without_nul(path, chain([first], lines)))
    # A3M may open with a line of its own, such as "#A3M#" or ColabFold's lengths.
    following = first
    while following[1].startswith("#") and (line := next(lines, None)):
        following = line if line[1].strip() else following
    if following[1].lstrip("\0").startswith(">"):
        parsed = _parse_fasta(path, chain([following], lines))
        return parsed._replace(is_a3m=following is not first or ".a3m" in Path(path).name.lower())
    if _CLUSTAL.match(text):
        return _parse_clustal(path, _without_nul(path, lines))
    return _parse_psicov(path, _without_nul(path, chain([first], lines)), is_cased)


# ---------------------------------------------------------------- lines


def _read_lines(path: str | Path) -> Iterator[Line]:
    """Read numbered lines, each with its end; no more than a computer can hold."""
    with open_input(path, "an alignment") as file:
        total = 0
        # Latin-1 never fails, so that a line that is not text is known by its number.
        text = io.TextIOWrapper(file, encoding="latin-1")
        for number in count(1):
            line = text.readline(_LONGEST_LINE + 1)
            total += len(line)
            if len(line) > _LONGEST_LINE:
                raise InputError(
                    f"{path}, line {number}: longer than {_LONGEST_LINE:,} characters; break it into lines"
                )
            if total > _MOST_CHARACTERS or number > _MOST_LINES:
                raise InputError(
                    f"{path}, line {number}: the file has more than {_MOST_CHARACTERS:,} characters or "
                    f"{_MOST_LINES:,} lines; give fewer sequences"
                )
            if not line:
                return
            yield number, line if line.isascii() else _decode(path, number, line)


def _decode(path: str | Path, number: int, line: str) -> str:
    content = line.encode("latin-1")
    if number == 1 and content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: not text in UTF-8 but in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Names and remarks may be in the older encoding of Western Europe; residues, which follow a name, are ASCII.
        words = line.split(maxsplit=1)
        if line.startswith((">", "#")) or (number > 1 and len(words) == 2 and words[1].isascii()):
            return content.decode("cp1252", errors="replace")
        raise _not_text(path, number) from None


def _not_text(path: str | Path, number: int) -> InputError:
    return InputError(f"{path}, line {number}: not text; {_EXPECTED}")


def _describe_nul(path: str | Path, number: int, line: str) -> InputError:
    if any(ord(symbol) < ord(" ") and symbol not in "\0\t\r\n" for symbol in line):
        return _not_text(path, number)
    return InputError(f"{path}, line {number}: contains a NUL byte; remove such bytes (tr -d '\\000')")


def _without_nul(path: str | Path, lines: Iterable[Line]) -> Iterator[Line]:
    """Pass over lines of NUL bytes, by which databases of MMseqs2 end an entry."""
    for number, line in lines:
        if "\0" not in line:
            yield number, line
        elif line.replace("\0", " ").strip():
            raise _describe_nul(path, number, line)


# ---------------------------------------------------------------- formats


def _parse_fasta(path: str | Path, lines: Iterable[Line]) -> ParsedFile:
    starts: list[int] = []
    # Rows that begin another entry of a database of MMseqs2: a NUL byte stands before them.
    entries: list[int] = []

    def text() -> Iterator[str]:
        length, is_after_nul = 0, False
        for number, whole in lines:
            for index, line in enumerate(whole.split("\0")) if "\0" in whole else ((0, whole),):
                is_after_nul |= index > 0
                if not line or (is_after_nul and (line.startswith("#") or not line.strip())):
                    continue
                if is_after_nul and starts:
                    if not line.startswith(">"):
                        raise _describe_nul(path, number, whole)
                    entries.append(len(starts))
                is_after_nul = False
                length = 0 if line.startswith(">") else length + len(line)
                if length > _LONGEST_LINE:
                    raise InputError(f"{path}, line {number}: a sequence of more than {_LONGEST_LINE:,} characters")
                if line.startswith(">"):
                    starts.append(number)
                    _check_count(path, number, len(starts))
                yield line

    names, rows = [], []
    for number, (title, row) in enumerate(SimpleFastaParser(text()), 1):
        names.append((title.split() or [f"sequence_{number}"])[0])
        rows.append(row.replace("\t", ""))
    if _PIR.match(names[0]):
        raise InputError(f"{path}, line {starts[0]}: '>{names[0]}' opens a file in PIR format; {_EXPECTED}")
    for first in entries:
        if rows[first] != rows[0]:
            raise InputError(
                f"{path}, line {starts[first]}: an alignment of another query begins, {names[first]} after {names[0]}: "
                f"the file is a database of {len(entries) + 1} alignments (MMseqs2); give one in a file of its own"
            )
    return ParsedFile(names, rows, starts)


def _check_count(path: str | Path, number: int, sequences: int) -> None:
    if sequences > _MOST_SEQUENCES:
        raise InputError(f"{path}, line {number}: more than {_MOST_SEQUENCES:,} sequences; give fewer")


def _parse_stockholm(path: str | Path, lines: Iterable[Line]) -> ParsedFile:
    content = bytearray()
    starts: dict[str, int] = {}
    titles: list[str] = []
    alignments, has_ended, counted = 0, False, ""
    try:
        for number, line in lines:
            if line.startswith("# STOCKHOLM"):
                alignments += 1
            elif line.startswith(("#=GF ID", "#=GF AC")) and len(titles) < min(alignments, 3):
                titles.append(line[7:].strip())
            if alignments > 1:
                continue
            if line.startswith("//"):
                has_ended = True
            elif line.startswith("#"):
                # Remarks may be damaged or of any encoding: only the line of match states is of use.
                if not (line.startswith("# STOCKHOLM") or line.split()[:2] == ["#=GC", "RF"]):
                    continue
            elif has_ended and line.strip():
                raise InputError(f"{path}, line {number}: '{line[:30].strip()}' stands after '//', the alignment's end")
            elif (words := line.split(maxsplit=1)) and words[0] not in starts:
                starts[words[0]] = number
                _check_count(path, number, len(starts))
            content += line.encode()
    except InputError:
        # Several alignments are what is wrong with a file that is too large to be counted through.
        if alignments < 2:
            raise
        counted = "at least "
    if alignments > 1:
        named = f" ({', '.join(titles)}{', ...' if alignments > 3 else ''})" if titles else ""
        raise InputError(
            f"{path}: contains {counted}{alignments:,} alignments{named}; choose one: give its lines, from "
            "'# STOCKHOLM 1.0' to '//', in a file of its own"
        )
    # Easel's reader: Biopython's takes a file that ends early for a whole one.
    try:
        with MSAFile(io.BytesIO(content), format="stockholm", digital=False) as file:
            msa = file.read()
    except (ValueError, EaselError) as error:
        reason = str(error).split(": ")[-1]
        if twice := re.fullmatch(r"duplicate seq name (.*)", reason):
            raise InputError(f"{path}: sequence {twice[1]} stands twice; give each a name of its own") from None
        raise InputError(f"{path}: not a complete Stockholm alignment: {reason}") from None
    if msa is None:
        raise InputError(f"{path}: the Stockholm alignment contains no sequence")
    return ParsedFile(list(msa.names), list(msa.alignment), list(starts.values()), msa.reference or "")


def _parse_clustal(path: str | Path, lines: Iterable[Line]) -> ParsedFile:
    # Our own: Biopython's reader never returns from a file that ends after its header, and Easel's refuses files of
    # BioPerl and Jalview, which have no lines of conservation.
    names: list[str] = []
    starts: dict[str, int] = {}
    pieces: list[list[str]] = []
    columns, position, is_first = 0, 0, True
    for number, line in chain(lines, [(0, "\n")]):
        if not line.strip(_CONSERVATION):
            if 0 < position < len(names):
                where = f"line {number}" if number else "its end"
                raise InputError(
                    f"{path}, {where}: the block has {position} sequences, the first {len(names)}; is the file whole?"
                )
            position, is_first = 0, is_first and not names
            continue
        match = re.fullmatch(r"(\S+)\s+([A-Za-z.*~_-]+)(\s+\d+)?\s*", line)
        name, residues = match.groups()[:2] if match else ("", "")
        if _CLUSTAL.match(line) and name not in starts and not is_first:
            raise InputError(f"{path}, line {number}: another alignment begins; give each in a file of its own")
        if not match:
            raise InputError(f"{path}, line {number}: '{line[:30].strip()}' is not a name without spaces, and residues")
        if is_first:
            if name in starts:
                raise InputError(
                    f"{path}, line {number}: sequence {name} stands twice in a block; give each a name of its own"
                )
            names.append(name)
            starts[name] = number
            pieces.append([])
            _check_count(path, number, len(names))
        elif position == len(names) or name != names[position]:
            raise InputError(f"{path}, line {number}: sequence {name} does not stand here in the first block")
        pieces[position].append(residues)
        columns += len(residues) if position == 0 else 0
        if columns > MOST_COLUMNS:
            raise InputError(f"{path}, line {number}: more than {MOST_COLUMNS:,} columns; give those of one domain")
        position += 1
    if not names:
        raise InputError(f"{path}: the Clustal alignment contains no sequence")
    return ParsedFile(names, ["".join(parts) for parts in pieces], list(starts.values()))


def _parse_psicov(path: str | Path, lines: Iterable[Line], is_cased: bool) -> ParsedFile:
    # No lower case: words of equal length would be read as a family.
    row = re.compile(r"[A-Za-z0-9.*~_-]+" if is_cased else r"[A-Z0-9.*~_-]+")
    rows: list[str] = []
    numbers: list[int] = []
    for number, line in lines:
        text = line.strip()
        if text and not row.fullmatch(text):
            if rows:
                raise InputError(
                    f"{path}, line {number}: '{text[:30]}' is not a row of residues in upper case; {_EXPECTED}"
                )
            other = next(
                (f" ({name})" for pattern, name in _OTHER_FORMATS.items() if re.match(pattern, line, re.IGNORECASE)), ""
            )
            raise InputError(f"{path}, line {number}: '{text[:30]}' starts no known format{other}; {_EXPECTED}")
        if text:
            rows.append(text)
            numbers.append(number)
            _check_count(path, number, len(rows))
    return ParsedFile([f"line_{number}" for number in numbers], rows, numbers)
