"""Pairwise models of spins without fields, over half of all states: turning every spin leaves the energy as it is.

A state and its mirror image are equally probable, so that the states whose first spin is up (+1) hold all that there is
to know: divergences, averages of energies and correlations are the same over them as over all states. They are the
first half of `temperance.potts.enumeration.all_sequences`, whose state 0 is up.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from temperance.potts.enumeration import all_sequences

_MOST_STEPS = 10_000


@dataclass(frozen=True)
class EvenSpins:
    """Hold half of the states of N spins, and compute energies and correlations over them.

    Attributes
    ----------
    left, right : np.ndarray
        The first spins and the others, +1 or -1: every row of the one with every row of the other is a state.
    pairs : tuple of np.ndarray
        Indices (first, second) of the pairs of spins, the order of couplings and of correlations.
    """

    left: np.ndarray
    right: np.ndarray
    pairs: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of_size(cls, spins: int) -> "EvenSpins":
        """List the states of a number of spins.

        Parameters
        ----------
        spins : int
            Their number N, at least 2.

        Returns
        -------
        EvenSpins
        """
        left, right = (1.0 - 2.0 * all_sequences(size, 2) for size in (spins // 2, spins - spins // 2))
        first, second = np.triu_indices(spins, 1)
        return cls(left[: len(left) // 2], right, (first, second))

    def compute_energies(self, couplings: np.ndarray) -> np.ndarray:
        """Compute the energy of every state, E = -sum over pairs J s_i s_j.

        Parameters
        ----------
        couplings : np.ndarray
            (N (N - 1) / 2,) J of every pair, nats.

        Returns
        -------
        np.ndarray
            (2^(N - 1),) nats.
        """
        return self._fill(couplings, np.empty((len(self.left), len(self.right)))).ravel()

    def _fill(self, couplings: np.ndarray, energies: np.ndarray) -> np.ndarray:
        """Write the energy of every state into an array, a row a state of the first spins; return it."""
        left, right = self.left, self.right
        cut, rest = left.shape[1], right.shape[1]
        matrix = np.zeros((cut + rest, cut + rest))
        matrix[self.pairs] = -couplings
        # Energies within either part are two further columns of the product that couples the parts.
        rows, columns = np.ones((len(left), rest + 2)), np.ones((len(right), rest + 2))
        rows[:, :rest] = left @ matrix[:cut, cut:]
        rows[:, rest] = ((left @ matrix[:cut, :cut]) * left).sum(axis=1)
        columns[:, :rest] = right
        columns[:, rest + 1] = ((right @ matrix[cut:, cut:]) * right).sum(axis=1)
        return np.matmul(rows, columns.T, out=energies)

    def average(self, energies: np.ndarray) -> tuple[float, np.ndarray]:
        """Compute ln Z over these states, and the mean product of every pair of spins.

        Parameters
        ----------
        energies : np.ndarray
            (2^(N - 1),) nats.

        Returns
        -------
        log_z : float
            Less than that over all states by ln 2.
        correlations : np.ndarray
            (N (N - 1) / 2,)
        """
        return self._average(energies.reshape(len(self.left), len(self.right)).copy())

    def _average(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Average over states whose energies the array holds, and leave their Boltzmann weights in it.

        A new array of this size for every step of a fit would take as long as the step.
        """
        left, right = self.left, self.right
        cut, rest = left.shape[1], right.shape[1]
        least = weights.min()
        np.exp(np.subtract(least, weights, out=weights), out=weights)
        z = weights.sum()
        matrix = np.empty((cut + rest, cut + rest))
        matrix[:cut, :cut] = left.T @ (weights.sum(axis=1)[:, None] * left)
        matrix[:cut, cut:] = (left.T @ weights) @ right
        matrix[cut:, cut:] = right.T @ (weights.sum(axis=0)[:, None] * right)
        return float(np.log(z) - least), matrix[self.pairs] / z

    def correlate(self, states: np.ndarray) -> np.ndarray:
        """Compute the mean product of every pair of spins over a sample.

        Parameters
        ----------
        states : np.ndarray
            (M,) numbers of states in the order of energies.

        Returns
        -------
        np.ndarray
            (N (N - 1) / 2,)
        """
        first, second = np.divmod(states, len(self.right))
        spins = np.hstack([self.left[first], self.right[second]])
        return (spins.T @ spins)[self.pairs] / len(states)

    def fit(self, correlations: np.ndarray, l2: float = 0.0) -> np.ndarray:
        """Fit couplings of largest penalised likelihood, by L-BFGS on exact gradients.

        Parameters
        ----------
        correlations : np.ndarray
            (N (N - 1) / 2,) of the data.
        l2 : float
            Strength of the penalty, l2 / 2 times the sum of squared couplings. Without one, the likelihood of few data
            may have no maximum: couplings grow until it no longer rises in double precision.

        Returns
        -------
        np.ndarray
            (N (N - 1) / 2,) nats.
        """
        weights = np.empty((len(self.left), len(self.right)))

        def _loss(couplings: np.ndarray) -> tuple[float, np.ndarray]:
            log_z, mean = self._average(self._fill(couplings, weights))
            penalty = l2 * couplings
            return log_z - couplings @ correlations + couplings @ penalty / 2, mean - correlations + penalty

        return minimize(
            _loss, np.zeros(len(correlations)), jac=True, method="L-BFGS-B",
            options={"maxiter": 5000, "maxfun": 10000, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-7},
        ).x  # fmt: skip

    def descend(
        self, correlations: np.ndarray, start: np.ndarray, rate: float = 0.01, tolerance: float = 1e-5
    ) -> np.ndarray:
        """Fit couplings by plain gradient steps that end early, when the likelihood rises slowly.

        Parameters
        ----------
        correlations : np.ndarray
            (N (N - 1) / 2,) of the data.
        start : np.ndarray
            (N (N - 1) / 2,) couplings before the first step, nats.
        rate : float
            Step over gradient.
        tolerance : float
            Relative change of the mean negative log-likelihood of the data, a step, at which steps end.

        Returns
        -------
        np.ndarray
            (N (N - 1) / 2,) nats.

        References
        ----------
        Fields, Ngampruetikorn, Schwab, Palmer, arXiv:2512.09152.
        """
        couplings, before, weights = start, np.inf, np.empty((len(self.left), len(self.right)))
        for _ in range(_MOST_STEPS):
            log_z, mean = self._average(self._fill(couplings, weights))
            loss = log_z + np.log(2) - couplings @ correlations
            if abs(before - loss) < tolerance * before < np.inf:
                break
            before, couplings = loss, couplings + rate * (correlations - mean)
        return couplings


def double(energies: np.ndarray) -> np.ndarray:
    """Extend energies to all states, mirror images included, in the order of `enumeration.all_sequences`.

    Parameters
    ----------
    energies : np.ndarray
        (2^(N - 1),) of the states whose first spin is up, nats.

    Returns
    -------
    np.ndarray
        (2^N,) nats.

    Examples
    --------
    >>> double(np.array([1.0, 2.0])).tolist()
    [1.0, 2.0, 2.0, 1.0]
    """
    return np.concatenate([energies, energies[::-1]])
