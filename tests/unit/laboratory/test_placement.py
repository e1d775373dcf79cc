"""Measured sequences in the columns of a family of five, of which the first and the last but one were left out."""

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.laboratory.placement import place_sequences

PROTEIN = alphabet("protein")
# Of seven columns those numbered 2, 3, 4, 5 and 7 were kept.
COLUMNS, READ = np.array([2, 3, 4, 5, 7]), 7


def encode(*rows, letters=PROTEIN):
    return np.array([[letters.symbols.index(symbol) for symbol in row] for row in rows], np.uint8)


def place(*rows, natural=None, columns=COLUMNS, read=READ, letters=PROTEIN):
    table = pd.DataFrame({"source": "measured.table: x.tsv", "line": range(2, 2 + len(rows)), "sequence": rows})
    natural = encode("ACDEF", "ACDEF", letters=letters) if natural is None else natural
    return letters.decode(place_sequences(table, columns, read, natural, letters))


def test_aligned_sequences_have_the_columns_that_were_read_or_those_that_were_kept():
    assert place("WACDEWF", "wa-d.WX") == ["ACDEF", "A-D--"]
    assert place("ACDEF", "A-XEF") == ["ACDEF", "A--EF"]
    # An alphabet without gaps: what is no state is the commonest one of the column.
    rna = alphabet("ACGU")
    assert place(
        "AU", natural=encode("AU", "CU", "CU", letters=rna), columns=np.array([1, 2]), read=2, letters=rna
    ) == ["AU"]


@pytest.mark.parametrize(("rows", "kind"), [(("GCTTG", "GCATG"), "dna"), (("gcuug", "gcaug"), "rna")])
def test_genes_are_not_taken_for_proteins(rows, kind):
    message = f"measured.table: x.tsv: its sequences are {kind}, not protein; translate them"
    with pytest.raises(InputError) as raised:
        place(*rows)
    assert str(raised.value) == message
    letters = alphabet(kind)
    natural, columns = encode("ACG", letters=letters), np.array([1, 3, 5])
    placed = place(*rows, natural=natural, columns=columns, read=5, letters=letters)
    assert placed == [row.upper()[::2] for row in rows]


def test_two_tables_may_be_aligned_differently():
    table = pd.DataFrame({"source": ["a", "b", "b"], "line": [2, 2, 3], "sequence": ["WACDEWF", "ACDEF", "GCDEF"]})
    assert PROTEIN.decode(place_sequences(table, COLUMNS, READ, encode("ACDEF"), PROTEIN)) == [
        "ACDEF", "ACDEF", "GCDEF",
    ]  # fmt: skip


def test_sequences_without_gaps_are_aligned_by_the_familys_profile():
    """Twenty relatives of one sequence; a residue is missing in the first, and two are added in the second."""
    rng = np.random.default_rng(0)
    motif = "MKWVTFISLLFLFSSAYSRGVFRRDAHKSE"
    natural = np.repeat(encode(motif), 20, axis=0)
    natural[rng.random(natural.shape) < 0.1] = 5
    columns = np.arange(1, 31)
    missing, added = motif[:12] + motif[13:], motif[:15] + "PP" + motif[15:]
    placed = place(missing, added, "GGGG" + motif + "*", natural=natural, columns=columns, read=30)
    assert placed[0].replace("-", "") == missing and len(placed[0]) == 30 and placed[0].count("-") == 1
    assert placed[1:] == [motif, motif]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("ACDEF", "AC1EF"), "x.tsv, line 3: the sequence has '1' at position 3, which is no symbol of the alphabet"),
        (("ACDEF", "A-CDEF"), "line 3: the sequence has 6 symbols; aligned sequences have 7 symbols, as the alignment "
                              "has columns, or 5, as were kept of them, all of a table alike, and others have no gaps"),
        (("A-CDEF", "A-CDEF"), "line 2: the sequence has 6 symbols"),
        (("AC-EF", "WACDEWF"), "line 2: the sequence has 5 symbols"),
        (("AC", "*"), "line 3: the sequence has no residue"),
        (("WWW", "WWWWWW"), "line 2: the sequence covers [0-9]+% of the family's columns; is it of this family?"),
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_refused_by_line(rows, message):
    natural = np.repeat(encode("ACDEF"), 9, axis=0)
    with pytest.raises(InputError, match=message):
        place(*rows, natural=natural)


def test_other_alphabets_have_to_be_aligned():
    with pytest.raises(InputError, match="HMMER aligns protein, rna and dna, not -AB; give aligned sequences"):
        place("AB", "ABB", natural=encode("AB-", letters=alphabet("-AB")), columns=np.arange(1, 4), read=3,
              letters=alphabet("-AB"))  # fmt: skip
