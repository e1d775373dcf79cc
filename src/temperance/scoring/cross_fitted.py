"""The judge that sees pairs: Potts models of halves of the natural sequences, by another method than the model's.

The natural sequences are split into halves a few times, and each half is modelled by the Gaussian approximation. A
sequence's score is the mean of all log densities.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from temperance.alphabet import Alphabet
from temperance.potts import Potts
from temperance.scoring.discrimination import Discrimination, discriminate, shuffle_columns
from temperance.scoring.gaussian import fit_gaussian_potts
from temperance.stats.clusters import effective_clusters, label_clusters
from temperance.store import load_arrays, save_arrays

# Share of the uniform distribution in the frequencies that the models are fitted to. On measured designs and on
# lattice proteins the answer hardly depends on it between 0.05 and 0.4 (docs/method.md, "Judges").
PSEUDOCOUNT = 0.2
# Random splits into halves whose models are averaged: which sequences share a half then hardly matters.
SPLITS = 4
# Sequences of at least this identity are never in different halves.
_RELATIVES = 0.8
# A cluster of more than this share of the weight is taken apart.
_LARGEST_SHARE = 0.1
# Sequences of a half that show whether the other half's model tells natural from shuffled ones, at most.
_MOST_COMPARED = 1000


@dataclass(frozen=True)
class CrossFittedJudge:
    """A judge learnt from natural sequences; called with sequences (M, L) it returns a score each, (M,), in nats.

    Attributes
    ----------
    model : Potts
        Mean of the halves' parameters: minus its energy is the mean of their scores.
    clusters : np.ndarray
        (N,) int64 label of each natural sequence; relatives share one. They say how many independent sequences the
        scale is worth.
    discrimination : Discrimination
        How well a half's model tells sequences of the other half from these with shuffled columns.
    """

    model: Potts
    clusters: np.ndarray
    discrimination: Discrimination

    def __call__(self, sequences: np.ndarray) -> np.ndarray:
        return -self.model.energies(sequences)

    @classmethod
    def learn(
        cls, sequences: np.ndarray, weights: np.ndarray, q: int, seed: int, pseudocount: float = PSEUDOCOUNT
    ) -> "CrossFittedJudge":
        """Learn from all natural sequences of a family.

        Parameters
        ----------
        sequences, weights : np.ndarray
            (N, L) uint8 and (N,).
        q : int
            States of a site.
        seed : int
            Of the halves.
        pseudocount : float
            As of `fit_gaussian_potts`.

        Returns
        -------
        CrossFittedJudge
        """
        rng = np.random.default_rng(seed)
        clusters, relatives = label_clusters(sequences), label_clusters(sequences, _RELATIVES)
        length, parts = sequences.shape[1], []
        mean = Potts(np.zeros((length, q), np.float32), np.zeros((length, q, length, q), np.float32))
        for half in (split_clusters(relatives, weights, rng) for _ in range(SPLITS)):
            for own in (half == 0, half == 1):
                model = fit_gaussian_potts(sequences[own], weights[own], q, pseudocount)
                np.add(mean.fields, model.fields / (2 * SPLITS), out=mean.fields)
                np.add(mean.couplings, model.couplings / (2 * SPLITS), out=mean.couplings)
                others = np.flatnonzero(~own)
                others = others[np.sort(rng.permutation(len(others))[:_MOST_COMPARED])]
                shuffled = -model.energies(shuffle_columns(sequences[others], rng))
                units = effective_clusters(clusters[others], weights[others])
                parts.append(discriminate(-model.energies(sequences[others]), shuffled, units))
        # The same sequences are compared at each split: more splits make the mean no surer than one does.
        auc, error = (float(np.mean([getattr(part, name) for part in parts])) for name in ("auc", "error"))
        return cls(mean, clusters, Discrimination(auc, error / 2**0.5))

    def save(self, path: str | Path, letters: Alphabet, metadata: dict[str, Any]) -> None:
        """Write a file that holds a Potts model, too: `temperance.potts.load` reads it."""
        arrays = {"fields": self.model.fields, "couplings": self.model.couplings}
        arrays |= {"clusters": self.clusters}
        known = {"auc": self.discrimination.auc, "auc_error": self.discrimination.error}
        save_arrays(path, arrays, metadata | known | {"alphabet": letters.name})

    @classmethod
    def load(cls, path: str | Path) -> "CrossFittedJudge":
        """Read what `save` wrote."""
        arrays, metadata = load_arrays(path)
        model = Potts(arrays["fields"], arrays["couplings"])
        known = Discrimination(metadata["auc"], metadata["auc_error"])
        return cls(model, arrays["clusters"], known)


def split_clusters(clusters: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Assign whole clusters to two halves of about equal weight, the heaviest first, equal ones in random order.

    Parameters
    ----------
    clusters, weights : np.ndarray
        (N,) labels and weights. A cluster of a large share of the weight, as short sequences form, is taken apart: one
        half would be that cluster, and know of nothing else.
    rng : np.random.Generator

    Returns
    -------
    np.ndarray
        (N,) uint8, 0 or 1; neither is empty if there are two sequences.
    """
    labels = np.unique(clusters, return_inverse=True)[1]
    large = np.bincount(labels, weights)[labels] > _LARGEST_SHARE * weights.sum()
    labels = np.unique(np.where(large, labels.max() + 1 + np.arange(len(labels)), labels), return_inverse=True)[1]
    sums = np.bincount(labels, weights)
    order = rng.permutation(len(sums))
    order = order[np.argsort(-sums[order], kind="stable")]
    half, totals = np.zeros(len(sums), np.uint8), [0.0, 0.0]
    for label in order:
        lighter = int(totals[1] < totals[0])
        half[label] = lighter
        totals[lighter] += sums[label]
    return half[labels]
