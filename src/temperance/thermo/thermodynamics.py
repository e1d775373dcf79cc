"""Thermodynamics of a model over its ladder, absolute because the ladder reaches beta = 0, where ln Z is L ln q.

Averages between the rungs come from MBAR (Shirts, Chodera, J. Chem. Phys. 129:124105, 2008); annealed importance
sampling (Neal, Stat. Comput. 11:125, 2001), which shares neither samples nor equations with it, checks ln Z.
"""

import itertools
import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.integrate import cumulative_trapezoid
from scipy.special import logsumexp, softmax

from temperance.sampling.diagnostics import largest_sequence_rhat
from temperance.stats.resampling import jackknife_error, weighted_mean
from temperance.thermo.annealing import Annealed

# pymbar warns that it switches JAX to double precision, which `_solve_safely` undoes.
logging.getLogger("pymbar").setLevel(logging.ERROR)

# Inverse temperatures of a curve, about: eight between two neighbouring rungs, fewer where rungs are many.
_POINTS = 256
# Floating-point numbers that reweighting holds at a time.
_BLOCK = 1 << 23
# A sum of exponentials below this share of its largest term has lost digits.
_LOST = 1e-200
# Standard errors by which ln Z has to lie below a bound, and below what annealing finds, before sequences are missing.
_BOUND_ERRORS, _ANNEALING_ERRORS = 4.0, 2.0
# Effective number of annealing's weights below which its standard error is no guide; it then finds as many nats too
# much with a chance of one in twenty at most.
_FEWEST_WEIGHTS, _MARGIN_NATS = 20, 3.0
# Share of the probability that samples may leave out at an equilibrated temperature.
MOST_MISSING = 0.1
# Groups of ladders of the delete-one jackknife.
_MOST_GROUPS = 16
# Relative tolerance of MBAR's equations and of pymbar's free energies, whose statistical errors are far larger.
_TOLERANCE = 1e-7
_SOLVER = ({"method": "adaptive", "tol": _TOLERANCE, "options": {"min_sc_iter": 0}},)
# Steps after which Newton's method is given up; five are enough from thermodynamic integration, three from a full
# solution where one ladder of many is left out.
_MOST_NEWTON_STEPS = 10


@dataclass(frozen=True)
class Curves:
    """Averages over Q_tau as functions of beta.

    Row 0 of each array (K + 1, G) is from all ladders, row k from all but ladder k: see `temperance.stats.resampling`.

    Attributes
    ----------
    betas : np.ndarray
        (G,) ascending from 0; the rungs are among them.
    log_z, energy, variance : np.ndarray
        ln Z (absolute), <E>, Var(E).
    second_energy, covariance : np.ndarray or None
        Mean of a second energy of the same samples, and its covariance with E.
    """

    betas: np.ndarray
    log_z: np.ndarray
    energy: np.ndarray
    variance: np.ndarray
    second_energy: np.ndarray | None
    covariance: np.ndarray | None

    @property
    def entropy(self) -> np.ndarray:
        """Entropy at each inverse temperature, S = ln Z + beta <E>.

        Returns
        -------
        np.ndarray
            (K + 1, G) nats.
        """
        return self.log_z + self.betas * self.energy

    @property
    def heat_capacity(self) -> np.ndarray:
        """C = Var(E) / tau^2.

        Returns
        -------
        np.ndarray
            (K + 1, G)
        """
        return self.betas**2 * self.variance

    @property
    def free_energy(self) -> np.ndarray:
        """Free energy at each inverse temperature, F = <E> - tau S; minus infinity at beta = 0.

        Returns
        -------
        np.ndarray
            (K + 1, G) nats.
        """
        with np.errstate(divide="ignore"):
            return -self.log_z / self.betas


def group_ladders(energies: np.ndarray) -> np.ndarray:
    """Join ladders into at most 16 equal groups: errors from as many parts cost half of those from 32.

    Parameters
    ----------
    energies : np.ndarray
        (R, K, D) of K independent ladders.

    Returns
    -------
    np.ndarray
        (R, k, D K / k): groups of neighbouring ladders, k the largest divisor of K up to 16, if it is at least 8; else
        the ladders as they are.
    """
    rungs, ladders, _ = energies.shape
    count = max(k for k in range(1, min(ladders, _MOST_GROUPS) + 1) if ladders % k == 0)
    return energies.reshape(rungs, count, -1) if count >= _MOST_GROUPS // 2 else energies


