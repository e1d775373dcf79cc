"""Models of CCMpred: raw couplings."""

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


def read_ccmpred(path: str | Path, letters: Alphabet) -> Potts:
    """Raw couplings: a line of 20 fields a site, that of the gap being 0, then `# i j` and 21 lines of 21 each pair."""
    of_ours, q = state_order(path, letters, "CCMpred"), letters.q
    fields: list[np.ndarray] = []
    with open_text(path) as file:
        lines = ((number, line.split()) for number, line in enumerate(file, 1))
        lines = ((number, words) for number, words in lines if words and not words[0].startswith("#>"))
        for number, words in lines:
            if words[0] == "#":
                break
            fields.append(parse_numbers(path, number, words, q - 1))
        else:
            raise InputError(f"{path}: ends before its couplings ('# 0 1')")
        length = len(fields)
        pairs = np.empty((length * (length - 1) // 2, q, q), np.float32)
        for at, (i, j) in enumerate(zip(*pairs_of_sites(length), strict=True)):
            if words != ["#", str(i), str(j)]:
                raise InputError(f"{path}: line {number}: '{' '.join(words)[:40]}'; '# {i} {j}' is right")
            block = [next(lines, (number, [])) for _ in range(q)]
            pairs[at] = [parse_numbers(path, *row, q) for row in block]
            number, words = next(lines, (number, ["the", "end"]))
    h = np.zeros((length, q))
    h[:, :-1] = fields
    return check_model(path, *reorder_states(of_ours, h, pairs))


def write_ccmpred(path: Path, model: Potts, letters: Alphabet) -> None:
    """Write raw couplings; fields and couplings are those of P ~ exp(-E)."""
    of_ours = state_order(path.name, letters, "CCMpred")
    fields = (model.fields - model.fields[:, [of_ours[-1]]])[:, of_ours[:-1]]
    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(f"{value:.9g}" for value in row) + "\t\n" for row in fields.tolist())
        for (i, j), block in coupling_blocks(model, of_ours):
            file.write(f"# {i} {j}\n")
            file.writelines("\t".join(f"{value:.9g}" for value in row) + "\t\n" for row in block.tolist())
