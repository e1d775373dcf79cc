"""Diagnostics of replica exchange: split R-hat, effective sample size, drift, and which rungs to go on with.

R-hat compares ladders with each other. Those that relax alike, all from the same start, agree all the time: split R-hat
lets them drift by 0.64 standard deviations from one half of the draws to the other before it reaches 1.05.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import stdtrit

# R-hat's excess over 1 halves when chains that mix run twice as long. Chains whose excess two doublings leave above
# this share of what it was do not mix.
_LEAST_IMPROVEMENT = 0.8
# Drift, in standard deviations of the energy, beyond which ladders have not relaxed, if chance exceeds it so rarely.
_LARGEST_DRIFT, _CHANCE = 0.25, 0.00135
# Principal components of sequences, power iterations, and sequences that these are computed from, at most; but as many
# draws of each ladder as split R-hat needs.
_COMPONENTS, _ITERATIONS, _MOST_SEQUENCES, _FEWEST_DRAWS = 5, 10, 2048, 8
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
    t_factor = stdtrit(max(energies.shape[1] - 1, 1), 1 - _CHANCE)
    no_drift = (np.abs(drift) <= _LARGEST_DRIFT) | (np.abs(drift) <= t_factor * error)
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
            "equilibrated": (rhat <= max_rhat) & (ess >= min(min_ess, 0.5 * count)) & no_drift,
        }
    )


def can_equilibrate(rhats: np.ndarray, sweeps: np.ndarray, max_rhat: float, max_sweeps: int) -> np.ndarray:
    """Tell which rungs more sweeps between draws may yet equilibrate.

    Not those whose R-hat would stay above `max_rhat` even if its excess halved whenever the sweeps are doubled up to
    `max_sweeps`, nor those whose excess two doublings have not brought down. R-hats below 1.1 are near what few draws
    give by chance, and are no reason.

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
    excess = rhats - 1
    improvable = excess[-1] <= max(_NOISE, max_sweeps / sweeps[-1] * (max_rhat - 1))
    earlier = np.flatnonzero(sweeps <= sweeps[-1] / 4)
    if len(earlier):
        best = excess[earlier[-1] + 1 :].min(axis=0)
        improvable &= best <= np.maximum(_LEAST_IMPROVEMENT * excess[earlier[-1]], max(_NOISE, max_rhat - 1))
    return improvable


def worth_more_sweeps(
    rhats: np.ndarray,
    sweeps: np.ndarray,
    equilibrated: np.ndarray,
    colder: np.ndarray,
    max_rhat: float,
    max_sweeps: int,
) -> np.ndarray:
    """Tell for which rungs another round of draws is worth its time.

    More sweeps have to be able to equilibrate the rung. Up to tau_train they also have to be able to equilibrate all
    hotter ones up to tau_train, since replicas come from there; but above tau_train, where two phases may coexist,
    ladders hardly change sides, and colder ones are all in one phase soon. If no rung up to tau_train is or can be
    equilibrated, the hotter ones decide nothing.

    Parameters
    ----------
    rhats, sweeps : np.ndarray
        As of `can_equilibrate`; rungs from hot to cold.
    equilibrated, colder : np.ndarray
        (N,) bool; `colder` of rungs at temperatures up to tau_train.
    max_rhat, max_sweeps : float, int
        As of `can_equilibrate`.

    Returns
    -------
    np.ndarray
        (N,) bool.

    Examples
    --------
    >>> hot, cold = np.array([False, False]), np.array([False, True])
    >>> worth_more_sweeps(np.array([[1.1, 1.1]]), np.array([4]), hot, cold, 1.05, 64)
    array([ True,  True])
    >>> worth_more_sweeps(np.array([[1.1, 9.0]]), np.array([4]), hot, cold, 1.05, 64)
    array([False, False])
    """
    improvable = can_equilibrate(rhats, sweeps, max_rhat, max_sweeps)
    improvable[colder] = np.logical_and.accumulate(improvable[colder])
    hopeless = colder.any() and not (improvable | equilibrated)[colder].any()
    return improvable & ~equilibrated & (not hopeless)


