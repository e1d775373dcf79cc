"""Which symbols an alignment may hold and which number stands for each."""

from dataclasses import dataclass

import numpy as np

from temperance.core.errors import InputError

GAP = "-"
INVALID = 255
AMBIGUOUS = 254


@dataclass(frozen=True)
class Alphabet:
    """Ordered states of a site.

    Attributes
    ----------
    name : str
        `protein`, `rna`, `dna` or, for a custom alphabet, its symbols.
    symbols : str
        State k is written as `symbols[k]`; the gap, where there is one, is `-`.
    ambiguous : str
        Symbols of the standard that stand for several residues or for unusual ones.
    """

    name: str
    symbols: str
    ambiguous: str = ""
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def q(self) -> int:
        """Number of states."""
        return len(self.symbols)

    @property
    def gap(self) -> int | None:
        """State of the gap, None in an alphabet without one."""
        return self.symbols.index(GAP) if GAP in self.symbols else None

    @property
    def folds_case(self) -> bool:
        """Whether lower case stands for the same letters as upper case."""
        return self.symbols.upper() == self.symbols

    def codes(self) -> np.ndarray:
        """Lookup table, (256,) uint8: byte to state, AMBIGUOUS or INVALID."""
        table = np.full(256, INVALID, np.uint8)
        for symbol in self.ambiguous:
            table[ord(symbol)] = AMBIGUOUS
        for state, symbol in enumerate(self.symbols):
            table[ord(symbol)] = state
        for other, symbol in self.synonyms:
            table[ord(other)] = table[ord(symbol)]
        if self.gap is not None and table[ord(".")] == INVALID:
            table[ord(".")] = self.gap
        if self.folds_case:
            table[ord("a") : ord("z") + 1] = table[ord("A") : ord("Z") + 1]
        return table

    def decode(self, sequences: np.ndarray) -> list[str]:
        """Sequences (M, L) uint8 as aligned strings."""
        letters = np.frombuffer(self.symbols.encode("ascii"), np.uint8)[sequences]
        return [row.tobytes().decode("ascii") for row in letters]


_NUCLEIC = "NRYSWKMBDHV"
NAMED = {
    "protein": Alphabet("protein", "-ACDEFGHIKLMNPQRSTVWY", "BJOUXZ*"),
    "rna": Alphabet("rna", "-ACGU", _NUCLEIC, (("T", "U"),)),
    "dna": Alphabet("dna", "-ACGT", _NUCLEIC, (("U", "T"),)),
}


def alphabet(name: str) -> Alphabet:
    """Find the alphabet called `name`, or make a custom one whose symbols `name` lists.

    Raises
    ------
    InputError
        If `name` is neither.
    """
    if name in NAMED:
        return NAMED[name]
    right = f"give {', '.join(NAMED)}, or the symbols of your own such as '-ACGU' or '01'"
    if name.isalpha() and name.islower():
        raise InputError(f"alphabet: '{name}' is not known; {right}")
    if not 2 <= len(name) <= 64 or len(set(name)) < len(name):
        raise InputError(f"alphabet: '{name}' does not list 2 to 64 different symbols; {right}")
    if not name.isascii() or not name.isprintable() or any(symbol in " >#." for symbol in name):
        raise InputError(f"alphabet: '{name}' has a symbol that alignment files reserve; {right}")
    return Alphabet(name, name)
