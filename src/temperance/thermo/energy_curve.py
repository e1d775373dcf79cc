"""The mean energy of a model over inverse temperature, and ln Z as its integral."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline


@dataclass(frozen=True)
class EnergyCurve:
    """Mean energy <E> as a function of the inverse temperature beta.

    It is the cubic through the rungs' means with the exact slopes, d<E>/dbeta = -Var(E).
    """

    betas: np.ndarray
    spline: CubicHermiteSpline

    def log_z(self, beta: float | np.ndarray, length: int, q: int) -> np.ndarray:
        """Compute ln Z = L ln q - integral of <E> from 0 to beta (thermodynamic integration).

        Parameters
        ----------
        beta : float or np.ndarray
            Inverse temperatures up to the coldest rung's.
        length, q : int
            Sites and states.

        Returns
        -------
        np.ndarray
            Nats.
        """
        return length * np.log(q) - self.spline.antiderivative()(beta)


def interpolate_energies(betas: np.ndarray, energies: np.ndarray) -> EnergyCurve:
    """Interpolate the rungs' sampled mean energies.

    Parameters
    ----------
    betas : np.ndarray
        (R,) ascending from 0.
    energies : np.ndarray
        (R, K, D), nats at temperature 1.

    Returns
    -------
    EnergyCurve

    Examples
    --------
    >>> curve = interpolate_energies(np.array([0.0, 1.0]), np.array([[[-1.0, 1.0]], [[-2.0, 0.0]]]))
    >>> float(curve.log_z(1.0, length=2, q=3) - 2 * np.log(3))
    0.5
    """
    flat = energies.reshape(len(betas), -1)
    return EnergyCurve(betas, CubicHermiteSpline(betas, flat.mean(axis=1), -flat.var(axis=1)))
