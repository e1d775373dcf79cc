"""Statistics of samples beside natural sequences, which figures draw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import entropy
from sklearn.decomposition import PCA

from temperance.core.alphabet import Alphabet
from temperance.msa.conservation import information_content, residue_frequencies
from temperance.msa.frequencies import site_frequencies
from temperance.scoring.marginals import pair_correlations, triple_correlations

Key = TypeVar("Key")

# Sequences whose pairwise distances are computed: a hundred thousand pairs.
_MOST_COMPARED = 450
# Pairs and triples of sites whose correlations are drawn, and decimals that rounding errors do not reach.
_PAIRS, _TRIPLES, _DECIMALS = 400, 60, 12


def principal_components(
    natural: np.ndarray, sets: dict[Key, np.ndarray], q: int
) -> tuple[np.ndarray, dict[Key, np.ndarray], np.ndarray]:
    """Project sequences on the two leading principal components of the natural ones.

    Parameters
    ----------
    natural : np.ndarray
        (M, L) uint8.
    sets : dict
        Temperature or name -> sequences (N, L).
    q : int
        States of a site.

    Returns
    -------
    background : np.ndarray
        (M, 2) natural sequences.
    samples : dict
        Temperature or name -> points (N, 2).
    shares : np.ndarray
        (2,) of the natural sequences' variance.
    """
    onehot = np.eye(q, dtype=np.float32)
    components = PCA(n_components=2, random_state=0).fit(onehot[natural].reshape(len(natural), -1))
    samples = {t: components.transform(onehot[s].reshape(len(s), -1)) for t, s in sets.items()}
    background = components.transform(onehot[natural].reshape(len(natural), -1))
    return background, samples, components.explained_variance_ratio_


@dataclass(frozen=True)
class Statistic:
    """Values of one statistic of natural sequences and of samples.

    Attributes
    ----------
    title : str
        Name of the statistic.
    natural : np.ndarray
        (K,) values of the natural sequences.
    samples : dict
        Temperature -> (K,) values of the samples.
    """

    title: str
    natural: np.ndarray
    samples: dict[float, np.ndarray]


def marginals(
    natural: np.ndarray, weights: np.ndarray, sets: dict[float, np.ndarray], tau: float, q: int
) -> list[Statistic]:
    """Compute frequencies and connected correlations of natural sequences, and of samples at two temperatures.

    Parameters
    ----------
    natural, weights : np.ndarray
        (M, L) uint8 and (M,).
    sets : dict
        Temperature -> samples (N, L); those nearest to `tau` and to 1 are taken.
    tau : float
        Chosen temperature.
    q : int
        States of a site.

    Returns
    -------
    list of Statistic
        Of one, two and three sites; the temperatures ascend.
    """
    rng, length = np.random.default_rng(0), natural.shape[1]
    pairs = _random_sites(length, 2, _PAIRS, rng)
    triples = _random_sites(length, 3, _TRIPLES, rng) if length > 2 else np.zeros((0, 3), int)
    statistics: list[tuple[str, Callable[..., np.ndarray]]] = [
        ("frequencies of states", lambda sequences, w=None: site_frequencies(sequences, q, w)),
        ("two sites, connected", lambda sequences, w=None: pair_correlations(sequences, q, pairs, w)),
        ("three sites, connected", lambda sequences, w=None: triple_correlations(sequences, q, triples, w)),
    ]
    temperatures = sorted({min(sets, key=lambda t: abs(t - target)) for target in (tau, 1.0)})
    return [
        Statistic(
            title,
            compute(natural, weights).ravel().round(_DECIMALS),
            {t: compute(sets[t]).ravel().round(_DECIMALS) for t in temperatures},
        )
        for title, compute in statistics
    ]


def _random_sites(length: int, order: int, max_sets: int, rng: np.random.Generator) -> np.ndarray:
    """Draw at most `max_sets` different sets of `order` sites, (N, order), each ascending."""
    draws = np.unique([np.sort(rng.choice(length, order, replace=False)) for _ in range(4 * max_sets)], axis=0)
    return draws[rng.permutation(len(draws))[:max_sets]]


def pairwise_distances(sequences: np.ndarray) -> np.ndarray:
    """Compute the shares of sites in which pairs of a few hundred of the sequences differ.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.

    Returns
    -------
    np.ndarray
        One a pair.
    """
    return pdist(sequences[:: -(-len(sequences) // _MOST_COMPARED)], "hamming")


def distance_histogram(distances: Any, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Count distances by number of sites, over the largest count.

    Parameters
    ----------
    distances : array-like
        Shares of sites.
    length : int
        Sites L.

    Returns
    -------
    distances, counts : np.ndarray
        (L + 1,) all possible distances, and their counts over the largest.
    """
    counts = np.bincount(np.rint(np.asarray(distances) * length).astype(int), minlength=length + 1)
    return np.arange(length + 1) / length, counts / counts.max()


def site_entropies(sequences: np.ndarray, q: int) -> np.ndarray:
    """Compute the entropy of each site.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        States of a site.

    Returns
    -------
    np.ndarray
        (L,) nats.
    """
    return entropy(site_frequencies(sequences, q), axis=1)


def logo_heights(sequences: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Compute the height of each symbol in a sequence logo: its share of the column's information.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    alphabet : Alphabet
        States of a site.

    Returns
    -------
    np.ndarray
        (L, q) bits, less by the share of gaps, which have no height.
    """
    frequencies, gaps = residue_frequencies(sequences, np.ones(len(sequences)), alphabet)
    bits = (1 - gaps) * information_content(frequencies, alphabet)
    return frequencies * bits[:, None]
