"""What readers and writers of several formats share."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

# More than a matrix of couplings in memory has.
MOST_SITES = 10_000

# States in the order of CCMpred and GREMLIN.
_ORDERS = {"protein": "ARNDCQEGHILKMFPSTWYV-", "rna": "AUCG-", "dna": "ATCG-"}


@np.errstate(over="ignore")
def check_model(path: str | Path, fields: np.ndarray, pairs: np.ndarray) -> Potts:
    """Build a model, and make sure that its parameters are finite in single precision.

    Parameters
    ----------
    path : path-like
        File that the parameters come from, for error messages.
    fields : np.ndarray
        (L, q).
    pairs : np.ndarray
        (L (L - 1) / 2, q, q) couplings.

    Returns
    -------
    Potts
        In single precision.

    Raises
    ------
    InputError
        If a parameter is not finite.
    """
    model = Potts.from_pairs(fields.astype(np.float32), pairs.astype(np.float32))
    if not (np.isfinite(model.fields).all() and np.isfinite(model.couplings).all()):
        raise InputError(f"{path}: a parameter is not a finite number in single precision")
    return model


def is_number(word: str) -> bool:
    """Tell whether a word is a number.

    Parameters
    ----------
    word : str
        Word of a file.

    Returns
    -------
    bool
        True for decimal numbers, nan and inf.
    """
    try:
        float(word)
    except ValueError:
        return False
    return word.isascii() and "_" not in word


def parse_numbers(path: str | Path, number: int, words: list[str], count: int) -> np.ndarray:
    """Parse the numbers of a line.

    Parameters
    ----------
    path : path-like
        File that the line comes from, for error messages.
    number : int
        Number of the line, for error messages.
    words : list of str
        Words of the line.
    count : int
        How many numbers the line must have.

    Returns
    -------
    np.ndarray
        (count,) float64.

    Raises
    ------
    InputError
        If a word is no finite number, or there are more or fewer than `count`.
    """
    if len(words) != count:
        raise InputError(f"{path}: line {number}: {len(words)} numbers; expected {count}")
    line = " ".join(words)
    try:
        # Python reads 1_0 as 10, and the digits of every script.
        values = np.array(words if line.isascii() and "_" not in line else [""], float)
    except ValueError:
        word = next(word for word in words if not is_number(word))
        raise InputError(f"{path}: line {number}: '{word[:40]}' is not a number") from None
    if not np.isfinite(values).all():
        word = words[int(np.isfinite(values).argmin())]
        raise InputError(f"{path}: line {number}: '{word}' is not a finite number")
    return values


def state_order(path: str | Path, alphabet: Alphabet, program: str) -> np.ndarray:
    """Find the order in which another program has the states.

    Parameters
    ----------
    path : path-like
        File, for error messages.
    alphabet : Alphabet
        States of the model.
    program : {'CCMpred', 'GREMLIN'}
        The other program.

    Returns
    -------
    np.ndarray
        (q,) our state of each of the program's.

    Raises
    ------
    InputError
        If the program has no such alphabet.
    """
    orders = {find_alphabet(name).symbols: symbols_order for name, symbols_order in _ORDERS.items()}
    if alphabet.symbols not in orders or (program == "CCMpred" and alphabet.name != "protein"):
        supported = "protein" if program == "CCMpred" else ", ".join(_ORDERS)
        raise InputError(f"{path}: {program} supports the alphabet {supported}, not {alphabet.name}")
    return np.array([alphabet.symbols.index(symbol) for symbol in orders[alphabet.symbols]])


def reorder_states(order: np.ndarray, fields: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring parameters from another program's order of states to ours.

    Parameters
    ----------
    order : np.ndarray
        (q,) from `state_order`.
    fields : np.ndarray
        (L, q).
    pairs : np.ndarray
        (L (L - 1) / 2, q, q) couplings.

    Returns
    -------
    fields : np.ndarray
        (L, q).
    pairs : np.ndarray
        (L (L - 1) / 2, q, q).
    """
    inverse = np.argsort(order)
    return fields[:, inverse], pairs[:, inverse][:, :, inverse]


def coupling_blocks(model: Potts, order: np.ndarray) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Iterate over pairs of sites and their couplings in another program's order of states.

    Parameters
    ----------
    model : Potts
        The model.
    order : np.ndarray
        (q,) from `state_order`.

    Yields
    ------
    sites : tuple of int
        i and j, i < j.
    couplings : np.ndarray
        (q, q).
    """
    for i, j in zip(*(sites.tolist() for sites in pairs_of_sites(model.L)), strict=True):
        yield (i, j), model.couplings[i][order][:, j][:, order]
