"""Tables of measured effects of mutations: of MaveDB, of ProteinGym, and of spreadsheets."""

import itertools
import logging
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pandas as pd
from Bio.SeqUtils import IUPACData

from temperance.core.alphabet import NAMED, Alphabet
from temperance.core.bounded_files import open_text
from temperance.core.cells import MISSING, clean_cell, explain_line, open_cells, parse_numbers
from temperance.core.errors import InputError

log = logging.getLogger(__name__)

_MUTANTS = ("mutant", "mutation", "mutations", "variant")
_SCORES = ("score", "dms_score", "fitness", "effect")
_WILD_TYPES = {"wt", "_wt", "_sy", "wild-type", "wildtype", "wild type", "=", "(=)"}
_ONE_LETTER = {name.upper(): letter for name, letter in IUPACData.protein_letters_3to1_extended.items()} | {"TER": "*"}
# What HGVS has besides substitutions: deletions, insertions, shifts of the frame, repeats, what is not known, lost
# starts, no protein; and residues that stay as they are.
_NO_SUBSTITUTION = re.compile(
    r"[A-Za-z*]{1,3}[0-9]\S*(del|dup|ins|fs|ext)\S*|[A-Za-z*]{1,3}[0-9]+(\?|\[[0-9]+\])|\?|0\??", re.IGNORECASE
)
_UNCHANGED = re.compile(r"[A-Za-z*]{1,3}[0-9]+_[A-Za-z*]{1,3}[0-9]+=|=")

Change = tuple[str, int, str]


def read_measured(path: str | Path, alphabet: Alphabet = NAMED["protein"]) -> pd.DataFrame:
    """Read a table of measured effects of mutations, separated by tabs, semicolons or commas, plain or gzipped.

    Rows of the wild type, without a substitution (deletions, say) or without a score are left out, and counted in
    the log. A mutant that MaveDB's table has several times, by changes of the DNA, has the mean of its scores.

    Parameters
    ----------
    path : str or Path
        File with a header and the columns mutant (`A12V`, several joined by `:`, `;`, `,`, `/` or blanks) or hgvs_pro
        (`p.Ala12Val`, `p.[Ala12Val;Gly30Ser]`; hgvs_nt, `n.12A>G`, of RNA and DNA) and score, or synonyms of these;
        other columns are ignored, and so are lines before the header that begin with `#`. Scores may have decimal
        commas.
    alphabet : Alphabet
        Symbols by which residues are named.

    Returns
    -------
    pandas.DataFrame
        One row a mutant with a score: mutant (`A12V:G30S`), measured, line (of the file).

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or has no mutant, or a line has no mutant or number, changes a
        residue twice, or has another score for the mutant of an earlier line; names file and line.
    """
    with open_text(path) as file:
        expected = {*_MUTANTS, *_SCORES, "hgvs_pro", "hgvs_nt"}
        header_line, header, rows = open_cells(file, _source(path), expected)
        mutant_column, score_column = _find_columns(path, header_line, header, alphabet)
        is_hgvs = header[mutant_column].startswith("hgvs")
        entries, left_out = [], Counter[str]()
        for line, cells in rows:
            mutant, score = clean_cell(cells[mutant_column]), clean_cell(cells[score_column])
            if not mutant and not is_hgvs:
                raise _error(path, line, "expected a mutant in the column " + header[mutant_column])
            if mutant.lower() in MISSING:
                left_out["without a mutant"] += 1
            elif (changes := _parse_mutant(path, line, mutant, alphabet)) is None:
                left_out["without a substitution"] += 1
            elif not changes:
                left_out["of the wild type"] += 1
            elif score.lower() in MISSING:
                left_out["without a score"] += 1
            else:
                name = ":".join(f"{wild}{number}{new}" for wild, number, new in changes)
                entries.append((name, score, line))
    if left_out:
        log.info("%s: left out are %s", path, ", ".join(f"{count} rows {kind}" for kind, count in left_out.items()))
    if not entries:
        reason = f" in columns {header[mutant_column]} and {header[score_column]}"
        raise InputError(f"mutants.table: {path}: has no mutant with a score{reason}")
    table = pd.DataFrame(entries, columns=["mutant", "measured", "line"])
    table["measured"] = parse_numbers(table["measured"], table["line"], _source(path))
    return _merge_repeated(path, table, use_mean="hgvs_nt" in header)


def _source(path: str | Path) -> str:
    return f"mutants.table: {path}"


def _error(path: str | Path, line: int, reason: str) -> InputError:
    return explain_line(_source(path), line, reason)


