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


def read_gremlin(path: str | Path, letters: Alphabet) -> Potts:
    """`V[i]` and q numbers, `W[i][j]` and q^2; columns that GREMLIN left out for their gaps have no line."""
    of_ours, q = state_order(path, letters, "GREMLIN"), letters.q
    fields, blocks = {}, {}
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if not words:
                continue
            named = re.fullmatch(r"V\[(\d+)\]|W\[(\d+)\]\[(\d+)\]", words[0])
            if named is None:
                raise InputError(f"{path}: line {number}: begins with '{words[0][:20]}'; V[i] or W[i][j] is right")
            site, i, j = named.groups()
            if site is None:
                blocks[int(i), int(j)] = parse_numbers(path, number, words[1:], q * q)
            else:
                fields[int(site)] = parse_numbers(path, number, words[1:], q)
    place = {site: n for n, site in enumerate(sorted(fields))}
    pairs = np.zeros((len(place) * (len(place) - 1) // 2, q, q), np.float32)
    at = {(i, j): n for n, (i, j) in enumerate(zip(*(of.tolist() for of in pairs_of_sites(len(place))), strict=True))}
    for (i, j), block in blocks.items():
        if i not in place or j not in place or place[i] >= place[j]:
            raise InputError(f"{path}: W[{i}][{j}]: expected two sites with i < j that have fields, V[i]")
        pairs[at[place[i], place[j]]] = block.reshape(q, q)
    return check_model(path, *reorder_states(of_ours, np.array([fields[site] for site in place]), pairs))


def write_gremlin(path: Path, model: Potts, letters: Alphabet) -> None:
    """Write `V[i]` and `W[i][j]` lines."""
    of_ours = state_order(path.name, letters, "GREMLIN")
    with path.open("w", encoding="utf-8") as file:
        for i, row in enumerate(model.fields[:, of_ours].tolist()):
            file.write(f"V[{i}] " + " ".join(f"{value:.9g}" for value in row) + "\n")
        for (i, j), block in coupling_blocks(model, of_ours):
            file.write(f"W[{i}][{j}] " + " ".join(f"{value:.9g}" for value in block.ravel().tolist()) + "\n")
