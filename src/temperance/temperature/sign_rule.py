"""Sign rule: whether colder or hotter samples are better, from how true energy and model energy of samples go together.

E_Q is the model's energy and E_P the true one. Over samples at temperature tau, of which averages and variances are,

    kappa = d<E_P>/dtau = Cov(E_P, E_Q) / tau^2    is what the true energy of samples gains with temperature, and
    C     = d<E_Q>/dtau = Var(E_Q) / tau^2         the heat capacity, what the model's own energy gains.

The reverse divergence D_r = KL(Q_tau || P) changes by dD_r/dtau = kappa - C / tau. So the truth accepts colder samples
better if the energy slope kappa / C, that of the true energy regressed on the model's, is above 1 / tau, and hotter
ones if it is below: at temperature 1 the boundary is 1. A judge whose scores are logarithms of probabilities can stand
in the truth's place, as far as its own scale is to be relied on (docs/method.md, "The sign rule").
"""

from collections.abc import Iterable, Mapping
from math import log
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.files import finite_or_none
from temperance.scoring.standing import TRUTHS
from temperance.stats.estimate import Estimate, estimate_columns
from temperance.stats.resampling import interval_factor, jackknife_error, resample
from temperance.thermo.thermodynamics import Curves

# Nats in the unit of the scores that are logarithms of probabilities of sequences. Other judges' scores are taken as
# they are; among them the pair judge's, the density of a Gaussian, whose scale is several times too steep.
_NATS = {"profile": 1.0, "hmm": log(2), "covariance": log(2)}


