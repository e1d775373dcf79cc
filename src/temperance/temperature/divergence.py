"""Divergences of a tempered model from the truth, and the temperatures at which they are least.

Forward D_f = KL(P || Q_tau) = beta <E_Q>_P + ln Z_Q - S(P) asks whether the family is covered; reverse
D_r = KL(Q_tau || P) = <E_P>_Q + ln Z_P - S(Q_tau) whether the truth accepts what is generated; Jeffreys is their sum.
As functions of beta their slopes are <E_Q>_P - <E_Q>_Q and beta Var_Q(E_Q) - Cov_Q(E_P, E_Q).
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from temperance.msa.clusters import effective_clusters
from temperance.stats.estimate import Estimate, estimate, estimate_columns
from temperance.stats.resampling import bootstrap_weights, interval_factor, resample
from temperance.temperature.sign_rule import estimate_at_one, sign_rule_draws
from temperance.thermo.thermodynamics import Curves

# Two estimates of one optimum agree when their difference is below this many of its standard errors (chance exceeds it
# in one of a hundred), or so small a share of the temperature that it would change no decision.
_Z = 2.58
_NEGLIGIBLE = 0.005
# Inverse temperatures at which moments are reweighted where there is no curve.
_FINE = 256
_ORDER = ("tau_f", "tau_train", "tau_r", "tau_j")


@dataclass(frozen=True)
class Heldout:
    """Natural sequences that the model has not seen.

    Attributes
    ----------
    model, weights : np.ndarray
        (N,) energies under the model, and weights.
    truth : np.ndarray or None
        (N,) energies under the truth.
    clusters : np.ndarray or None
        (N,) labels: sequences of one label are relatives and are resampled together. None: all are independent.
    """

    model: np.ndarray
    weights: np.ndarray
    truth: np.ndarray | None = None
    clusters: np.ndarray | None = None

    @property
    def labels(self) -> np.ndarray:
        """Return the clusters of relatives; where none are known, each sequence is a cluster of its own.

        Returns
        -------
        np.ndarray
            (N,) labels, equal for sequences of one cluster.
        """
        return np.arange(len(self.model)) if self.clusters is None else self.clusters

    @property
    def units(self) -> float:
        """Count the clusters of relatives, each by its weight: the effective number of independent sequences.

        Returns
        -------
        float
            From 1, where one cluster has all the weight, to the number of clusters, where all weigh the same.
        """
        return effective_clusters(self.labels, self.weights)

    def means(self, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None]:
        """Compute the weighted mean energies, and those of a bootstrap over clusters.

        Parameters
        ----------
        draws : int
            Bootstrap draws.
        rng : numpy.random.Generator
            Source of the bootstrap.

        Returns
        -------
        np.ndarray, np.ndarray or None
            (draws + 1,) under the model and, where there is one, under the truth, nats: of all sequences, then by draw.
        """
        energies = [self.model] if self.truth is None else [self.model, self.truth]
        sums = _sum_over_clusters(
            self.labels, np.column_stack([self.weights, *(self.weights * energy for energy in energies)])
        )
        units, chances = max(len(sums) - 1, 1), np.full(len(sums), 1 / len(sums))
        # G - 1 of G clusters, so that the spread of the draws is the unbiased one; one draw at a time, since all of
        # them together would be larger than the sums by far.
        resampled_sums = [rng.multinomial(units, chances) @ sums for _ in range(draws)]
        total, *parts = np.array([sums.sum(axis=0), *resampled_sums]).T
        means = [energy / total for energy in parts]
        return means[0], None if self.truth is None else means[1]


def _sum_over_clusters(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum values (N, n) over clusters, (G, n)."""
    indices = np.unique(labels, return_inverse=True)[1]
    sums = np.zeros((indices.max() + 1, values.shape[1]))
    np.add.at(sums, indices, values)
    return sums


@dataclass(frozen=True)
class Optimum:
    """An optimal temperature, estimated in two ways.

    Attributes
    ----------
    minimum : Estimate
        Of the reweighted curve.
    root : Estimate
        Of the stationarity condition, from the samples of neighbouring rungs. inf: even infinite temperature is too
        cold; 0: the optimum lies below the coldest rung.
    z : float
        Difference of their logarithms in units of its standard error; nan where either lies outside the ladder.
    agree : bool
        Whether the difference is within its error, or negligible.
    shared : float
        Standard error of its logarithm from held-out sequences alone, which models of other training sets share.
    """

    minimum: Estimate
    root: Estimate
    z: float
    agree: bool
    shared: float = float("nan")


