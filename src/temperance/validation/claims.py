"""Claims of theory about tempered models, tabulated for exactly solved systems: one table a claim (docs/claims/)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.core.settings import Settings
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.potts.model import Potts
from temperance.temperature.calibration import negative_log_likelihood, optimal_temperature, reliability
from temperance.truth.enumerable import KINDS
from temperance.validation.attention import attention
from temperance.validation.distillation import distillation
from temperance.validation.law_systems import law
from temperance.validation.nature import nature
from temperance.validation.overfitting import overfitting
from temperance.validation.study import tabulate_enumerable
from temperance.validation.systems import LENGTH, Q
from temperance.validation.tempered import escort, free_energy, identifiability

SIZES = (30, 100, 300, 1000, 10000)


def _points(kinds: list[str], sizes: tuple[int, ...], replicates: int, **train: Any) -> list[Settings]:
    """Make the points of a study of systems with 10 spins, as `configuration.configure` would."""
    defaults = {"l2_couplings": 0.0, "l2_fields": 0.0, "pseudocount": "auto"}
    shape: dict[str, dict[str, Any]] = {"planted": {"gap": 6}, "hopfield": {"gap": 6}}
    return [
        {
            "family": kind,
            "value": None,
            "settings": {
                "truth": {"kind": kind, "length": LENGTH, "q": Q, "sequences": max(sizes)} | shape.get(kind, {}),
                "train": defaults | train,
                "subsets": {"sizes": list(sizes), "replicates": replicates},
            },
        }
        for kind in kinds
    ]


def _models(seed: int, kinds: list[str], sizes: tuple[int, ...], replicates: int, **train: Any) -> pd.DataFrame:
    """Tabulate the exact optima of models of truths of several kinds; `train` changes settings of training."""
    tables = [
        tabulate_enumerable([point], seed).assign(family=point["family"])
        for point in _points(kinds, sizes, replicates, **train)
    ]
    return pd.concat(tables, ignore_index=True)


def lowering(seed: int, replicates: int = 6, sizes: tuple[int, ...] = SIZES) -> pd.DataFrame:
    """Tabulate the optimal temperatures of models of truths with an energy gap.

    With a gap the optimum of the reverse divergence is below 1: at any number of sequences if a pairwise model cannot
    represent the truth (`planted`), else at small numbers (`hopfield`).

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    replicates : int
        Training sets of each size.
    sizes : tuple of int
        Sequences of a training set.

    Returns
    -------
    pandas.DataFrame
        One row a model: family (kind of truth), and the columns of `study.tabulate_enumerable`.
    """
    return _models(seed, ["planted", "hopfield"], sizes, replicates)


def raising(seed: int, replicates: int = 6, sizes: tuple[int, ...] = SIZES) -> pd.DataFrame:
    """Tabulate the optimal temperatures of models of a weakly coupled truth, and of one with an energy gap.

    Where couplings are weak the optima of both divergences are above 1 while data are few; overfitted models have tau_f
    above 1 with any gap.

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    replicates : int
        Training sets of each size.
    sizes : tuple of int
        Sequences of a training set.

    Returns
    -------
    pandas.DataFrame
        One row a model: family (kind of truth), and the columns of `study.tabulate_enumerable`.
    """
    return _models(seed, ["gapless", "planted"], sizes, replicates)


def data(seed: int, replicates: int = 6, sizes: tuple[int, ...] = SIZES) -> pd.DataFrame:
    """Tabulate the optimal temperatures of models of pairwise truths, which go to 1 with the number of sequences.

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    replicates : int
        Training sets of each size.
    sizes : tuple of int
        Sequences of a training set.

    Returns
    -------
    pandas.DataFrame
        One row a model: family (kind of truth), and the columns of `study.tabulate_enumerable`.
    """
    return _models(seed, ["hopfield", "gapless", "critical"], sizes, replicates)


def regularisation(
    seed: int,
    replicates: int = 6,
    strengths: tuple[float, ...] = (0, 0.003, 0.01, 0.03, 0.1, 0.3, 1),
    sizes: tuple[int, ...] = (100, 1000, 10000),
) -> pd.DataFrame:
    """Tabulate the optimal temperatures of models of a Hopfield truth against the L2 penalty on couplings.

    The penalty shrinks the couplings as a temperature T above 1 would, and tau_f is near 1 / T.

    Parameters
    ----------
    seed : int
        Random seed of the truth and of training sets.
    replicates : int
        Training sets of each size.
    strengths : tuple of float
        Strengths of the L2 penalty on couplings.
    sizes : tuple of int
        Sequences of a training set.

    Returns
    -------
    pandas.DataFrame
        One row a model: family, the columns of `study.tabulate_enumerable` with value the strength, and
        norm_temperature, the temperature at which the truth's couplings would be as small as the model's.
    """
    truth = KINDS["hopfield"](LENGTH, Q, np.random.default_rng(derive_seed(seed, "hopfield", "truth")), gap=6)
    exact = frequencies(enumeration.all_sequences(LENGTH, Q), Q, enumeration.boltzmann(truth))
    norm = float(np.sqrt((enumeration.fit_pairwise(exact).couplings.astype(float) ** 2).sum() / 2))
    tables = [
        _models(seed, ["hopfield"], sizes, replicates, l2_couplings=strength).assign(value=strength)
        for strength in strengths
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(norm_temperature=norm / table["coupling_norm"])


def scaling(seed: int, scales: tuple[float, ...] = (0.5, 1, 2, 4)) -> pd.DataFrame:
    """Tabulate entropy and divergences of a model whose parameters are scaled, at temperatures scaled alike.

    All parameters times a at a temperature times a is the same distribution.

    Parameters
    ----------
    seed : int
        Random seed of the truth and of its training set.
    scales : tuple of float
        Factors a of all parameters.

    Returns
    -------
    pandas.DataFrame
        One row a scale and temperature: scale, temperature, tau_over_scale, entropy, forward, reverse (nats).
    """
    truth, model = _trained(seed)
    rows = []
    for scale in scales:
        energies = enumeration.energies_of_all(model.scale(scale))
        for tau in np.geomspace(0.25, 4, 25):
            beta = 1 / (scale * tau)
            rows.append(
                {"scale": scale, "temperature": scale * tau, "tau_over_scale": tau,
                 "entropy": enumeration.entropy(enumeration.boltzmann(energies, beta)),
                 "forward": exact_optima.forward_divergence(truth, energies, beta),
                 "reverse": exact_optima.reverse_divergence(truth, energies, beta)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def limits(seed: int) -> pd.DataFrame:
    """Tabulate a tempered model from its ground states at tau -> 0 to the uniform distribution at infinity.

    Parameters
    ----------
    seed : int
        Random seed of the truth and of its training set.

    Returns
    -------
    pandas.DataFrame
        One row a temperature: temperature, entropy (nats), ground_share (probability of the ground states),
        distance_to_model, distance_to_uniform (total variation), ground_entropy, uniform_entropy (nats).
    """
    energies = enumeration.energies_of_all(_trained(seed)[1])
    ground = energies < energies.min() + 1e-6
    rows = []
    for tau in np.geomspace(0.02, 200, 81):
        state = enumeration.boltzmann(energies, 1 / tau)
        rows.append(
            {"temperature": tau, "entropy": enumeration.entropy(state), "ground_share": float(state[ground].sum()),
             "distance_to_model": float(np.abs(state - enumeration.boltzmann(energies)).sum() / 2),
             "distance_to_uniform": float(np.abs(state - 1 / len(state)).sum() / 2),
             "ground_entropy": float(np.log(ground.sum())), "uniform_entropy": LENGTH * np.log(Q)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def power(seed: int) -> pd.DataFrame:
    """Tabulate one site's tempered distribution, by the power transform p^(1 / tau) / sum and as a Potts model's site.

    Parameters
    ----------
    seed : int
        Random seed of the site's distribution p over 8 states.

    Returns
    -------
    pandas.DataFrame
        One row a temperature and state, the most probable state first: temperature, state (from 0), power, potts
        (probabilities).
    """
    p = np.sort(np.random.default_rng(seed).dirichlet(np.full(8, 0.7)))[::-1]
    fields = np.stack([np.log(p), np.zeros(8)])
    energies = enumeration.energies_of_all(Potts(fields, np.zeros((2, 8, 2, 8))))
    rows = []
    for tau in (0.25, 0.5, 1.0, 2.0, 8.0):
        transformed = p ** (1 / tau) / (p ** (1 / tau)).sum()
        site = enumeration.boltzmann(energies, 1 / tau).reshape(8, 8).sum(axis=1)
        rows += [
            {"temperature": tau, "state": state, "power": float(transformed[state]), "potts": float(site[state])}
            for state in range(8)
        ]
    return pd.DataFrame(rows)


def calibration(
    seed: int, spreads: tuple[float, ...] = (0.5, 0.7071, 1.0, 1.5), points: int = 20_000, classes: int = 5
) -> pd.DataFrame:
    """Tabulate the calibration of Gaussian clusters, classified by the squared distance to their centres.

    ``p(class | x)`` of equally likely clusters of spread sigma is ``softmax(-|x - centre|^2 / (2 sigma^2))``, so logits
    ``-|x - centre|^2`` are calibrated at exactly the inverse temperature beta = 1 / (2 sigma^2).

    Parameters
    ----------
    seed : int
        Random seed of centres and points.
    spreads : tuple of float
        Standard deviations sigma of the clusters.
    points : int
        Points of each spread.
    classes : int
        Number of clusters.

    Returns
    -------
    pandas.DataFrame
        One row a spread and inverse temperature: spread, beta, nll (mean negative log-likelihood, nats), ece (expected
        calibration error), beta_found (best one) with beta_low and beta_high (its 95 % interval), beta_closed_form.
    """
    rng = np.random.default_rng(seed)
    centres = 1.5 * rng.normal(size=(classes, 3))
    rows = []
    for spread in spreads:
        labels = rng.integers(0, classes, points)
        positions = centres[labels] + spread * rng.normal(size=(points, 3))
        logits = -((positions[:, None] - centres) ** 2).sum(axis=2)
        best = optimal_temperature(logits, labels, np.ones(points), rng)
        for beta in np.geomspace(0.1, 10, 31):
            rows.append(
                {"spread": spread, "beta": beta, "nll": float(negative_log_likelihood(logits, labels, beta).mean()),
                 "ece": reliability(logits, labels, beta).ece, "beta_found": 1 / best.value,
                 "beta_low": 1 / best.high, "beta_high": 1 / best.low, "beta_closed_form": 1 / (2 * spread**2)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _trained(seed: int) -> tuple[np.ndarray, Potts]:
    """Plant a truth, and train a model on 300 of its sequences; return energies of every sequence, and the model."""
    rng = np.random.default_rng(seed)
    truth = KINDS["planted"](LENGTH, Q, rng)
    sequences = enumeration.draw_sequences(truth, LENGTH, Q, 300, rng)
    return truth, enumeration.fit_pairwise(frequencies(sequences, Q).with_pseudocount(1 / 300), 0.003)


CLAIMS: dict[str, Callable[[int], pd.DataFrame]] = {
    function.__name__: function for function in (
        lowering, raising, data, regularisation, law, nature, scaling, identifiability, limits, power, escort,
        free_energy, calibration, overfitting, attention, distillation,
    )
}  # fmt: skip
