"""Letters of an alignment as states of an alphabet, which is recognised where it is plain."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import compress
from pathlib import Path

import numpy as np

from temperance.core.alphabet import AMBIGUOUS, GAPS, INVALID, Alphabet, recognise
from temperance.core.errors import InputError
from temperance.msa.alignment import Alignment, iterate_blocks

# Letters that proteins hardly have: pyrrolysine, one residue of a few methanogens' enzymes, and a mass spectrometrist's
# leucine or isoleucine. English has one O in thirteen letters. Beyond this share and number a file is text.
_RARE, _MOST_RARE, _FEWEST_RARE = "OJ", 0.02, 10


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
        If a symbol is not of the alphabet, or the sequences are nucleic acid or prose and the alphabet is protein; if a
        residue is ambiguous where that is an error, or to be replaced by a gap in an alphabet without one.
    """
    counts = np.sum(
        [np.bincount(block.ravel(), minlength=256) for block in iterate_blocks(alignment.sequences)], axis=0
    )
    residues = {chr(byte): int(counts[byte]) for byte in np.flatnonzero(counts)}
    recognised = recognise(residues)
    if alphabet.name == "protein" and recognised in ("dna", "rna"):
        residue_count = sum(count for symbol, count in residues.items() if symbol not in GAPS)
        base_count = sum(count for symbol, count in residues.items() if symbol.upper() in "ACGTU")
        raise InputError(
            f"{path}: {100 * base_count / residue_count:.0f} % of its letters are bases, which is nucleic acid; set "
            f"'alphabet: {recognised}' ('alphabet: {alphabet.symbols}' if it is protein all the same)"
        )
    if alphabet.name == "protein":
        _check_prose(residues, path)
    states = alphabet.codes()[alignment.sequences]
    if (alphabet.codes()[[ord(symbol) for symbol in residues]] == INVALID).any():
        row, column = next(
            (row, int(np.argmax(invalid))) for row in range(len(states)) if (invalid := states[row] == INVALID).any()
        )
        symbol = chr(alignment.sequences[row, column])
        raise InputError(
            f"{path}, {alignment.place(row)}, column {column + 1}: '{symbol}' is not in the alphabet {alphabet.name}; "
            f"{_suggest(alphabet, recognised, symbol)}"
        )
    has_ambiguous = (states == AMBIGUOUS).any(axis=1)
    audit = list(alignment.audit)
    if has_ambiguous.any() and ambiguous == "error":
        row = int(np.argmax(has_ambiguous))
        raise InputError(
            f"{path}, {alignment.place(row)}: contains an ambiguous residue; remove it or set "
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
    names, lines = list(compress(alignment.names, keep)), list(compress(alignment.lines, keep))
    return replace(alignment, names=names, lines=lines, sequences=states, audit=audit)


def _check_prose(counts: Mapping[str, int], path: str | Path) -> None:
    """Refuse text of words, which has the letter O far more often than any family of proteins."""
    residues = sum(count for symbol, count in counts.items() if symbol not in GAPS)
    rare = sum(count for symbol, count in counts.items() if symbol.upper() in _RARE)
    if rare >= _FEWEST_RARE and rare > _MOST_RARE * residues:
        raise InputError(
            f"{path}: {100 * rare / residues:.0f} % of its letters are O or J, which proteins hardly have: it looks "
            "like text, not sequences; give an alignment"
        )


def _suggest(alphabet: Alphabet, recognised: str, symbol: str) -> str:
    """Suggest what to do about a symbol that is not of the alphabet."""
    if recognised not in ("", alphabet.name):
        return f"the file contains {recognised}: set 'alphabet: {recognised}'"
    unknown = {"protein": "X", "rna": "N", "dna": "N"}.get(alphabet.name)
    if unknown and symbol.isdigit():
        return "remove the numbers from the lines of residues"
    if unknown and symbol == ";":
        return "remove lines of comments, which begin with ;"
    if unknown:
        return f"write {unknown} for a residue that is not known, - for a gap"
    return "list every symbol of the file in 'alphabet'"
