"""Families from files."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from temperance.api.family import Family
from temperance.core.alphabet import alphabet as find_alphabet
from temperance.msa import split as splitting
from temperance.msa.prepare import prepare_alignment


def read_family(
    path: str | Path,
    alphabet: str = "protein",
    *,
    identity: float | None = 0.8,
    heldout: float = 0.2,
    ambiguous: str = "gap",
    reference: str = "",
    seed: int = 1,
    **filters: Any,
) -> Family:
    r"""Read an alignment, filter and weight its sequences, and hold out some of them.

    Parameters
    ----------
    path : str or Path
        Alignment in any format of `temperance.msa.alignment.read`.
    alphabet : str
        protein, rna, dna, or the symbols of an alphabet of your own.
    identity : float, optional
        Sequences of at least this identity share a weight, and no held-out one exceeds it to a training sequence; None
        for equal weights and held-out sequences at random.
    heldout : float
        Share of sequences that no model is trained on.
    ambiguous : {'gap', 'drop', 'error'}
        Ambiguous residues become gaps, drop their sequence, or are an error.
    reference : str
        Name of the sequence that numbers the columns; empty for the first one.
    seed : int
        Random seed of the choice of held-out sequences.
    **filters
        As of `temperance.msa.alignment.filter_alignment`: max_column_gaps, max_sequence_gaps, duplicates, columns.

    Returns
    -------
    Family
        The sequences that were kept.

    Raises
    ------
    InputError
        If the file cannot be read as an alignment, or too little is left of it; in one line, what is wrong with it and
        what would be right.

    Examples
    --------
    >>> import pathlib, tempfile, temperance
    >>> path = pathlib.Path(tempfile.mkdtemp(), "toy.fasta")
    >>> _ = path.write_text("".join(f">{n}\n{n:06b}{n:06b}\n" for n in range(64)))
    >>> family = temperance.read_family(path, "01", identity=None)
    >>> family.sequences.shape
    (64, 12)
    """
    symbols = find_alphabet(alphabet)
    raw, filtered, weights = prepare_alignment(path, symbols, ambiguous, identity, reference, **filters)
    parts = splitting.split(filtered.sequences, np.random.default_rng(seed), heldout, identity)
    return Family(
        symbols, np.array(filtered.names), filtered.columns_table(), filtered.sequences, weights, parts.training,
        parts.heldout, identity, raw.sequences.shape[1],
    )  # fmt: skip


def example_family() -> Family:
    """Make a small family for examples: 64 sequences of zeros and ones, the second half of each like the first.

    Returns
    -------
    Family

    Examples
    --------
    >>> example_family().sequences.shape
    (64, 12)
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "example.fasta")
        path.write_text("".join(f">{number}\n{number:06b}{number:06b}\n" for number in range(64)), encoding="ascii")
        return read_family(path, "01", identity=None)
