"""Claims that hold for any distribution: least free energy, the power transform, and the scale of energies."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import logsumexp, rel_entr

from temperance.core.seeds import derive_seed
from temperance.potts.enumeration import all_sequences, boltzmann, conditional_logits, entropy, heat_capacity, log_z
from temperance.potts.exact_optima import find_optima
from temperance.temperature.calibration import optimal_temperature
from temperance.validation.law import ExponentialFamily
from temperance.validation.systems import LENGTH, Q, draw_truth

# Energies that differ by less are of one level.
_SAME_LEVEL = 1e-9
# Share of the temperature by which it is changed for derivatives.
_STEP = 1e-4


# ---------------------------------------------------------------- least free energy


def free_energy(
    seed: int, kinds: tuple[str, ...] = ("planted", "hopfield", "gapless", "critical"), draws: int = 3
) -> pd.DataFrame:
    """Tabulate the free energy F = <E> - tau S of tempered distributions and of perturbed ones.

    No distribution has a lower one than the tempered model: that of p is higher by tau KL(p || Q_tau).

    Parameters
    ----------
    seed : int
        Random seed of truths and perturbations.
    kinds : tuple of str
        Kinds of truths, as of `systems.draw_truth`.
    draws : int
        Random perturbations of each kind and size.

    Returns
    -------
    pandas.DataFrame
        One row a family, temperature and distribution: family, temperature, perturbation ("none": the tempered
        distribution itself), size (of the perturbation), free_energy, energy (mean), entropy, least (-tau ln Z),
        excess (of the free energy above that) and tau_kl (nats).
    """
    rows = []
    for kind in kinds:
        energies = draw_truth(kind, seed)
        rng = np.random.default_rng(derive_seed(seed, kind, "perturbations"))
        for tau in np.geomspace(0.1, 10, 41):
            tempered = boltzmann(energies, 1 / tau)
            least = -tau * log_z(energies, 1 / tau)
            for perturbation, size, p in _perturb(tempered, energies, float(tau), draws, rng):
                mean, spread = float(p @ energies), entropy(p)
                rows.append(
                    {"family": kind, "temperature": tau, "perturbation": perturbation, "size": size,
                     "free_energy": mean - tau * spread, "energy": mean, "entropy": spread, "least": least,
                     "excess": mean - tau * spread - least, "tau_kl": tau * float(rel_entr(p, tempered).sum())}
                )  # fmt: skip
    return pd.DataFrame(rows)


def _perturb(
    tempered: np.ndarray, energies: np.ndarray, tau: float, draws: int, rng: np.random.Generator
) -> Iterator[tuple[str, float, np.ndarray]]:
    """Yield a tempered distribution, then perturbed ones: kind of perturbation, its size, probabilities."""
    yield "none", 0.0, tempered
    yield "independent sites", 1.0, _multiply_marginals(tempered)
    for size in (0.01, 0.1, 1.0):
        yield "temperature", size, boltzmann(energies, 1 / (tau * (1 + size)))
        yield "mixed with uniform", size, (1 - size) * tempered + size / len(tempered)
        for _ in range(draws):
            factors = np.exp(size * rng.standard_normal(len(tempered)))
            yield "random factors", size, tempered * factors / (tempered @ factors)


def _multiply_marginals(probabilities: np.ndarray) -> np.ndarray:
    """Compute the distribution of independent sites that has the one-site frequencies of another distribution."""
    sequences = all_sequences(LENGTH, Q)
    single = np.stack([probabilities @ (sequences == state) for state in range(Q)], axis=1)
    return single[np.arange(LENGTH), sequences].prod(axis=1)


# ---------------------------------------------------------------- power transform


def transform_power(probabilities: np.ndarray, tau: float) -> np.ndarray:
    """Compute the power transform p^(1 / tau) / sum p^(1 / tau), the escort distribution of order 1 / tau.

    Parameters
    ----------
    probabilities : np.ndarray
        (N,) positive.
    tau : float
        Temperature.

    Returns
    -------
    np.ndarray
        (N,) that sum to 1.

    Examples
    --------
    >>> transform_power(np.array([0.2, 0.8]), 0.5).round(4).tolist()
    [0.0588, 0.9412]
    """
    powers = np.log(probabilities) / tau
    return np.exp(powers - logsumexp(powers))


def escort(
    seed: int, kinds: tuple[str, ...] = ("hopfield", "critical", "two_level"), first: tuple[float, ...] = (0.3, 3)
) -> pd.DataFrame:  # fmt: skip
    """Tabulate identities of the power transform of distributions with one or more ground states.

    Parameters
    ----------
    seed : int
        Random seed of truths.
    kinds : tuple of str
        Kinds of truths, as of `systems.draw_truth`.
    first : tuple of float
        Temperatures tau_1 of a first transform, after which a second at tau_2 has to give that at tau_1 tau_2.

    Returns
    -------
    pandas.DataFrame
        One row a family and temperature: family, temperature, entropy (nats), heat_capacity, slope (dS / dtau by
        differences), composition (largest difference of probabilities between two transforms after each other and one),
        reversed (neighbours in the order of probabilities at 1 that have changed places), ground_states (their number),
        distance_to_ground (total variation, from the uniform distribution over them), first_level (that distance with
        the first excited level alone), renyi (entropy of order 1 / tau of the distribution at 1) and secant,
        (F(1) - F(tau)) / (tau - 1); at tau = 1 both are the limits, Shannon's entropy and -dF / dtau.
    """
    rows = []
    for kind in kinds:
        energies = draw_truth(kind, seed)
        p = boltzmann(energies)
        order = np.argsort(p)
        levels = np.sort(energies) - energies.min()
        excited = levels[levels > _SAME_LEVEL]
        ground = energies < energies.min() + _SAME_LEVEL
        ratio, gap = (excited < excited[0] + _SAME_LEVEL).sum() / ground.sum(), excited[0]
        # F of energies -ln p, which is 0 at temperature 1.
        surprise = -np.log(p)
        for tau in np.geomspace(0.1, 10, 41).tolist():
            q = transform_power(p, tau)
            colder, hotter = (entropy(transform_power(p, tau * (1 + step))) for step in (-_STEP, _STEP))
            again = [transform_power(transform_power(p, one), tau / one) for one in first]
            weight = ratio * np.exp(-gap / tau)
            slope = (hotter - colder) / (2 * _STEP * tau)
            rows.append(
                {"family": kind, "temperature": tau, "entropy": entropy(q),
                 "heat_capacity": heat_capacity(energies, 1 / tau), "slope": slope,
                 "composition": max(float(np.abs(other - q).max()) for other in again),
                 "reversed": int((np.diff(q[order]) < 0).sum()), "ground_states": int(ground.sum()),
                 "distance_to_ground": float(np.abs(q - ground / ground.sum()).sum() / 2),
                 "first_level": weight / (1 + weight),
                 "renyi": _renyi_entropy(p, 1 / tau), "secant": _secant(surprise, tau)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _renyi_entropy(probabilities: np.ndarray, order: float) -> float:
    """Compute the Renyi entropy, in nats; of order 1 it is Shannon's."""
    if abs(order - 1) < _STEP:
        return entropy(probabilities)
    return float(np.log((probabilities**order).sum()) / (1 - order))


