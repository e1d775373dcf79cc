"""Models of other programs, read by content and written by name of the format."""

import re
from collections.abc import Callable
from pathlib import Path

from temperance.core.alphabet import Alphabet
from temperance.core.bounded_files import open_binary, open_text
from temperance.core.errors import InputError
from temperance.core.files import atomic
from temperance.potts.formats.ccmpred import read_ccmpred, write_ccmpred
from temperance.potts.formats.common import is_number
from temperance.potts.formats.gremlin import read_gremlin, write_gremlin
from temperance.potts.formats.lines import read_lines, write_adabmdca, write_bmdca
from temperance.potts.formats.mi3 import read_mi3, write_mi3
from temperance.potts.formats.names import EXPORTS
from temperance.potts.formats.plmc import is_plmc, read_plmc, write_plmc
from temperance.potts.model import Potts, load


def read_model(path: str | Path, alphabet: Alphabet, length: int | None = None) -> Potts:
    """Read a Potts model from a file whose format is recognised by content.

    Energies are the other program's own, but for CCMpred, GREMLIN and plmc, whose parameters are those of P ~ exp(-E).

    Parameters
    ----------
    path : path-like
        File of adabmDCA, bmDCA, Mi3, CCMpred, GREMLIN, plmc or `Potts.save`, plain or gzipped.
    alphabet : Alphabet
        Its order of states is that of the model.
    length : int, optional
        Number of sites that the model must have.

    Returns
    -------
    Potts
        The model.

    Raises
    ------
    InputError
        Naming the file, the line where there is one, and what would be right.
    """
    try:
        model = _read(path, alphabet)
    except MemoryError:
        raise InputError(f"{path}: the model does not fit into the memory") from None
    if length not in (None, model.L):
        raise InputError(
            f"{path}: the model has {model.L} sites, the alignment keeps {length} columns; give the alignment that it "
            "was trained on, with filter.max_column_gaps: 1 if no column was dropped there"
        )
    return model


def _read(path: str | Path, alphabet: Alphabet) -> Potts:
    with open_binary(path) as file:
        beginning = file.read(64)
    if beginning.startswith(b"\x93NUMPY"):
        return read_mi3(path, alphabet)
    if beginning[8:9] == b"{":
        model, stored, _ = load(path)
        if stored.symbols != alphabet.symbols:
            raise InputError(
                f"{path}: the model's alphabet is {stored.name}, not {alphabet.name}; set 'alphabet: {stored.name}'"
            )
        return model
    if is_plmc(beginning):
        return read_plmc(path, alphabet)
    with open_text(path) as file:
        word = next((line.split()[0] for line in file if line.split("#")[0].strip()), "")
    if word in ("J", "h"):
        return read_lines(path, alphabet)
    if re.match(r"[VW]\[", word):
        return read_gremlin(path, alphabet)
    if is_number(word):
        return read_ccmpred(path, alphabet)
    raise InputError(
        f"{path}: no model in a known format; known are adabmDCA and bmDCA (lines 'J i j a b value', 'h i a value'), "
        "Mi3 (J.npy), CCMpred (raw), GREMLIN ('V[i]' and 'W[i][j]' lines), plmc (binary) and model.safetensors"
    )


def write_model(path: str | Path, model: Potts, alphabet: Alphabet, form: str) -> None:
    """Write a model in the format of another program.

    Formats that leave out a gauge change energies by a constant.

    Parameters
    ----------
    path : path-like
        File to write, whole or not at all.
    model : Potts
        The model.
    alphabet : Alphabet
        States of the model.
    form : str
        One of FORMATS.

    Raises
    ------
    InputError
        If the format has no such alphabet.
    """
    with atomic(path) as temporary_path:
        _WRITERS[form](temporary_path, model, alphabet)


_WRITERS: dict[str, Callable[[Path, Potts, Alphabet], None]] = {
    "adabmdca": write_adabmdca,
    "bmdca": write_bmdca,
    "mi3": write_mi3,
    "ccmpred": write_ccmpred,
    "gremlin": write_gremlin,
    "plmc": write_plmc,
}
# Formats that a model is written in, and what files of theirs are called.
FORMATS = {form: EXPORTS[form] for form in _WRITERS}