@dataclass(frozen=True)
class Divergences:
    """Divergences over the ladder, and optimal temperatures by name.

    Attributes
    ----------
    table : pandas.DataFrame
        beta, temperature, and for forward, reverse, jeffreys the value, its standard error and its 95 % interval, nats.
        Where the truth is known also for kappa (what the true energy of samples gains with temperature), heat_capacity
        (what the model's energy gains) and energy_slope, their ratio: see `temperance.temperature.sign_rule`.
    absolute : dict
        Name -> whether the values are absolute; if not, they count from the least one.
    optima : dict
        Name -> `Optimum`: tau_f, tau_train where the mean energy of training sequences is known, and tau_r and tau_j
        where the truth is.
    sign_rule : dict
        kappa, heat_capacity and energy_slope at temperature 1; empty where the truth is not known.
    """

    table: pd.DataFrame
    absolute: dict[str, bool]
    optima: dict[str, Optimum]
    sign_rule: dict[str, Estimate] = field(default_factory=dict)

    def optima_table(self) -> pd.DataFrame:
        """Tabulate the optima.

        Returns
        -------
        pandas.DataFrame
            One row an optimum: optimum, the minimum with its interval (value, low, high), the root with its own (root,
            root_low, root_high), z, agree, shared.
        """
        rows = []
        for name, optimum in self.optima.items():
            minimum = optimum.minimum
            row = {"optimum": name, "value": minimum.value, "low": minimum.low, "high": minimum.high}
            rows.append(
                row
                | estimate_columns("root", optimum.root)
                | {"z": optimum.z, "agree": optimum.agree}
                | {"shared": optimum.shared}
            )
        return pd.DataFrame(rows)


def divergences(
    curves: Curves,
    betas: np.ndarray,
    energies: np.ndarray,
    heldout: Heldout,
    rng: np.random.Generator,
    draws: int = 1000,
    *,
    training_energy: float | None = None,
    true_energies: np.ndarray | None = None,
    true_log_z: tuple[float, float] | None = None,
) -> Divergences:
    """Estimate divergences of the tempered model from the truth, by a bootstrap over ladders and held-out clusters.

    Parameters
    ----------
    curves : Curves
        Of the model, `second_energy` being the truth's energy where there is one.
    betas, energies : np.ndarray
        Rungs (R,) and energies (R, K, D) that the curves come from.
    heldout : Heldout
        Natural sequences that the model was not trained on.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.
    training_energy : float, optional
        Mean energy of the training sequences, by the weights that they were learnt with; tau_train is where samples
        have it.
    true_energies : np.ndarray, optional
        (R, K, D) of the same samples, E_P = -ln P up to a constant.
    true_log_z : (float, float), optional
        ln Z_P and its standard error; without it D_f and D_r are known up to a constant.

    Returns
    -------
    Divergences
    """
    shares = bootstrap_weights(energies.shape[1], draws, rng)
    heldout_mean, heldout_true_mean = heldout.means(draws, rng)
    log_z, mean = resample(curves.log_z, shares), resample(curves.energy, shares)
    log_z_truth = np.zeros(draws + 1)
    if true_log_z:
        log_z_truth = true_log_z[0] + true_log_z[1] * np.append(0, rng.standard_normal(draws))
    forward = curves.betas * heldout_mean[:, None] + log_z
    values, curves_and_slopes, signs = {"forward": forward}, {}, {}
    second_energies = energies if true_energies is None else true_energies
    moments = _HistogramReweighting.from_samples(curves.betas, betas, energies, second_energies, shares)
    slopes = {"tau_f": heldout_mean[:, None] - moments.mean}
    if training_energy is not None:
        curves_and_slopes["tau_train"] = curves.betas * training_energy + log_z, training_energy - moments.mean
    absolute = {"forward": False}
    if true_energies is not None and curves.second_energy is not None and heldout_true_mean is not None:
        forward = forward - heldout_true_mean[:, None] - log_z_truth[:, None]
        true_mean = resample(curves.second_energy, shares)
        reverse = true_mean + log_z_truth[:, None] - log_z - curves.betas * mean
        values = {"forward": forward, "reverse": reverse, "jeffreys": forward + reverse}
        signs = sign_rule_draws(curves, shares)
        slopes["tau_r"] = moments.reverse_slope
        slopes["tau_j"] = slopes["tau_f"] + slopes["tau_r"]
        absolute = {"forward": true_log_z is not None, "reverse": true_log_z is not None, "jeffreys": True}
    curves_and_slopes |= dict(zip(slopes, zip(values.values(), slopes.values(), strict=True), strict=True))
    ladders = energies.shape[1]
    optima = {}
    for name in sorted(curves_and_slopes, key=_ORDER.index):
        rows, slope = curves_and_slopes[name]
        units = ladders if name == "tau_train" else min(ladders, heldout.units)
        optima[name] = _combine(_find_minima(curves.betas, rows), _find_roots(curves.betas, slope), units)
    shared = {
        "tau_train": 0.0,
        "tau_f": _log_spread(_find_roots(curves.betas, heldout_mean[:, None] - moments.mean[:1])),
    }
    optima = {name: replace(optimum, shared=shared.get(name, np.nan)) for name, optimum in optima.items()}
    table = _tabulate(curves.betas, values | signs, absolute, ladders)
    return Divergences(table, absolute, optima, estimate_at_one(curves.betas, signs, ladders))