def _secant(energies: np.ndarray, tau: float) -> float:
    """Compute (F(1) - F(tau)) / (tau - 1), nats; at 1 by central differences."""
    first, second = (1 - _STEP, 1 + _STEP) if abs(tau - 1) < _STEP else (1.0, tau)
    return (second * log_z(energies, 1 / second) - first * log_z(energies, 1 / first)) / (second - first)


# ---------------------------------------------------------------- scale


def identifiability(
    seed: int,
    temperatures: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0),
    penalties: tuple[float, ...] = (0.0, 0.01, 0.1),
    size: int = 300,
) -> pd.DataFrame:
    """Tabulate models that were trained at several temperatures, and what is the same in all of them.

    A model trained at temperature t has Q proportional to exp(-E / t). Each starts from random parameters. Logits are
    those of its site conditionals, whose best temperature is found on the truth.

    Parameters
    ----------
    seed : int
        Random seed of the truth, of its training set and of the parameters that training starts from.
    temperatures : tuple of float
        Temperatures t of training.
    penalties : tuple of float
        Strengths l2 of the penalty l2 / 2 |theta|^2 on all parameters.
    size : int
        Sequences of the training set.

    Returns
    -------
    pandas.DataFrame
        One row a model: temperature, l2, norm (of parameters), norm_over_temperature, tau_f and tau_cal (temperatures
        of least divergence from the truth, and of best calibrated logits), difference (largest of probabilities, from
        the model trained at 1 with the same penalty) and difference_rescaled (from the one trained at 1 with the
        penalty l2 t^2).
    """
    truth = draw_truth("hopfield", seed)
    rng = np.random.default_rng(derive_seed(seed, "identifiability"))
    family = ExponentialFamily.pairwise(LENGTH, Q)
    p = boltzmann(truth)
    moments = rng.multinomial(size, p) / size @ family.features
    sequences = all_sequences(LENGTH, Q)
    rows = []
    for l2, t in product(penalties, temperatures):
        parameters = _train_at(family, moments, t, l2, rng)
        energies = -family.features @ parameters
        probabilities = boltzmann(energies, 1 / t)
        references = [boltzmann(-family.features @ _train_at(family, moments, 1.0, s, rng)) for s in (l2, l2 * t**2)]
        same, rescaled = (float(np.abs(probabilities - other).max()) for other in references)
        norm = float(np.linalg.norm(parameters))
        calibrated = optimal_temperature(conditional_logits(energies, LENGTH, Q), sequences, p, rng, draws=2)
        rows.append(
            {"temperature": t, "l2": l2, "norm": norm, "norm_over_temperature": norm / t,
             "tau_f": find_optima(truth, energies).tau_f, "tau_cal": calibrated.value,
             "difference": same, "difference_rescaled": rescaled}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _train_at(
    family: ExponentialFamily, moments: np.ndarray, temperature: float, l2: float, rng: np.random.Generator
) -> np.ndarray:
    """Find the parameters of largest penalised likelihood at a temperature, starting from random ones."""

    def _loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        energies = -family.features @ parameters
        residual = boltzmann(energies, 1 / temperature) @ family.features - moments
        value = log_z(energies, 1 / temperature) - parameters @ moments / temperature + l2 * parameters @ parameters / 2
        return value, residual / temperature + l2 * parameters

    def _curvature(parameters: np.ndarray) -> np.ndarray:
        return family.cumulants(parameters / temperature)[1] / temperature**2 + l2 * np.eye(len(parameters))

    start = 0.1 * rng.standard_normal(len(moments))
    return minimize(_loss, start, jac=True, hess=_curvature, method="trust-exact", options={"gtol": 1e-10}).x
