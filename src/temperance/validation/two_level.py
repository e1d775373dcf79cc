"""Models of two energy levels, fitted to few data, and the temperatures that are best for them, in closed form."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from temperance.core.errors import InputError
from temperance.potts.enumeration import log_z


@dataclass(frozen=True)
class TwoLevelModel:
    """Hold a model whose states have one of two energies: 0 for the low ones, a gap for all others.

    Attributes
    ----------
    low : np.ndarray
        (N,) bool.
    gap : float
        Energy of the other states, nats; below 0 if these are the more probable ones.
    """

    low: np.ndarray
    gap: float

    @property
    def energies(self) -> np.ndarray:
        """Compute the energy of every state.

        Returns
        -------
        np.ndarray
            (N,) nats.
        """
        return np.where(self.low, 0.0, self.gap)


def fit_two_levels(counts: np.ndarray, rng: np.random.Generator) -> TwoLevelModel:
    """Fit the two-level model of largest likelihood to the number of times that each state was drawn.

    The k most frequent states are low, with their share of the draws as their probability; k is that of the largest
    likelihood. Where all M draws are in them, their share counts as 1 - 1 / M, in the likelihood as well.

    Parameters
    ----------
    counts : np.ndarray
        (N,) whole numbers.
    rng : numpy.random.Generator
        Decides between states of equal counts.

    Returns
    -------
    TwoLevelModel

    Raises
    ------
    InputError
        If there are fewer than two draws.

    References
    ----------
    Fields, Ngampruetikorn, Schwab, Palmer, arXiv:2512.09152.

    Examples
    --------
    >>> model = fit_two_levels(np.array([0, 2, 0, 3, 0, 0, 0, 0, 0, 0]), np.random.default_rng(0))
    >>> np.flatnonzero(model.low).tolist(), round(model.gap, 4)
    ([1, 3], 2.7726)
    """
    draws = int(counts.sum())
    if draws < 2:
        raise InputError(f"two levels cannot be told from draws: {draws}; at least 2 are needed")
    order = np.lexsort((rng.random(len(counts)), -counts))
    low = np.arange(1, len(counts))
    high = len(counts) - low
    shares = np.minimum(np.cumsum(counts[order])[:-1] / draws, 1 - 1 / draws)
    in_low, in_high = shares / low, (1 - shares) / high
    best = int(np.argmax(xlogy(shares, in_low) + xlogy(1 - shares, in_high)))
    gap = float(np.log(in_low[best] / in_high[best]))
    return TwoLevelModel(np.isin(np.arange(len(counts)), order[: low[best]]), gap)


def find_two_level_optima(truth: np.ndarray, model: TwoLevelModel) -> tuple[float, float]:
    """Compute the temperatures of least forward and reverse divergence of a two-level model from any truth.

    The forward divergence is least where the model's levels are as far apart, at that temperature, as the truth's free
    energies of a state, -ln of the mean of exp(-E_P), over each level; the reverse one where they are as far apart as
    the truth's mean energies. For a truth of two levels these are the closed forms of the reference.

    Parameters
    ----------
    truth : np.ndarray
        (N,) true energies E_P of every state, nats.
    model : TwoLevelModel
        With states in both levels.

    Returns
    -------
    tau_f, tau_r : float
        Inf where the divergence is least at infinite temperature.

    References
    ----------
    Fields, Ngampruetikorn, Schwab, Palmer, arXiv:2512.09152.

    Examples
    --------
    >>> model = TwoLevelModel(np.array([True, True, False, False]), gap=2.0)
    >>> find_two_level_optima(np.array([0.0, 0.0, 4.0, 4.0]), model)
    (0.5, 0.5)
    """
    low, high = truth[model.low], truth[~model.low]
    free_low, free_high = (np.log(len(states)) - log_z(states) for states in (low, high))
    tau_f, tau_r = (
        float(model.gap / distance) if model.gap * distance > 0 else float("inf")
        for distance in (free_high - free_low, high.mean() - low.mean())
    )
    return tau_f, tau_r
