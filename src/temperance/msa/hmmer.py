"""Profile HMMs, by HMMER."""

from pathlib import Path

import numpy as np
import pyhmmer

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.core.files import atomic


def hmm_alphabet(letters: Alphabet) -> pyhmmer.easel.Alphabet | None:
    """Find HMMER's alphabet for these letters, None where it has none."""
    symbols = set(letters.symbols) - {"-"}
    known = {
        "ACDEFGHIKLMNPQRSTVWY": pyhmmer.easel.Alphabet.amino,
        "ACGT": pyhmmer.easel.Alphabet.dna,
        "ACGU": pyhmmer.easel.Alphabet.rna,
    }
    return known["".join(sorted(symbols))]() if "".join(sorted(symbols)) in known else None


def build_hmm(sequences: np.ndarray, letters: Alphabet, name: str, path: str | Path) -> None:
    """Build a profile HMM from aligned sequences (M, L) and write it in HMMER's format."""
    biology = hmm_alphabet(letters)
    if biology is None:
        raise InputError(f"alphabet: HMMER has no alphabet {letters.name}; choose another fidelity than hmm")
    rows = [pyhmmer.easel.TextSequence(name=f"s{m}", sequence=row) for m, row in enumerate(letters.decode(sequences))]
    msa = pyhmmer.easel.TextMSA(name=name, sequences=rows).digitize(biology)
    # "hand" would need a reference line; every column of a filtered alignment is a match column.
    builder = pyhmmer.plan7.Builder(biology, architecture="fast", symfrac=0.0, seed=1)
    hmm, _, _ = builder.build_msa(msa, pyhmmer.plan7.Background(biology))
    hmm.creation_time = hmm.command_line = None  # equal runs give equal bytes
    with atomic(path) as part, part.open("wb") as file:
        hmm.write(file)
