"""A judge of RNA that sees base pairs: ViennaRNA's minimum free energy."""

import importlib
import importlib.util

import numpy as np

from temperance.alphabet import GAP, Alphabet
from temperance.errors import InputError


def has_folding() -> bool:
    """Whether ViennaRNA's Python package is installed."""
    return importlib.util.find_spec("RNA") is not None


def fold_scores(sequences: np.ndarray, letters: Alphabet) -> np.ndarray:
    """Minus the minimum free energy of each sequence without its gaps, kcal/mol a nucleotide; 0 if it is empty.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8 of an RNA or DNA alphabet.

    Returns
    -------
    np.ndarray
        (M,); higher is more stable.

    References
    ----------
    Lorenz et al., Algorithms Mol. Biol. 6:26, 2011, doi:10.1186/1748-7188-6-26.
    """
    if not has_folding():
        raise InputError("optimum.folding: ViennaRNA is not installed; install it with: pip install viennarna")
    fold = importlib.import_module("RNA").fold

    rows = [row.replace(GAP, "") for row in letters.decode(sequences)]
    return np.array([-fold(row)[1] / len(row) if row else 0.0 for row in rows])
