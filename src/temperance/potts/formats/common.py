"""What readers and writers of several formats share."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from temperance.core.alphabet import Alphabet, alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

# States in the order of CCMpred and GREMLIN.
_ORDERS = {"protein": "ARNDCQEGHILKMFPSTWYV-", "rna": "AUCG-", "dna": "ATCG-"}


@np.errstate(over="ignore")
def check_model(path: str | Path, fields: np.ndarray, pairs: np.ndarray) -> Potts:
    """Build a model, and make sure that its parameters are finite in single precision."""
    model = Potts.of_pairs(fields.astype(np.float32), pairs.astype(np.float32))
    if not (np.isfinite(model.fields).all() and np.isfinite(model.couplings).all()):
        raise InputError(f"{path}: a parameter is not a finite number in single precision")
    return model


def open_text(path: str | Path) -> IO[str]:
    """Open a text file, plain or gzipped."""
    with Path(path).open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    raw = gzip.open(path) if packed else Path(path).open("rb")  # noqa: SIM115 - who reads it closes it
    return io.TextIOWrapper(raw, encoding="utf-8", errors="replace")


def is_number(word: str) -> bool:
    """Tell whether a word is a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def parse_numbers(path: str | Path, number: int, words: list[str], count: int) -> np.ndarray:
    """Parse the numbers of a line, of which there have to be so many."""
    try:
        values = np.array(words, float)
    except ValueError:
        raise InputError(f"{path}: line {number}: '{' '.join(words)[:40]}' has what is no number") from None
    if len(values) != count:
        raise InputError(f"{path}: line {number}: {len(values)} numbers, {count} are needed")
    return values


def state_order(path: str | Path, letters: Alphabet, program: str) -> np.ndarray:
    """Our state of each of theirs."""
    names = {alphabet(name).symbols: order for name, order in _ORDERS.items()}
    if letters.symbols not in names or (program == "CCMpred" and letters.name != "protein"):
        known = "protein" if program == "CCMpred" else ", ".join(_ORDERS)
        raise InputError(f"{path}: {program} has alphabet {known}, not {letters.name}")
    return np.array([letters.symbols.index(symbol) for symbol in names[letters.symbols]])


def reorder_states(of_ours: np.ndarray, fields: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parameters in their order of states, in ours."""
    back = np.argsort(of_ours)
    return fields[:, back], pairs[:, back][:, :, back]


def coupling_blocks(model: Potts, of_ours: np.ndarray) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """Yield pairs of sites and their couplings (q, q), states in the order of another program."""
    for i, j in zip(*(sites.tolist() for sites in pairs_of_sites(model.L)), strict=True):
        yield (i, j), model.couplings[i][of_ours][:, j][:, of_ours]