def _tabulate(
    betas: np.ndarray, values: dict[str, np.ndarray], absolute: dict[str, bool], ladders: int
) -> pd.DataFrame:
    with np.errstate(divide="ignore"):
        cells: dict[str, Any] = {"beta": betas, "temperature": 1 / betas}
    for name, rows in values.items():
        if not absolute.get(name, True):
            rows = rows - rows.min(axis=1, keepdims=True)
        error = rows[1:].std(axis=0)
        half = interval_factor(ladders) * error
        cells |= {
            name: rows[0],
            f"{name}_error": error,
            f"{name}_low": rows[0] - half,
            f"{name}_high": rows[0] + half,
        }
        if name in absolute:
            cells[f"{name}_absolute"] = absolute[name]
    return pd.DataFrame(cells)


@dataclass(frozen=True)
class _HistogramReweighting:
    """Moments (B + 1, G) from the samples of the two rungs next to each inverse temperature, no others.

    Either rung's samples are reweighted there (Ferrenberg, Swendsen, PRL 61:2635, 1988) and count by their nearness,
    so nothing is shared with the curve's minimum but the samples.
    """

    betas: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    covariance: np.ndarray

    @classmethod
    def from_samples(
        cls, grid: np.ndarray, betas: np.ndarray, energies: np.ndarray, second_energies: np.ndarray, shares: np.ndarray
    ) -> "_HistogramReweighting":
        """Reweight samples of rungs to the inverse temperatures between them.

        Parameters
        ----------
        grid : np.ndarray
            (G,) inverse temperatures, within those of the rungs.
        betas : np.ndarray
            (R,) inverse temperatures of the rungs, ascending.
        energies, second_energies : np.ndarray
            (R, K, D) energies of the samples of each rung under the model, and under another one.
        shares : np.ndarray
            (B + 1, K) shares of the ladders: first all alike, then as often as each is drawn by the bootstrap.

        Returns
        -------
        _HistogramReweighting
        """
        below = np.clip(np.searchsorted(betas, grid, side="right") - 1, 0, len(betas) - 2)
        nearness = (betas[below + 1] - grid) / (betas[below + 1] - betas[below])
        moments = np.zeros((3, len(shares), len(grid)))
        for side, weight in ((0, nearness), (1, 1 - nearness)):
            for r in np.unique(below + side):
                columns = np.flatnonzero(below + side == r)
                moments[:, :, columns] += weight[columns] * _reweight_moments(
                    grid[columns] - betas[r], energies[r], second_energies[r], shares
                )
        return cls(grid, *moments)

    @property
    def reverse_slope(self) -> np.ndarray:
        """Slope of the reverse Kullback-Leibler divergence in the inverse temperature.

        Returns
        -------
        np.ndarray
            (B + 1, G)
        """
        return self.betas * self.variance - self.covariance


