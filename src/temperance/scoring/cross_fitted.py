"""The judge of pairs of sites: Potts models of parts of the natural sequences, by another method than the model's.

The natural sequences are split into folds, a few times, and a Gaussian approximation is fitted to all but one fold. A
sequence's score is the mean of all log densities. Natural sequences, on whose scores the scale rests, are training data
of most of the models, which overrate them for that, but not of the others: their score is the middle of the two means.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.files import load_arrays, save_arrays
from temperance.msa.clusters import effective_clusters, label_clusters
from temperance.potts.model import Potts
from temperance.scoring.discrimination import Discrimination, discriminate, shuffle_columns
from temperance.scoring.gaussian import fit_gaussian_potts

# Share of the uniform distribution in the frequencies that the models are fitted to. On measured designs and on
# lattice proteins the answer hardly depends on it between 0.05 and 0.4 (docs/method.md, "Judges").
PSEUDOCOUNT = 0.2
# Random splits into folds, and folds of each: which sequences share a fold then hardly matters. Models of half of the
# sequences ranked measured designs less well (docs/method.md, "Judges").
SPLITS, FOLDS = 2, 4
# Sequences of at least this identity are never in different folds.
_RELATIVES = 0.8
# A cluster of more than this share of the weight is taken apart.
_LARGEST_SHARE = 0.1
# Most sequences of a fold that a model fitted without it is to tell from shuffled ones.
_MOST_COMPARED = 1000


@dataclass(frozen=True)
class CrossFittedJudge:
    """Judge learnt from natural sequences, called with sequences (M, L); it returns a score each, (M,), in nats.

    Attributes
    ----------
    model : Potts
        Mean of the models' parameters: minus its energy is the mean of their scores.
    natural_scores : np.ndarray
        (N,) of the natural sequences, the middle of the mean scores by models that were fitted with and without a
        sequence.
    clusters : np.ndarray
        (N,) int64 label of each natural sequence; relatives share one. They say how many independent sequences the
        scale is worth.
    discrimination : Discrimination
        How well a model tells sequences that it was not fitted to from these with shuffled columns.
    """

    model: Potts
    natural_scores: np.ndarray
    clusters: np.ndarray
    discrimination: Discrimination

    def __call__(self, sequences: np.ndarray) -> np.ndarray:
        """Score sequences.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,) nats; higher is more natural.
        """
        return -self.model.energies(sequences)

    @classmethod
    def learn(
        cls, sequences: np.ndarray, weights: np.ndarray, q: int, seed: int, pseudocount: float = PSEUDOCOUNT
    ) -> "CrossFittedJudge":
        """Learn a judge from all natural sequences of a family.

        Parameters
        ----------
        sequences, weights : np.ndarray
            (N, L) uint8 and (N,).
        q : int
            States of a site.
        seed : int
            Of the folds.
        pseudocount : float
            As of `fit_gaussian_potts`.

        Returns
        -------
        CrossFittedJudge
        """
        rng = np.random.default_rng(seed)
        clusters, relatives = label_clusters(sequences), label_clusters(sequences, _RELATIVES)
        length, discriminations = sequences.shape[1], []
        mean = Potts(np.zeros((length, q), np.float32), np.zeros((length, q, length, q), np.float32))
        fitted_scores, left_out_scores = np.zeros(len(sequences)), np.zeros(len(sequences))
        for folds in (assign_folds(relatives, weights, FOLDS, rng) for _ in range(SPLITS)):
            count = folds.max() + 1
            for fold in range(count):
                left_out = folds == fold
                model = fit_gaussian_potts(sequences[~left_out], weights[~left_out], q, pseudocount)
                np.add(mean.fields, model.fields / (count * SPLITS), out=mean.fields)
                np.add(mean.couplings, model.couplings / (count * SPLITS), out=mean.couplings)
                scores = -model.energies(sequences)
                fitted_scores += np.where(left_out, 0, scores / ((count - 1) * SPLITS))
                left_out_scores += np.where(left_out, scores / SPLITS, 0)
                compared = np.flatnonzero(left_out)
                compared = compared[np.sort(rng.permutation(len(compared))[:_MOST_COMPARED])]
                shuffled = -model.energies(shuffle_columns(sequences[compared], rng))
                units = effective_clusters(clusters[compared], weights[compared])
                discriminations.append(discriminate(scores[compared], shuffled, units))
        # The same sequences are compared at each split: more splits make the mean no surer than one does.
        auc, error = (float(np.mean([getattr(fold, name) for fold in discriminations])) for name in ("auc", "error"))
        natural_scores = (fitted_scores + left_out_scores) / 2
        return cls(mean, natural_scores, clusters, Discrimination(auc, error / (len(discriminations) / SPLITS) ** 0.5))

    def save(self, path: str | Path, alphabet: Alphabet, metadata: dict[str, Any]) -> None:
        """Write the judge to a file that holds a Potts model, too: `temperance.potts.model.load` reads it.

        Parameters
        ----------
        path : path
            The file.
        alphabet : Alphabet
            Of the sequences.
        metadata : dict
            Added to the file.
        """
        arrays = {"fields": self.model.fields, "couplings": self.model.couplings}
        arrays |= {"natural_scores": self.natural_scores, "clusters": self.clusters}
        auc = {"auc": self.discrimination.auc, "auc_error": self.discrimination.error}
        save_arrays(path, arrays, metadata | auc | {"alphabet": alphabet.name})

    @classmethod
    def load(cls, path: str | Path) -> "CrossFittedJudge":
        """Read a judge that `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        CrossFittedJudge
        """
        arrays, metadata = load_arrays(path)
        model = Potts(arrays["fields"], arrays["couplings"])
        discrimination = Discrimination(metadata["auc"], metadata["auc_error"])
        return cls(model, arrays["natural_scores"], arrays["clusters"], discrimination)


def assign_folds(clusters: np.ndarray, weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Assign whole clusters to folds of about equal weight, the heaviest first, equal ones in random order.

    Parameters
    ----------
    clusters, weights : np.ndarray
        (N,) labels and weights. A cluster of a large share of the weight, as short sequences form, is taken apart: one
        fold would be that cluster, and hold nothing else.
    count : int
        Folds; as many as sequences, if these are fewer.
    rng : numpy.random.Generator
        Source of the random order.

    Returns
    -------
    np.ndarray
        (N,) uint8, from 0; no fold is empty.

    Examples
    --------
    >>> folds = assign_folds(np.array([0, 0, 1, 1]), np.ones(4), 2, np.random.default_rng(0))
    >>> np.bincount(folds).tolist()
    [2, 2]
    """
    labels = np.unique(clusters, return_inverse=True)[1]
    large = np.bincount(labels, weights)[labels] > _LARGEST_SHARE * weights.sum()
    labels = np.unique(np.where(large, labels.max() + 1 + np.arange(len(labels)), labels), return_inverse=True)[1]
    sums = np.bincount(labels, weights)
    order = rng.permutation(len(sums))
    order = order[np.argsort(-sums[order], kind="stable")]
    folds, totals = np.zeros(len(sums), np.uint8), np.zeros(min(count, len(sums)))
    for label in order:
        lightest = int(totals.argmin())
        folds[label] = lightest
        totals[lightest] += sums[label]
    return folds[labels]
