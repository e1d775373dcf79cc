"""What readers and writers of several formats share."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.errors import InputError
from temperance.core.opening import compression
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

log = logging.getLogger(__name__)

# Bytes at the end of a file in which numbers are looked at.
_END = 2**16

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


def check_end(path: str | Path) -> None:
    """Make sure that a text file of numbers, a number last in each line, was not cut within its last one.

    Programs end every line. Without an end, the last line is compared with those before: a number with fewer decimals
    than all of them, or a shorter exponent, was cut. What was cut so that it looks like the others cannot be told, so a
    file without an end is warned of. Compressed files have a checksum.

    Parameters
    ----------
    path : path-like
        Plain or compressed.

    Raises
    ------
    InputError
        If the last number was cut.
    """
    if compression(path, "an ordinary file"):
        return
    with Path(path).open("rb") as file:
        is_ascii = file.read(3).isascii()  # no byte order mark of UTF-16
        start = max(0, file.seek(0, os.SEEK_END) - _END)
        file.seek(start)
        end = file.read()
    lines = end.split(b"\n")
    if not is_ascii or not lines[-1].strip() or lines[-1].startswith(b"#") or lines[-1].endswith(b"\r"):
        return
    numbers = [line.split()[-1] for line in lines if line.strip() and not line.startswith(b"#")]
    # The first of these lines may not be whole.
    forms = [_count_decimals(number) for number in numbers[start > 0 :]]
    word = numbers[-1].decode("ascii", "replace")[:40]
    if len(forms) > 2 and any(forms[-1][k] < min(form[k] for form in forms[:-1]) for k in (0, 1)):
        raise InputError(f"{path}: ends within a number, '{word}', which is shorter than all others; copy it again")
    log.warning("warning: %s: its last line, '... %s', has no end; is the file whole?", path, word)


def _count_decimals(number: bytes) -> tuple[int, int]:
    """Count the digits behind the point, and the characters of the exponent."""
    mantissa, _, exponent = number.lower().partition(b"e")
    return len(mantissa.partition(b".")[2]), len(exponent)


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
