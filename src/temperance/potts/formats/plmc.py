"""Models of plmc: parameters in binary, as EVcouplings reads them, too."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from temperance.core.alphabet import GAP, NAMED, Alphabet
from temperance.core.bounded_files import open_binary, read_array
from temperance.core.errors import InputError
from temperance.potts.formats.common import MOST_SITES, check_model, reorder_states
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

_MOST_SEQUENCES = 2**30


def is_plmc(beginning: bytes) -> bool:
    """Tell whether a file may be a model of plmc, which begins with its numbers of sites, states and sequences.

    Parameters
    ----------
    beginning : bytes
        Of the file.

    Returns
    -------
    bool
        True if the numbers are those of a model.
    """
    if len(beginning) < 20:
        return False
    length, q, used, skipped, _ = np.frombuffer(beginning[:20], "<i4").tolist()
    return (
        2 <= length <= MOST_SITES and 2 <= q <= 64 and 0 <= used <= _MOST_SEQUENCES and 0 <= skipped <= _MOST_SEQUENCES
    )


def read_plmc(path: str | Path, alphabet: Alphabet) -> Potts:
    """Read a model of plmc, in single or double precision, which the size of the file tells.

    Numbers are little-endian: 32-bit integers L, q, sequences used and skipped, and iterations; theta, three
    strengths of regularisation and the effective number of sequences; the q symbols; a weight of each sequence; the
    target's L symbols and L 32-bit positions; frequencies and fields of sites, (L, q); frequencies and couplings of
    pairs i < j, (q, q) each.

    Parameters
    ----------
    path : path-like
        File, plain or gzipped.
    alphabet : Alphabet
        States of the model; the file may have them in another order, and `.` as the gap.

    Returns
    -------
    Potts
        Its parameters are those of P ~ exp(-E).

    Raises
    ------
    InputError
        If the file is cut, is longer than its model, or is of another alphabet.
    """
    size = 0
    with open_binary(path) as file:
        while count := len(file.read(2**20)):
            size += count
    with open_binary(path) as file:
        length, q, used, skipped, _ = read_array(file, (5,), "<i4", path, "header").tolist()
        pairs = length * (length - 1) // 2
        numbers = 5 + used + skipped + 2 * length * q + 2 * pairs * q * q
        sizes = {20 + 4 * numbers + q + 5 * length: "<f4", 20 + 8 * numbers + q + 5 * length: "<f8"}
        if size not in sizes:
            raise InputError(
                f"{path}: has {size:,} bytes; a model of plmc of {length} sites, {q} states and {used + skipped} "
                f"sequences has {' or '.join(f'{right:,}' for right in sizes)} (single or double precision)"
            )
        dtype = sizes[size]
        width = np.dtype(dtype).itemsize
        _skip(file, 5 * width)
        order = _order(path, file.read(q).decode("latin-1"), alphabet)
        _skip(file, (used + skipped) * width + length + 4 * length + length * q * width)
        fields = read_array(file, (length, q), dtype, path, "fields")
        _skip(file, pairs * q * q * width)
        couplings = read_array(file, (pairs, q, q), dtype, path, "couplings")
    return check_model(path, *reorder_states(order, fields, couplings))


def _skip(file: BinaryIO, count: int) -> None:
    while count:
        count -= len(file.read(min(count, 2**20)))


def _order(path: str | Path, symbols: str, alphabet: Alphabet) -> np.ndarray:
    """Find our state of each of the file's symbols, (q,)."""
    if GAP not in symbols:
        symbols = symbols.replace(".", GAP)
    if sorted(symbols) != sorted(alphabet.symbols):
        leaves_gap_out = sorted(symbols + GAP) == sorted(alphabet.symbols)
        named = next((name for name, other in NAMED.items() if sorted(other.symbols) == sorted(symbols)), symbols)
        hint = "plmc learns the gap, too, without -g" if leaves_gap_out else f"set 'alphabet: {named}'"
        raise InputError(f"{path}: has the states {symbols}, alphabet {alphabet.name} has {alphabet.symbols}; {hint}")
    return np.array([alphabet.symbols.index(symbol) for symbol in symbols])


def write_plmc(path: Path, model: Potts, alphabet: Alphabet) -> None:
    """Write a model as plmc does, in single precision.

    What a model does not know is left open: there are no sequences, the target consists of the first symbol, sites
    are numbered from 1, and frequencies and strengths of regularisation are 0.

    Parameters
    ----------
    path : Path
        File to write.
    model : Potts
        The model.
    alphabet : Alphabet
        States of the model.
    """
    length, q = model.L, model.q
    left, right = (sites.tolist() for sites in pairs_of_sites(length))
    with path.open("wb") as file:
        file.write(np.array([length, q, 0, 0, 0], "<i4").tobytes() + np.zeros(5, "<f4").tobytes())
        file.write(alphabet.symbols.encode("ascii") + alphabet.symbols[0].encode("ascii") * length)
        file.write(np.arange(1, length + 1, dtype="<i4").tobytes())
        file.write(np.zeros((length, q), "<f4").tobytes() + model.fields.astype("<f4").tobytes())
        no_frequencies = np.zeros((q, q), "<f4").tobytes()
        file.writelines(no_frequencies for _ in left)
        file.writelines(
            np.ascontiguousarray(model.couplings[i, :, j], "<f4").tobytes() for i, j in zip(left, right, strict=True)
        )
