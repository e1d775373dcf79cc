"""How conserved a family's columns are."""

import numpy as np
import pandas as pd
from scipy.stats import entropy

from temperance.core.alphabet import Alphabet
from temperance.msa.frequencies import site_frequencies


def residue_frequencies(sequences: np.ndarray, weights: np.ndarray, letters: Alphabet) -> tuple[np.ndarray, np.ndarray]:
    """Weighted frequencies (L, q) of sequences (M, L), the gap's left out of each column, and its shares (L,)."""
    single = site_frequencies(sequences, letters.q, weights)
    gaps = np.zeros(len(single))
    if letters.gap is not None:
        gaps = single[:, letters.gap].copy()
        single[:, letters.gap] = 0
    total = single.sum(axis=1, keepdims=True)
    return np.divide(single, total, out=np.zeros_like(single), where=total > 0), gaps


def information(frequencies: np.ndarray, letters: Alphabet) -> np.ndarray:
    """Bits (L,) by which each column of frequencies (L, q) is short of the largest entropy of residues.

    (Schneider and Stephens, Nucleic Acids Res. 18:6097, 1990, without their correction for few sequences.)
    """
    most = np.log2(letters.q - (letters.gap is not None))
    held = frequencies.sum(axis=1) > 0
    bits = np.zeros(len(frequencies))
    bits[held] = most - entropy(frequencies[held], axis=1, base=2)
    return bits


def conservation(sequences: np.ndarray, weights: np.ndarray, columns: pd.DataFrame, letters: Alphabet) -> pd.DataFrame:
    """One row a column: site, column, residue, number, consensus and its share, information (bits), gaps (share)."""
    frequencies, gaps = residue_frequencies(sequences, weights, letters)
    best = frequencies.argmax(axis=1)
    return columns.assign(
        consensus=[letters.symbols[state] for state in best],
        share=frequencies.max(axis=1),
        information=information(frequencies, letters),
        gaps=gaps,
    )
