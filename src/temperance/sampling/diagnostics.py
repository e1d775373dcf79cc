"""Diagnostics of replica exchange: split R-hat, effective sample size, drift, and which rungs to go on with.

R-hat compares ladders with each other. Those that relax alike, all from the same start, agree all the time: split R-hat
lets them drift by 0.64 standard deviations from one half of the draws to the other before it reaches 1.05.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

# Share of R-hat's excess over 1 that twice as many sweeps leave at best.
_BEST_RATE = 0.5
# Drift, in standard deviations of the energy, beyond which ladders have not relaxed, if chance exceeds it so rarely.
_LARGEST_DRIFT, _CHANCE = 0.25, 0.00135
# Excess of R-hat over 1 that is still taken for noise of few draws.
_NOISE = 0.1


def diagnose_rungs(
    betas: np.ndarray, energies: np.ndarray, acceptance: np.ndarray, sweeps: int, max_rhat: float, min_ess: float
) -> pd.DataFrame:
    """Tabulate the diagnostics of every rung.

    Parameters
    ----------
    betas : np.ndarray
        (R,) inverse temperatures.
    energies : np.ndarray
        (R, K, D) nats at temperature 1, of K independent ladders.
    acceptance : np.ndarray
        (R - 1,) share of accepted exchanges with the next colder rung.
    sweeps : int
        Gibbs sweeps between two draws.
    max_rhat, min_ess : float
        Limits within which a rung is equilibrated; of the effective sample size, half the number of draws is enough.

    Returns
    -------
    pandas.DataFrame
        beta, temperature, mean_energy, variance, ess, rhat, acceptance, drift,
        autocorrelation_sweeps, equilibrated.
    """
    ess = np.array([effective_sample_size(rung) for rung in energies])
    rhat = np.array([split_rhat(rung) for rung in energies])
    drift, error = np.array([relative_drift(rung) for rung in energies]).T
    sure = stdtrit(max(energies.shape[1] - 1, 1), 1 - _CHANCE)
    relaxed = (np.abs(drift) <= _LARGEST_DRIFT) | (np.abs(drift) <= sure * error)
    with np.errstate(divide="ignore"):
        temperatures = 1 / betas
    count = energies[0].size
    return pd.DataFrame(
        {
            "beta": betas,
            "temperature": temperatures,
            "mean_energy": energies.mean(axis=(1, 2)),
            "variance": energies.var(axis=(1, 2)),
            "ess": ess,
            "rhat": rhat,
            "acceptance": np.append(acceptance, np.nan),
            "drift": drift,
            "autocorrelation_sweeps": sweeps * count / ess,
            "equilibrated": (rhat <= max_rhat) & (ess >= min(min_ess, 0.5 * count)) & relaxed,
        }
    )


def can_equilibrate(rhats: np.ndarray, sweeps: np.ndarray, max_rhat: float, max_sweeps: int) -> np.ndarray:
    """Tell which rungs more sweeps between draws may yet equilibrate.

    The excess of R-hat over 1 is expected to go on shrinking as it did since the last round of at most a quarter of the
    sweeps, and in the first rounds to halve with every doubling, as it does at best. A rung whose excess would be above
    that of `max_rhat` even with `max_sweeps` is given up, and so are colder ones, whose replicas come from there.
    R-hats below 1.1 are near what few draws show by chance, and are no reason.

    Parameters
    ----------
    rhats : np.ndarray
        (P, R) split R-hat of rungs, from hot to cold, after each of P rounds of draws.
    sweeps : np.ndarray
        (P,) ascending, Gibbs sweeps between two draws of each round.
    max_rhat : float
        R-hat of an equilibrated rung.
    max_sweeps : int
        The most sweeps between two draws.

    Returns
    -------
    np.ndarray
        (R,) bool.
    """
    excess = np.maximum(rhats - 1, 1e-9)
    rate = np.full(excess.shape[1], _BEST_RATE)
    earlier = np.flatnonzero(sweeps <= sweeps[-1] / 4)
    if len(earlier):
        doublings = np.log2(sweeps[-1] / sweeps[earlier[-1]])
        rate = np.maximum((excess[-1] / excess[earlier[-1]]) ** (1 / doublings), _BEST_RATE)
    expected = excess[-1] * rate ** np.log2(max_sweeps / sweeps[-1])
    able = (excess[-1] <= _NOISE) | (expected <= max_rhat - 1)
    return np.logical_and.accumulate(able)


def split_rhat(energies: np.ndarray) -> float:
    """Compute R-hat of energies (K, D), each ladder split in halves; infinite where no ladder's energy ever changes.

    References
    ----------
    Vehtari et al., Bayesian Anal. 16:667 (2021), doi:10.1214/20-BA1221.
    """
    if np.ptp(energies) == 0:
        return 1.0
    value = float(_array_stats().rhat(energies, chain_axis=0, draw_axis=1, method="split"))
    return value if np.isfinite(value) else float("inf")


def relative_drift(energies: np.ndarray) -> tuple[float, float]:
    """Compare the second half of the draws of all ladders with the first half.

    Parameters
    ----------
    energies : np.ndarray
        (K, D) nats, of K independent ladders.

    Returns
    -------
    float, float
        Change of the mean energy and its standard error over ladders, in standard deviations of the energy; 0 and 0 of
        fewer than two ladders or two draws.

    Examples
    --------
    >>> relative_drift(np.array([[1.0, 3.0], [1.0, 3.0]]))
    (2.0, 0.0)
    """
    half, spread = energies.shape[1] // 2, float(energies.std())
    if len(energies) < 2 or half == 0 or spread == 0:
        return 0.0, 0.0
    changes = energies[:, -half:].mean(axis=1) - energies[:, :half].mean(axis=1)
    return float(changes.mean() / spread), float(changes.std(ddof=1) / len(changes) ** 0.5 / spread)


def effective_sample_size(energies: np.ndarray) -> float:
    """Compute how many independent draws know the mean of energies (K, D) as well as these do."""
    if np.ptp(energies) == 0:
        return float(energies.size)
    value = float(_array_stats().ess(energies, chain_axis=0, draw_axis=1, method="mean"))
    return min(value, energies.size) if np.isfinite(value) else 1.0


def _array_stats() -> Any:
    import arviz_stats.base  # takes a second, so only for those who need it

    return arviz_stats.base.array_stats
