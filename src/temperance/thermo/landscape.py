"""The energy landscape of a model in a few numbers: ground state, gap, and what a random-energy model makes of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp, xlogy

from temperance.core.alphabet import Alphabet
from temperance.engines.base import Engine
from temperance.engines.chains import draw_profile_chains, draw_uniform_chains
from temperance.potts.model import Potts

_RANDOM = 2000
# So cold that a Gibbs sweep takes every site to its best state, and not so cold that single precision overflows.
_QUENCH_BETA, _QUENCH_SWEEPS = 1e4, 30


@dataclass(frozen=True)
class Valleys:
    """Local minima of a model's energy in which quenches end.

    Attributes
    ----------
    energy, sequence : float, np.ndarray
        The lowest energy that was found (nats at temperature 1) and its sequence (L,) uint8. It is an upper bound on
        the lowest energy of the model.
    hits, quenches : int
        How many of how many quenches ended in that sequence; where many did, it likely is the lowest.
    energies : np.ndarray
        (N,) nats, of all different sequences with which quenches began or ended.
    """

    energy: float
    sequence: np.ndarray
    hits: int
    quenches: int
    energies: np.ndarray

    def summary(self, alphabet: Alphabet) -> dict[str, Any]:
        """Summarise the lowest energy, for a file.

        Parameters
        ----------
        alphabet : Alphabet
            Of the model's states.

        Returns
        -------
        dict
            energy, sequence (a string), hits, quenches.
        """
        sequence = alphabet.decode(self.sequence[None])[0]
        return {"energy": self.energy, "sequence": sequence, "hits": self.hits, "quenches": self.quenches}

    def log_z_bound(self, beta: np.ndarray) -> np.ndarray:
        """Bound ln Z from below by the logarithm of the sum of exp(-beta E) over distinct sequences.

        Parameters
        ----------
        beta : np.ndarray
            (T,) inverse temperatures.

        Returns
        -------
        np.ndarray
            (T,) nats.
        """
        return logsumexp(-np.multiply.outer(beta, self.energies), axis=-1)


def find_valleys(model: Potts, engine: Engine, seed: int, starts: np.ndarray) -> Valleys:
    """Quench sequences to the nearest minima under single mutations.

    Parameters
    ----------
    model : Potts
        Gives the energies.
    engine : Engine
        Sweeps the sequences, at an inverse temperature of 10^4.
    seed : int
        Of the sweeps.
    starts : np.ndarray
        (M, L) uint8.

    Returns
    -------
    Valleys
    """
    ends = np.asarray(engine.sweep(engine.prepare(model), starts, _QUENCH_BETA, seed, _QUENCH_SWEEPS))
    energies = model.energies(ends)
    least = float(energies.min())
    hits = energies < least + 1e-3
    distinct = np.unique(np.concatenate([starts, ends]), axis=0)
    return Valleys(least, ends[np.argmin(energies)], int(hits.sum()), len(starts), model.energies(distinct))


def summarise_energies(
    model: Potts, training: np.ndarray, heldout: np.ndarray, weights: np.ndarray, single: np.ndarray,
    samples: np.ndarray, rng: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """Compute mean and standard deviation of the energy over five sets of sequences.

    Parameters
    ----------
    model : Potts
        Gives the energies.
    training, heldout : np.ndarray
        (M, L) and (H, L) uint8.
    weights : np.ndarray
        (H,) of the held-out sequences.
    single : np.ndarray
        (L, q) one-site frequencies of the training set.
    samples : np.ndarray
        (N,) energies of the rung nearest to temperature 1.
    rng : numpy.random.Generator
        Draws the random sequences.

    Returns
    -------
    pandas.DataFrame
        mean, sd (nats) and sequences (their number), by set: uniform, random sequences; profile, independent draws from
        `single`, as if the columns of the training set were shuffled; training; heldout, weighted; samples.
    """
    sets = {
        "uniform": (model.energies(draw_uniform_chains(_RANDOM, model.L, model.q, rng)), None),
        "profile": (model.energies(draw_profile_chains(_RANDOM, single, rng)), None),
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


def measure_gaps(sets: pd.DataFrame, single: np.ndarray, q: int, entropy: float) -> dict[str, dict[str, Any]]:
    """Compute the energy gap of held-out sequences below random ones, and the temperatures of random-energy models.

    Parameters
    ----------
    sets : pandas.DataFrame
        Of `summarise_energies`.
    single : np.ndarray
        (L, q) one-site frequencies of the training set.
    q : int
        States.
    entropy : float
        Of the model's samples at temperature 1, nats: the entropy that the family keeps.

    Returns
    -------
    dict
        By what random sequences are, uniform or profile: gap (in standard deviations of the random energies; None where
        these do not vary), random_entropy (nats), and the temperatures of `estimate_freezing_and_folding`.
    """
    entropies = {"uniform": len(single) * np.log(q), "profile": float(-xlogy(single, single).sum())}
    natural = sets.loc["heldout", "mean"]
    results = {}
    for name, random_entropy in entropies.items():
        mean, sd = sets.loc[name, "mean"], sets.loc[name, "sd"]
        gap = {"gap": float((mean - natural) / sd) if sd > 0 else None, "random_entropy": random_entropy}
        results[name] = gap | estimate_freezing_and_folding(mean - natural, sd, random_entropy, entropy)
    return results


def estimate_freezing_and_folding(
    depth: float, sd: float, random_entropy: float, entropy: float
) -> dict[str, float | None]:
    """Compute freezing and folding temperature of a random-energy model with a family below it.

    Random sequences with normal energies of standard deviation `sd` and entropy S0 have the free energy
    -sd^2 / (2 tau) - tau S0 above their freezing temperature, sd / sqrt(2 S0), where their entropy is used up. The
    family, `depth` below their mean with an entropy S, has -depth - tau S. The two meet at the folding temperature.

    Parameters
    ----------
    depth, sd : float
        Mean energy of random sequences above that of the family, and standard deviation of the former, nats.
    random_entropy, entropy : float
        Of random sequences and of the family, nats.

    Returns
    -------
    dict
        freezing_temperature and folding_temperature, None where there is none.

    References
    ----------
    Derrida, PRB 24:2613 (1981), for freezing; Bryngelson, Wolynes, PNAS 84:7524 (1987), for folding with S = 0.

    Examples
    --------
    >>> estimate_freezing_and_folding(depth=10.0, sd=2.0, random_entropy=8.0, entropy=0.0)
    {'freezing_temperature': 0.5, 'folding_temperature': 1.0}
    """
    freezing = sd / (2 * random_entropy) ** 0.5 if random_entropy > 0 else None
    lost = random_entropy - entropy
    inside = depth**2 - 2 * sd**2 * lost
    folding = (depth + inside**0.5) / (2 * lost) if lost > 0 and depth > 0 and inside >= 0 else None
    return {
        "freezing_temperature": None if freezing is None else float(freezing),
        "folding_temperature": None if folding is None else float(folding),
    }
