"""Families small enough to list every sequence, with a gap that can be set: P(s) = exp(-E(s)) / Z.

In all of them the gap is the distance, in nats, from the mean energy of the patterns up to the mean energy of all
sequences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from temperance.core.alphabet import alphabet
from temperance.potts import enumeration
from temperance.potts.enumeration import all_sequences, energies_of_all, heat_capacity
from temperance.potts.model import Potts
from temperance.truth import Drawn


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
    """Patterns and everything within `radius` of them lie `gap` below a band of random energies, normal, sd `width`.

    Such a gap needs interactions of all orders: a pairwise model cannot represent it. With two states the mirror images
    of the patterns belong to them.
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
    """Patterns stored by Hebb's rule (Hopfield, PNAS 79:2554, 1982; Kanter, Phys. Rev. A 37:2739, 1988 for q > 2).

    A pairwise model represents it exactly.
    """
    chosen = rng.integers(0, q, (patterns, length), dtype=np.uint8)
    states = (q * np.eye(q)[chosen] - 1) / (q - 1)
    energies = energies_of_all(_pairwise(np.zeros((length, q)), np.einsum("mia,mjb->iajb", states, states)))
    depth = -np.mean([energies[np.ravel_multi_index(tuple(pattern), (q,) * length)] for pattern in chosen])
    return energies * (gap / depth)


def gapless(length: int, q: int, rng: np.random.Generator, *, width: float = 0.1) -> np.ndarray:
    """Random fields and couplings, normal with standard deviation `width`."""
    fields = width * rng.standard_normal((length, q))
    couplings = width * np.sqrt(2) * rng.standard_normal((length, q, length, q))
    return energies_of_all(_pairwise(fields, (couplings + couplings.transpose(2, 3, 0, 1)) / 2))


def critical(length: int, q: int, rng: np.random.Generator, *, width: float = 0.0) -> np.ndarray:
    """Build a ferromagnet, every pair coupled alike, scaled so that its heat capacity peaks at temperature 1.

    `width` is the standard deviation of random fields, in units of the coupling.
    """
    fields = width * rng.standard_normal((length, q))
    alike = np.broadcast_to(np.eye(q)[None, :, None, :], (length, q, length, q)) / length
    energies = energies_of_all(_pairwise(fields, alike))
    peak = minimize_scalar(lambda b: -heat_capacity(energies, b), bounds=(0.01, 20 * q), method="bounded")
    return energies * peak.x


def random(length: int, q: int, rng: np.random.Generator, *, width: float = 2.0) -> np.ndarray:
    """Independent normal energies, standard deviation `width`: the random-energy model (Derrida, PRB 24:2613, 1981)."""
    return width * rng.standard_normal(q**length)


def _pairwise(fields: np.ndarray, couplings: np.ndarray) -> Potts:
    couplings = couplings.copy()
    for i in range(len(fields)):
        couplings[i, :, i] = 0
    return Potts(fields, couplings)


KINDS: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function for function in (planted, hopfield, gapless, critical, random)
}


def energies_of(settings: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    """Energies of every sequence under the truth that the configuration's `settings` describe."""
    shape = {key: value for key, value in settings.items() if key not in ("kind", "length", "q", "sequences")}
    return KINDS[settings["kind"]](settings["length"], settings["q"], rng, **shape)


def draw(settings: dict[str, Any], symbols: str, seed: int) -> Drawn:
    """Independent draws from the truth that the configuration's `settings` describe."""
    length, q = settings["length"], settings["q"]
    rng = np.random.default_rng(seed)
    energies = energies_of(settings, rng)
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
    sequences = enumeration.draw(energies, length, q, settings["sequences"], rng)
    return Drawn(sequences, alphabet(symbols), {"energies": energies}, metadata, diagnostics)
