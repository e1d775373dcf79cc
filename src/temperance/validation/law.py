"""Law of the optimal temperatures: what an exactly solved pairwise truth says of models that are fitted to its draws.

A model of p parameters, fitted to M independent draws of a truth that it can represent, has its optima on average at

    tau_f - 1 = (p - 1 - v / 2) / (M C),   tau_r - 1 = (p - 1 - v + 1/2 d ln det I / d ln beta) / (M C)

to first order in 1 / M. I is the Fisher information, C the heat capacity, and v = d ln Var(E) / d ln beta, all of the
truth. `docs/theory.md` derives this, and what a penalty changes.
"""

from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.optimize import brentq

from temperance.potts.enumeration import all_sequences, boltzmann, heat_capacity, log_z
from temperance.potts.exact_optima import matching_temperature, reverse_divergence_slope
from temperance.validation.two_level import fit_two_levels

# Newton's method ends where a step changes no parameter by more; steps after which a fit is given up.
_TOLERANCE, _MOST_STEPS = 1e-7, 100
# Fluctuations of features, per parameter, below which parameters are infinite.
_LEAST_FLUCTUATION = 1e-9
# Share of the gain that a quadratic would have from a full step that a step has to bring; and what rounding hides.
_LEAST_GAIN, _ROUNDING = 1e-4, 1e-13
# Inverse temperatures between which the optimum of the reverse divergence is looked for.
_LEAST_BETA, _MOST_BETA = 0.25, 4.0
# Share of the variance of energies that pairs may leave unexplained before they do not represent them.
_UNEXPLAINED = 1e-8