def _find_columns(path: str | Path, line: int, header: list[str], alphabet: Alphabet) -> tuple[int, int]:
    """Find the columns of mutants and of scores."""
    hgvs = "hgvs_nt" if alphabet.name in ("rna", "dna") else "hgvs_pro"
    positions = []
    for names in ((*_MUTANTS, hgvs), _SCORES):
        present = [name for name in names if name in header]
        name = present[0] if present else None
        if len(present) > 1:
            log.warning("warning: %s: of the columns %s, %s is read", path, " and ".join(present), name)
        if name is None or header.count(name) > 1:
            raise InputError(
                f"mutants.table: {path}, line {line}: its columns are {', '.join(header)[:200] or 'none'}; expected a "
                f"header with the columns mutant and score once each (or {', '.join((*_MUTANTS[1:], hgvs))}; "
                f"{', '.join(_SCORES[1:])}), separated by tabs, semicolons or commas"
            )
        positions.append(header.index(name))
    return positions[0], positions[1]


def _parse_mutant(path: str | Path, line: int, text: str, alphabet: Alphabet) -> list[Change] | None:
    """Parse the substitutions of a mutant, in the order of residues; empty for the wild type, None if it has others."""
    if single := _parse_change(text, alphabet):
        return [single] if single[0] != single[2] else []
    accession, _, rest = text.rpartition(":")
    body = rest if rest[1:2] == "." and not _parse_change(accession, alphabet) else text
    body = re.sub(r"\b[pnr]\." if ">" in body else r"\bp\.", "", body)
    body = re.sub(r"^\[(.*)\]$", r"\1", body).translate(str.maketrans("", "", "()"))
    if body.lower() in _WILD_TYPES:
        return []
    changes: list[Change] = []
    for word in re.split(r"[:,;/\s]+", body):
        if change := _parse_change(word, alphabet):
            changes.append(change)
        elif _NO_SUBSTITUTION.fullmatch(word):
            return None
        elif not _UNCHANGED.fullmatch(word):
            raise _error(path, line, f"'{text[:30]}'; expected A12V, A12V:G30S or p.Ala12Val")
    changes = sorted((change for change in changes if change[0] != change[2]), key=lambda change: change[1])
    for (_, number, _), (_, following, _) in itertools.pairwise(changes):
        if number == following:
            raise _error(path, line, f"'{text[:30]}' changes residue {number} twice")
    return changes


def _parse_change(word: str, alphabet: Alphabet) -> Change | None:
    """Parse a substitution: the residue, its number, and the new residue; None if it is none."""
    if match := _substitution(alphabet).fullmatch(word):
        wild, number, new = match.groups()
    elif alphabet.name == "protein":
        if not (match := re.fullmatch(r"([A-Za-z]{3})([0-9]{1,9})([A-Za-z]{3}|[*=])", word)):
            return None
        wild, new = (_ONE_LETTER.get(name.upper(), name) for name in match.group(1, 3))
        number = match[2]
        if len(wild + new) > 2:
            return None
    elif match := re.fullmatch(r"([0-9]{1,9})([A-Za-z])>([A-Za-z])", word):
        number, wild, new = match.groups()
    else:
        return None
    wild, new = (_read_symbol(name, alphabet) for name in (wild, wild if new == "=" else new))
    return wild, int(number), new


@cache
def _substitution(alphabet: Alphabet) -> re.Pattern[str]:
    symbol = f"[A-Za-z*{re.escape(alphabet.symbols)}-]"
    return re.compile(f"({symbol})([0-9]{{1,9}})({symbol}|=)")


@cache
def _read_symbol(symbol: str, alphabet: Alphabet) -> str:
    """Find the alphabet's symbol that is meant; what it does not have is an upper-case letter."""
    state = alphabet.codes()[ord(symbol)]
    return alphabet.symbols[state] if state < alphabet.q else symbol.upper()


def _merge_repeated(path: str | Path, table: pd.DataFrame, use_mean: bool) -> pd.DataFrame:
    """Keep one row a mutant; different scores of one are averaged, or refused."""
    groups = table.groupby("mutant", sort=False)["measured"]
    differs = (groups.transform("first") != table["measured"]).to_numpy()
    if differs.any() and not use_mean:
        row = int(differs.argmax())
        mutant = table["mutant"][row]
        first = int((table["mutant"] == mutant).to_numpy().argmax())
        raise _error(
            path, table["line"][row], f"{mutant} has score {table['measured'][row]:g}, and on line "
            f"{table['line'][first]} {table['measured'][first]:g}; give one score, their mean for example"
        )  # fmt: skip
    if differs.any():
        count = table["mutant"][differs].nunique()
        log.info("%s: %d mutants have several scores, of which the mean is taken", path, count)
    return table.assign(measured=groups.transform("mean")).drop_duplicates("mutant", ignore_index=True)
