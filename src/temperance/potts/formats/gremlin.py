"""Models of GREMLIN: V and W lines."""

import re
from pathlib import Path

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.potts.formats.common import (
    check_model,
    coupling_blocks,
    open_text,
    parse_numbers,
    reorder_states,
    state_order,
)
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites


def read_gremlin(path: str | Path, alphabet: Alphabet) -> Potts:
    """Read a model of GREMLIN: lines of `V[i]` and q fields, and of `W[i][j]` and q^2 couplings.

    Columns that GREMLIN left out for their gaps have no line; the others are numbered anew.

    Parameters
    ----------
    path : path-like
        File, plain or gzipped.
    alphabet : Alphabet
        Protein, RNA or DNA; states of the model.

    Returns
    -------
    Potts
        Its parameters are those of P ~ exp(-E); pairs without a line have no couplings.

    Raises
    ------
    InputError
        If the file is not of this format, or GREMLIN has no such alphabet.
    """
    order, q = state_order(path, alphabet, "GREMLIN"), alphabet.q
    fields, blocks = {}, {}
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if not words:
                continue
            match = re.fullmatch(r"V\[(\d+)\]|W\[(\d+)\]\[(\d+)\]", words[0])
            if match is None:
                raise InputError(f"{path}: line {number}: begins with '{words[0][:20]}'; expected V[i] or W[i][j]")
            site, i, j = match.groups()
            if site is None:
                blocks[int(i), int(j)] = parse_numbers(path, number, words[1:], q * q)
            else:
                fields[int(site)] = parse_numbers(path, number, words[1:], q)
    positions = {site: n for n, site in enumerate(sorted(fields))}
    pairs = np.zeros((len(positions) * (len(positions) - 1) // 2, q, q), np.float32)
    left, right = (sites.tolist() for sites in pairs_of_sites(len(positions)))
    pair_indices = {(i, j): n for n, (i, j) in enumerate(zip(left, right, strict=True))}
    for (i, j), block in blocks.items():
        if i not in positions or j not in positions or positions[i] >= positions[j]:
            raise InputError(f"{path}: W[{i}][{j}]: expected two sites with i < j that have fields, V[i]")
        pairs[pair_indices[positions[i], positions[j]]] = block.reshape(q, q)
    return check_model(path, *reorder_states(order, np.array([fields[site] for site in positions]), pairs))


def write_gremlin(path: Path, model: Potts, alphabet: Alphabet) -> None:
    """Write a model as GREMLIN's `V[i]` and `W[i][j]` lines.

    Parameters
    ----------
    path : Path
        File to write.
    model : Potts
        The model.
    alphabet : Alphabet
        Protein, RNA or DNA; states of the model.

    Raises
    ------
    InputError
        If GREMLIN has no such alphabet.
    """
    order = state_order(path.name, alphabet, "GREMLIN")
    with path.open("w", encoding="utf-8") as file:
        for i, row in enumerate(model.fields[:, order].tolist()):
            file.write(f"V[{i}] " + " ".join(f"{value:.9g}" for value in row) + "\n")
        for (i, j), block in coupling_blocks(model, order):
            file.write(f"W[{i}][{j}] " + " ".join(f"{value:.9g}" for value in block.ravel().tolist()) + "\n")