def is_within_equilibrated(temperatures: np.ndarray, equilibrated: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Tell which temperatures are equilibrated sampled ones, or lie between two of these or above all.

    Parameters
    ----------
    temperatures, equilibrated : np.ndarray
        (T,) sampled temperatures, ascending, and bool.
    values : np.ndarray
        (N,) temperatures to look at.

    Returns
    -------
    np.ndarray
        (N,) bool.

    Examples
    --------
    >>> temperatures, equilibrated = np.array([0.5, 1.0, 2.0]), np.array([True, True, False])
    >>> is_within_equilibrated(temperatures, equilibrated, np.array([0.4, 0.7, 1.0, 1.5, 3.0]))
    array([False,  True,  True, False, False])
    """
    colder = np.searchsorted(temperatures, np.asarray(values) * (1 + 1e-9), "right") - 1
    hotter = np.minimum(np.searchsorted(temperatures, np.asarray(values) * (1 - 1e-9)), len(temperatures) - 1)
    return (colder >= 0) & equilibrated[np.maximum(colder, 0)] & equilibrated[hotter]


def split_rhat(energies: np.ndarray) -> float:
    """Compute the split R-hat of energies, each ladder split in halves: near 1 where all halves agree, else larger.

    Parameters
    ----------
    energies : np.ndarray
        (K, D) of D draws of each of K independent ladders.

    Returns
    -------
    float
        1 where all energies are equal, infinite where no ladder's energy ever changes but ladders differ.

    References
    ----------
    Vehtari et al., Bayesian Anal. 16:667 (2021), doi:10.1214/20-BA1221.

    Examples
    --------
    >>> split_rhat(np.zeros((2, 8)))
    1.0
    """
    if np.ptp(energies) == 0:
        return 1.0
    value = float(_array_stats().rhat(energies, chain_axis=0, draw_axis=1, method="split"))
    return value if np.isfinite(value) else float("inf")


def sequence_rhat(sequences: np.ndarray, q: int) -> float:
    """Compute the largest split R-hat among the leading principal components of sequences.

    Ladders in different valleys may have equal energies; which sequences they hold tells them apart.

    Parameters
    ----------
    sequences : np.ndarray
        (K, D, L) uint8, D draws of each of K independent ladders; evenly spaced draws stand for many.
    q : int
        States of a site.

    Returns
    -------
    float
        1 where all sequences are the same.

    Examples
    --------
    >>> valleys = np.repeat([[[0, 0, 0]], [[1, 1, 1]]], 8, axis=1)
    >>> sequence_rhat(valleys.astype(np.uint8), 2)
    inf
    """
    ladders, draws, length = sequences.shape
    spaced = np.linspace(0, draws - 1, min(draws, max(_FEWEST_DRAWS, _MOST_SEQUENCES // ladders))).round().astype(int)
    flat = sequences[:, spaced].reshape(-1, length)
    varied = (flat != flat[0]).any(axis=0)
    if not varied.any():
        return 1.0
    columns = (np.arange(varied.sum()) * q + flat[:, varied]).ravel()
    starts = np.arange(len(flat) + 1) * varied.sum()
    states = csr_array((np.ones(columns.size), columns, starts), shape=(len(flat), varied.sum() * q))
    mean = states.mean(axis=0)
    axes = np.random.default_rng(0).normal(size=(len(mean), min(_COMPONENTS, len(mean))))
    for _ in range(_ITERATIONS):
        positions = states @ axes - mean @ axes
        axes = np.linalg.qr(states.T @ positions - np.outer(mean, positions.sum(axis=0)))[0]
    positions = (states @ axes - mean @ axes).T.reshape(-1, ladders, len(spaced))
    # A direction in which nothing varies is rounding.
    spreads = positions.std(axis=(1, 2))
    return max(split_rhat(position) for position in positions[spreads > 1e-6 * spreads.max()])


def largest_sequence_rhat(max_rhat: float) -> float:
    """Compute the R-hat of sequences up to which ladders agree, from that of energies: twice the excess over 1.

    Valleys change more slowly than energies. Of draws that are correlated over t of themselves R-hat is about the root
    of 1 + (t - 1) / n, with n draws in half a ladder, so 1.1 of 32 ladders of 32 draws are 230 independent sequences,
    where energies have 1,024 or nearly as many.

    Parameters
    ----------
    max_rhat : float
        Largest R-hat of energies.

    Returns
    -------
    float

    Examples
    --------
    >>> round(largest_sequence_rhat(1.05), 6)
    1.1
    """
    return 2 * max_rhat - 1


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
    """Compute how many independent draws estimate the mean of energies as well as these do.

    Parameters
    ----------
    energies : np.ndarray
        (K, D) of D draws of each of K independent ladders.

    Returns
    -------
    float
        At most K D; 1 where it cannot be estimated.

    Examples
    --------
    >>> effective_sample_size(np.zeros((2, 8)))
    16.0
    """
    if np.ptp(energies) == 0:
        return float(energies.size)
    value = float(_array_stats().ess(energies, chain_axis=0, draw_axis=1, method="mean"))
    return min(value, energies.size) if np.isfinite(value) else 1.0


def _array_stats() -> Any:
    import arviz_stats.base  # takes a second, so only for those who need it

    return arviz_stats.base.array_stats
