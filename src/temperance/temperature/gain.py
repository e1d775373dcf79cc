"""Held-out log-likelihood that a model gains over the independent-site model."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from temperance.msa.frequencies import profile_frequencies
from temperance.stats.estimate import Estimate, estimate
from temperance.stats.resampling import bootstrap_weights, resample
from temperance.temperature.divergence import Heldout
from temperance.thermo.thermodynamics import Curves


@dataclass(frozen=True)
class Gain:
    """Mean held-out log-likelihood above that of the independent-site model, nats a site.

    Attributes
    ----------
    at_one, best : Estimate or None
        Of the model itself, and at the temperature of its largest likelihood, `temperature`; None below the coldest
        temperature that was sampled, where ln Z is not known.
    temperature : float
        Of the largest likelihood.
    independent : float
        Log-likelihood of the independent-site model, nats a site.
    """

    at_one: Estimate | None
    best: Estimate | None
    temperature: float
    independent: float

    def summary(self) -> dict[str, Any]:
        """Collect the numbers for a JSON file.

        Returns
        -------
        dict
            at_one, best, temperature, independent.
        """
        return asdict(self)


def independent_log_likelihood(training: np.ndarray, weights: np.ndarray, sequences: np.ndarray, q: int) -> np.ndarray:
    """Score sequences by the independent-site model of a training set.

    Parameters
    ----------
    training, weights : np.ndarray
        (M, L) and (M,).
    sequences : np.ndarray
        (N, L).
    q : int
        States.

    Returns
    -------
    np.ndarray
        (N,) ln P, nats.
    """
    logs = np.log(profile_frequencies(training, q, weights))
    return logs[np.arange(logs.shape[0]), sequences].sum(axis=1)


def likelihood_gain(
    curves: Curves, heldout: Heldout, independent: np.ndarray, length: int, tau_f: float, rng: np.random.Generator,
    draws: int = 1000,
) -> Gain:  # fmt: skip
    """Measure the gain, paired over held-out sequences, by a bootstrap over their clusters and over ladders.

    Parameters
    ----------
    curves : Curves
        Of the model, for ln Z.
    heldout : Heldout
        Energies (N,), weights and clusters.
    independent : np.ndarray
        (N,) ln P of the same sequences under the independent-site model, nats.
    length : int
        Sites.
    tau_f : float
        Where the model's likelihood is largest; 1 is used where it lies outside the ladder.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.

    Returns
    -------
    Gain
    """
    paired = Heldout(heldout.model, heldout.weights, independent, heldout.clusters)
    energy, independent_means = paired.means(draws, rng)
    assert independent_means is not None
    ladders = len(curves.log_z) - 1
    log_z = resample(curves.log_z, bootstrap_weights(max(ladders, 1), draws, rng)) if ladders > 1 else curves.log_z[[0]]
    units = min(paired.units, ladders) if ladders > 1 else paired.units

    def _gain_at(tau: float) -> Estimate | None:
        if 1 / tau > curves.betas[-1] * (1 + 1e-9):
            return None
        log_z_at_tau = np.array([np.interp(1 / tau, curves.betas, row) for row in log_z])
        values = (-energy / tau - log_z_at_tau - independent_means) / length
        return estimate(values[0], values[1:], units)

    best = tau_f if 0 < tau_f < np.inf else 1.0
    return Gain(_gain_at(1.0), _gain_at(best), best, float(independent_means[0]) / length)
