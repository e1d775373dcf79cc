"""Systems small enough to list every sequence: thermodynamics and models without sampling.

Sequences are listed in lexicographic order, the first site the slowest; an array of energies over all of them is a
whole distribution. Sums run in double precision.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, xlogy

from temperance.core.errors import InputError
from temperance.potts.frequencies import Frequencies
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

MOST_SEQUENCES = 1 << 20


def all_sequences(length: int, q: int) -> np.ndarray:
    """List every sequence, in lexicographic order.

    Parameters
    ----------
    length, q : int
        Numbers of sites and states.

    Returns
    -------
    np.ndarray
        (q^L, L) uint8.

    Raises
    ------
    InputError
        If there are more than about 10^6.

    Examples
    --------
    >>> all_sequences(2, 2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    if q**length > MOST_SEQUENCES:
        raise InputError(f"{q}^{length} sequences are too many to enumerate; at most {MOST_SEQUENCES:,} are possible")
    return np.stack(np.unravel_index(np.arange(q**length), (q,) * length), axis=1).astype(np.uint8)


def find_positions(sequences: np.ndarray, q: int) -> np.ndarray:
    """Compute the position of each sequence in the list of all.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8.
    q : int
        Number of states.

    Returns
    -------
    np.ndarray
        (M,) int64: rows of `all_sequences`.

    Examples
    --------
    >>> find_positions(np.array([[1, 0, 1]], np.uint8), 2)
    array([5])
    """
    return sequences.astype(np.int64) @ (q ** np.arange(sequences.shape[1] - 1, -1, -1, dtype=np.int64))


def energies_of_all(model: Potts) -> np.ndarray:
    """Compute the energy of every sequence.

    Parameters
    ----------
    model : Potts
        Of at most about 10^6 sequences.

    Returns
    -------
    np.ndarray
        (q^L,) float64, nats, in the order of `all_sequences`.
    """
    return _energies(model.fields.astype(float), model.couplings.astype(float))


def _onehot(length: int, q: int) -> np.ndarray:
    return np.eye(q)[all_sequences(length, q)].reshape(-1, length * q)


def _energies(fields: np.ndarray, couplings: np.ndarray) -> np.ndarray:
    """Compute the energies of all sequences (q^L,).

    Two halves of the sites meet in one product, so that no list of q^L one-hot rows is made.
    """
    length, q = fields.shape
    cut = length // 2
    left_onehot, right_onehot = _onehot(cut, q), _onehot(length - cut, q)
    matrix = couplings.reshape(length * q, length * q)
    split_column = cut * q

    def _within(onehot: np.ndarray, columns: slice) -> np.ndarray:
        return onehot @ fields.ravel()[columns] + 0.5 * ((onehot @ matrix[columns, columns]) * onehot).sum(axis=1)

    left_energies = _within(left_onehot, slice(split_column))
    right_energies = _within(right_onehot, slice(split_column, None))
    between = left_onehot @ matrix[:split_column, split_column:] @ right_onehot.T
    return -(left_energies[:, None] + right_energies + between).ravel()


def _frequencies(probabilities: np.ndarray, length: int, q: int) -> Frequencies:
    """Compute one- and two-site frequencies of a distribution over all sequences."""
    cut = length // 2
    left, right = _onehot(cut, q), _onehot(length - cut, q)
    joint = probabilities.reshape(len(left), len(right))
    across = left.T @ joint @ right
    within_left = left.T @ (joint.sum(axis=1)[:, None] * left)
    within_right = right.T @ (joint.sum(axis=0)[:, None] * right)
    both = np.block([[within_left, across], [across.T, within_right]])
    first, second = pairs_of_sites(length)
    pairs = both.reshape(length, q, length, q).transpose(0, 2, 1, 3)[first, second]
    return Frequencies(np.diagonal(both).reshape(length, q), pairs)


# ---------------------------------------------------------------- one distribution


def log_z(energies: np.ndarray, beta: float = 1.0) -> float:
    """Compute the logarithm of the partition function, ln Z = ln sum_s exp(-beta E(s)).

    Parameters
    ----------
    energies : np.ndarray
        (N,) of every sequence, nats.
    beta : float
        Inverse temperature.

    Returns
    -------
    float
        ln Z.

    Examples
    --------
    >>> round(log_z(np.zeros(4)), 4)
    1.3863
    """
    return float(logsumexp(-beta * energies))


def boltzmann(energies: np.ndarray, beta: float = 1.0) -> np.ndarray:
    """Compute the Boltzmann probability of every sequence.

    Parameters
    ----------
    energies : np.ndarray
        (N,) of every sequence, nats.
    beta : float
        Inverse temperature.

    Returns
    -------
    np.ndarray
        (N,) exp(-beta E) / Z.
    """
    return np.exp(-beta * energies - log_z(energies, beta))


def entropy(probabilities: np.ndarray) -> float:
    """Compute the Shannon entropy of a distribution.

    Parameters
    ----------
    probabilities : np.ndarray
        (N,) that sum to 1.

    Returns
    -------
    float
        Nats.

    Examples
    --------
    >>> round(entropy(np.array([0.5, 0.5])), 4)
    0.6931
    """
    return float(-xlogy(probabilities, probabilities).sum())


def heat_capacity(energies: np.ndarray, beta: float = 1.0) -> float:
    """Compute the heat capacity Var(E) / tau^2.

    Parameters
    ----------
    energies : np.ndarray
        (N,) of every sequence, nats.
    beta : float
        Inverse temperature 1 / tau.

    Returns
    -------
    float
        In units of Boltzmann's constant.
    """
    p = boltzmann(energies, beta)
    return float(beta**2 * (p @ energies**2 - (p @ energies) ** 2))


def true_heat_capacity(truth: np.ndarray, model: np.ndarray, beta: float = 1.0) -> float:
    """Compute kappa = Cov(E_P, E_Q) / tau^2 over the tempered model, what the mean true energy gains with temperature.

    Parameters
    ----------
    truth, model : np.ndarray
        (N,) energies E_P and E_Q of every sequence under truth and model, nats.
    beta : float
        Inverse temperature 1 / tau of the model.

    Returns
    -------
    float
        Nats per unit of temperature; the heat capacity itself where the truth is the model.

    Examples
    --------
    >>> round(true_heat_capacity(np.array([0.0, 4.0]), np.array([0.0, np.log(3)])), 3)
    0.824
    """
    p = boltzmann(model, beta)
    return float(beta**2 * (p @ ((truth - p @ truth) * (model - p @ model))))


def draw_sequences(energies: np.ndarray, length: int, q: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw independent sequences from the Boltzmann distribution at temperature 1.

    Parameters
    ----------
    energies : np.ndarray
        (q^L,) of every sequence, nats.
    length, q : int
        Numbers of sites and states.
    count : int
        Number of sequences to draw.
    rng : np.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (count, L) uint8.
    """
    indices = rng.choice(len(energies), count, p=boltzmann(energies))
    return np.stack(np.unravel_index(indices, (q,) * length), axis=1).astype(np.uint8)


def conditional_logits(energies: np.ndarray, length: int, q: int) -> np.ndarray:
    """Compute the logits of every site of every sequence given its other sites: minus the energy with each state there.

    Parameters
    ----------
    energies : np.ndarray
        (q^L,) of every sequence, nats.
    length, q : int
        Numbers of sites and states.

    Returns
    -------
    np.ndarray
        (q^L, L, q)

    Examples
    --------
    >>> conditional_logits(np.array([1.0, 2.0, 3.0, 6.0]), 2, 2)[1].tolist()
    [[-2.0, -6.0], [-1.0, -2.0]]
    """
    grid = -energies.reshape((q,) * length)
    sites = [
        np.broadcast_to(np.expand_dims(np.moveaxis(grid, site, -1), site), (*grid.shape, q)).reshape(-1, q)
        for site in range(length)
    ]
    return np.stack(sites, axis=1)


# ---------------------------------------------------------------- maximum likelihood


def fit_pairwise(data: Frequencies, l2_couplings: float = 0.0, l2_fields: float = 0.0, fields: bool = True) -> Potts:
    """Fit the pairwise model of largest penalised likelihood to frequencies, by L-BFGS on exact gradients.

    The penalty is that of `temperance.training.train`. Without one, frequencies have to be positive, as a pseudocount
    makes them, for the maximum to exist.

    Parameters
    ----------
    data : Frequencies
        One- and two-site frequencies of the data.
    l2_couplings, l2_fields : float
        Strengths of the penalty, l2_fields / 2 sum h^2 + l2_couplings / 2 sum_{i<j} J^2.
    fields : bool
        Whether the model has fields. One without has none in the zero-sum gauge: its couplings stay in that gauge, in
        which they prefer no state of a single site.

    Returns
    -------
    Potts
        In the zero-sum gauge.
    """
    length, q = data.single.shape

    def _as_row(frequencies: Frequencies) -> np.ndarray:
        moments = frequencies if fields else frequencies.with_uniform_sites()
        return np.concatenate([moments.single.ravel(), moments.pair.ravel()])

    target = _as_row(data)
    penalties = np.full(target.size, l2_couplings)
    penalties[: length * q] = l2_fields

    def _loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        energies = _energies(*_unpack(parameters, length, q))
        value = log_z(energies) - parameters @ target + (penalties * parameters**2).sum() / 2
        return value, _as_row(_frequencies(boltzmann(energies), length, q)) - target + penalties * parameters

    optimum = minimize(
        _loss, np.zeros(target.size), jac=True, method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 10000, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-7},
    )  # fmt: skip
    model = Potts(*_unpack(optimum.x, length, q)).zero_sum()
    return model if fields else replace(model, fields=np.zeros_like(model.fields))


def _unpack(parameters: np.ndarray, length: int, q: int) -> tuple[np.ndarray, np.ndarray]:
    """Split one row of parameters into fields (L, q) and symmetric couplings (L, q, L, q)."""
    couplings = np.zeros((length, q, length, q))
    left, right = pairs_of_sites(length)
    pairs, blocks = parameters[length * q :].reshape(len(left), q, q), couplings.transpose(0, 2, 1, 3)
    blocks[left, right], blocks[right, left] = pairs, pairs.transpose(0, 2, 1)
    return parameters[: length * q].reshape(length, q), couplings
