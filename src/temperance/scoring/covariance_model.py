"""A judge of RNA by conserved base pairs: a covariance model, built and aligned to by Infernal."""

import importlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from temperance.core.alphabet import GAP, Alphabet
from temperance.core.errors import InputError, last_words
from temperance.core.files import atomic
from temperance.msa.fasta import format_fasta
from temperance.scoring.judges import Judge
from temperance.scoring.rna_tools import explain_missing_infernal

# Megabytes that the matrices of one alignment may take; Infernal gives up beyond.
_LARGEST_MATRIX = 4096
# Columns of the table of `cmalign --sfile`.
_NAME, _BITS = 1, 6


def consensus_structure(sequences: np.ndarray, alphabet: Alphabet) -> str:
    """Find the base pairs that aligned sequences share, by ViennaRNA's RNAalifold.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    alphabet : Alphabet
        RNA or DNA.

    Returns
    -------
    str
        L characters: brackets at the two columns of a pair, dots elsewhere.

    References
    ----------
    Bernhart et al., BMC Bioinformatics 9:474, 2008, doi:10.1186/1471-2105-9-474.
    """
    structure: str = importlib.import_module("RNA").alifold(_rna(sequences, alphabet))[0]
    return structure


def build_covariance_model(sequences: np.ndarray, alphabet: Alphabet, name: str, path: str | Path) -> int:
    """Build a covariance model of aligned sequences and of the base pairs that they share.

    Every column is one of the model's, as in the Potts model under test.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    alphabet : Alphabet
        RNA or DNA.
    name : str
        Of the family.
    path : path
        Where the model goes, in Infernal's format.

    Returns
    -------
    int
        Number of base pairs.

    Raises
    ------
    InputError
        If Infernal or ViennaRNA is not installed, or Infernal fails.

    References
    ----------
    Eddy, Durbin, Nucleic Acids Res. 22:2079, 1994, doi:10.1093/nar/22.11.2079; Nawrocki, Eddy, Bioinformatics 29:2933,
    2013, doi:10.1093/bioinformatics/btt509.
    """
    if missing := explain_missing_infernal():
        raise InputError(f"optimum.covariance: {missing}")
    structure = consensus_structure(sequences, alphabet)
    rows = "".join(f"s{number} {row}\n" for number, row in enumerate(_rna(sequences, alphabet)))
    with tempfile.TemporaryDirectory() as folder:
        alignment, model = Path(folder, "family.sto"), Path(folder, "family.cm")
        alignment.write_text(f"# STOCKHOLM 1.0\n\n{rows}#=GC SS_cons {structure}\n//\n", encoding="utf-8")
        _run(["cmbuild", "-F", "--symfrac", "0", "-n", name, str(model), str(alignment)])
        lines = model.read_text(encoding="utf-8").splitlines(keepends=True)
    with atomic(path) as temporary_path:
        # Equal runs give equal bytes: the date and the command are left out.
        temporary_path.write_text(
            "".join(line for line in lines if not line.startswith(("DATE ", "COM "))), encoding="utf-8"
        )
    return structure.count("(")


def covariance_judge(path: str | Path, alphabet: Alphabet, threads: int = 1) -> Judge:
    """Build the judge that scores sequences by their best alignment to a covariance model, in bits.

    The whole sequence, its gaps removed, is aligned to the whole model. A sequence of gaps only is scored as one
    unknown nucleotide.

    Parameters
    ----------
    path : path
        Of `build_covariance_model`.
    alphabet : Alphabet
        RNA or DNA.
    threads : int
        Threads of Infernal.

    Returns
    -------
    Judge
        Raises InputError if Infernal fails.
    """

    def _score(sequences: np.ndarray) -> np.ndarray:
        rows = [row.replace(GAP, "") or "N" for row in _rna(sequences, alphabet)]
        names = [f"s{number}" for number in range(len(rows))]
        with tempfile.TemporaryDirectory() as folder:
            unaligned, table = Path(folder, "sequences.fasta"), Path(folder, "scores.txt")
            unaligned.write_text(format_fasta(names, rows), encoding="utf-8")
            options = ["-g", "--notrunc", "--cyk", "--noprob", "--mxsize", str(_LARGEST_MATRIX), "--cpu", str(threads)]
            _run(["cmalign", *options, "--sfile", str(table), "-o", os.devnull, str(path), str(unaligned)])
            lines = table.read_text(encoding="utf-8").splitlines()
        fields = [line.split() for line in lines if not line.startswith("#")]
        bits = {field[_NAME]: float(field[_BITS]) for field in fields}
        return np.array([bits[name] for name in names])

    return _score


def _rna(sequences: np.ndarray, alphabet: Alphabet) -> list[str]:
    return [row.replace("T", "U") for row in alphabet.decode(sequences)]


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, errors="replace")
    except subprocess.CalledProcessError as error:
        why = last_words(error.stderr + error.stdout)
        raise InputError(
            f"optimum.covariance: {command[0]} failed with exit status {error.returncode}: {why}"
        ) from None
