"""Which symbol is which state, and which alphabet a family has."""

from collections import Counter

import numpy as np
import pytest

from temperance.core.alphabet import AMBIGUOUS, INVALID, alphabet, recognise
from temperance.core.errors import InputError


def states(name, symbols):
    return alphabet(name).codes()[np.frombuffer(symbols.encode(), np.uint8)].tolist()


@pytest.mark.parametrize(
    ("name", "symbols"), [("protein", "-ACDEFGHIKLMNPQRSTVWY"), ("rna", "-ACGU"), ("dna", "-ACGT")]
)
def test_states_are_the_gap_and_residues_in_alphabetical_order(name, symbols):
    letters = alphabet(name)
    assert (letters.name, letters.symbols, letters.q, letters.gap) == (name, symbols, len(symbols), 0)
    assert states(name, symbols) == list(range(len(symbols)))
    # `.` is a gap, too, and lower case is read as upper case.
    assert states(name, "." + symbols[1:].lower()) == list(range(len(symbols)))
    assert letters.decode(np.array([range(len(symbols)), [1] * len(symbols)], np.uint8)) == [
        symbols, "A" * len(symbols),
    ]  # fmt: skip


def test_ambiguous_residues_are_those_of_the_standard():
    for name, ambiguous in (("protein", "BJOUXZ*"), ("rna", "NRYSWKMBDHV"), ("dna", "NRYSWKMBDHV")):
        codes = alphabet(name).codes()
        assert {chr(byte) for byte in np.flatnonzero(codes == AMBIGUOUS)} == {*ambiguous, *ambiguous.lower()}
        known = {*alphabet(name).symbols, *ambiguous, *".~_"} | ({"T", "U"} if name != "protein" else set())
        assert {chr(byte) for byte in np.flatnonzero(codes == INVALID)} == {
            chr(byte) for byte in range(256)
        } - known - {symbol.lower() for symbol in known}


def test_u_and_t_are_read_as_each_other_in_nucleic_acids():
    assert states("rna", "UTut") == [4, 4, 4, 4]
    assert states("dna", "UTut") == [4, 4, 4, 4]


def test_symbols_of_ones_own_keep_their_order_and_case():
    letters = alphabet("10-")
    assert (letters.q, letters.gap, letters.name) == (3, 2, "10-")
    assert states("10-", "10-.") == [0, 1, 2, 2] and states("10-", "2") == [INVALID]
    assert alphabet("01").gap is None and states("01", ".-") == [INVALID, INVALID]
    # With lower-case symbols case counts; without, it does not.
    assert states("aB", "aAbB") == [0, INVALID, INVALID, 1] and not alphabet("aB").folds_case
    assert states("AB", "aAbB") == [0, 0, 1, 1] and alphabet("AB").folds_case


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("protien", "is unknown"), ("A", "does not list 2 to 64 different symbols"),
        ("ABA", "does not list 2 to 64"), ("A B", "reserve"), ("A>B", "reserve"), ("A#", "reserve"),
        ("A.", "reserve"), ("Aé", "reserve"), ("A\t", "reserve"),
        ("".join(map(chr, range(33, 33 + 65))), "does not list 2 to 64"),
    ],
)  # fmt: skip
def test_what_is_no_alphabet_is_refused(name, message):
    with pytest.raises(InputError, match=message):
        alphabet(name)


def test_the_largest_alphabet_has_64_symbols():
    symbols = "".join(symbol for symbol in map(chr, range(33, 127)) if symbol not in ">#.")[:64]
    assert alphabet(symbols).q == 64


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ACGT-ACGT", "dna"),
        ("acguacgu..", "rna"),
        ("ACGUUACGT", "rna"),  # U and T mixed: two of U, one of T
        ("ACGUTTACG", "dna"),  # one of U, two of T
        ("ACGTRYACGTKM", "dna"),  # 8 bases of 12 letters
        ("ACRY", "dna"),  # half of them bases
        ("ACRYS", "protein"),  # fewer than half: 2 of 5
        ("ACGUNNNNNNNNXX", "rna"),  # N and X, unknown bases, do not count
        ("ACGTACGTE", "protein"),  # one residue of nine that is no code of nucleic acid
        ("ACGTACGTAE", "dna"),  # one of ten
        ("NNNN", "protein"),  # asparagine, no base known
        ("ACDEFGHIKLMNPQRSTVWYBJOUXZ*", "protein"),
        ("ACDE1", ""),
        ("01", ""),
        ("-.~_", ""),
        ("", ""),
    ],
)
def test_an_alphabet_is_recognised_by_its_residues(text, name):
    assert recognise(Counter(text)) == name


@pytest.mark.parametrize("name", ["protein", "rna", "dna", "AB-"])
def test_all_that_files_write_for_a_gap_is_the_gap(name):
    letters = alphabet(name)
    assert {int(letters.codes()[ord(symbol)]) for symbol in "-.~_"} == {letters.gap}


def test_a_symbol_of_an_alphabet_is_no_gap_there():
    codes = alphabet("A_-").codes()
    assert [codes[ord(symbol)] for symbol in "A_-~"] == [0, 1, 2, 2]
    assert [alphabet("01").codes()[ord(symbol)] for symbol in ".~_"] == [INVALID] * 3
    assert alphabet("protein").codes()[ord("x")] == AMBIGUOUS