def _reweight_moments(
    shifts: np.ndarray, energies: np.ndarray, second_energies: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """<E>, Var(E), Cov(E2, E) of one rung's samples (K, D), reweighted by exp(-shift E): (3, B + 1, len(shifts))."""
    centre, second_centre = energies.mean(), second_energies.mean()
    e, o = energies - centre, second_energies - second_centre
    exponent = -shifts[:, None, None] * e
    weights = np.exp(exponent - exponent.max(axis=(1, 2), keepdims=True))
    sums = [shares @ (weights * term).sum(axis=2).T for term in (1.0, e, e * e, o, o * e)]
    total = sums[0]
    mean, square, second_mean, product = (term / total for term in sums[1:])
    return np.array([mean + centre, square - mean**2, product - mean * second_mean])


def _log_spread(draws: np.ndarray) -> float:
    """Compute the standard deviation of logarithms of temperatures, nan where some lie outside the ladder."""
    inside = (draws > 0) & np.isfinite(draws)
    return float(np.log(draws).std()) if inside.all() else float("nan")


def _find_minima(betas: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Find the temperature of each row's least value, by the parabola through its lowest point and two neighbours."""
    lowest = np.argmin(rows, axis=1)
    inner = np.clip(lowest, 1, len(betas) - 2)
    number = np.arange(len(rows))
    x = [betas[inner + k] for k in (-1, 0, 1)]
    y = [rows[number, inner + k] for k in (-1, 0, 1)]
    left_slope, right_slope = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    rise = np.where(right_slope > left_slope, right_slope - left_slope, np.inf)
    vertex = (x[0] + x[1]) / 2 - left_slope * (x[2] - x[0]) / 2 / rise
    return _to_temperatures(lowest, np.clip(vertex, x[0], x[2]), len(betas))


def _find_roots(betas: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Find the temperature at which each row of slopes crosses zero upwards, if at several the least integral."""
    steps = np.diff(betas) * (slopes[:, 1:] + slopes[:, :-1]) / 2
    integral = np.concatenate([np.zeros((len(slopes), 1)), np.cumsum(steps, axis=1)], axis=1)
    lowest = np.argmin(integral, axis=1)
    number, inner = np.arange(len(slopes)), np.clip(lowest, 1, len(betas) - 2)
    before = np.where(slopes[number, inner] > 0, inner - 1, inner)
    low, high = slopes[number, before], slopes[number, before + 1]
    share = np.clip(-low / np.where(high > low, high - low, np.inf), 0, 1)
    return _to_temperatures(lowest, betas[before] + share * (betas[before + 1] - betas[before]), len(betas))


def _to_temperatures(lowest: np.ndarray, inner: np.ndarray, count: int) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.where(lowest == 0, np.inf, np.where(lowest == count - 1, 0.0, 1 / inner))


def training_temperature(
    betas: np.ndarray, energies: np.ndarray, mean: float, rng: np.random.Generator, draws: int = 1000
) -> Estimate:
    """Find the temperature at which samples have the mean energy of the training sequences, tau_train.

    Parameters
    ----------
    betas, energies : np.ndarray
        Rungs (R,) ascending in beta, and the energies (R, K, D) of their samples, nats at temperature 1.
    mean : float
        Weighted mean energy of the training sequences.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.

    Returns
    -------
    Estimate
        The root of <E>_tau = mean, each temperature reweighted from its two neighbouring rungs, with a bootstrap over
        ladders. inf: hotter than every rung; 0: colder than every rung.
    """
    grid = np.unique(np.concatenate([betas, np.linspace(betas[0], betas[-1], _FINE)]))
    shares = bootstrap_weights(energies.shape[1], draws, rng)
    roots = _find_roots(grid, mean - _HistogramReweighting.from_samples(grid, betas, energies, energies, shares).mean)
    return estimate(roots[0], roots[1:], energies.shape[1])


def sampled_training_temperature(
    temperatures: np.ndarray, energies: np.ndarray, mean: float, rng: np.random.Generator, draws: int = 1000
) -> Estimate:
    """Find tau_train of a model whose tempered samples cannot be reweighted, as of an autoregressive one.

    Parameters
    ----------
    temperatures, energies : np.ndarray
        (T,) ascending, and mean energies (T, K) of the samples of K independent groups, nats at temperature 1.
    mean : float
        Weighted mean energy of the training sequences.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.

    Returns
    -------
    Estimate
        Between neighbouring temperatures mean energies are interpolated linearly in beta; with a bootstrap over groups.
    """
    betas = 1 / temperatures[::-1]
    grid = np.unique(np.concatenate([betas, np.linspace(betas[0], betas[-1], _FINE)]))
    rows = bootstrap_weights(energies.shape[1], draws, rng) @ energies[::-1].T
    roots = _find_roots(grid, np.array([mean - np.interp(grid, betas, row) for row in rows]))
    return estimate(roots[0], roots[1:], energies.shape[1])


def optima_row(table: pd.DataFrame) -> dict[str, float]:
    """Write the table of optima, one row an optimum, as one row.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `Divergences.optima_table`, with a column equilibrated, and exact where the truth is enumerable.

    Returns
    -------
    dict
        tau_f, tau_f_low, tau_f_high, tau_f_root, tau_f_agree, tau_f_shared, tau_f_equilibrated, tau_f_exact, and so on.
    """
    columns: dict[str, float] = {}
    for row in table.itertuples():
        columns |= estimate_columns(row.optimum, Estimate(row.value, row.low, row.high))
        columns |= {f"{row.optimum}_{name}": getattr(row, name) for name in ("root", "agree", "shared", "equilibrated")}
        if "exact" in table:
            columns[f"{row.optimum}_exact"] = row.exact
    return columns


def _combine(minima: np.ndarray, roots: np.ndarray, units: float) -> Optimum:
    inside = np.isfinite(minima) & np.isfinite(roots) & (minima > 0) & (roots > 0)
    z = float("nan")
    agree = bool(minima[0] == roots[0])
    if inside[0]:
        difference = np.log(minima[inside]) - np.log(roots[inside])
        spread = float(difference[1:].std()) if inside.sum() > 2 else 0.0
        z = float(difference[0] / spread) if spread > 0 else 0.0
        agree = abs(z) < _Z or abs(float(difference[0])) < _NEGLIGIBLE
    minimum, root = (estimate(estimates[0], estimates[1:], units) for estimates in (minima, roots))
    return Optimum(minimum, root, z, agree)
