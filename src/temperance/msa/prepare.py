"""From the file of an alignment to weighted sequences of states; and from rows of symbols to the same columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.msa.alignment import Alignment, filter_alignment, read
from temperance.msa.encoding import encode
from temperance.msa.weights import sequence_weights


class PreparedAlignment(NamedTuple):
    """An alignment as it was read, and what models are trained on.

    Attributes
    ----------
    raw : Alignment
        Symbols of all sequences and columns of the file.
    filtered : Alignment
        States of the sequences and columns that were kept.
    weights : np.ndarray
        (M,) weights of the sequences that were kept.
    """

    raw: Alignment
    filtered: Alignment
    weights: np.ndarray


def prepare_alignment(
    path: str | Path,
    alphabet: Alphabet,
    ambiguous: str = "gap",
    identity: float | None = 0.8,
    reference: str = "",
    **filters: Any,
) -> PreparedAlignment:
    """Read, encode, filter and weight an alignment.

    Parameters
    ----------
    path : path-like
        Alignment in any format of `temperance.msa.alignment.read`.
    alphabet : Alphabet
        States to encode by.
    ambiguous : {'gap', 'drop', 'error'}
        Treatment of ambiguous residues, as of `temperance.msa.alignment.encode`.
    identity : float or None
        Identity from which sequences share a weight; None for equal weights.
    reference : str
        Name of the sequence that numbers the columns; empty for the first one.
    **filters
        As of `temperance.msa.alignment.filter_alignment`.

    Returns
    -------
    PreparedAlignment

    Raises
    ------
    InputError
        If the file is no alignment of the alphabet, or the filter leaves too little of it.
    """
    raw = read(path, reference, alphabet)
    filtered = filter_alignment(encode(raw, alphabet, ambiguous, path), alphabet, path=path, **filters)
    return PreparedAlignment(raw, filtered, sequence_weights(filtered.sequences, identity))


def encode_rows(rows: Sequence[str], alphabet: Alphabet, columns: np.ndarray, columns_read: int) -> np.ndarray:
    """Encode aligned sequences in the columns of an alignment that were kept.

    Parameters
    ----------
    rows : sequence of str
        Sequences that are aligned to all columns of the alignment's file, or to those that were kept.
    alphabet : Alphabet
        States to encode by; ambiguous residues become gaps.
    columns : np.ndarray
        (L,) numbers of the columns that were kept, from 1.
    columns_read : int
        Number of columns of the file.

    Returns
    -------
    np.ndarray
        (M, L) uint8.

    Raises
    ------
    InputError
        If the rows have another number of columns, or a symbol that is not of the alphabet.

    Examples
    --------
    >>> from temperance.core.alphabet import alphabet
    >>> encode_rows(["0110", "1100"], alphabet("01"), np.array([1, 3]), 4).tolist()
    [[0, 1], [1, 0]]
    """
    lengths, length = {len(row) for row in rows}, len(columns)
    if len(lengths) != 1 or not lengths <= {length, columns_read}:
        listed = ", ".join(map(str, sorted(lengths)))
        raise InputError(
            f"sequences: {listed} columns; expected {columns_read} (all of the alignment) or {length} (those kept)"
        )
    symbols = np.array([np.frombuffer(row.encode("ascii", "replace"), np.uint8) for row in rows])
    names = [f"number {number}" for number in range(1, len(rows) + 1)]
    raw = Alignment(names, symbols, np.arange(1, symbols.shape[1] + 1))
    states = encode(raw, alphabet, "gap", "sequences").sequences
    return states if lengths == {length} else states[:, columns - 1]
