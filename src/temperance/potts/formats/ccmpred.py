"""Models of CCMpred: raw couplings."""

import itertools
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
def read_ccmpred(path: str | Path, alphabet: Alphabet) -> Potts:
    """Read a model of CCMpred from raw couplings.

    The file has a line of 20 fields for each site, that of the gap being 0, then `# i j` and 21 lines of 21 couplings
    for each pair.

    Parameters
    ----------
    path : path-like
        File, plain or gzipped.
    alphabet : Alphabet
        Protein; states of the model.

    Returns
    -------
    Potts
        Its parameters are those of P ~ exp(-E).

    Raises
    ------
    InputError
        If the file is not of this format, cut or longer than its model, or the alphabet is not protein.
    """
    order, q = state_order(path, alphabet, "CCMpred"), alphabet.q
    fields: list[np.ndarray] = []
    with open_text(path) as file:
        lines = ((number, line.split()) for number, line in enumerate(file, 1))
        lines = ((number, words) for number, words in lines if words and not words[0].startswith("#>"))
        for number, words in lines:
            if words[0] == "#":
                break
            fields.append(parse_numbers(path, number, words, q - 1))
            if len(fields) > MOST_SITES:
                raise InputError(f"{path}: line {number}: fields of more than {MOST_SITES:,} sites; expected '# 0 1'")
        else:
            raise InputError(f"{path}: ends before its couplings ('# 0 1')")
        length = len(fields)
        pairs = np.empty((length * (length - 1) // 2, q, q), np.float32)
        for pair, (i, j) in zip(pairs, itertools.combinations(range(length), 2), strict=True):
            if words != ["#", str(i), str(j)]:
                location = f"line {number}: '{' '.join(words)[:40]}'" if words else "the file ends"
                raise InputError(f"{path}: {location}; expected '# {i} {j}' and {q} lines of {q} couplings")
            for a in range(q):
                number, words = next(lines, (number, []))
                if not words:
                    raise InputError(f"{path}: ends within the couplings '# {i} {j}', after {a} of {q} lines")
                pair[a] = parse_numbers(path, number, words, q)
            number, words = next(lines, (number, []))
        if words:
            raise InputError(
                f"{path}: line {number}: '{' '.join(words)[:40]}', after the couplings of all pairs of {length} "
                "sites; expected the end of the file"
            )
    check_end(path)
    h = np.zeros((length, q))
    h[:, :-1] = fields
    return check_model(path, *reorder_states(order, h, pairs))


def write_ccmpred(path: Path, model: Potts, alphabet: Alphabet) -> None:
    """Write a model as raw couplings of CCMpred; fields and couplings are those of P ~ exp(-E).

    Parameters
    ----------
    path : Path
        File to write.
    model : Potts
        Written with the gap's field as zero.
    alphabet : Alphabet
        Protein; states of the model.

    Raises
    ------
    InputError
        If the alphabet is not protein.
    """
    order = state_order(path.name, alphabet, "CCMpred")
    fields = (model.fields - model.fields[:, [order[-1]]])[:, order[:-1]]
    with path.open("w", encoding="utf-8") as file:
        file.writelines("\t".join(f"{value:.9g}" for value in row) + "\t\n" for row in fields.tolist())
        for (i, j), block in coupling_blocks(model, order):
            file.write(f"# {i} {j}\n")
            file.writelines("\t".join(f"{value:.9g}" for value in row) + "\t\n" for row in block.tolist())
