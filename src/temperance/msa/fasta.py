"""Sequences as FASTA."""

from collections.abc import Iterable

import numpy as np

from temperance.core.alphabet import Alphabet


def format_fasta(names: Iterable[str], rows: Iterable[str]) -> str:
    """Write sequences as FASTA, each on one line.

    Parameters
    ----------
    names, rows : iterable of str
        As many names as sequences.

    Returns
    -------
    str
        Content of a FASTA file.

    Examples
    --------
    >>> print(format_fasta(["one"], ["ACD"]), end="")
    >one
    ACD
    """
    return "".join(f">{name}\n{row}\n" for name, row in zip(names, rows, strict=True))


def format_chains(sequences: np.ndarray, alphabet: Alphabet) -> str:
    """Write sequences as adabmDCA writes chains: aligned FASTA, `chain_0` first.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    alphabet : Alphabet
        States of the sequences.

    Returns
    -------
    str
        Content of a FASTA file.
    """
    return format_fasta((f"chain_{number}" for number in range(len(sequences))), alphabet.decode(sequences))
