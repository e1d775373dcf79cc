"""An alignment in memory, and the judges that it trains."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.sizes import resolve_size
from temperance.msa import split as splitting
from temperance.msa.hmmer import build_hmm
from temperance.msa.prepare import encode_rows
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.judges import Judge, hmm_judge, profile_judge
from temperance.scoring.scale import NaturalScale

# Seed of the judge that sees pairs: it is the same whatever is sampled.
_JUDGE_SEED = 1


@dataclass(frozen=True)
class NaturalFamily:
    """An alignment of a protein or RNA family, and the judges that are trained on it.

    Attributes
    ----------
    alphabet : Alphabet
        States of a site.
    names : np.ndarray
        (M,) names of the sequences.
    columns : pandas.DataFrame
        One row a site: its column in the file, and residue and number in the reference.
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,); the weights' sum is Meff.
    training, heldout : np.ndarray
        Indices of sequences that models may be trained on, and of those that judge them.
    identity : float or None
        Identity from which sequences share a weight.
    columns_read : int
        Columns of the file, those that were dropped included.
    """

    alphabet: Alphabet
    names: np.ndarray
    columns: pd.DataFrame
    sequences: np.ndarray
    weights: np.ndarray
    training: np.ndarray
    heldout: np.ndarray
    identity: float | None = 0.8
    columns_read: int = 0

    def subset(self, size: int | float = 1.0, seed: int = 1) -> np.ndarray:
        r"""Draw a random subset of the training sequences.

        Parameters
        ----------
        size : int or float
            Number of sequences or, up to 1.0, share of the training sequences.
        seed : int
            Random seed; subsets of different sizes with the same seed are nested.

        Returns
        -------
        np.ndarray
            Indices of the sequences, ascending.

        Raises
        ------
        InputError
            If there are not so many training sequences.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> family.subset(20).shape
        (20,)
        """
        count = resolve_size(size, len(self.training), "size")
        return splitting.draw_subset(self.training, count, np.random.default_rng(seed))

    @cached_property
    def judge(self) -> CrossFittedJudge:
        r"""Train the judge that sees pairs of sites on parts of the natural sequences, once.

        Returns
        -------
        CrossFittedJudge
            Scores encoded sequences (M, L) uint8 when called.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> family.judge(family.sequences).shape
        (64,)
        """
        return CrossFittedJudge.learn(self.sequences, self.weights, self.alphabet.q, _JUDGE_SEED)

    def percentiles(self, sequences: Sequence[str] | np.ndarray) -> np.ndarray:
        r"""Compute the percentiles of aligned sequences among the family's natural ones, by the judge that sees pairs.

        Parameters
        ----------
        sequences : sequence of str, or np.ndarray
            Rows of as many columns as the alignment file has, of which those that were dropped are left out, or of the
            columns that were kept; or encoded sequences (M, L).

        Returns
        -------
        np.ndarray
            (M,) percentiles. Those of natural sequences themselves are too high, because the judge was trained on them;
            `judge.natural_scores` are free of that, and their weighted mean percentile is 50.

        Raises
        ------
        InputError
            If a sequence has another length, or a symbol that is not of the alphabet.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> family.percentiles(["000000000000", "000000111111"]).shape
        (2,)
        """
        encoded = np.asarray(sequences)
        if encoded.ndim != 2:
            columns = self.columns["column"].to_numpy()
            encoded = encode_rows(list(map(str, sequences)), self.alphabet, columns, self.columns_read)
        return NaturalScale.measure(self.judge.natural_scores, self.weights).percentiles(self.judge(encoded))

    def _judge(self, name: str, weights: np.ndarray, folder: Path, threads: int) -> Judge:
        """Find or build a judge by its name; files of an HMM are written to `folder`."""
        heldout = self.sequences[self.heldout]
        if name == "potts":
            return self.judge
        if name == "profile":
            return profile_judge(heldout, weights, self.alphabet.q)
        build_hmm(heldout, self.alphabet, "family", folder / "heldout.hmm")
        return hmm_judge(folder / "heldout.hmm", self.alphabet, threads)
