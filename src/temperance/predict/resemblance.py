"""Which chain of a structure is the reference's: local alignments, judged against those of shuffled chains."""

from typing import NamedTuple

import numpy as np
from Bio.Align import PairwiseAligner, substitution_matrices

from temperance.core.alphabet import Alphabet

_SHUFFLES = 100
# Largest probability that a chain of the same composition scores as high by chance, of all chains together.
_LARGEST_CHANCE = 1e-3


class Match(NamedTuple):
    """A chain aligned to the reference.

    Attributes
    ----------
    in_reference, in_chain : np.ndarray
        (N,) positions that are paired.
    identity : float
        Share of these with the same residue.
    score : float
        Of the alignment.
    """

    in_reference: np.ndarray
    in_chain: np.ndarray
    identity: float
    score: float


def match(reference: str, sequence: str, alphabet: Alphabet) -> Match:
    """Align a chain's sequence locally to that of the reference.

    Parameters
    ----------
    reference, sequence : str
        Residues without gaps.
    alphabet : Alphabet
        Protein sequences are aligned with BLOSUM62, others by matches and mismatches.

    Returns
    -------
    Match
        Without positions where nothing aligns.
    """
    aligner, texts = _aligner(reference, sequence, alphabet)
    if not all(texts) or (score := aligner.score(*texts)) <= 0:
        return Match(np.zeros(0, int), np.zeros(0, int), 0.0, 0.0)
    blocks = aligner.align(*texts)[0].aligned
    rows, columns = (np.concatenate([np.arange(a, b) for a, b in intervals]) for intervals in blocks)
    identical = [texts[0][a] == texts[1][b] for a, b in zip(rows, columns, strict=True)]
    return Match(rows, columns, float(np.mean(identical)), float(score))


def chance(reference: str, sequence: str, alphabet: Alphabet, score: float) -> float:
    """Estimate the probability that a shuffled chain aligns as well, from an extreme-value distribution.

    Scores of local alignments of unrelated sequences follow Gumbel's distribution (Karlin and Altschul, PNAS 87:2264,
    1990), which is fitted to the mean and variance of those of shuffled chains.

    Parameters
    ----------
    reference, sequence : str
        Residues without gaps.
    alphabet : Alphabet
        As for `match`.
    score : float
        Score of the alignment.

    Returns
    -------
    float
        Probability.
    """
    aligner, texts = _aligner(reference, sequence, alphabet)
    rng, residues = np.random.default_rng(0), np.array(list(texts[1]))
    scores = [aligner.score(texts[0], "".join(rng.permutation(residues))) for _ in range(_SHUFFLES)]
    width = max(np.std(scores, ddof=1) * 6**0.5 / np.pi, 1e-9)
    position = np.mean(scores) - np.euler_gamma * width
    return float(-np.expm1(-np.exp(min((position - score) / width, 700.0))))


def resembles(probability: float, chains: int) -> bool:
    """Tell whether two sequences align better than the best of as many unrelated chains would by chance.

    Parameters
    ----------
    probability : float
        From `chance`.
    chains : int
        Number of chains of which the best is taken.

    Returns
    -------
    bool
        True for chains that resemble the reference.
    """
    return probability * chains < _LARGEST_CHANCE


def _aligner(reference: str, sequence: str, alphabet: Alphabet) -> tuple[PairwiseAligner, list[str]]:
    """Build the aligner, and the sequences in its symbols."""
    aligner = PairwiseAligner(mode="local", open_gap_score=-11, extend_gap_score=-1)
    symbols = set(reference + sequence)
    if alphabet.name == "protein":
        aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
        symbols = set(aligner.substitution_matrix.alphabet)
    else:
        aligner.match_score, aligner.mismatch_score = 5, -4
    return aligner, ["".join(c if c in symbols else "X" for c in text) for text in (reference, sequence)]
