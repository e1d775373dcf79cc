"""A sector: a few sites that make a sequence functional or not, beside pairs that are coupled and sites that are free.

There are too many sequences to list, but sites of different parts are independent: sequences are drawn exactly, and
every average is a product or a sum of few terms. Energies of sequences whose sector is not functional are infinite.
"""

from math import comb, log

import numpy as np
from scipy.special import logsumexp, softmax

from temperance.core.alphabet import alphabet
from temperance.core.settings.truths import SectorTruth
from temperance.truth import DrawnFamily

# States of a site; pairs of neighbours that are coupled, free sites, and sites of the sector, in this order.
Q, PAIRS, FREE, SECTOR = 5, 5, 18, 7
LENGTH = 2 * PAIRS + FREE + SECTOR
# Nats by which the energy of a coupled pair is lower if its states are the same.
_COUPLING = 1.0


def count_mutations(sequences: np.ndarray) -> np.ndarray:
    """Count the mutations of sectors from the nearest pattern, a sector of one state at all of its sites.

    Parameters
    ----------
    sequences : np.ndarray
        (M, 35) uint8.

    Returns
    -------
    np.ndarray
        (M,) int64.

    Examples
    --------
    >>> sequences = np.zeros((2, 35), np.uint8)
    >>> sequences[1, -2:] = 3
    >>> count_mutations(sequences).tolist()
    [0, 2]
    """
    sectors = sequences[:, -SECTOR:]
    return np.min([(sectors != state).sum(axis=1) for state in range(Q)], axis=0)


def energies(sequences: np.ndarray, mutations: int, temperature: float) -> np.ndarray:
    """Compute the true energies of sequences.

    Parameters
    ----------
    sequences : np.ndarray
        (M, 35) uint8.
    mutations : int
        Largest number of mutations of a functional sector.
    temperature : float
        Inverse of the energy of a mutation, in nats.

    Returns
    -------
    np.ndarray
        (M,) nats; infinite where the sector has more mutations.

    References
    ----------
    The toy model of the forerunner of arXiv:2512.09152 (ICML workshop, 2023; repository peter-fields/toysector).
    """
    coupled = sequences[:, 0 : 2 * PAIRS : 2] == sequences[:, 1 : 2 * PAIRS : 2]
    distances = count_mutations(sequences)
    return np.where(distances <= mutations, distances / temperature, np.inf) - _COUPLING * coupled.sum(axis=1)


def sector_distribution(mutations: int, temperature: float) -> tuple[np.ndarray, float]:
    """Compute the distribution of the number of mutations of functional sectors.

    Parameters
    ----------
    mutations : int
        Largest number of mutations, fewer than half of the sector's sites, so that each sector has one nearest pattern.
    temperature : float
        Inverse of the energy of a mutation, in nats.

    Returns
    -------
    (np.ndarray, float)
        (mutations + 1,) probabilities of 0, 1, ... mutations; and ln of the sector's partition function.
    """
    numbers = np.arange(mutations + 1)
    sectors = np.array([Q * comb(SECTOR, x) * (Q - 1) ** x for x in numbers])
    log_weights = np.log(sectors) - numbers / temperature
    return softmax(log_weights), float(logsumexp(log_weights))


def functional_share_of_random(mutations: int) -> float:
    """Compute the share of functional ones among sequences whose states are all equally probable.

    Parameters
    ----------
    mutations : int
        Largest number of mutations of a functional sector.

    Returns
    -------
    float

    Examples
    --------
    >>> round(5**7 * functional_share_of_random(0), 9)
    5.0
    """
    return float(np.exp(sector_distribution(mutations, np.inf)[1] - SECTOR * log(Q)))


def describe(mutations: int, temperature: float) -> dict[str, float]:
    """Compute exact properties of the truth.

    Parameters
    ----------
    mutations : int
        Largest number of mutations of a functional sector.
    temperature : float
        Inverse of the energy of a mutation, in nats.

    Returns
    -------
    dict
        log_z, entropy, heat_capacity and mean_energy (nats), and functional_share_of_random.
    """
    p, log_z_sector = sector_distribution(mutations, temperature)
    distances = np.arange(mutations + 1) / temperature
    same = _probability_of_equal_states()
    mean_energy = float(p @ distances) - PAIRS * _COUPLING * same
    log_z = PAIRS * log(Q * (np.exp(_COUPLING) + Q - 1)) + FREE * log(Q) + log_z_sector
    variance = float(p @ distances**2 - (p @ distances) ** 2) + PAIRS * _COUPLING**2 * same * (1 - same)
    return {
        "log_z": log_z, "entropy": log_z + mean_energy, "heat_capacity": variance, "mean_energy": mean_energy,
        "functional_share_of_random": functional_share_of_random(mutations),
    }  # fmt: skip


def draw(settings: SectorTruth, symbols: str, seed: int) -> DrawnFamily:
    """Draw a family of independent sequences.

    Parameters
    ----------
    settings : SectorTruth
        mutations, temperature, and sequences (their number).
    symbols : str
        Name or symbols of the alphabet.
    seed : int
        Determines the family.

    Returns
    -------
    DrawnFamily
    """
    rng, count = np.random.default_rng(seed), settings.sequences
    sequences = rng.integers(0, Q, (count, LENGTH), dtype=np.uint8)
    first = sequences[:, 0 : 2 * PAIRS : 2]
    same = rng.random((count, PAIRS)) < _probability_of_equal_states()
    sequences[:, 1 : 2 * PAIRS : 2] = np.where(same, first, _other_states(first, rng))
    patterns = np.repeat(rng.integers(0, Q, (count, 1), dtype=np.uint8), SECTOR, axis=1)
    p = sector_distribution(settings.mutations, settings.temperature)[0]
    numbers = rng.choice(len(p), count, p=p)
    mutated = rng.permuted(np.arange(SECTOR) < numbers[:, None], axis=1)
    sequences[:, -SECTOR:] = np.where(mutated, _other_states(patterns, rng), patterns)
    diagnostics = describe(settings.mutations, settings.temperature)
    parameters = settings.model_dump(include={"kind", "mutations", "temperature"})
    metadata = parameters | {"log_z": diagnostics["log_z"]}
    return DrawnFamily(sequences, alphabet(symbols), {}, metadata, diagnostics)


def _probability_of_equal_states() -> float:
    """Compute the probability that a coupled pair has the same state twice."""
    return float(np.exp(_COUPLING) / (np.exp(_COUPLING) + Q - 1))


def _other_states(states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a state other than each of `states`, all equally probable."""
    return ((states + rng.integers(1, Q, states.shape)) % Q).astype(np.uint8)
