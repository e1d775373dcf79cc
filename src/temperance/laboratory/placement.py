"""Measured sequences in the columns of the family: as they are aligned, or aligned by a profile HMM."""

from collections import Counter

import numpy as np
import pandas as pd
import pyhmmer

from temperance.core.alphabet import AMBIGUOUS, GAPS, INVALID, Alphabet, recognise
from temperance.core.cells import explain_line
from temperance.core.errors import InputError
from temperance.msa.hmmer import hmm_alphabet, make_hmm

# A sequence with residues in fewer of the family's columns is not one of the family, or a fragment of one.
_LEAST_COVERAGE = 0.5


def place_sequences(
    results: pd.DataFrame, columns: np.ndarray, columns_read: int, natural: np.ndarray, alphabet: Alphabet
) -> np.ndarray:
    """Encode measured sequences in the columns of the family.

    The sequences of a table are aligned if all have as many symbols as the alignment has columns, those read or those
    kept. Else they must be without gaps, and are aligned by a profile HMM of the natural sequences.

    Parameters
    ----------
    results : pandas.DataFrame
        Of `temperance.laboratory.results_table.read_results`: source, line, sequence.
    columns : np.ndarray
        (L,) columns of the alignment that were kept, from 1.
    columns_read : int
        Columns that it had when it was read.
    natural : np.ndarray
        (M, L) uint8 natural sequences.
    alphabet : Alphabet
        States of a site.

    Returns
    -------
    np.ndarray
        (N, L) uint8; residues that are no states, such as X, are gaps or, in an alphabet without one, the column's
        commonest state.

    Raises
    ------
    InputError
        If the sequences are nucleic acid and the family is protein, or a sequence has a symbol that the alphabet lacks,
        is neither aligned as the family is nor free of gaps, or covers less than half of the family's columns; names
        file and line.
    """
    commonest = np.array([np.bincount(column).argmax() for column in natural.T], np.uint8)
    states = np.zeros((len(results), len(columns)), np.uint8)
    for source, table in results.groupby("source", sort=False):
        kind = recognise(Counter("".join(table["sequence"])))
        if alphabet.name == "protein" and kind in ("dna", "rna"):
            raise InputError(f"{source}: its sequences are {kind}, not protein; translate them")
        codes = [_encode(row.source, row.line, row.sequence, alphabet) for row in table.itertuples()]
        lengths = np.array([len(row) for row in codes])
        if (lengths == lengths[0]).all() and lengths[0] in (columns_read, len(columns)):
            placed = np.array(codes)[:, columns - 1 if lengths[0] == columns_read else slice(None)]
        else:
            _refuse_gaps(table, lengths, columns_read, len(columns))
            placed = _align(table, natural, alphabet)
        states[table.index] = np.where(placed < alphabet.q, placed, commonest if alphabet.gap is None else alphabet.gap)
    return states


def _encode(source: str, line: int, sequence: str, alphabet: Alphabet) -> np.ndarray:
    # A stop codon ends a translation, and is no residue.
    text = sequence.rstrip("*") if alphabet.name == "protein" else sequence
    symbols = np.frombuffer(text.encode("latin-1", "replace"), np.uint8)
    states = alphabet.codes()[symbols]
    if not len(states):
        raise explain_line(source, line, "the sequence has no residue")
    if (states == INVALID).any():
        position = int((states == INVALID).argmax())
        raise explain_line(
            source, line, f"the sequence has '{text[position]}' at position {position + 1}, which is no symbol of the "
            f"alphabet {alphabet.name}"
        )  # fmt: skip
    return states


def _refuse_gaps(table: pd.DataFrame, lengths: np.ndarray, columns_read: int, columns_kept: int) -> None:
    """Refuse sequences with gaps that are not aligned as the family is."""
    has_gaps = table["sequence"].map(lambda sequence: any(gap in sequence for gap in GAPS)).to_numpy(bool)
    if not has_gaps.any():
        return
    fitting = np.isin(lengths, (columns_read, columns_kept))
    row = int((~fitting if fitting.any() and not fitting.all() else has_gaps).argmax())
    wanted = f"{columns_read} symbols, as the alignment has columns"
    wanted += f", or {columns_kept}, as were kept of them" if columns_kept != columns_read else ""
    raise explain_line(
        table["source"].iloc[row], table["line"].iloc[row], f"the sequence has {lengths[row]} symbols; aligned "
        f"sequences have {wanted}, all of a table alike, and others have no gaps"
    )  # fmt: skip


def _align(table: pd.DataFrame, natural: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Align sequences to the family's columns, which are the match states of a profile HMM."""
    hmmer_alphabet = hmm_alphabet(alphabet)
    if hmmer_alphabet is None:
        raise InputError(
            f"{table['source'].iloc[0]}: HMMER aligns protein, rna and dna, not {alphabet.name}; give aligned sequences"
        )
    hmm = make_hmm(natural, alphabet, "family")
    block = pyhmmer.easel.DigitalSequenceBlock(
        hmmer_alphabet,
        [
            pyhmmer.easel.TextSequence(name=str(number), sequence=sequence.upper().rstrip("*")).digitize(hmmer_alphabet)
            for number, sequence in enumerate(table["sequence"])
        ],
    )
    msa = pyhmmer.hmmalign(hmm, block, trim=True, all_consensus_cols=True, cpus=1)
    assert isinstance(msa, pyhmmer.easel.TextMSA)
    match = np.frombuffer((msa.reference or "").encode(), np.uint8) != ord(".")
    rows = np.array([np.frombuffer(row.encode(), np.uint8) for row in msa.alignment])[:, match]
    states = alphabet.codes()[rows]
    coverage = ((states < alphabet.q) & (states != alphabet.gap) | (states == AMBIGUOUS)).mean(axis=1)
    if (coverage < _LEAST_COVERAGE).any():
        row = int((coverage < _LEAST_COVERAGE).argmax())
        raise explain_line(
            table["source"].iloc[row], table["line"].iloc[row], f"the sequence covers {coverage[row]:.0%} of the "
            "family's columns; is it of this family? leave out fragments, which are not scored as a whole"
        )  # fmt: skip
    return states
