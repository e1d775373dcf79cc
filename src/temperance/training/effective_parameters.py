"""Effective number of parameters that a penalised fit determines, and the temperature that covers its data for it.

MacKay's condition for the most probable penalty, ``l2 |J|^2 = p_eff / M`` (Neural Comput. 4:415, 1992), is read off the
training data alone. To first order in 1 / M it is also where the held-out optimum lies at temperature 1: a fit to M
sequences has ``tau_f - 1 = (p_eff / M - l2 |J|^2) / C``, with the heat capacity C (docs/method.md, "Which penalty").
"""

from collections.abc import Callable

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


# Maps a vector (C,) to projections (C,) of samples (C, L): see `_projection`.
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
    on_host = engine is None or engine.on_host
    project = _projection(samples, single) if on_host else _jax_projection(samples, single)
    spectrum, shares = _spectrum(project, count, rng)

    def _determined(penalty: float) -> float:
        return float(count * (shares * spectrum / (spectrum + penalty)).sum())

    # Of C samples, a penalty x shows what infinitely many show at x / (1 - p_eff / C).
    def _surplus(log_penalty: float) -> float:
        penalty = np.exp(log_penalty)
        return float(penalty - l2 * (1 - _determined(penalty) / count))

    low = np.log(l2) - 12
    if _surplus(low) >= 0:
        return float("nan")
    parameters = _determined(float(np.exp(brentq(_surplus, low, np.log(l2), xtol=1e-4))))
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


def _projection(samples: np.ndarray, single: np.ndarray) -> Projection:
    """Return the function that projects samples on the sum of their pairs of centred states, weighed by a vector (C,).

    Parameters
    ----------
    samples, single : np.ndarray
        (C, L), and (L, q) frequencies of their states.
    """
    length, q = single.shape
    left, right = (single[sites].astype(np.float32) for sites in pair_kernels.pairs_of_sites(length))
    columns = np.ascontiguousarray(samples.T)
    fields = np.zeros((length, q), np.float32)
    table = np.empty((length * (length - 1) // 2, q * q), np.float32)

    def project(vector: np.ndarray) -> np.ndarray:
        pair_kernels.pair_frequencies(samples, vector.astype(np.float32), q, table)
        sums = table.reshape(-1, q, q)
        # Each state less its frequency, in the sums over samples and in what each sample is multiplied with.
        sums -= left[:, :, None] * sums.sum(axis=1, keepdims=True) + sums.sum(axis=2, keepdims=True) * right[:, None, :]
        sums -= np.einsum("na,nab->nb", left, sums)[:, None, :]
        sums -= np.einsum("nab,nb->na", sums, right)[:, :, None]
        return -np.sum(pair_kernels.energies(fields, table, columns), axis=0)

    return project


def _jax_projection(samples: np.ndarray, single: np.ndarray) -> Projection:
    """Return the function of `_projection` computed on JAX's device, to which the samples are copied once."""
    import jax.numpy as jnp  # takes a second, so only for those who need it

    from temperance.engines.jax_functions import pair_projections

    chains, frequencies = jnp.asarray(samples), jnp.asarray(single, jnp.float32)
    return lambda vector: np.asarray(pair_projections(chains, frequencies, vector), float)


def _spectrum(project: Projection, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Compute Ritz values of the covariance of pairs from a random probe, and the probe's weights of these.

    Products are over the `count` samples, not over the pairs of states: both have the same eigenvalues above 0.
    """

    def multiply(vector: np.ndarray) -> np.ndarray:
        projections = project(vector - vector.mean())
        return (projections - projections.mean()) / count

    basis = np.zeros((min(_LANCZOS_STEPS, count - 1), count))
    diagonal, off_diagonal = np.zeros(len(basis)), np.zeros(len(basis))
    vector = rng.choice([-1.0, 1.0], count)
    vector -= vector.mean()
    probe_weight = float(vector @ vector) / count
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
    return np.maximum(values, 0), probe_weight * vectors[0] ** 2
