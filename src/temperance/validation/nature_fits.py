"""Quality of samples at tau_train, of models that were obtained otherwise than by a penalised maximum of likelihood."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from temperance.baselines import registry
from temperance.baselines.site_conditionals import Autoregressive, pseudolikelihood
from temperance.core.seeds import derive_seed
from temperance.engines.base import Engine
from temperance.potts.enumeration import all_sequences, boltzmann, energies_of_all
from temperance.potts.exact_optima import matching_temperature
from temperance.temperature.divergence import sampled_training_temperature
from temperance.truth import lattice
from temperance.truth.lattice_folds import all_folds
from temperance.validation.law import ExponentialFamily
from temperance.validation.law_systems import PAIRWISE, System

# Strengths of the penalty on couplings, and share of a pseudocount, whose effect tau_train has to undo.
_STRONG, _WEAK, _PSEUDOCOUNT = 0.03, 0.003, 0.2
# Sequences with the first sites in state 0 are drawn this many times too often, and weigh as much less.
_OVERSAMPLING, _CLADE_SITES = 10.0, 3
# Shares of what the likelihood gains over independent sites, at which gradient ascent stops; and its rate.
_GAINS, _RATE, _MOST_STEPS = (0.5, 0.9, 0.99), 0.05, 100_000
# How models of lattice proteins are sampled.
_SAMPLING = {"temperatures": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2], "sequences": 256, "ladders": 16}
_NO_PENALTIES: dict[str, float | None] = {"l2_fields": None, "l2_couplings": None}
# Models of lattice proteins: an entry of the configuration's `models`, and settings of training.
LATTICE_FITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "L2 0.01": ({"kind": "boltzmann", "l2_couplings": 0.01}, {}),
    "L2 0.1": ({"kind": "boltzmann", "l2_couplings": 0.1}, {}),
    "stopped early": ({"kind": "boltzmann", "l2_couplings": 0.01}, {"stop": "pearson", "target_pearson": 0.8}),
} | {kind: ({"kind": kind}, {}) for kind in ("profile", "pseudolikelihood", "autoregressive", "attention")}


def tabulate_fits(seed: int, size: int = 1000, replicates: int = 8) -> pd.DataFrame:
    """Tabulate true energies of samples at 1 and at tau_train, of models of ten spins that were fitted in several ways.

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    size : int
        Sequences of a training set.
    replicates : int
        Training sets.

    Returns
    -------
    pandas.DataFrame
        One row a model and temperature: family, M, fit (how the model was obtained), replicate, point (one, tau_train),
        temperature (nan where samples have that mean energy at none), true_energy and training_energy (mean true
        energies of samples, and of the training sequences by their weights, nats).
    """
    rows = []
    for name, draw in PAIRWISE.items():
        system = draw(np.random.default_rng(derive_seed(seed, name, "truth")))
        if system.family.is_coupling.all():
            continue  # without fields there is no profile
        for replicate in range(1, replicates + 1):
            rng = np.random.default_rng(derive_seed(seed, name, "fits", str(size), str(replicate)))
            rows += [
                {"family": name, "M": size, "fit": fit, "replicate": replicate, "point": point, "temperature": tau,
                 "true_energy": energy, "training_energy": training}
                for fit, training, points in _fit(system, size, rng)
                for point, (tau, energy) in points.items()
            ]  # fmt: skip
    return pd.DataFrame(rows)


# Temperature, and mean true energy of samples there: at 1, and at tau_train.
Points = dict[str, tuple[float, float]]


def _fit(system: System, size: int, rng: np.random.Generator) -> Iterator[tuple[str, float, Points]]:
    """Yield name, mean true energy of training sequences, and temperatures with true energies, of each fit."""
    truth, family = system.truth, system.family
    length = round(np.log2(len(truth)))
    sequences, probabilities = all_sequences(length, 2), boltzmann(truth)
    counts = rng.multinomial(size, probabilities)
    shares = counts / size
    moments, quality = shares @ family.features, float(shares @ truth)
    none, strong = family.penalties(0), family.penalties(_STRONG)

    def _match(parameters: np.ndarray, weights: np.ndarray) -> Points:
        return _find_points(-family.features @ parameters, weights, truth)

    multiplicities = np.where((sequences[:, :_CLADE_SITES] == 0).all(axis=1), _OVERSAMPLING, 1.0)
    oversampled = rng.multinomial(size, probabilities * multiplicities / (probabilities @ multiplicities)) / size
    weighted = oversampled / multiplicities / (oversampled / multiplicities).sum()
    parameters = family.fit(weighted @ family.features, strong)
    yield "weights", float(weighted @ truth), _match(parameters, weighted)
    yield "weights, mean without", float(weighted @ truth), _match(parameters, oversampled)
    mixed = family.fit((1 - _PSEUDOCOUNT) * moments, none)
    yield "pseudocount", quality, _match(mixed, shares)
    for gain, parameters in zip(_GAINS, ascend(family, moments, _GAINS), strict=True):
        yield f"stopped at {100 * gain:.0f} %", quality, _match(parameters, shares)
    training, equal = np.repeat(sequences, counts, axis=0), np.ones(size)
    profile = registry.independent(training, equal, 2)
    yield "profile", quality, _find_points(energies_of_all(profile), shares, truth)
    pairs = pseudolikelihood(training, equal, 2, 0.0, _STRONG)
    yield "pseudolikelihood", quality, _find_points(energies_of_all(pairs), shares, truth)
    chain = Autoregressive.learn(training, equal, 2, 0.0, _STRONG)
    yield "autoregressive", quality, _find_conditional_points(chain, sequences, shares, truth)


def _find_points(energies: np.ndarray, weights: np.ndarray, truth: np.ndarray) -> Points:
    """Find tau_train of a model with these energies, and the mean true energy of its samples there and at 1."""
    tau = matching_temperature(energies, float(weights @ energies))
    is_finite = 0 < tau < np.inf
    return {
        "one": (1.0, float(boltzmann(energies) @ truth)),
        "tau_train": (tau, float(boltzmann(energies, 1 / tau) @ truth)) if is_finite else (np.nan, np.nan),
    }


def _find_conditional_points(
    model: Autoregressive, sequences: np.ndarray, weights: np.ndarray, truth: np.ndarray
) -> Points:
    """Do as `_find_points` for an autoregressive model, whose site conditionals are tempered."""
    energies = model.energies(sequences)

    def _mean(tau: float, values: np.ndarray) -> float:
        return float(np.exp(model.log_probabilities(sequences, tau)) @ values)

    tau = float(brentq(lambda tau: _mean(tau, energies) - weights @ energies, 0.1, 10, xtol=1e-4))
    return {"one": (1.0, _mean(1.0, truth)), "tau_train": (tau, _mean(tau, truth))}


def ascend(family: ExponentialFamily, moments: np.ndarray, gains: tuple[float, ...]) -> list[np.ndarray]:
    """Ascend the gradient of the likelihood, weakly penalised, from independent sites, and stop on the way.

    Parameters
    ----------
    family : ExponentialFamily
        Of spins with fields.
    moments : np.ndarray
        (p,) means of the features over the training sequences.
    gains : tuple of float
        Shares of the objective's gain, from independent sites to its maximum, at which to stop; ascending.

    Returns
    -------
    list of np.ndarray
        Parameters (p,) at each share.
    """
    penalties = family.penalties(_WEAK)
    parameters = np.where(family.is_coupling, 0.0, np.arctanh(np.where(family.is_coupling, 0.0, moments)))
    start = family.objective(parameters, moments, penalties)
    most = family.objective(family.fit(moments, penalties), moments, penalties) - start
    stops: list[np.ndarray] = []
    for _ in range(_MOST_STEPS):
        gained = family.objective(parameters, moments, penalties) - start
        while gained >= gains[len(stops)] * most:
            stops.append(parameters)
            if len(stops) == len(gains):
                return stops
        mean = boltzmann(-family.features @ parameters) @ family.features
        parameters = parameters + _RATE * (moments - mean - penalties * parameters)
    raise FloatingPointError("gradient ascent does not arrive")


def tabulate_lattice(
    seed: int, engine: Engine, size: int = 1000, folds: int = 10_000, fits: tuple[str, ...] = tuple(LATTICE_FITS)
) -> pd.DataFrame:
    """Tabulate how probably samples of models of lattice proteins fold, at 1 and at tau_train.

    Parameters
    ----------
    seed : int
        Random seed of the family, training and sampling.
    engine : Engine
        Engine that trains and samples.
    size : int
        Training sequences.
    folds : int
        Folds that compete with the native one.
    fits : tuple of str
        Keys of `LATTICE_FITS`.

    Returns
    -------
    pandas.DataFrame
        As of `tabulate_fits`, of family lattice, with the probability of the native fold, negative, in the place of
        energies; temperature 0 if samples have that mean energy at none so cold.
    """
    rng = np.random.default_rng(derive_seed(seed, "lattice", "truth"))
    competing = lattice.ensemble(all_folds(), 4711, folds, rng)
    draws = lattice.sample_family(competing, 1000.0, size, seed, chains=250, burn_in=60, spacing=5)
    training, natural = (
        draws.sequences.reshape(-1, draws.sequences.shape[-1])[:size],
        float(np.exp(draws.log_p_nat.ravel()[:size]).mean()),
    )
    q, equal = len(lattice.SYMBOLS), np.ones(size)
    rows = []
    for fit in fits:
        entry, plan = LATTICE_FITS[fit]
        model = registry.learn(_NO_PENALTIES | entry, plan, training, equal, q, engine, seed)
        samples = registry.draw(model, _SAMPLING, training, engine, seed)
        sampled, shape = samples.sequences.reshape(-1, training.shape[1]), samples.sequences.shape[:3]
        energies = model.energies(sampled).reshape(shape).mean(axis=2)
        p_nat = competing.p_nat(sampled).reshape(len(energies), -1).mean(axis=1)
        tau = sampled_training_temperature(samples.temperatures, energies, float(model.energies(training).mean()), rng)
        for point, temperature in (("one", 1.0), ("tau_train", tau.value)):
            inside = samples.temperatures[0] <= temperature <= samples.temperatures[-1]
            quality = float(np.interp(temperature, samples.temperatures, p_nat)) if inside else float("nan")
            rows.append(
                {"family": "lattice", "M": size, "fit": fit, "replicate": 1, "point": point, "temperature": temperature,
                 "true_energy": -quality, "training_energy": -natural}
            )  # fmt: skip
    return pd.DataFrame(rows)
