"""Systems small enough to list every sequence: thermodynamics, divergences, optima and models without sampling.

Sequences are listed in lexicographic order, the first site the slowest; an array of energies over all of them is a
whole distribution. Sums run in double precision.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import logsumexp, xlogy

from temperance.core.errors import InputError
from temperance.potts.frequencies import Frequencies
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

MOST_SEQUENCES = 1 << 20
# Inverse temperatures among which exact optima are looked for: temperatures from 0.05 up.
MOST_BETA = 20.0
_GRID = np.concatenate([[0.0], np.geomspace(0.01, MOST_BETA, 96)])


def all_sequences(length: int, q: int) -> np.ndarray:
    """Every sequence, (q^L, L) uint8.

    Raises
    ------
    InputError
        If there are more than about 10^6.
    """
    if q**length > MOST_SEQUENCES:
        raise InputError(f"{q}^{length} sequences are too many to list; {MOST_SEQUENCES:,} are the most")
    return np.stack(np.unravel_index(np.arange(q**length), (q,) * length), axis=1).astype(np.uint8)


def positions(sequences: np.ndarray, q: int) -> np.ndarray:
    """Place of each sequence, (M, L) uint8, in the list of all: (M,)."""
    return sequences.astype(np.int64) @ (q ** np.arange(sequences.shape[1] - 1, -1, -1, dtype=np.int64))


def energies_of_all(model: Potts) -> np.ndarray:
    """Energies of every sequence, (q^L,) float64."""
    with jax.enable_x64(True):
        return np.asarray(_energies(jnp.asarray(model.fields, float), jnp.asarray(model.couplings, float)))


def _onehot(length: int, q: int) -> np.ndarray:
    return np.eye(q)[all_sequences(length, q)].reshape(-1, length * q)


@jax.jit
def _energies(fields: Any, couplings: Any) -> Any:
    """Two halves of the sites meet in one product, so that no list of q^L one-hot rows is made."""
    length, q = fields.shape
    cut = length // 2
    left, right = _onehot(cut, q), _onehot(length - cut, q)
    matrix = couplings.reshape(length * q, length * q)
    edge = cut * q

    def within(onehot: Any, part: slice) -> Any:
        return onehot @ fields.ravel()[part] + 0.5 * ((onehot @ matrix[part, part]) * onehot).sum(axis=1)

    of_left, of_right = within(left, slice(edge)), within(right, slice(edge, None))
    return -(of_left[:, None] + of_right + left @ matrix[:edge, edge:] @ right.T).ravel()


# ---------------------------------------------------------------- one distribution


def log_z(energies: np.ndarray, beta: float = 1.0) -> float:
    """Sum ln Z over the energies of all sequences."""
    return float(logsumexp(-beta * energies))


def boltzmann(energies: np.ndarray, beta: float = 1.0) -> np.ndarray:
    """Probability of every sequence, (N,)."""
    return np.exp(-beta * energies - log_z(energies, beta))


def entropy(probabilities: np.ndarray) -> float:
    """Nats."""
    return float(-xlogy(probabilities, probabilities).sum())


def heat_capacity(energies: np.ndarray, beta: float = 1.0) -> float:
    """Var(E) / tau^2."""
    p = boltzmann(energies, beta)
    return float(beta**2 * (p @ energies**2 - (p @ energies) ** 2))


def draw(energies: np.ndarray, length: int, q: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Independent sequences, (count, L) uint8."""
    chosen = rng.choice(len(energies), count, p=boltzmann(energies))
    return np.stack(np.unravel_index(chosen, (q,) * length), axis=1).astype(np.uint8)


# ---------------------------------------------------------------- truth P against model Q


