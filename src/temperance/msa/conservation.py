"""How conserved a family's columns are."""

import numpy as np
import pandas as pd
from scipy.special import entr

from temperance.core.alphabet import Alphabet
from temperance.msa.frequencies import site_frequencies


def residue_frequencies(
    sequences: np.ndarray, weights: np.ndarray, alphabet: Alphabet
) -> tuple[np.ndarray, np.ndarray]:
    """Compute weighted residue frequencies of each column, gaps left out, and the share of gaps.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    weights : np.ndarray
        (M,) weights of sequences.
    alphabet : Alphabet
        States of the sequences.

    Returns
    -------
    frequencies : np.ndarray
        (L, q): each column sums to 1, 0 at the gap; all 0 where a column has gaps alone.
    gap_shares : np.ndarray
        (L,) weighted share of gaps.
    """
    frequencies = site_frequencies(sequences, alphabet.q, weights)
    gap_shares = np.zeros(len(frequencies))
    if alphabet.gap is not None:
        gap_shares = frequencies[:, alphabet.gap].copy()
        frequencies[:, alphabet.gap] = 0
    total = frequencies.sum(axis=1, keepdims=True)
    return np.divide(frequencies, total, out=np.zeros_like(frequencies), where=total > 0), gap_shares


def information_content(frequencies: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Compute the information content of each column: the bits by which its entropy is below the largest possible.

    No correction for few sequences is made.

    Parameters
    ----------
    frequencies : np.ndarray
        (L, q) residue frequencies, 0 at the gap.
    alphabet : Alphabet
        Its states but for the gap determine the largest entropy.

    Returns
    -------
    np.ndarray
        (L,) bits; 0 for columns without residues.

    References
    ----------
    Schneider and Stephens, Nucleic Acids Res. 18:6097, 1990.

    Examples
    --------
    >>> from temperance.core.alphabet import alphabet
    >>> information_content(np.array([[0, 1, 0, 0, 0], [0, 0.25, 0.25, 0.25, 0.25]]), alphabet("rna"))
    array([2., 0.])
    """
    max_entropy = np.log2(alphabet.q - (alphabet.gap is not None))
    occupied = frequencies.sum(axis=1) > 0
    bits = np.zeros(len(frequencies))
    bits[occupied] = max_entropy - entr(frequencies[occupied]).sum(axis=1) / np.log(2)
    return bits


def conserved_residues(sequences: np.ndarray, weights: np.ndarray, alphabet: Alphabet, share: float = 0.9) -> list[str]:
    """Find the residue of each column that nearly all sequences have there.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    weights : np.ndarray
        (M,) weights of sequences.
    alphabet : Alphabet
        States of the sequences.
    share : float
        Smallest share, by weight, of the sequences that have a residue in the column.

    Returns
    -------
    list of str
        L residues; empty where none is as frequent, or more than 1 - share of the sequences have a gap.

    Examples
    --------
    >>> from temperance.core.alphabet import alphabet
    >>> conserved_residues(np.array([[1, 2], [1, 3]]), np.array([3.0, 1.0]), alphabet("rna"))
    ['A', '']
    """
    frequencies, gap_shares = residue_frequencies(sequences, weights, alphabet)
    residues, shares = _most_frequent(frequencies, alphabet)
    return np.where((shares >= share) & (gap_shares <= 1 - share + 1e-9), residues, "").tolist()


def tabulate_conservation(
    sequences: np.ndarray, weights: np.ndarray, columns: pd.DataFrame, alphabet: Alphabet
) -> pd.DataFrame:
    """Tabulate the consensus, its share, the information content and the gaps of each column.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    weights : np.ndarray
        (M,) weights of sequences.
    columns : pd.DataFrame
        One row for each column: site, column, residue, number (`Alignment.columns_table`).
    alphabet : Alphabet
        States of the sequences.

    Returns
    -------
    pd.DataFrame
        `columns` with consensus (residue), share (of it among residues), information (bits) and gaps (share).
    """
    frequencies, gap_shares = residue_frequencies(sequences, weights, alphabet)
    consensus, shares = _most_frequent(frequencies, alphabet)
    information = information_content(frequencies, alphabet)
    return columns.assign(consensus=consensus, share=shares, information=information, gaps=gap_shares)


def _most_frequent(frequencies: np.ndarray, alphabet: Alphabet) -> tuple[np.ndarray, np.ndarray]:
    """Find the most frequent residue of each column, and its share."""
    return np.array(list(alphabet.symbols))[frequencies.argmax(axis=1)], frequencies.max(axis=1)