def sign_rule_draws(curves: Curves, shares: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the quantities of the sign rule over inverse temperature, and their bootstrap draws over ladders.

    Parameters
    ----------
    curves : Curves
        With the covariance of the true energy and the model's.
    shares : np.ndarray
        (draws + 1, K) from `bootstrap_weights`.

    Returns
    -------
    dict
        kappa, heat_capacity, and energy_slope, their ratio: (draws + 1, G), the first row from all ladders.
    """
    assert curves.covariance is not None
    slope = np.full_like(curves.variance, np.nan)
    np.divide(curves.covariance, curves.variance, out=slope, where=curves.variance > 0)
    values = {
        "kappa": curves.betas**2 * curves.covariance, "heat_capacity": curves.heat_capacity, "energy_slope": slope,
    }  # fmt: skip
    return {name: resample(rows, shares) for name, rows in values.items()}


def estimate_at_one(betas: np.ndarray, draws: dict[str, np.ndarray], ladders: int) -> dict[str, Estimate]:
    """Take quantities at temperature 1 with their intervals, Student's t times the draws' standard deviation.

    Parameters
    ----------
    betas : np.ndarray
        (G,) ascending inverse temperatures.
    draws : dict
        Name -> (draws + 1, G), the first row the estimate itself.
    ladders : int
        Independent ladders.

    Returns
    -------
    dict
        Name -> estimate; linearly interpolated in beta where 1 is no inverse temperature of the list. Empty if all are
        hotter than 1.
    """
    if betas[-1] < 1:
        return {}
    estimates = {}
    for name, rows in draws.items():
        values = np.array([np.interp(1.0, betas, row) for row in rows])
        half = interval_factor(ladders) * values[1:].std()
        estimates[name] = Estimate(float(values[0]), float(values[0] - half), float(values[0] + half))
    return estimates


def regress_on_energy(energies: np.ndarray, scores: np.ndarray, ladders: np.ndarray) -> Estimate:
    """Compute how fast scores fall with the model's energy: minus the slope of their regression over samples.

    Parameters
    ----------
    energies, scores : np.ndarray
        (N,) of the samples of one temperature, nats; samples without a score (nan) are left out.
    ladders : np.ndarray
        (N,) labels of the independent ladders that samples come from.

    Returns
    -------
    Estimate
        In the scores' unit per nat, with a 95 % interval from a jackknife over ladders; nan where energies do not vary.

    Examples
    --------
    >>> slope = regress_on_energy(np.array([0.0, 1, 0, 1]), np.array([2.0, 0, 3, 1]), np.array([0, 0, 1, 1]))
    >>> slope.value, slope.low, slope.high
    (2.0, 2.0, 2.0)
    """
    scored = np.isfinite(scores)
    if not scored.any():
        return Estimate(np.nan, np.nan, np.nan)
    labels = np.unique(ladders[scored], return_inverse=True)[1]
    e, o = (values[scored] - values[scored].mean() for values in (energies, scores))
    sums = np.array([np.bincount(labels, terms) for terms in (np.ones(len(e)), e, o, e * e, e * o)])
    total = sums.sum(axis=1, keepdims=True)
    count, first, second, square, product = np.concatenate([total, total - sums], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (first * second - count * product) / (count * square - first**2)
    half = interval_factor(len(slopes) - 1) * float(jackknife_error(slopes))
    return Estimate(float(slopes[0]), float(slopes[0] - half), float(slopes[0] + half))


def judge_slopes(samples: pd.DataFrame, judges: Iterable[str]) -> dict[str, Estimate]:
    """Compute the energy slope at temperature 1 with each judge's score in the truth's place, as -E_P.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample: temperature, ladder, energy (nats) and each judge's score.
    judges : iterable of str
        Their names; truths are left out, since the slope of the true energy is known from all temperatures.

    Returns
    -------
    dict
        Judge -> slope in nats per nat (of judges of other units in these); empty if 1 was not sampled.
    """
    at_one = samples[np.isclose(samples["temperature"], 1)]
    if at_one.empty:
        return {}
    energies, ladders = at_one["energy"].to_numpy(float), at_one["ladder"].to_numpy()
    return {
        judge: regress_on_energy(energies, _NATS.get(judge, 1.0) * at_one[judge].to_numpy(float), ladders)
        for judge in judges
        if judge not in TRUTHS
    }


def sign_rule_row(quantities: Mapping[str, Mapping[str, float]], slopes: Mapping[str, Estimate]) -> dict[str, float]:
    """Write the quantities of the sign rule at temperature 1 as columns of a row of optimum.tsv.

    Parameters
    ----------
    quantities : mapping
        `sign_rule` of landscape.json: name -> value, low, high and, of enumerable systems, exact.
    slopes : mapping
        Judge -> energy slope.

    Returns
    -------
    dict
        kappa, kappa_low, kappa_high, kappa_exact and so on, and energy_slope_<judge> with its interval.
    """
    row: dict[str, float] = {}
    for name, quantity in quantities.items():
        row |= {name if key == "value" else f"{name}_{key}": number for key, number in quantity.items()}
    for judge, slope in slopes.items():
        row |= estimate_columns(f"energy_slope_{judge}", slope)
    return row


def select_deciding(
    quantities: Mapping[str, Mapping[str, float]],
    slopes: Mapping[str, Estimate],
    judges: Mapping[str, Mapping[str, Any]],
) -> dict[str, Estimate]:
    """Select the energy slopes that may decide: the truth's where it is known, else those by trusted judges.

    Parameters
    ----------
    quantities : mapping
        `sign_rule` of landscape.json; empty where the truth is not known.
    slopes : mapping
        Judge -> energy slope.
    judges : mapping
        Judge -> its assessment, with `trusted`.

    Returns
    -------
    dict
        truth, or names of judges whose scores are logarithms of probabilities -> energy slope.
    """
    if quantities:
        ends = [finite_or_none(quantities["energy_slope"][key]) for key in ("value", "low", "high")]
        return {} if None in ends else {"truth": Estimate(*ends)}
    return {
        judge: slope
        for judge, slope in slopes.items()
        if judge in _NATS and judge in judges and judges[judge]["trusted"] and np.isfinite(slope.low)
    }