def estimate_curves(
    betas: np.ndarray, energies: np.ndarray, length: int, q: int, second_energies: np.ndarray | None = None
) -> Curves:
    """Reweight the samples of all rungs to all inverse temperatures between them by MBAR.

    Parameters
    ----------
    betas, energies : np.ndarray
        Rungs (R,) ascending from 0 and sampled energies (R, K, D) of K independent ladders.
    length, q : int
        Sites and states: ln Z is L ln q at beta = 0.
    second_energies : np.ndarray, optional
        A second energy of the same samples, (R, K, D).

    Returns
    -------
    Curves
    """
    between = int(np.clip(_POINTS // len(betas), 2, 8))
    parts = [np.linspace(low, high, between, endpoint=False) for low, high in itertools.pairwise(betas)]
    grid = np.concatenate([*parts, betas[-1:]])
    mean_energies = energies.mean(axis=(1, 2))
    full_solution = _solve(betas, energies, cumulative_trapezoid(mean_energies, betas, initial=0))
    subsets = [np.ones(energies.shape[1], bool)]
    if len(subsets[0]) > 1:
        subsets += list(~np.eye(len(subsets[0]), dtype=bool))
    free = [full_solution if subset.all() else _solve(betas, energies[:, subset], full_solution) for subset in subsets]
    rows = _reweight(betas, energies, energies if second_energies is None else second_energies, subsets, free, grid)
    log_z, energy, variance, mean, covariance = rows.transpose(1, 0, 2)
    log_z = log_z - log_z[:, :1] + length * np.log(q)
    return Curves(grid, log_z, energy, variance, *((None, None) if second_energies is None else (mean, covariance)))


def _solve(betas: np.ndarray, energies: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Solve for MBAR's dimensionless free energies (R,) of the rungs, from energies (R, K, D) and nearby free energies.

    Newton's method by equations C6 and C9 of Shirts and Chodera, that of the first rung being held. It needs a few
    steps of milliseconds, where pymbar compiles for seconds; pymbar's solver, safe from any start, takes over where it
    does not settle.
    """
    free, samples = start.copy(), energies[0].size
    exponents = -np.multiply.outer(energies.ravel(), betas)
    for _ in range(_MOST_NEWTON_STEPS):
        weights = softmax(exponents + free, axis=1)
        occupancies = weights.sum(axis=0)
        if np.abs(occupancies - samples).max() <= _TOLERANCE * samples:
            return free
        curvature = np.diag(occupancies) - weights.T @ weights
        free[1:] += np.linalg.lstsq(curvature[1:, 1:], samples - occupancies[1:])[0]
    return _solve_safely(betas, energies)


def _solve_safely(betas: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Solve for the free energies (R,) by pymbar."""
    # Two seconds, for those who need it.
    import jax
    import pymbar

    x64 = jax.config.read("jax_enable_x64")
    reduced = np.outer(betas, energies.ravel())
    try:
        solved = pymbar.MBAR(reduced, np.full(len(betas), energies[0].size), solver_protocol=_SOLVER)
    finally:
        jax.config.update("jax_enable_x64", x64)
    return np.asarray(solved.f_k, float)


def _reweight(
    betas: np.ndarray,
    energies: np.ndarray,
    second_energies: np.ndarray,
    subsets: list[np.ndarray],
    free: list[np.ndarray],
    grid: np.ndarray,
) -> np.ndarray:
    """Compute ln Z up to a constant, <E>, Var(E), <E2>, Cov(E2, E) at inverse temperatures: (S, 5, G).

    E2 is the second energy. Averages are over the ladders that each of the subsets (S, K) keeps, with the free energies
    (S, R) solved from these.
    """
    # Centred before they are squared: energies of long families are large numbers with small variances.
    centre, second_centre = energies.mean(), second_energies.mean()
    e, o = energies - centre, second_energies - second_centre
    sample_terms = np.stack([np.ones_like(e), e, e**2, o, o * e]).reshape(5, -1)
    mixtures = [_log_mixture_density(betas, energies, f, ladders) for ladders, f in zip(subsets, free, strict=True)]
    averages = np.empty((len(subsets), 5, len(grid)))
    for block in np.array_split(np.arange(len(grid)), -(-grid.size * e.size // _BLOCK)):
        reduced = np.outer(grid[block], energies.ravel())
        full_weights, full_top = _scaled_exponentials(-reduced - mixtures[0])
        for subset, mixture in zip(averages, mixtures, strict=True):
            # Exponentials are what costs, and subsets differ by a factor, unless all that has weight is left out.
            with np.errstate(over="ignore", invalid="ignore"):
                top, sums = full_top, (sample_terms * np.exp(mixtures[0] - mixture)) @ full_weights.T
            if not (sums[0].min() > _LOST and np.isfinite(sums).all()):
                weights, top = _scaled_exponentials(-reduced - mixture)
                sums = sample_terms @ weights.T
            total, first, second, mean, product = sums
            first, second, mean, product = first / total, second / total, mean / total, product / total
            moments = (first + centre, second - first**2, mean + second_centre, product - first * mean)
            subset[:, block] = np.log(total) + top, *moments
    return averages


def _scaled_exponentials(exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute exponentials in units of the largest of each row, and the logarithm of that."""
    top = exponents.max(axis=1)
    return np.exp(exponents - top[:, None]), top


def _log_mixture_density(betas: np.ndarray, energies: np.ndarray, free: np.ndarray, ladders: np.ndarray) -> np.ndarray:
    """Compute ln sum_k N exp(f_k - beta_k E) of each sample (MBAR's denominator); infinite in other ladders."""
    density = logsumexp(free - np.multiply.outer(energies[:, ladders], betas), axis=-1)
    mixture = np.full(energies.shape, np.inf)
    mixture[:, ladders] = density + np.log(energies[0, ladders].size)
    return mixture.ravel()


def estimate_density_of_states(
    averages: Curves, betas: np.ndarray, energies: np.ndarray, length: int, q: int, bins: int = 60
) -> pd.DataFrame:
    """Estimate the number of sequences by energy, from samples of all rungs reweighted to beta = 0.

    Parameters
    ----------
    averages : Curves
        What `estimate_curves` made of the same betas and energies.
    betas, energies : np.ndarray
        Rungs (R,) ascending from 0 and sampled energies (R, K, D).
    length, q : int
        Sites and states.
    bins : int
        Bins of equal width from the lowest to the highest sampled energy.

    Returns
    -------
    pandas.DataFrame
        energy and width (centre of a bin and its width, nats), log_g (ln of the number of sequences in it), and
        log_g_error (standard error over ladders); bins that nothing was sampled in are left out.
    """
    free = -np.interp(betas, averages.betas, averages.log_z[0])
    mixture = _log_mixture_density(betas, energies, free, np.ones(energies.shape[1], bool))
    weights = np.exp(-(mixture - mixture.min()))
    edges = np.linspace(energies.min(), energies.max() + 1e-9, bins + 1)
    ladder_of = np.broadcast_to(np.arange(energies.shape[1])[None, :, None], energies.shape).ravel()
    counts, _, _ = np.histogram2d(
        ladder_of, energies.ravel(), [np.arange(energies.shape[1] + 1) - 0.5, edges], weights=weights
    )
    mean, ladders = counts.mean(axis=0), len(counts)
    sampled = mean > 0
    error = (
        counts.std(axis=0, ddof=1)[sampled] / ladders**0.5 / mean[sampled]
        if ladders > 1
        else np.full(sampled.sum(), np.nan)
    )
    centre = (edges[1:] + edges[:-1]) / 2
    log_g = length * np.log(q) + np.log(mean[sampled] / mean.sum())
    return pd.DataFrame({"energy": centre[sampled], "width": edges[1] - edges[0], "log_g": log_g, "log_g_error": error})


def tabulate_states(
    averages: Curves, betas: np.ndarray, heldout: np.ndarray, weights: np.ndarray, length: int,
    labels: np.ndarray | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Tabulate thermodynamics at inverse temperatures, one row each in their order, with standard errors over ladders.

    Parameters
    ----------
    averages : Curves
        Of the model.
    betas : np.ndarray
        (T,) among the betas of the curves.
    heldout, weights : np.ndarray
        Energies (N,) of held-out sequences and their weights.
    length : int
        Sites.
    labels : np.ndarray, optional
        (N,) clusters of relatives among them.

    Returns
    -------
    pandas.DataFrame
        temperature, energy, entropy, free_energy, heat_capacity, log_z, log_likelihood (of held-out sequences, nats a
        site, absolute; its error is that of ln Z and of the mean over sequences), each with `_error`.
    """
    indices = [int(np.argmin(np.abs(averages.betas - beta))) for beta in betas]
    columns: dict[str, np.ndarray] = {"temperature": 1 / betas}
    for name in ("energy", "entropy", "free_energy", "heat_capacity", "log_z"):
        values = getattr(averages, name)[:, indices]
        columns |= {name: values[0], f"{name}_error": jackknife_error(values)}
    mean, mean_error = weighted_mean(heldout, weights, labels)
    columns["log_likelihood"] = -(betas * mean + columns["log_z"]) / length
    columns["log_likelihood_error"] = np.hypot(betas * mean_error, columns["log_z_error"]) / length
    return pd.DataFrame(columns)


def compare_log_z(states: pd.DataFrame, annealing: Annealed, integrated: np.ndarray, bound: np.ndarray) -> pd.DataFrame:
    """Compare MBAR's ln Z in a table of states with other estimates and bounds of it.

    Parameters
    ----------
    states : pandas.DataFrame
        Of `tabulate_states`.
    annealing : Annealed
        At the table's temperatures, in its order.
    integrated : np.ndarray
        (T,) ln Z by thermodynamic integration.
    bound : np.ndarray
        (T,) lower bound on ln Z.

    Returns
    -------
    pandas.DataFrame
        Ascending in temperature, with log_z_ais and its error, ais_ess, z_ais (MBAR minus annealing, in standard
        errors), log_z_integrated, log_z_bound, and missing: share of the probability that samples certainly leave out.
        Annealing is right about Z in the mean; where few of its weights count, it exceeds ln Z by a nats with a chance
        of exp(-a) at most (Markov's inequality).
    """
    comparison = states.assign(
        log_z_ais=annealing.log_z, log_z_ais_error=annealing.error, ais_ess=annealing.ess,
        z_ais=(states["log_z"] - annealing.log_z) / np.hypot(states["log_z_error"], annealing.error),
        log_z_integrated=integrated, log_z_bound=bound,
    )  # fmt: skip
    error = states["log_z_error"].fillna(0)
    uncertainty = np.where(
        annealing.ess >= _FEWEST_WEIGHTS,
        _ANNEALING_ERRORS * np.hypot(error, annealing.error),
        _MARGIN_NATS + _BOUND_ERRORS * error,
    )
    least = np.maximum(bound - _BOUND_ERRORS * error, annealing.log_z - uncertainty)
    comparison["missing"] = -np.expm1(np.minimum(states["log_z"] - least, 0))
    return comparison.sort_values("temperature", ignore_index=True)


def is_equilibrated(states: pd.DataFrame, rungs: pd.DataFrame, max_rhat: float) -> np.ndarray:
    """Tell which temperatures of a table of states are equilibrated.

    Ladders have to agree in their energies, and in their sequences: those in different valleys may have equal energies.
    Valleys that none of them has entered are missing from ln Z, and from that of every colder rung, whose replicas come
    from there: they may have a tenth of the probability at most. A hotter rung whose ladders disagree is no reason
    against a colder one: below a temperature at which two phases coexist, and hardly any ladder changes from one to the
    other, only one of them is left.

    Parameters
    ----------
    states : pandas.DataFrame
        (T,) ascending in temperature: missing, and rhat_sequences, of `temperance.sampling.diagnostics.sequence_rhat`.
    rungs : pandas.DataFrame
        temperature, requested, equilibrated (by the energies alone).
    max_rhat : float
        Largest R-hat of energies; that of sequences is `temperance.sampling.diagnostics.largest_sequence_rhat`.

    Returns
    -------
    np.ndarray
        (T,) bool.
    """
    ladder = rungs[rungs["requested"].astype(bool)].sort_values("temperature")["equilibrated"].to_numpy(bool)
    complete = _from_hottest(states["missing"].to_numpy() <= MOST_MISSING)
    return ladder & complete & (states["rhat_sequences"].to_numpy() <= largest_sequence_rhat(max_rhat))


def _from_hottest(flags: np.ndarray) -> np.ndarray:
    """Tell whether a rung (T,), ascending in temperature, and all hotter ones are sound."""
    return np.logical_and.accumulate(flags[::-1])[::-1]


def find_lowest_equilibrated(states: pd.DataFrame) -> float:
    """Find the lowest temperature of a table of states from which on all are equilibrated.

    Parameters
    ----------
    states : pandas.DataFrame
        temperature, equilibrated.

    Returns
    -------
    float
        inf where none is.

    Examples
    --------
    >>> find_lowest_equilibrated(pd.DataFrame({"temperature": [0.5, 0.7, 1.0], "equilibrated": [True, False, True]}))
    1.0
    """
    ascending = states.sort_values("temperature")
    temperatures = ascending["temperature"].to_numpy()[_from_hottest(ascending["equilibrated"].to_numpy(bool))]
    return float(temperatures.min()) if len(temperatures) else float("inf")
