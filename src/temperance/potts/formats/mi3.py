"""Models of Mi3: J.npy."""

from pathlib import Path

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.bounded_files import open_binary
from temperance.core.errors import InputError, last_line
from temperance.potts.formats.common import check_model
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites


def read_mi3(path: str | Path, alphabet: Alphabet) -> Potts:
    """Read a model of Mi3 from J.npy, (L (L - 1) / 2, q^2) in the order of pairs.

    Mi3's energy is E = sum J: signs are opposite to ours, and there are no fields.

    Parameters
    ----------
    path : path-like
        File, plain or gzipped.
    alphabet : Alphabet
        States of the model.

    Returns
    -------
    Potts
        With fields of zero.

    Raises
    ------
    InputError
        If the file is no such array.
    """
    try:
        with open_binary(path) as file:
            pairs = np.lib.format.read_array(file, allow_pickle=False)
            is_longer = bool(file.read(1))
    except InputError:
        raise
    except Exception as error:  # a damaged header is read as Python, which raises whatever it leads to
        raise InputError(f"{path}: not an array of numbers ({type(error).__name__}: {last_line(error)})") from error
    if is_longer:
        raise InputError(f"{path}: has more bytes than its array of shape {pairs.shape}")
    rows = len(pairs) if pairs.ndim == 2 else 0
    length = int((1 + (1 + 8 * rows) ** 0.5) / 2)
    if length < 2 or length * (length - 1) // 2 != rows or pairs.dtype.kind not in "fiu":
        raise InputError(f"{path}: array {pairs.shape} of {pairs.dtype}; expected (L (L - 1) / 2, q^2) numbers")
    if pairs.shape[1] != alphabet.q**2:
        raise InputError(
            f"{path}: {pairs.shape[1]} numbers a pair; expected {alphabet.q**2} (alphabet {alphabet.name})"
        )
    return check_model(path, np.zeros((length, alphabet.q)), -pairs.astype(float).reshape(-1, alphabet.q, alphabet.q))


def write_mi3(path: Path, model: Potts, alphabet: Alphabet) -> None:
    """Write a model as Mi3's J.npy, (L (L - 1) / 2, q^2) couplings with the sign that Mi3 gives them.

    Mi3 has no fields: h_i / (L - 1) is added to each coupling of site i, which leaves energies as they are.

    Parameters
    ----------
    path : Path
        File to write.
    model : Potts
        The model.
    alphabet : Alphabet
        Not used: states are numbers.
    """
    left, right = pairs_of_sites(model.L)
    fields = model.fields.astype(float) / (model.L - 1)
    pairs = model.pairs() + fields[left, :, None] + fields[right, None, :]
    with path.open("wb") as file:
        np.save(file, -pairs.reshape(len(pairs), -1).astype(np.float32))
