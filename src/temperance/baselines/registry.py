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
from temperance.engines.chains import draw_profile_chains
from temperance.msa.frequencies import profile_frequencies
from temperance.potts.model import Potts, profile_fields
from temperance.sampling.replica_exchange import sample
from temperance.thermo.energy_curve import interpolate_energies
from temperance.training import train

# L2 strengths on fields and couplings where none are given: of arDCA's and plmDCA's own publications, in the
# convention of `train`.
_L2 = {"pseudolikelihood": (0.02, 0.02), "autoregressive": (2e-6, 2e-4)}


class Model(Protocol):
    """Interface of a model that sequences are scored by."""

    @property
    def L(self) -> int:
        """Number of sites.

        Returns
        -------
        int
        """
        ...

    @property
    def q(self) -> int:
        """Number of states of a site.

        Returns
        -------
        int
        """
        ...

    def energies(self, sequences: np.ndarray) -> np.ndarray:
        """Compute energies of sequences at temperature 1.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,) nats.
        """
        ...


@dataclass(frozen=True)
class DrawnSamples:
    """Hold sequences that a model generated at several temperatures, with diagnostics and a likelihood.

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
        """Collect the arrays of the samples, for a file.

        Returns
        -------
        dict
            temperatures, sequences.
        """
        return {"temperatures": self.temperatures, "sequences": self.sequences}


def learn(
    entry: Mapping[str, Any],
    settings: Mapping[str, Any],
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    engine: Engine,
    seed: int,
    checkpoint: Checkpoint = NONE,
    heldout: tuple[np.ndarray, np.ndarray] | None = None,
) -> Model:
    """Learn a model of a kind from weighted sequences.

    Parameters
    ----------
    entry : mapping
        An entry of the configuration's `models`: kind, l2_fields, l2_couplings (None: the kind's own).
    settings : mapping
        The configuration's `train`, for Boltzmann machines.
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    q : int
        States.
    engine : Engine
        Trains Boltzmann machines.
    seed : int
        Of their training.
    checkpoint : Checkpoint
        From which these go on.
    heldout : (np.ndarray, np.ndarray), optional
        Sequences and weights by which a Boltzmann machine's penalty is chosen, where it is to be.

    Returns
    -------
    Model
    """
    kind = entry["kind"]
    l2 = {name: entry[name] for name in ("l2_fields", "l2_couplings") if entry[name] is not None}
    if kind == "boltzmann":
        heldout_settings = dict(zip(("heldout", "heldout_weights"), heldout or (None, None), strict=True))
        plan = {**settings, **l2, **heldout_settings}
        return train(sequences, weights, q, engine, seed, checkpoint=checkpoint, **plan).model
    if kind == "attention":
        return Attention.from_sequences(sequences, weights, q)
    if kind == "profile":
        return independent(sequences, weights, q)
    l2 = dict(zip(("l2_fields", "l2_couplings"), _L2[kind], strict=True)) | l2
    if kind == "pseudolikelihood":
        return pseudolikelihood(sequences, weights, q, **l2)
    return Autoregressive.learn(sequences, weights, q, **l2)


def independent(sequences: np.ndarray, weights: np.ndarray, q: int) -> Potts:
    """Build the profile model, of independent sites, from their frequencies with a pseudocount of one sequence.

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    q : int
        States.

    Returns
    -------
    Potts

    Examples
    --------
    >>> model = independent(np.array([[0, 1], [0, 0]], np.uint8), np.ones(2), 2)
    >>> bool(model.energies(np.array([[0, 1]], np.uint8)) < model.energies(np.array([[1, 1]], np.uint8)))
    True
    """
    single = profile_frequencies(sequences, q, weights)
    return Potts(profile_fields(single), np.zeros((*single.shape, *single.shape), np.float32))


def draw(
    model: Model,
    settings: Mapping[str, Any],
    starts: np.ndarray,
    engine: Engine,
    seed: int,
    checkpoint: Checkpoint = NONE,
) -> DrawnSamples:
    """Sample a model over temperatures: by independent draws where it allows them, else by replica exchange.

    Parameters
    ----------
    model : Model
        Of `learn`.
    settings : mapping
        The configuration's `sample`.
    starts : np.ndarray
        (M, L) uint8, sequences from which half of the ladders of replica exchange start.
    engine : Engine
        Sampler of replica exchange.
    seed : int
        Determines the result, together with the engine.
    checkpoint : Checkpoint
        From which replica exchange goes on.

    Returns
    -------
    DrawnSamples
    """
    if isinstance(model, Potts):
        if not model.couplings.any():
            return _draw_independent(
                model, settings, seed, lambda *arguments: _draw_sites(model, *arguments), _site_log_probabilities(model)
            )
        samples = sample(model, engine, seed, starts=starts, checkpoint=checkpoint, **settings)
        curve, betas = interpolate_energies(samples.betas, samples.energies), 1 / samples.temperatures

        def _log_likelihood(sequences: np.ndarray) -> np.ndarray:
            return -model.energies(sequences)[:, None] * betas - curve.log_z(betas, model.L, model.q)

        rungs = samples.rungs[samples.rungs["requested"]].sort_values("temperature", ignore_index=True)
        return DrawnSamples(samples.temperatures, samples.sequences, rungs, _log_likelihood)
    assert isinstance(model, Autoregressive | Attention)
    likelihood = model.log_probabilities if isinstance(model, Autoregressive) else _unknown_likelihood
    return _draw_independent(model, settings, seed, model.draw, likelihood)


def _draw_independent(
    model: Model,
    settings: Mapping[str, Any],
    seed: int,
    draw: Callable[[int, float, np.random.Generator], np.ndarray],
    likelihood: Callable[[np.ndarray, float], np.ndarray],
) -> DrawnSamples:
    """Draw independent samples, in groups as large as those of ladders."""
    rng, temperatures = np.random.default_rng(seed), np.unique(settings["temperatures"]).astype(float)
    groups = settings["ladders"]
    draws = -(-settings["sequences"] // groups)
    chains = np.array([draw(groups * draws, tau, rng) for tau in temperatures])
    rungs = pd.DataFrame({"temperature": temperatures, "requested": True, "ess": float(groups * draws)})
    return DrawnSamples(
        temperatures,
        chains.reshape(len(temperatures), groups, draws, model.L),
        rungs.assign(rhat=1.0, drift=0.0, acceptance=np.nan, equilibrated=True),
        lambda sequences: np.stack([likelihood(sequences, tau) for tau in temperatures], axis=1),
    )


def _draw_sites(model: Potts, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
    return draw_profile_chains(count, softmax(model.fields.astype(np.float64) / temperature, axis=1), rng)


def _site_log_probabilities(model: Potts) -> Callable[[np.ndarray, float], np.ndarray]:
    def log_probabilities(sequences: np.ndarray, temperature: float) -> np.ndarray:
        fields = model.fields.astype(np.float64) / temperature
        log_z = np.log(np.exp(fields).sum(axis=1)).sum()
        return -model.energies(sequences) / temperature - log_z

    return log_probabilities


def _unknown_likelihood(sequences: np.ndarray, temperature: float) -> np.ndarray:
    return np.full(len(sequences), np.nan)
