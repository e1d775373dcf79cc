"""Profile HMMs, by HMMER."""

from pathlib import Path

import numpy as np
import pyhmmer

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.core.files import atomic


def hmm_alphabet(alphabet: Alphabet) -> pyhmmer.easel.Alphabet | None:
    """Find HMMER's alphabet with the same residues.

    Parameters
    ----------
    alphabet : Alphabet
        Its gap does not count.

    Returns
    -------
    pyhmmer.easel.Alphabet or None
        Amino acids, DNA or RNA; None where HMMER has no such alphabet.
    """
    symbols = set(alphabet.symbols) - {"-"}
    constructors = {
        "ACDEFGHIKLMNPQRSTVWY": pyhmmer.easel.Alphabet.amino,
        "ACGT": pyhmmer.easel.Alphabet.dna,
        "ACGU": pyhmmer.easel.Alphabet.rna,
    }
    return constructors["".join(sorted(symbols))]() if "".join(sorted(symbols)) in constructors else None


def make_hmm(sequences: np.ndarray, alphabet: Alphabet, name: str) -> pyhmmer.plan7.HMM:
    """Make a profile HMM from aligned sequences; equal input gives an equal profile.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8; every column becomes a match state.
    alphabet : Alphabet
        States of the sequences.
    name : str
        Name of the profile.

    Returns
    -------
    pyhmmer.plan7.HMM

    Raises
    ------
    InputError
        If HMMER has no such alphabet.
    """
    hmmer_alphabet = hmm_alphabet(alphabet)
    if hmmer_alphabet is None:
        raise InputError(
            f"alphabet: HMMER supports protein, rna and dna, not {alphabet.name}; set optimum.fidelity to another judge"
        )
    rows = [pyhmmer.easel.TextSequence(name=f"s{m}", sequence=row) for m, row in enumerate(alphabet.decode(sequences))]
    msa = pyhmmer.easel.TextMSA(name=name, sequences=rows).digitize(hmmer_alphabet)
    # "hand" would need a reference line; every column of a filtered alignment is a match column.
    builder = pyhmmer.plan7.Builder(hmmer_alphabet, architecture="fast", symfrac=0.0, seed=1)
    hmm, _, _ = builder.build_msa(msa, pyhmmer.plan7.Background(hmmer_alphabet))
    hmm.creation_time = hmm.command_line = None  # equal runs give equal bytes
    return hmm


def build_hmm(sequences: np.ndarray, alphabet: Alphabet, name: str, path: str | Path) -> None:
    """Build a profile HMM from aligned sequences and write it in HMMER's format; equal input gives equal bytes.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8; every column becomes a match state.
    alphabet : Alphabet
        States of the sequences.
    name : str
        Name of the profile.
    path : path-like
        File to write.

    Raises
    ------
    InputError
        If HMMER has no such alphabet.
    """
    hmm = make_hmm(sequences, alphabet, name)
    with atomic(path) as temporary_path, temporary_path.open("wb") as file:
        hmm.write(file)
