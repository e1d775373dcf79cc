"""Conserved residues, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.msa.conservation import conserved_residues, tabulate_conservation

RNA = alphabet("rna")
# Of ten sequences, columns have nine A and a C, eight A and two C, eight A, a C and a gap, and eight A and two gaps.
COLUMNS = ("AAAAAAAAAC", "AAAAAAAACC", "AAAAAAAAC-", "AAAAAAAA--")


@pytest.mark.parametrize(
    ("share", "residues"), [(0.9, ["A", "", "", ""]), (0.8, ["A", "A", "A", "A"]), (0.88, ["A", "", "A", ""])]
)
def test_residues_are_conserved_that_a_share_of_the_sequences_with_a_residue_has(share, residues):
    sequences = np.array([[RNA.symbols.index(column[n]) for column in COLUMNS] for n in range(10)])
    assert conserved_residues(sequences, np.ones(10), RNA, share) == residues


def test_sequences_count_by_their_weights():
    sequences = np.array([[1], [2]])
    assert conserved_residues(sequences, np.array([9.0, 1.0]), RNA) == ["A"]
    assert conserved_residues(sequences, np.array([1.0, 9.0]), RNA) == ["C"]
    assert conserved_residues(sequences, np.array([8.0, 1.0]), RNA) == [""]


def test_the_consensus_is_the_residue_that_is_conserved_where_one_is():
    """By weight A has 9 of 10 in the first column, and C has 6 of 10 in the second."""
    sequences, weights = np.array([[1, 1], [1, 2], [2, 2]]), np.array([4.0, 5.0, 1.0])
    table = tabulate_conservation(sequences, weights, pd.DataFrame({"site": [0, 1]}), RNA)
    assert table["consensus"].tolist() == ["A", "C"] and table["share"].tolist() == [0.9, 0.6]
    assert conserved_residues(sequences, weights, RNA) == ["A", ""]
