"""The energy landscape of a model in a few numbers: ground state, gap, and what a random-energy model makes of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp, xlogy

from temperance.core.alphabet import Alphabet
from temperance.engines.base import Engine
from temperance.engines.chains import profile_chains, uniform_chains
from temperance.potts.model import Potts

_RANDOM = 2000
# So cold that a Gibbs sweep takes every site to its best state, and not so cold that single precision overflows.
_QUENCH_BETA, _QUENCH_SWEEPS = 1e4, 30


@dataclass(frozen=True)
class Valleys:
    """Where quenches end.

    Attributes
    ----------
    energy, sequence : float, np.ndarray
        The lowest energy found (nats at temperature 1), an upper bound on the least, and its sequence (L,) uint8.
    hits, quenches : int
        How many of the quenches ended there; a bound that many reach is likely the least.
    energies : np.ndarray
        Of all distinct sequences that quenches ended or began with.
    """

    energy: float
    sequence: np.ndarray
    hits: int
    quenches: int
    energies: np.ndarray

    def summary(self, letters: Alphabet) -> dict[str, Any]:
        """Summarise the lowest energy that was found, for a file."""
        sequence = letters.decode(self.sequence[None])[0]
        return {"energy": self.energy, "sequence": sequence, "hits": self.hits, "quenches": self.quenches}

    def log_z_bound(self, beta: np.ndarray) -> np.ndarray:
        """Bound ln Z from below by the logarithm of the sum of exp(-beta E) over distinct sequences."""
        return logsumexp(-np.multiply.outer(beta, self.energies), axis=-1)


def valleys(model: Potts, engine: Engine, seed: int, starts: np.ndarray) -> Valleys:
    """Quench `starts`, (M, L), to the nearest minima under single mutations."""
    ends = np.asarray(engine.sweep(engine.prepare(model), starts, _QUENCH_BETA, seed, _QUENCH_SWEEPS))
    energies = model.energies(ends)
    least = float(energies.min())
    reached = energies < least + 1e-3
    seen = np.unique(np.concatenate([starts, ends]), axis=0)
    return Valleys(least, ends[np.argmin(energies)], int(reached.sum()), len(starts), model.energies(seen))


def energy_sets(
    model: Potts, training: np.ndarray, heldout: np.ndarray, weights: np.ndarray, single: np.ndarray,
    samples: np.ndarray, rng: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """Mean and standard deviation of the energy over five sets of sequences.

    uniform: random sequences; profile: the columns of the training set shuffled, that is independent draws from its
    one-site frequencies `single` (L, q); training; heldout, weighted; samples: energies of the rung nearest to
    temperature 1, (N,).
    """
    sets = {
        "uniform": (model.energies(uniform_chains(_RANDOM, model.L, model.q, rng)), None),
        "profile": (model.energies(profile_chains(_RANDOM, single, rng)), None),
        "training": (model.energies(training), None),
        "heldout": (model.energies(heldout), weights),
        "samples": (samples, None),
    }
    rows = []
    for name, (energies, shares) in sets.items():
        mean = float(np.average(energies, weights=shares))
        variance = float(np.average((energies - mean) ** 2, weights=shares))
        rows.append({"set": name, "mean": mean, "sd": variance**0.5, "sequences": len(energies)})
    return pd.DataFrame(rows).set_index("set")


def gaps(sets: pd.DataFrame, single: np.ndarray, q: int, entropy: float) -> dict[str, dict[str, Any]]:
    """Energy gap of held-out sequences below random ones, and random-energy temperatures, by what random means.

    Parameters
    ----------
    sets : pandas.DataFrame
        Of `energy_sets`.
    entropy : float
        Of the model's samples at temperature 1, nats: the entropy that the family keeps.

    Returns
    -------
    dict
        uniform and profile -> gap (in standard deviations of the random energies), and of `random_energy`.
    """
    entropies = {"uniform": len(single) * np.log(q), "profile": float(-xlogy(single, single).sum())}
    natural = sets.loc["heldout", "mean"]
    found = {}
    for name, of_random in entropies.items():
        mean, sd = sets.loc[name, "mean"], sets.loc[name, "sd"]
        gap = {"gap": float((mean - natural) / sd) if sd > 0 else None, "random_entropy": of_random}
        found[name] = gap | random_energy(mean - natural, sd, of_random, entropy)
    return found


def random_energy(depth: float, sd: float, random_entropy: float, entropy: float) -> dict[str, float | None]:
    """Freezing and folding temperature of a random-energy model with a family below it.

    Random sequences with normal energies of standard deviation `sd` and entropy S0 have the free energy
    -sd^2 / (2 tau) - tau S0 above their freezing temperature, sd / sqrt(2 S0), where their entropy is used up (Derrida,
    PRB 24:2613, 1981). The family, `depth` below their mean with an entropy S, has -depth - tau S. The two meet at the
    folding temperature (Bryngelson, Wolynes, PNAS 84:7524, 1987, for S = 0); None where they do not.
    """
    freezing = sd / (2 * random_entropy) ** 0.5 if random_entropy > 0 else None
    lost = random_entropy - entropy
    inside = depth**2 - 2 * sd**2 * lost
    folding = (depth + inside**0.5) / (2 * lost) if lost > 0 and depth > 0 and inside >= 0 else None
    return {
        "freezing_temperature": None if freezing is None else float(freezing),
        "folding_temperature": None if folding is None else float(folding),
    }
