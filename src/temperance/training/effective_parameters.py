"""Effective number of parameters that a penalised fit determines, and the temperature that covers its data for it.

MacKay's condition for the most probable penalty, ``l2 |J|^2 = p_eff / M`` (Neural Comput. 4:415, 1992), is read off the
training data alone. To first order in 1 / M it is also where the held-out optimum lies at temperature 1: a fit to M
sequences has ``tau_f - 1 = (p_eff / M - l2 |J|^2) / C``, with the heat capacity C (docs/method.md, "Which penalty").
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq

from temperance.engines.base import Engine
from temperance.msa.frequencies import site_frequencies
from temperance.potts import pair_kernels

# Steps of Lanczos' algorithm: the trace of a smooth function needs few.
_LANCZOS_STEPS = 20
# Share of the number of samples beyond which the effective number of parameters cannot be told from them.
_MOST_OF_SAMPLES = 0.7
# Maps a vector (C,) to projections (T,) of samples (T, L): see `_project`.
Projection = Callable[[np.ndarray], np.ndarray]


def estimate_effective_parameters(
    samples: np.ndarray,
    q: int,
    l2: float,
    rng: np.random.Generator,
    engine: Engine | None = None,
    fields: bool = True,
) -> float:
    """Estimate p_eff = tr[I (I + L2)^-1] of a model with Fisher information I and a penalty L2 on its couplings only.

    Fields are free and count in full, one for each state but one that a site has. The couplings' part is the trace over
    the covariance of all pairs of states, each state less its frequency, which takes the fields' share out where sites
    are nearly independent. It comes from a random probe and Lanczos' algorithm, with products that never form I. Few
    samples span too few directions: the penalty that is applied to them is lowered until they give what infinitely many
    would (the companion equation of random matrices).

    Parameters
    ----------
    samples : np.ndarray
        (C, L) uint8, independent samples of the model at temperature 1.
    q : int
        States.
    l2 : float
        Penalty on the couplings: l2 / 2 sum_{i<j} J^2 is added to the mean negative log-likelihood of a sequence.
    rng : numpy.random.Generator
        Source of the random probe.
    engine : Engine, optional
        On whose device products are computed; on the CPU if not set.
    fields : bool
        Whether the model has fields. One without has couplings in the zero-sum gauge alone, over which the trace is.

    Returns
    -------
    float
        nan where the samples are too few for so many parameters.

    References
    ----------
    Ubaru, Chen, Saad, SIAM J. Matrix Anal. Appl. 38:1075 (2017), for the trace; Silverstein, J. Multivar. Anal. 55:331
    (1995), for the covariance of few samples.
    """
    count = len(samples)
    single = site_frequencies(samples, q) if fields else np.full((samples.shape[1], q), 1 / q)
    field_parameters = float((single > 0).sum() - len(single)) if fields else 0.0
    probe = _Probe.draw(_project(samples, samples, single, engine), count, rng)
    parameters = probe.effective_parameters(probe.lower_penalty(l2))
    return field_parameters + parameters if field_parameters + parameters <= _MOST_OF_SAMPLES * count else float("nan")


def predict_tau_f(parameters: float, meff: float, penalty: float, heat_capacity: float) -> float:
    """Predict tau_f, the temperature of the largest held-out likelihood, from training data alone.

    Parameters
    ----------
    parameters : float
        Effective number of parameters, of `estimate_effective_parameters`.
    meff : float
        Effective number of training sequences.
    penalty : float
        ``l2 |J|^2``, nats.
    heat_capacity : float
        Variance of the model's energy at temperature 1.

    Returns
    -------
    float
        1 + (parameters / meff - penalty) / heat_capacity.

    Examples
    --------
    >>> predict_tau_f(parameters=200.0, meff=100.0, penalty=1.0, heat_capacity=10.0)
    1.1
    """
    return 1 + (parameters / meff - penalty) / heat_capacity


class Noise(NamedTuple):
    """What a model's samples say of the noise of a fit, for the law of the optimal temperatures (docs/theory.md).

    Attributes
    ----------
    parameters, squared, freezing : float
        tr(A I), tr(I A I A) and tr(dI / d ln beta A I A), with A = (I + L2)^-1: the effective number of parameters, and
        what two terms of tau_r are made of.
    heat_capacity, skewness : float
        C = Var(E), and v = d ln Var(E) / d ln beta.
    """

    parameters: float
    squared: float
    freezing: float
    heat_capacity: float
    skewness: float

    def predict(self, meff: float, penalty: float, size: float) -> tuple[float, float]:
        """Predict both optima of models of another training set, with the same penalty.

        Noise is part of the parameters' norm, and of the penalty: tr(A I) - tr(I A I A) over the number of sequences.

        Parameters
        ----------
        meff : float
            Effective number of sequences that the model was trained on.
        penalty : float
            ``l2 |J|^2`` of the model, nats.
        size : float
            Effective number of sequences of the other training set.

        Returns
        -------
        tau_f, tau_r : float
        """
        (noise_f, noise_r), bias = self._terms(meff, penalty)
        return 1 + noise_f / size - bias, 1 + noise_r / size - bias

    def count_sequences(self, meff: float, penalty: float, distance: float = 0.1) -> tuple[float, float]:
        """Count the sequences from which on either optimum is within a distance of 1, with the same penalty.

        Parameters
        ----------
        meff : float
            Effective number of sequences that the model was trained on.
        penalty : float
            ``l2 |J|^2`` of the model, nats.
        distance : float
            Largest distance.

        Returns
        -------
        sequences_f, sequences_r : float
            Inf where the penalty alone takes the optimum farther away.

        Examples
        --------
        >>> Noise(201.0, 201.0, -800.0, 10.0, 0.0).count_sequences(100, 1.25, distance=0.375)
        (40.0, 80.0)
        """
        noises, bias = self._terms(meff, penalty)
        if bias >= distance:
            return float("inf"), float("inf")
        f, r = (noise / (distance + bias) if noise > 0 else -noise / (distance - bias) for noise in noises)
        return f, r

    def _terms(self, meff: float, penalty: float) -> tuple[tuple[float, float], float]:
        """Compute what of either optimum falls with the number of sequences, times it, and what the penalty takes."""
        forward = self.squared - 1 - self.skewness / 2
        reverse = self.squared + self.freezing / 2 - 1 - self.skewness
        without_noise = penalty - (self.parameters - self.squared) / meff
        return (forward / self.heat_capacity, reverse / self.heat_capacity), without_noise / self.heat_capacity


UNKNOWN_NOISE = Noise(*[float("nan")] * 5)


def estimate_noise(
    samples: np.ndarray,
    energies: np.ndarray,
    q: int,
    l2: float,
    rng: np.random.Generator,
    engine: Engine | None = None,
    fields: bool = True,
    probes: int = 4,
) -> Noise:
    """Estimate the terms of the law of the optimal temperatures from samples of a model.

    Each probe has one half of the samples draw a direction w of the covariance A I A of the fit's noise, by Lanczos'
    algorithm, and the other half average it: the projections a of samples on w have <a^2> = tr(I A I A), and the
    covariance of a^2 and minus the energy is tr(dI / d ln beta A I A). What the first half makes of A is corrected for
    as in `estimate_effective_parameters`: of C samples, A I A is 1 / (1 - tr(I A I A) / C) times too large. Fields are
    free, and taken apart from couplings.

    Parameters
    ----------
    samples : np.ndarray
        (C, L) uint8, independent samples of the model at temperature 1.
    energies : np.ndarray
        (C,) of them, nats.
    q : int
        States.
    l2 : float
        Penalty on the couplings.
    rng : numpy.random.Generator
        Source of halves and probes.
    engine : Engine, optional
        On whose device products are computed; on the CPU if not set.
    fields : bool
        Whether the model has fields.
    probes : int
        Random probes.

    Returns
    -------
    Noise
        nan where the samples are too few for so many parameters.
    """
    half = len(samples) // 2
    single = site_frequencies(samples, q) if fields else np.full((samples.shape[1], q), 1 / q)
    rows = []
    for _ in range(probes):
        order = rng.permutation(len(samples))
        one, other = samples[order[:half]], samples[order[half:]]
        deviations = energies[order[half:]] - energies[order[half:]].mean()
        probe = _Probe.draw(_project(one, one, single, engine), half, rng)
        penalty = probe.lower_penalty(l2)
        projections = _project(one, other, single, engine)(probe.solve(penalty)) / half**0.5
        squares = (projections - projections.mean()) ** 2
        squared = squares.mean() / (1 + squares.mean() / half)
        freezing = -(1 - squared / half) * float(squares @ deviations) / len(deviations)
        count = 0
        if fields:
            leverages, count = _field_leverages(one, other, q)
            freezing -= float((leverages - leverages.mean()) @ deviations) / len(deviations)
        rows.append((probe.effective_parameters(penalty) + count, squared + count, freezing))
    parameters, squared, freezing = np.mean(rows, axis=0)
    if not parameters <= _MOST_OF_SAMPLES * half:
        return UNKNOWN_NOISE
    deviations = energies - energies.mean()
    capacity = float((deviations**2).mean())
    return Noise(
        float(parameters), float(squared), float(freezing), capacity, float(-(deviations**3).mean() / capacity)
    )


def _field_leverages(one: np.ndarray, other: np.ndarray, q: int) -> tuple[np.ndarray, int]:
    """Compute how far single states of samples are from their mean, in units of the inverse covariance of others.

    Returns (T,), but for a constant, and the number of field parameters: of states that occur, but one a site.
    """
    count, length = one.shape
    single, pairs = site_frequencies(one, q), np.empty((length * (length - 1) // 2, q * q), np.float32)
    pair_kernels.pair_frequencies(one, np.full(count, 1 / count, np.float32), q, pairs)
    left, right = pair_kernels.pairs_of_sites(length)
    covariance = np.zeros((length, q, length, q))
    blocks = covariance.transpose(0, 2, 1, 3)
    blocks[left, right] = pairs.reshape(-1, q, q) - single[left, :, None] * single[right, None, :]
    blocks[right, left] = blocks[left, right].transpose(0, 2, 1)
    sites = np.arange(length)
    blocks[sites, sites] = single[:, :, None] * np.eye(q) - single[:, :, None] * single[:, None, :]
    # The most frequent state of a site is the one that has no field.
    free = single > 0
    free[sites, single.argmax(axis=1)] = False
    free_states, parameters = np.flatnonzero(free), int(free.sum())
    # States that no sample tells apart are kept from infinity.
    matrix = covariance.reshape(length * q, -1)[np.ix_(free_states, free_states)] + np.eye(parameters) / count
    inverse = np.zeros((length * q, length * q))
    inverse[np.ix_(free_states, free_states)] = np.linalg.inv(matrix)
    # The quadratic form is a pairwise energy.
    fields = np.diag(inverse) - 2 * inverse @ single.ravel()
    couplings = 2 * inverse.reshape(length, q, length, q).transpose(0, 2, 1, 3)[left, right]
    form = pair_kernels.energies(
        np.float32(fields).reshape(length, q), np.float32(couplings).reshape(-1, q * q), np.ascontiguousarray(other.T)
    )
    # The inverse of a covariance of C samples is that factor too large.
    return -np.sum(form, axis=0) * (1 - parameters / count), parameters


def _project(chains: np.ndarray, targets: np.ndarray, single: np.ndarray, engine: Engine | None) -> Projection:
    """Return the function that projects targets on the sum of chains' pairs of centred states, weighed by a vector.

    Parameters
    ----------
    chains, targets, single : np.ndarray
        (C, L), (T, L), and (L, q) frequencies of their states.
    engine : Engine or None
        On whose device; on the CPU if None.
    """
    if engine is not None and not engine.on_host:
        import jax.numpy as jnp  # takes a second, so only for those who need it

        from temperance.engines.jax_functions import pair_projections

        fixed = jnp.asarray(chains), jnp.asarray(targets), jnp.asarray(single, jnp.float32)
        return lambda vector: np.asarray(pair_projections(*fixed, vector), float)
    length, q = single.shape
    left, right = (single[sites].astype(np.float32) for sites in pair_kernels.pairs_of_sites(length))
    columns = np.ascontiguousarray(targets.T)
    fields = np.zeros((length, q), np.float32)
    table = np.empty((length * (length - 1) // 2, q * q), np.float32)

    def project(vector: np.ndarray) -> np.ndarray:
        pair_kernels.pair_frequencies(chains, vector.astype(np.float32), q, table)
        sums = table.reshape(-1, q, q)
        # Each state less its frequency, in the sums over samples and in what each sample is multiplied with.
        sums -= left[:, :, None] * sums.sum(axis=1, keepdims=True) + sums.sum(axis=2, keepdims=True) * right[:, None, :]
        sums -= np.einsum("na,nab->nb", left, sums)[:, None, :]
        sums -= np.einsum("nab,nb->na", sums, right)[:, :, None]
        return -np.sum(pair_kernels.energies(fields, table, columns), axis=0)

    return project


class _Probe(NamedTuple):
    """Lanczos' approximation of the covariance of pairs, from a random probe of C samples.

    Products are over the samples, not over the pairs of states: both have the same eigenvalues above 0.
    """

    basis: np.ndarray  # (S, C), orthonormal, the first the probe's direction
    values: np.ndarray  # (S,) Ritz values
    vectors: np.ndarray  # (S, S) of these, in the basis
    square: float  # of the probe's length

    @classmethod
    def draw(cls, project: Projection, count: int, rng: np.random.Generator) -> "_Probe":
        def multiply(vector: np.ndarray) -> np.ndarray:
            projections = project(vector - vector.mean())
            return (projections - projections.mean()) / count

        basis = np.zeros((min(_LANCZOS_STEPS, count - 1), count))
        diagonal, off_diagonal = np.zeros(len(basis)), np.zeros(len(basis))
        vector = rng.choice([-1.0, 1.0], count)
        vector -= vector.mean()
        square = float(vector @ vector)
        vector /= max(np.linalg.norm(vector), 1e-12)
        for step in range(len(basis)):
            basis[step] = vector
            product = multiply(vector)
            diagonal[step] = product @ vector
            product -= basis[: step + 1].T @ (basis[: step + 1] @ product)
            product -= basis[: step + 1].T @ (basis[: step + 1] @ product)
            off_diagonal[step] = np.linalg.norm(product)
            if off_diagonal[step] < 1e-8 * diagonal[0]:
                diagonal, off_diagonal = diagonal[: step + 1], off_diagonal[: step + 1]
                break
            vector = product / off_diagonal[step]
        values, vectors = eigh_tridiagonal(diagonal, off_diagonal[:-1])
        return cls(basis[: len(values)], np.maximum(values, 0), vectors, square)

    def effective_parameters(self, penalty: float) -> float:
        return float(self.square * (self.vectors[0] ** 2 * self.values / (self.values + penalty)).sum())

    def solve(self, penalty: float) -> np.ndarray:
        """Compute (covariance + penalty)^-1 times the probe (C,), of sum 0."""
        solution = self.basis.T @ (self.vectors @ (self.vectors[0] / (self.values + penalty)))
        return self.square**0.5 * (solution - solution.mean())

    def lower_penalty(self, l2: float) -> float:
        """Find the penalty x that shows of C samples what infinitely many show at x / (1 - p_eff / C) = l2; or nan."""
        count = self.basis.shape[1]

        def _surplus(log_penalty: float) -> float:
            penalty = np.exp(log_penalty)
            return float(penalty - l2 * (1 - self.effective_parameters(penalty) / count))

        low = np.log(l2) - 12
        return float("nan") if _surplus(low) >= 0 else float(np.exp(brentq(_surplus, low, np.log(l2), xtol=1e-4)))
