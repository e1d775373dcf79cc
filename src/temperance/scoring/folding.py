"""A judge of RNA by base pairs: ViennaRNA's minimum free energy."""

import importlib

import numpy as np

from temperance.core.alphabet import GAP, Alphabet
from temperance.core.errors import InputError
from temperance.scoring.rna_tools import explain_missing_folding


def fold_scores(sequences: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Compute minus the minimum free energy of each sequence without its gaps, per nucleotide, by ViennaRNA.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    alphabet : Alphabet
        RNA or DNA.

    Returns
    -------
    np.ndarray
        (M,) kcal/mol a nucleotide; higher is more stable, 0 of a sequence of gaps only.

    Raises
    ------
    InputError
        If ViennaRNA is not installed.

    References
    ----------
    Lorenz et al., Algorithms Mol. Biol. 6:26, 2011, doi:10.1186/1748-7188-6-26.
    """
    if missing := explain_missing_folding():
        raise InputError(f"optimum.folding: {missing}")
    fold = importlib.import_module("RNA").fold

    rows = [row.replace(GAP, "") for row in alphabet.decode(sequences)]
    return np.array([-fold(row)[1] / len(row) if row else 0.0 for row in rows])