def forward(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """D_f = KL(P || Q_tau) from the energies (N,) of both, nats."""
    p = boltzmann(truth)
    return float(p @ (beta * model - truth)) + log_z(model, beta) - log_z(truth)


def reverse(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """D_r = KL(Q_tau || P), nats."""
    p = boltzmann(model, beta)
    return float(p @ (truth - beta * model)) + log_z(truth) - log_z(model, beta)


def jeffreys(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """D_f + D_r, nats."""
    return forward(truth, model, beta) + reverse(truth, model, beta)


def reverse_slope(truth: np.ndarray, model: np.ndarray, beta: float) -> float:
    """dD_r / dbeta = beta Var(E_Q) - Cov(E_P, E_Q) over Q_tau."""
    p = boltzmann(model, beta)
    centred = model - p @ model
    return float(p @ (centred * (beta * centred - (truth - p @ truth))))


@dataclass(frozen=True)
class Optima:
    """Temperatures of the least forward, reverse and Jeffreys divergence; inf where the least is at beta = 0."""

    tau_f: float
    tau_r: float
    tau_j: float


def optima(truth: np.ndarray, model: np.ndarray) -> Optima:
    """Optimal temperatures of a model, from the energies (N,) of every sequence under truth and model.

    tau_f is the root of <E_Q>_P = <E_Q>_tau, whose left side is constant and whose right side falls; the others are
    the least minimum between beta = 0 and MOST_BETA.
    """
    tau_f = matching_temperature(model, float(boltzmann(truth) @ model))
    others = (_least(partial(function, truth, model)) for function in (reverse, jeffreys))
    return Optima(tau_f, *(1 / beta if beta > 0 else float("inf") for beta in others))


def matching_temperature(energies: np.ndarray, mean: float) -> float:
    """Find the temperature at which the mean energy is `mean`, of the energies (N,) of every sequence.

    inf: that of the uniform distribution is already below it; 0: not even the coldest reaches it.
    """

    def excess(beta: float) -> float:
        return float(boltzmann(energies, beta) @ energies) - mean

    if excess(0.0) <= 0:
        return float("inf")
    return 1 / float(brentq(excess, 0.0, MOST_BETA)) if excess(MOST_BETA) < 0 else 0.0


def _least(curve: Any) -> float:
    """Inverse temperature of the least value: the best of a grid, then Brent's method beside it."""
    best = int(np.argmin([curve(beta) for beta in _GRID]))
    low, high = _GRID[max(best - 1, 0)], _GRID[min(best + 1, len(_GRID) - 1)]
    found = minimize_scalar(curve, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    return 0.0 if found.x < _GRID[1] / 10 else float(found.x)


# ---------------------------------------------------------------- maximum likelihood


def fit(data: Frequencies, l2_couplings: float = 0.0, l2_fields: float = 0.0) -> Potts:
    """Fit the pairwise model of largest penalised likelihood to frequencies, by L-BFGS on exact gradients.

    The penalty is that of `temperance.training.train`. Without one, frequencies have to be positive, as a pseudocount
    makes them, for the maximum to exist.
    """
    length, q = data.single.shape
    target = data.single, data.pair
    first = np.zeros(target[0].size + target[1].size)
    with jax.enable_x64(True):
        found = minimize(
            lambda flat: tuple(np.asarray(part) for part in _loss(flat, *target, l2_fields, l2_couplings)), first,
            jac=True, method="L-BFGS-B",
            options={"maxiter": 5000, "maxfun": 10000, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-7},
        )  # fmt: skip
        fields, couplings = _unpack(found.x, length, q)
        return Potts(np.asarray(fields), np.asarray(couplings)).zero_sum()


def _unpack(flat: Any, length: int, q: int) -> tuple[Any, Any]:
    left, right = pairs_of_sites(length)
    pairs = flat[length * q :].reshape(len(left), q, q)
    couplings = jnp.zeros((length, length, q, q)).at[left, right].set(pairs)
    return flat[: length * q].reshape(length, q), (couplings + couplings.transpose(1, 0, 3, 2)).transpose(0, 2, 1, 3)


@jax.jit
@jax.value_and_grad
def _loss(flat: Any, single: Any, pairs: Any, l2_fields: Any, l2_couplings: Any) -> Any:
    """Penalised mean negative log-likelihood of sequences with these one-site and pair frequencies."""
    length, q = single.shape
    likelihood = flat @ jnp.concatenate([single.ravel(), pairs.ravel()])
    likelihood -= jax.scipy.special.logsumexp(-_energies(*_unpack(flat, length, q)))
    fields, couplings = flat[: length * q], flat[length * q :]
    return -likelihood + l2_fields / 2 * (fields**2).sum() + l2_couplings / 2 * (couplings**2).sum()
