"""Effective number of parameters that a penalised fit determines, and the temperature that covers its data for it.

MacKay's condition for the most probable penalty, l2 |J|^2 = p_eff / M (Neural Comput. 4:415, 1992), is read off the
training data alone. To first order in 1 / M it is also where the held-out optimum lies at temperature 1: a fit to M
sequences has tau_f - 1 = (p_eff / M - l2 |J|^2) / C, with the heat capacity C (docs/method.md, "Which penalty").
"""

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq

from temperance import pairs

# Steps of Lanczos' algorithm: the trace of a smooth function needs few.
_LANCZOS_STEPS = 20
# Share of the number of samples beyond which the effective number of parameters cannot be told from them.
_MOST_OF_SAMPLES = 0.7


def effective_parameters(samples: np.ndarray, q: int, l2: float, rng: np.random.Generator) -> float:
    """Estimate p_eff = tr[I (I + l2)^-1], with the Fisher information I of all pairs of sites and states.

    I is the covariance of the pairs of states that samples of the model show. Its trace comes from a random probe and
    Lanczos' algorithm, with products that never form I. Few samples see too few directions: the penalty that
    they are given is lowered until they show what infinitely many would (the companion equation of random matrices).

    Parameters
    ----------
    samples : np.ndarray
        (C, L) uint8, independent samples of the model at temperature 1.
    q : int
        States.
    l2 : float
        Penalty on the couplings: l2 / 2 sum_{i<j} J^2 is added to the mean negative log-likelihood of a sequence.
    rng : numpy.random.Generator

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
    spectrum, shares = _spectrum(samples, q, rng)

    def determined(penalty: float) -> float:
        return float(count * (shares * spectrum / (spectrum + penalty)).sum())

    # Of C samples, a penalty x shows what infinitely many show at x / (1 - p_eff / C).
    def surplus(log_penalty: float) -> float:
        penalty = np.exp(log_penalty)
        return float(penalty - l2 * (1 - determined(penalty) / count))

    low = np.log(l2) - 12
    if surplus(low) >= 0:
        return float("nan")
    parameters = determined(float(np.exp(brentq(surplus, low, np.log(l2), xtol=1e-4))))
    return parameters if parameters <= _MOST_OF_SAMPLES * count else float("nan")


def covering_temperature(parameters: float, meff: float, penalty: float, heat_capacity: float) -> float:
    """Predict tau_f, the temperature of the largest held-out likelihood, from training data alone.

    Parameters
    ----------
    parameters : float
        Of `effective_parameters`.
    meff : float
        Effective number of training sequences.
    penalty : float
        l2 |J|^2, nats.
    heat_capacity : float
        Variance of the model's energy at temperature 1.

    Examples
    --------
    >>> covering_temperature(parameters=200.0, meff=100.0, penalty=1.0, heat_capacity=10.0)
    1.1
    """
    return 1 + (parameters / meff - penalty) / heat_capacity


def _spectrum(samples: np.ndarray, q: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the covariance, as a random probe sees them, and their shares, which sum to 1 (with zeros)."""
    count, length = samples.shape
    columns = np.ascontiguousarray(samples.T)
    fields = np.zeros((length, q), np.float32)
    table = np.empty((length * (length - 1) // 2, q * q), np.float32)

    def multiply(vector: np.ndarray) -> np.ndarray:
        # Over the samples, not over the pairs of states: both products have the same eigenvalues above 0.
        pairs.pair_frequencies(samples, (vector - vector.mean()).astype(np.float32), q, table)
        shown = -np.sum(pairs.energies(fields, table, columns), axis=0)
        return (shown - shown.mean()) / count

    basis = np.zeros((min(_LANCZOS_STEPS, count - 1), count))
    diagonal, beside = np.zeros(len(basis)), np.zeros(len(basis))
    vector = rng.choice([-1.0, 1.0], count)
    vector -= vector.mean()
    seen = float(vector @ vector) / count
    vector /= np.linalg.norm(vector)
    for step in range(len(basis)):
        basis[step] = vector
        product = multiply(vector)
        diagonal[step] = product @ vector
        product -= basis[: step + 1].T @ (basis[: step + 1] @ product)
        product -= basis[: step + 1].T @ (basis[: step + 1] @ product)
        beside[step] = np.linalg.norm(product)
        if beside[step] < 1e-8 * diagonal[0]:
            diagonal, beside = diagonal[: step + 1], beside[: step + 1]
            break
        vector = product / beside[step]
    values, vectors = eigh_tridiagonal(diagonal, beside[:-1])
    return np.maximum(values, 0), seen * vectors[0] ** 2