@dataclass(frozen=True)
class ExponentialFamily:
    """An exponential family: models whose energies are weighted sums of orthonormal features, fitted by enumeration.

    Attributes
    ----------
    features : np.ndarray
        (S, p) of each sequence, orthonormal under uniform probabilities: of pairwise models, functions of one site,
        unless there are no fields, and of two. Parameters are in the zero-sum gauge, and none is redundant.
    is_coupling : np.ndarray
        (p,) bool: features of two sites.
    q : int
        States of a site.
    """

    features: np.ndarray
    is_coupling: np.ndarray
    q: int

    @classmethod
    def pairwise(cls, length: int, q: int, fields: bool = True) -> "ExponentialFamily":
        """Make the family of all pairwise models.

        Parameters
        ----------
        length, q : int
            Sites and states.
        fields : bool
            Whether models have fields.

        Returns
        -------
        ExponentialFamily
        """
        sequences = all_sequences(length, q)
        # Columns that are orthogonal to the constant, and to each other.
        basis = scipy.linalg.null_space(np.ones((1, q))) * q**0.5
        sites = basis[sequences]
        pairs = [
            (sites[:, i, :, None] * sites[:, j, None, :]).reshape(len(sequences), -1)
            for i, j in combinations(range(length), 2)
        ]
        singles = [sites[:, i] for i in range(length)] if fields else []
        features = np.concatenate([*singles, *pairs], axis=1)
        return cls(features, np.arange(features.shape[1]) >= sum(site.shape[1] for site in singles), q)

    @classmethod
    def two_levels(cls, low: np.ndarray) -> "ExponentialFamily":
        """Make the family of models of two levels, whose states are known: its one parameter is the gap.

        Parameters
        ----------
        low : np.ndarray
            (S,) bool: states of the lower level.

        Returns
        -------
        ExponentialFamily
        """
        return cls(((low - low.mean()) / low.std())[:, None], np.array([False]), len(low))

    @classmethod
    def all_distributions(cls, states: int) -> "ExponentialFamily":
        """Make the family of all distributions: every state has an energy of its own.

        Parameters
        ----------
        states : int
            Their number S; there are S - 1 parameters.

        Returns
        -------
        ExponentialFamily
        """
        features = scipy.linalg.null_space(np.ones((1, states))) * states**0.5
        return cls(features, np.zeros(states - 1, bool), states)

    def represents(self, energies: np.ndarray) -> bool:
        """Tell whether a model of the family has these energies.

        Parameters
        ----------
        energies : np.ndarray
            (S,) nats.

        Returns
        -------
        bool
        """
        centred = energies.mean() - energies
        missing = centred - self.features @ (self.features.T @ centred) / len(energies)
        return bool((missing**2).sum() <= _UNEXPLAINED * (centred**2).sum())

    def project(self, truth: np.ndarray) -> np.ndarray:
        """Compute the energies of the model that infinitely many draws give: of the truth, if the family has it.

        Parameters
        ----------
        truth : np.ndarray
            (S,) true energies, nats.

        Returns
        -------
        np.ndarray
            (S,) nats.
        """
        return -self.features @ self.fit(boltzmann(truth) @ self.features, np.zeros(len(self.is_coupling)))

    def penalties(self, l2_couplings: float) -> np.ndarray:
        """Compute the strength of the penalty on each parameter, sum penalties theta^2 / 2.

        Parameters
        ----------
        l2_couplings : float
            Strength of the penalty on couplings, l2_couplings / 2 sum J^2: a feature of two sites has couplings of q
            times its parameter, in squares.

        Returns
        -------
        np.ndarray
            (p,)
        """
        return np.where(self.is_coupling, l2_couplings * self.q**2, 0.0)

    def parameters(self, energies: np.ndarray) -> np.ndarray:
        """Compute the parameters of a distribution of the family from its energies.

        Parameters
        ----------
        energies : np.ndarray
            (S,) nats.

        Returns
        -------
        np.ndarray
            (p,)

        Raises
        ------
        ValueError
            If no model of the family has these energies.
        """
        if not self.represents(energies):
            raise ValueError("these energies are not sums over sites and pairs of them")
        return self.features.T @ (energies.mean() - energies) / len(energies)

    def fit(self, moments: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Find the parameters of largest penalised likelihood by Newton's method.

        Parameters
        ----------
        moments : np.ndarray
            (p,) means of the features over the data.
        penalties : np.ndarray
            (p,) strengths of the penalty, sum penalties theta^2 / 2.

        Returns
        -------
        np.ndarray
            (p,)

        Raises
        ------
        FloatingPointError
            If there is no maximum, or it is too far away.
        """
        parameters = np.zeros(len(moments))
        value = self.objective(parameters, moments, penalties)
        for _ in range(_MOST_STEPS):
            mean, information = self.cumulants(parameters)
            gradient = moments - mean - penalties * parameters
            curvature = information + np.diag(penalties)
            step, factor = np.linalg.lstsq(curvature, gradient)[0], 1.0
            # A full step may overshoot far from the maximum; near it, gains are below rounding.
            gain, rounding = _LEAST_GAIN * (gradient @ step), _ROUNDING * max(abs(value), 1)
            reached = self.objective(parameters + step, moments, penalties)
            while not reached >= value + factor * gain - rounding:
                factor /= 2
                reached = self.objective(parameters + factor * step, moments, penalties)
            parameters, value = parameters + factor * step, reached
            if np.abs(step).max() <= _TOLERANCE:
                # Where there is no maximum, gradients vanish as parameters grow, but fluctuations do, too.
                if np.linalg.eigvalsh(curvature)[0] <= _LEAST_FLUCTUATION:
                    break
                return parameters
        raise FloatingPointError("Newton's method does not settle: the likelihood may have no maximum")

    def objective(self, parameters: np.ndarray, moments: np.ndarray, penalties: np.ndarray) -> float:
        """Compute the mean penalised log-likelihood of data.

        Parameters
        ----------
        parameters : np.ndarray
            (p,) of the model.
        moments, penalties : np.ndarray
            (p,) as of `fit`.

        Returns
        -------
        float
            Nats.
        """
        penalty = (penalties * parameters**2).sum() / 2
        return float(parameters @ moments - log_z(-self.features @ parameters) - penalty)

    def cumulants(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the mean (p,) and the covariance (p, p) of the features, the Fisher information.

        Parameters
        ----------
        parameters : np.ndarray
            (p,)

        Returns
        -------
        np.ndarray, np.ndarray
        """
        return _moments(self.features, boltzmann(-self.features @ parameters))

    def information_slope(self, parameters: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Compute the derivative (p, p) of the Fisher information along a direction of the parameters.

        Parameters
        ----------
        parameters, direction : np.ndarray
            (p,)

        Returns
        -------
        np.ndarray
        """
        probabilities = boltzmann(-self.features @ parameters)
        centred = self.features - probabilities @ self.features
        return centred.T @ ((probabilities * (centred @ direction))[:, None] * centred)


def _moments(features: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean (p,) and the covariance (p, p) of features (S, p) over a distribution (S,)."""
    mean = probabilities @ features
    centred = features - mean
    return mean, centred.T @ (probabilities[:, None] * centred)


@dataclass(frozen=True)
class Law:
    """What the law says of one truth and penalty: tau - 1 = noise / M - bias.

    Attributes
    ----------
    effective_parameters : float
        tr((I + l2)^-1 I); without a penalty the number of parameters.
    heat_capacity : float
        C, of the model that infinite data would give.
    noise_f, noise_r : float
        Of the optima of the forward and of the reverse divergence: what falls with 1 / M.
    bias_f, bias_r : float
        What the penalty takes away at any M. Of the reverse divergence both are nan for a truth that the family does
        not have.
    """

    effective_parameters: float
    heat_capacity: float
    noise_f: float
    noise_r: float
    bias_f: float
    bias_r: float

    def predict(self, size: float) -> tuple[float, float]:
        """Predict both optima, on average over training sets of a size.

        Parameters
        ----------
        size : float
            Independent sequences of a training set.

        Returns
        -------
        tau_f, tau_r : float
        """
        return 1 + self.noise_f / size - self.bias_f, 1 + self.noise_r / size - self.bias_r


def derive_law(family: ExponentialFamily, truth: np.ndarray, l2_couplings: float = 0.0) -> Law:
    """Compute the terms of the law for a truth of which all energies are known.

    Where the family does not have the truth, features fluctuate otherwise over the truth than over any model, and the
    law of tau_f takes both covariances; tau_r then has a limit other than 1, which no expansion about the truth gives.

    Parameters
    ----------
    family : ExponentialFamily
        Models that are fitted.
    truth : np.ndarray
        (S,) true energies, nats.
    l2_couplings : float
        Strength of the penalty on couplings. The law is of first order in it, and its noise is that of many
        parameters.

    Returns
    -------
    Law
    """
    penalties = family.penalties(l2_couplings)
    mean, covariance = _moments(family.features, boltzmann(truth))
    fitted = family.fit(mean, penalties)
    information, slope = family.cumulants(fitted)[1], family.information_slope(fitted, fitted)
    inverse = np.linalg.inv(information + np.diag(penalties))
    capacity = float(fitted @ information @ fitted)
    freezing = float(fitted @ slope @ fitted) / capacity
    effective = float(np.trace(inverse @ covariance))
    # Of a truth that the family has, without a penalty, 1 and `freezing`.
    variance_ratio = float(fitted @ covariance @ fitted) / capacity
    cross_term = float(fitted @ slope @ inverse @ covariance @ fitted) / capacity
    noise_r = bias_r = float("nan")
    if family.represents(truth):
        # Covariance of the estimate, times M; its bias has half of it, through the third cumulants.
        spread = inverse @ covariance @ inverse
        bias_slope = family.information_slope(fitted, inverse @ information @ fitted)
        noise_r = (float(np.trace((information + slope - bias_slope / 2) @ spread)) - 1 - freezing) / capacity
        bias_r = float((family.parameters(truth) - fitted) @ information @ fitted) / capacity
    noise_f = (effective - variance_ratio - cross_term + variance_ratio * freezing / 2) / capacity
    return Law(effective, capacity, noise_f, noise_r, float((penalties * fitted**2).sum()) / capacity, bias_r)


class MeasuredModel(NamedTuple):
    """Optima of one model, by enumeration, and the energies that they follow from.

    Attributes
    ----------
    tau_f, tau_r : float
        Temperatures of the least forward and reverse divergence; tau_r is nan if it lies outside 1/4 to 4.
    tau_train : float
        Temperature at which samples have the mean energy of the draws that the model was fitted to.
    luck : float
        What the draws' mean true energy, above or below that of the truth, adds to tau_f and tau_r: it is zero on
        average.
    energies : np.ndarray
        (S,) of the model, nats.
    """

    tau_f: float
    tau_r: float
    tau_train: float
    luck: float
    energies: np.ndarray


def measure_model(
    family: ExponentialFamily, truth: np.ndarray, size: int, rng: np.random.Generator, l2_couplings: float = 0.0,
    limit: np.ndarray | None = None,
) -> MeasuredModel:  # fmt: skip
    """Fit a model to draws of a truth, and find its temperatures by enumeration.

    Parameters
    ----------
    family : ExponentialFamily
        Models that are fitted.
    truth : np.ndarray
        (S,) true energies, nats.
    size : int
        Number of draws.
    rng : numpy.random.Generator
        Source of the draws.
    l2_couplings : float
        Strength of the penalty on couplings.
    limit : np.ndarray, optional
        (S,) energies of the model that infinitely many draws give without a penalty (`ExponentialFamily.project`),
        where the family does not have the truth.

    Returns
    -------
    MeasuredModel

    Raises
    ------
    FloatingPointError
        If the likelihood has no maximum.
    """
    probabilities = boltzmann(truth)
    shares = rng.multinomial(size, probabilities) / size
    energies = -family.features @ family.fit(shares @ family.features, family.penalties(l2_couplings))
    limit = truth if limit is None else limit
    luck = float((probabilities - shares) @ limit) / heat_capacity(limit)
    return _measure(truth, shares, energies, luck)


def measure_learnt_levels(truth: np.ndarray, size: int, rng: np.random.Generator) -> MeasuredModel:
    """Fit a model of two levels, learning from draws of a truth which states are low, and find its temperatures.

    Parameters
    ----------
    truth : np.ndarray
        (S,) true energies, nats.
    size : int
        Number of draws.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    MeasuredModel
    """
    probabilities = boltzmann(truth)
    counts = rng.multinomial(size, probabilities)
    energies = fit_two_levels(counts, rng).energies
    luck = float((probabilities - counts / size) @ truth) / heat_capacity(truth)
    return _measure(truth, counts / size, energies, luck)


def _measure(truth: np.ndarray, shares: np.ndarray, energies: np.ndarray, luck: float) -> MeasuredModel:
    """Find the temperatures of a model from its energies and the shares of the draws that are in each state."""
    slope = partial(reverse_divergence_slope, truth, energies)
    has_root = slope(_LEAST_BETA) < 0 < slope(_MOST_BETA)
    return MeasuredModel(
        matching_temperature(energies, float(boltzmann(truth) @ energies)),
        1 / float(brentq(slope, _LEAST_BETA, _MOST_BETA)) if has_root else float("nan"),
        matching_temperature(energies, float(shares @ energies)),
        luck,
        energies,
    )
