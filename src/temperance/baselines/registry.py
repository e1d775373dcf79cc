"""Models to compare with: each learns a training set, is sampled at every temperature, and scores sequences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.special import softmax

from temperance.baselines.attention import Attention
from temperance.baselines.site_conditionals import Autoregressive, pseudolikelihood
from temperance.core.checkpoint import NONE, Checkpoint
from temperance.engines.base import Engine
from temperance.engines.chains import profile_chains
from temperance.msa.frequencies import profile_frequencies
from temperance.potts.model import Potts, profile_fields
from temperance.sampling.replica_exchange import sample
from temperance.thermo.thermodynamics import energy_curve
from temperance.training import train

# L2 strengths on fields and couplings where none are given: of arDCA's and plmDCA's own publications, in the
# convention of `train`.
_L2 = {"pseudolikelihood": (0.02, 0.02), "autoregressive": (2e-6, 2e-4)}


class Model(Protocol):
    """What scores need of a model."""

    @property
    def L(self) -> int:
        """Number of sites."""
        ...

    @property
    def q(self) -> int:
        """Number of states."""
        ...

    def energies(self, sequences: np.ndarray) -> np.ndarray:
        """Compute energies (M,) of sequences at temperature 1, nats."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Samples of a model over temperatures.

    Attributes
    ----------
    temperatures, sequences : np.ndarray
        (T,) ascending; (T, K, D, L) uint8, K groups that are independent of each other.
    rungs : pandas.DataFrame
        One row a temperature: temperature, requested, ess, rhat, drift, acceptance, equilibrated.
    log_likelihood : callable
        Held-out sequences (M, L) -> (M, T) ln Q_tau, nats; nan for models that give none.
    """

    temperatures: np.ndarray
    sequences: np.ndarray
    rungs: pd.DataFrame
    log_likelihood: Callable[[np.ndarray], np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays of the samples, for a file."""
        return {"temperatures": self.temperatures, "sequences": self.sequences}


def learn(
    given: Mapping[str, Any],
    settings: Mapping[str, Any],
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    engine: Engine,
    seed: int,
    checkpoint: Checkpoint = NONE,
    heldout: tuple[np.ndarray, np.ndarray] | None = None,
) -> Model:
    """Learn a model of sequences (M, L) with weights (M,).

    Parameters
    ----------
    given : mapping
        An entry of the configuration's `models`: kind, l2_fields, l2_couplings (None: the kind's own).
    settings : mapping
        The configuration's `train`, for Boltzmann machines.
    checkpoint : Checkpoint
        From which these go on.
    heldout : (np.ndarray, np.ndarray), optional
        Sequences and weights by which a Boltzmann machine's penalty is chosen, where it is to be.
    """
    kind = given["kind"]
    l2 = {name: given[name] for name in ("l2_fields", "l2_couplings") if given[name] is not None}
    if kind == "boltzmann":
        chosen_by = dict(zip(("heldout", "heldout_weights"), heldout or (None, None), strict=True))
        plan = {**settings, **l2, **chosen_by}
        return train(sequences, weights, q, engine, seed, checkpoint=checkpoint, **plan).model
    if kind == "attention":
        return Attention.of(sequences, weights, q)
    if kind == "profile":
        return independent(sequences, weights, q)
    l2 = dict(zip(("l2_fields", "l2_couplings"), _L2[kind], strict=True)) | l2
    if kind == "pseudolikelihood":
        return pseudolikelihood(sequences, weights, q, **l2)
    return Autoregressive.learn(sequences, weights, q, **l2)


def independent(sequences: np.ndarray, weights: np.ndarray, q: int) -> Potts:
    """Build the profile model: one-site frequencies with a pseudocount of a sequence, and no couplings."""
    single = profile_frequencies(sequences, q, weights)
    return Potts(profile_fields(single), np.zeros((*single.shape, *single.shape), np.float32))


def draw(
    model: Model,
    settings: Mapping[str, Any],
    starts: np.ndarray,
    engine: Engine,
    seed: int,
    checkpoint: Checkpoint = NONE,
) -> Drawn:
    """Sample a model; `settings` are the configuration's `sample`. Where draws can be independent, they are."""
    if isinstance(model, Potts):
        if not model.couplings.any():
            return _drawn_apart(model, settings, seed, lambda *given: _draw_sites(model, *given), _of_sites(model))
        found = sample(model, engine, seed, starts=starts, checkpoint=checkpoint, **settings)
        curve, betas = energy_curve(found.betas, found.energies), 1 / found.temperatures

        def of_joint(sequences: np.ndarray) -> np.ndarray:
            return -model.energies(sequences)[:, None] * betas - curve.log_z(betas, model.L, model.q)

        rungs = found.rungs[found.rungs["requested"]].sort_values("temperature", ignore_index=True)
        return Drawn(found.temperatures, found.sequences, rungs, of_joint)
    assert isinstance(model, Autoregressive | Attention)
    likelihood = model.log_probabilities if isinstance(model, Autoregressive) else _unknown
    return _drawn_apart(model, settings, seed, model.draw, likelihood)


def _drawn_apart(
    model: Model,
    settings: Mapping[str, Any],
    seed: int,
    draw: Callable[[int, float, np.random.Generator], np.ndarray],
    likelihood: Callable[[np.ndarray, float], np.ndarray],
) -> Drawn:
    """Independent draws, in groups as large as those of ladders."""
    rng, temperatures = np.random.default_rng(seed), np.unique(settings["temperatures"]).astype(float)
    groups = settings["ladders"]
    draws = -(-settings["sequences"] // groups)
    chains = np.array([draw(groups * draws, tau, rng) for tau in temperatures])
    rungs = pd.DataFrame({"temperature": temperatures, "requested": True, "ess": float(groups * draws)})
    return Drawn(
        temperatures,
        chains.reshape(len(temperatures), groups, draws, model.L),
        rungs.assign(rhat=1.0, drift=0.0, acceptance=np.nan, equilibrated=True),
        lambda sequences: np.stack([likelihood(sequences, tau) for tau in temperatures], axis=1),
    )


def _draw_sites(model: Potts, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
    return profile_chains(count, softmax(model.fields.astype(np.float64) / temperature, axis=1), rng)


def _of_sites(model: Potts) -> Callable[[np.ndarray, float], np.ndarray]:
    def log_probabilities(sequences: np.ndarray, temperature: float) -> np.ndarray:
        fields = model.fields.astype(np.float64) / temperature
        log_z = np.log(np.exp(fields).sum(axis=1)).sum()
        return -model.energies(sequences) / temperature - log_z

    return log_probabilities


def _unknown(sequences: np.ndarray, temperature: float) -> np.ndarray:
    return np.full(len(sequences), np.nan)
