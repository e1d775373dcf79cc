"""Families small enough to list every sequence, most with a gap that can be set: P(s) = exp(-E(s)) / Z.

The gap of planted and stored patterns is the distance, in nats, from their mean energy up to the mean energy of all
sequences; that of the two-level system is the distance between its levels.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from temperance.core.alphabet import alphabet
from temperance.core.settings.truths import EnumerableTruth, IsingTruth
from temperance.potts import enumeration
from temperance.potts.enumeration import all_sequences, energies_of_all, heat_capacity
from temperance.potts.model import Potts
from temperance.truth import DrawnFamily


def planted(
    length: int,
    q: int,
    rng: np.random.Generator,
    *,
    patterns: int = 4,
    radius: int = 1,
    gap: float = 6,
    width: float = 0.3,
) -> np.ndarray:
    """Draw energies of a planted landscape: patterns and everything near them far below a band of random energies.

    Such a gap needs interactions of all orders: a pairwise model cannot represent it. With two states the mirror images
    of the patterns belong to them.

    Parameters
    ----------
    length, q : int
        Sites and states.
    rng : numpy.random.Generator
        Draws patterns and band.
    patterns, radius : int
        Number of patterns, and sites in which a sequence may differ from one to lie below the band with it.
    gap : float
        Distance from the patterns up to the band, nats.
    width : float
        Standard deviation of the energies of the band, which are normal.

    Returns
    -------
    np.ndarray
        (q^length,) of every sequence, nats, in the order of `temperance.potts.enumeration`.

    Examples
    --------
    >>> energies = planted(3, 2, np.random.default_rng(0), patterns=1, radius=0, gap=5.0)
    >>> int((energies < -3).sum())
    2
    """
    listed = all_sequences(length, q)
    chosen = rng.integers(0, q, (patterns, length), dtype=np.uint8)
    if q == 2:
        chosen = np.concatenate([chosen, 1 - chosen])
    functional = np.zeros(len(listed), bool)
    for pattern in chosen:
        functional |= (listed != pattern).sum(axis=1) <= radius
    band = width * rng.standard_normal(len(listed))
    return band - gap * functional


def hopfield(length: int, q: int, rng: np.random.Generator, *, patterns: int = 2, gap: float = 4) -> np.ndarray:
    """Draw energies of patterns stored by Hebb's rule, which a pairwise model represents exactly.

    Parameters
    ----------
    length, q : int
        Sites and states.
    rng : numpy.random.Generator
        Draws the patterns.
    patterns : int
        Their number.
    gap : float
        Distance from the mean energy of the patterns up to that of all sequences, nats.

    Returns
    -------
    np.ndarray
        (q^length,) of every sequence, nats.

    References
    ----------
    Hopfield, PNAS 79:2554 (1982); Kanter, Phys. Rev. A 37:2739 (1988), for q > 2.
    """
    chosen = rng.integers(0, q, (patterns, length), dtype=np.uint8)
    states = (q * np.eye(q)[chosen] - 1) / (q - 1)
    energies = energies_of_all(_pairwise(np.zeros((length, q)), np.einsum("mia,mjb->iajb", states, states)))
    depth = -np.mean([energies[np.ravel_multi_index(tuple(pattern), (q,) * length)] for pattern in chosen])
    return energies * (gap / depth)


def gapless(length: int, q: int, rng: np.random.Generator, *, width: float = 0.1) -> np.ndarray:
    """Draw energies of a pairwise model with random fields and couplings, both normal.

    Parameters
    ----------
    length, q : int
        Sites and states.
    rng : numpy.random.Generator
        Draws the parameters.
    width : float
        Standard deviation of fields and couplings.

    Returns
    -------
    np.ndarray
        (q^length,) of every sequence, nats.
    """
    fields = width * rng.standard_normal((length, q))
    couplings = width * np.sqrt(2) * rng.standard_normal((length, q, length, q))
    return energies_of_all(_pairwise(fields, (couplings + couplings.transpose(2, 3, 0, 1)) / 2))


def critical(length: int, q: int, rng: np.random.Generator, *, width: float = 0.0) -> np.ndarray:
    """Build a ferromagnet, every pair coupled alike, scaled so that its heat capacity peaks at temperature 1.

    Parameters
    ----------
    length, q : int
        Sites and states.
    rng : numpy.random.Generator
        Draws the fields.
    width : float
        Standard deviation of random fields, in units of L times the coupling of a pair.

    Returns
    -------
    np.ndarray
        (q^length,) energies of every sequence, nats.
    """
    fields = width * rng.standard_normal((length, q))
    alike = np.broadcast_to(np.eye(q)[None, :, None, :], (length, q, length, q)) / length
    energies = energies_of_all(_pairwise(fields, alike))
    # With fields there may be a second, lower peak, of the two lowest sequences.
    betas = np.geomspace(0.01, 20 * q, 200)
    highest = int(np.argmax([heat_capacity(energies, beta) for beta in betas]))
    around = (betas[max(highest - 1, 0)], betas[min(highest + 1, len(betas) - 1)])
    peak = minimize_scalar(lambda beta: -heat_capacity(energies, beta), bounds=around, method="bounded")
    return energies * peak.x


def random(length: int, q: int, rng: np.random.Generator, *, width: float = 2.0) -> np.ndarray:
    """Draw independent normal energies: the random-energy model.

    Parameters
    ----------
    length, q : int
        Sites and states.
    rng : numpy.random.Generator
        Draws the energies.
    width : float
        Their standard deviation, nats.

    Returns
    -------
    np.ndarray
        (q^length,) of every sequence.

    References
    ----------
    Derrida, PRB 24:2613 (1981).
    """
    return width * rng.standard_normal(q**length)


def two_level(length: int, q: int, rng: np.random.Generator, *, ground_states: int = 30, gap: float = 6) -> np.ndarray:
    """Draw which sequences are ground states, of energy 0; all others have the energy of the gap.

    Parameters
    ----------
    length, q : int
        Sites and states.
    rng : numpy.random.Generator
        Draws the ground states.
    ground_states : int
        Their number.
    gap : float
        Energy of the other sequences, nats.

    Returns
    -------
    np.ndarray
        (q^length,) of every sequence, nats.

    References
    ----------
    Fields, Ngampruetikorn, Schwab, Palmer, arXiv:2512.09152.

    Examples
    --------
    >>> energies = two_level(2, 3, np.random.default_rng(0), ground_states=2, gap=5.0)
    >>> np.unique(energies, return_counts=True)
    (array([0., 5.]), array([2, 7]))
    """
    energies = np.full(q**length, float(gap))
    energies[rng.choice(len(energies), ground_states, replace=False)] = 0
    return energies


def ising(rows: int, columns: int, *, periodic: bool = True, temperature: float = 2.3) -> np.ndarray:
    """Compute the energies of the nearest-neighbour Ising model, E = -sum over neighbours s_i s_j / temperature.

    Parameters
    ----------
    rows, columns : int
        Of the lattice. Spins are sites of a sequence, row by row; state 0 is up.
    periodic : bool
        Whether the last row and column neighbour the first; two spins are neighbours once at most.
    temperature : float
        In units of the coupling.

    Returns
    -------
    np.ndarray
        (2^(rows * columns),) of every sequence, nats.

    References
    ----------
    Onsager, Phys. Rev. 65:117 (1944).

    Examples
    --------
    >>> ising(1, 2, periodic=False, temperature=0.5).tolist()
    [-2.0, 2.0, 2.0, -2.0]
    """
    sites = np.arange(rows * columns).reshape(rows, columns)
    neighbours = np.zeros((sites.size, sites.size), bool)
    for axis, size in enumerate(sites.shape):
        first = np.arange(size if periodic else size - 1)
        neighbours[np.take(sites, first, axis), np.take(sites, (first + 1) % size, axis)] = True
    spin = np.array([1.0, -1.0])
    couplings = np.einsum("ij,a,b->iajb", (neighbours | neighbours.T) / temperature, spin, spin)
    return energies_of_all(_pairwise(np.zeros((sites.size, 2)), couplings))


def _pairwise(fields: np.ndarray, couplings: np.ndarray) -> Potts:
    couplings = couplings.copy()
    for i in range(len(fields)):
        couplings[i, :, i] = 0
    return Potts(fields, couplings)


KINDS: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function for function in (planted, hopfield, gapless, critical, random, two_level)
}


def draw_energies(settings: EnumerableTruth, rng: np.random.Generator) -> np.ndarray:
    """Draw the energies of every sequence under the truth that settings describe.

    Parameters
    ----------
    settings : EnumerableTruth
        The configuration's: kind, length, q, and parameters of the kind's function.
    rng : numpy.random.Generator
        Draws the truth, where it is random.

    Returns
    -------
    np.ndarray
        (q^L,) nats.
    """
    if isinstance(settings, IsingTruth):
        return ising(settings.rows, settings.columns, periodic=settings.periodic, temperature=settings.temperature)
    shape = settings.model_dump(exclude={"kind", "length", "q", "sequences"})
    return KINDS[settings.kind](settings.length, settings.q, rng, **shape)


def draw(settings: EnumerableTruth, symbols: str, seed: int) -> DrawnFamily:
    """Draw a family of independent sequences from the truth that settings describe.

    Parameters
    ----------
    settings : EnumerableTruth
        The configuration's: kind, length, q, sequences (their number), and parameters of the kind's function.
    symbols : str
        Name or symbols of the alphabet.
    seed : int
        Determines truth and family.

    Returns
    -------
    DrawnFamily
    """
    length, q = settings.length, settings.q
    rng = np.random.default_rng(seed)
    energies = draw_energies(settings, rng)
    probabilities = enumeration.boltzmann(energies)
    natural = float(probabilities @ energies)
    diagnostics = {
        "log_z": enumeration.log_z(energies),
        "entropy": enumeration.entropy(probabilities),
        "heat_capacity": enumeration.heat_capacity(energies),
        "mean_energy": natural,
        "mean_energy_of_random": float(energies.mean()),
        "gap": float((energies.mean() - natural) / energies.std()) if energies.std() > 0 else 0.0,
    }
    metadata = {"kind": "enumerable", "q": q, "log_z": diagnostics["log_z"]}
    sequences = enumeration.draw_sequences(energies, length, q, settings.sequences, rng)
    return DrawnFamily(sequences, alphabet(symbols), {"energies": energies}, metadata, diagnostics)
