"""Judges of fidelity, independent of the model under test.

A judge is a function of encoded sequences (M, L) that returns a score each (M,); higher is more like the
family. Its scale is given by the scores of natural sequences.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyhmmer

from temperance.core.alphabet import Alphabet
from temperance.core.errors import InputError
from temperance.core.files import announce_reading, load_arrays
from temperance.msa.frequencies import profile_frequencies
from temperance.truth import load_truth

Judge = Callable[[np.ndarray], np.ndarray]

# Bits of a sequence in which HMMER reports no domain: a thousand times likelier under its null model.
_UNREPORTED = -10.0


def profile_judge(heldout: np.ndarray, weights: np.ndarray, q: int) -> Judge:
    """Build the judge of log-odds of the held-out set's one-site frequencies against the uniform distribution.

    Parameters
    ----------
    heldout, weights : np.ndarray
        (H, L) uint8 and (H,).
    q : int
        States.

    Returns
    -------
    Judge
        Scores in nats.

    Examples
    --------
    >>> judge = profile_judge(np.array([[0, 1], [0, 0]], np.uint8), np.ones(2), 2)
    >>> bool(judge(np.array([[0, 1]]))[0] > judge(np.array([[1, 1]]))[0])
    True
    """
    odds = np.log(profile_frequencies(heldout, q, weights) * q)
    return lambda sequences: odds[np.arange(len(odds)), sequences].sum(axis=1)


def hmm_judge(path: str | Path, alphabet: Alphabet, threads: int = 1) -> Judge:
    """Build the judge of bit scores of sequences, their gaps removed, under a profile HMM.

    No filters are used, so that every sequence has a score; -10 bits where HMMER reports no domain.

    Parameters
    ----------
    path : path
        The profile HMM, in HMMER's format.
    alphabet : Alphabet
        Of the sequences.
    threads : int
        Threads of HMMER.

    Returns
    -------
    Judge
        Scores in bits.

    Raises
    ------
    InputError
        If the file holds no profile HMM.
    """
    announce_reading(path)
    with pyhmmer.plan7.HMMFile(str(path)) as file:
        hmm = file.read()
    if hmm is None:
        raise InputError(f"{path}: not a profile HMM; delete it and run again")

    def _score(sequences: np.ndarray) -> np.ndarray:
        rows = [row.replace("-", "") for row in alphabet.decode(sequences)]
        block = pyhmmer.easel.TextSequenceBlock(
            pyhmmer.easel.TextSequence(name=str(m), sequence=row) for m, row in enumerate(rows) if row
        ).digitize(hmm.alphabet)
        scores = np.full(len(rows), _UNREPORTED)
        # No filter and no threshold: every sequence has a score.
        for hits in pyhmmer.hmmsearch(
            hmm, block, cpus=threads, Z=1, E=1e9, domE=1e9, F1=1.0, F2=1.0, F3=1.0, bias_filter=False, null2=False
        ):
            for hit in hits:
                scores[int(hit.name)] = hit.score
        return scores

    return _score


def truth_judge(path: str | Path) -> dict[str, Judge]:
    """Build the judge that knows the truth: p_nat against all folds for lattice proteins, else -E_P.

    Parameters
    ----------
    path : path
        File that the stage `truth` wrote.

    Returns
    -------
    dict
        The judge, by its name: p_nat or truth.

    Raises
    ------
    InputError
        If the file holds no truth.
    """
    arrays, metadata = load_arrays(path)
    if metadata["kind"] == "lattice":
        from temperance.truth.lattice import Ensemble

        return {"p_nat": Ensemble(arrays["all_folds"]).p_nat}
    truth = load_truth(path)
    return {"truth": lambda sequences: -truth.energies(sequences)}
