"""Models of GREMLIN: V and W lines."""

import itertools
import re
from pathlib import Path

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.bounded_files import open_text
from temperance.core.errors import InputError
from temperance.potts.formats.common import (
    MOST_SITES,
    check_end,
    check_model,
    coupling_blocks,
    parse_numbers,
    reorder_states,
    state_order,
)
from temperance.potts.model import Potts


@np.errstate(over="ignore")
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
        Its parameters are those of P ~ exp(-E).

    Raises
    ------
    InputError
        If the file is not of this format, repeats or lacks a line, or GREMLIN has no such alphabet.
    """
    order, q = state_order(path, alphabet, "GREMLIN"), alphabet.q
    fields: dict[int, np.ndarray] = {}
    blocks: dict[tuple[int, ...], np.ndarray] = {}
    lines: dict[tuple[int, ...], int] = {}
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if not words:
                continue
            match = re.fullmatch(r"V\[([0-9]{1,9})\]|W\[([0-9]{1,9})\]\[([0-9]{1,9})\]", words[0])
            if match is None:
                raise InputError(f"{path}: line {number}: begins with '{words[0][:20]}'; expected V[i] or W[i][j]")
            key = tuple(int(index) for index in match.groups() if index)
            if (first := lines.setdefault(key, number)) < number:
                raise InputError(f"{path}: line {number}: {words[0]} is repeated from line {first}; remove one")
            if len(key) == 1:
                fields[key[0]] = parse_numbers(path, number, words[1:], q)
                if len(fields) > MOST_SITES:
                    raise InputError(f"{path}: line {number}: fields of more than {MOST_SITES:,} sites")
            else:
                blocks[key] = parse_numbers(path, number, words[1:], q * q).astype(np.float32)
    sites = sorted(fields)
    for i, j in blocks:
        if i not in fields or j not in fields or i >= j:
            location = f"line {lines[i, j]}: W[{i}][{j}]"
            raise InputError(f"{path}: {location}; expected two sites with i < j that have fields, V[i]")
    if missing := len(sites) * (len(sites) - 1) // 2 - len(blocks):
        i, j = next(pair for pair in itertools.combinations(sites, 2) if pair not in blocks)
        raise InputError(
            f"{path}: {missing:,} pairs of sites have no couplings, W[{i}][{j}] is the first; the file was cut, or "
            "needs lines of zeros for them"
        )
    check_end(path)
    pairs = np.array([blocks[pair] for pair in itertools.combinations(sites, 2)], np.float32).reshape(-1, q, q)
    return check_model(path, *reorder_states(order, np.array([fields[site] for site in sites]), pairs))


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
