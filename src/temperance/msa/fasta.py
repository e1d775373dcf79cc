"""Sequences as FASTA."""

from collections.abc import Iterable

import numpy as np

from temperance.core.alphabet import Alphabet


def fasta(names: Iterable[str], rows: Iterable[str]) -> str:
    """Write sequences as FASTA, a line each.

    Parameters
    ----------
    names, rows : iterable of str
        As many names as sequences.

    Examples
    --------
    >>> print(fasta(["one"], ["ACD"]), end="")
    >one
    ACD
    """
    return "".join(f">{name}\n{row}\n" for name, row in zip(names, rows, strict=True))


def format_chains(sequences: np.ndarray, letters: Alphabet) -> str:
    """Sequences (M, L) as adabmDCA writes chains: aligned FASTA, `chain_0` first."""
    return fasta((f"chain_{number}" for number in range(len(sequences))), letters.decode(sequences))
