"""Which symbols an alignment may hold and which number stands for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from temperance.core.errors import InputError

GAP = "-"
# What files write for gaps: . of insert columns, ~ and _ where a sequence is not known (HMMER, GCG).
GAPS = "-.~_"
INVALID = 255
AMBIGUOUS = 254


@dataclass(frozen=True)
class Alphabet:
    """Ordered states that a site can take.

    Attributes
    ----------
    name : str
        `protein`, `rna`, `dna` or, for a custom alphabet, its symbols.
    symbols : str
        State k is written as `symbols[k]`; the gap, where there is one, is `-`.
    ambiguous : str
        Symbols of the standard that stand for several residues or for unusual ones.
    synonyms : tuple of (str, str)
        Pairs of a further symbol and the one of `symbols` that it is read as, such as T for U in RNA.
    """

    name: str
    symbols: str
    ambiguous: str = ""
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def q(self) -> int:
        """Count the states.

        Returns
        -------
        int
            Number of states q, that of the gap included.
        """
        return len(self.symbols)

    @property
    def gap(self) -> int | None:
        """Find the state of the gap.

        Returns
        -------
        int or None
            None in an alphabet without a gap.
        """
        return self.symbols.index(GAP) if GAP in self.symbols else None

    @property
    def folds_case(self) -> bool:
        """Tell whether lower-case symbols are read as their upper-case ones.

        Returns
        -------
        bool
            True where no symbol is a lower-case letter.
        """
        return self.symbols.upper() == self.symbols

    def codes(self) -> np.ndarray:
        """Tabulate the state of each byte of an alignment file.

        Returns
        -------
        np.ndarray
            (256,) uint8: byte to state, AMBIGUOUS or INVALID.
        """
        table = np.full(256, INVALID, np.uint8)
        for symbol in self.ambiguous:
            table[ord(symbol)] = AMBIGUOUS
        for state, symbol in enumerate(self.symbols):
            table[ord(symbol)] = state
        for synonym, symbol in self.synonyms:
            table[ord(synonym)] = table[ord(symbol)]
        for symbol in GAPS:
            if self.gap is not None and table[ord(symbol)] == INVALID:
                table[ord(symbol)] = self.gap
        if self.folds_case:
            table[ord("a") : ord("z") + 1] = table[ord("A") : ord("Z") + 1]
        return table

    def encode(self, sequences: Sequence[str]) -> np.ndarray:
        """Read aligned strings of equal length, as `decode` writes them.

        Parameters
        ----------
        sequences : sequence of str
            M strings of L symbols.

        Returns
        -------
        np.ndarray
            (M, L) uint8 states.

        Examples
        --------
        >>> NAMED["rna"].encode(["A-U"]).tolist()
        [[1, 0, 4]]
        """
        return self.codes()[np.array([list(row.encode("ascii")) for row in sequences], np.uint8)]

    def decode(self, sequences: np.ndarray) -> list[str]:
        """Write sequences of states as aligned strings.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8 states.

        Returns
        -------
        list of str
            M strings of L symbols.

        Examples
        --------
        >>> import numpy as np
        >>> NAMED["rna"].decode(np.array([[1, 0, 4]], np.uint8))
        ['A-U']
        """
        symbols = np.frombuffer(self.symbols.encode("ascii"), np.uint8)[sequences]
        return [row.tobytes().decode("ascii") for row in symbols]


_NUCLEIC = "NRYSWKMBDHV"
NAMED = {
    "protein": Alphabet("protein", "-ACDEFGHIKLMNPQRSTVWY", "BJOUXZ*"),
    "rna": Alphabet("rna", "-ACGU", _NUCLEIC, (("T", "U"),)),
    "dna": Alphabet("dna", "-ACGT", _NUCLEIC, (("U", "T"),)),
}


def alphabet(name: str) -> Alphabet:
    """Find the alphabet called `name`, or make a custom one whose symbols `name` lists.

    Parameters
    ----------
    name : str
        `protein`, `rna`, `dna`, or 2 to 64 different printable ASCII symbols.

    Returns
    -------
    Alphabet
        States in the order in which the symbols stand.

    Raises
    ------
    InputError
        If `name` is neither.

    Examples
    --------
    >>> alphabet("rna").q, alphabet("01").symbols, alphabet("01").gap
    (5, '01', None)
    """
    if name in NAMED:
        return NAMED[name]
    hint = f"expected {', '.join(NAMED)}, or the symbols of your own alphabet, such as '-ACGU' or '01'"
    if name.isalpha() and name.islower():
        raise InputError(f"alphabet: '{name}' is unknown; {hint}")
    if not 2 <= len(name) <= 64 or len(set(name)) < len(name):
        raise InputError(f"alphabet: '{name}' does not list 2 to 64 different symbols; {hint}")
    if not name.isascii() or not name.isprintable() or any(symbol in " >#." for symbol in name):
        raise InputError(f"alphabet: '{name}' contains a symbol that alignment files reserve; {hint}")
    return Alphabet(name, name)


def recognise(residues: Mapping[str, int]) -> str:
    """Recognise the alphabet of a family by its residues.

    Of nucleic acid nine in ten letters are bases, or half of them and all others their ambiguity codes; N and X do not
    count. A fifth of the residues of proteins are letters of bases, and a third (E, F, I, L, P, Q) no codes at all:
    that n residues have none of these has a probability of about 0.65^n, 2e-19 for a hundred.

    Parameters
    ----------
    residues : mapping
        Symbol -> how often it occurs; gaps and case do not matter.

    Returns
    -------
    {'protein', 'rna', 'dna', ''}
        Empty where it is none of these, or nothing but gaps.

    Examples
    --------
    >>> recognise({"A": 5, "C": 4, "G": 4, "u": 5, "R": 1, "-": 9}), recognise({"A": 5, "G": 4, "E": 2})
    ('rna', 'protein')
    """
    counts: dict[str, int] = {}
    for symbol, count in residues.items():
        if symbol not in GAPS:
            counts[symbol.upper()] = counts.get(symbol.upper(), 0) + count
    bases = sum(counts.get(base, 0) for base in "ACGTU")
    unambiguous = sum(count for letter, count in counts.items() if letter not in "NX")
    least = 0.5 if counts.keys() <= set("ACGTUX" + _NUCLEIC) else 0.9
    if bases and bases >= least * unambiguous:
        return "rna" if counts.get("U", 0) > counts.get("T", 0) else "dna"
    protein = NAMED["protein"]
    return "protein" if counts and counts.keys() <= set(protein.symbols + protein.ambiguous) else ""
