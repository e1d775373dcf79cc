"""Means over ladders, diagnostics of draws, and intervals of bootstrap draws."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import norm, t

# Bootstrap draws here; sampling errors of a quantile by which a program with as many draws of its own may differ.
DRAWS, ERRORS = 4000, 4
NORMAL = norm.ppf(0.975)


@dataclass(frozen=True)
class Between:
    """Bounds of a number that rests on random draws; `may_lack`: it may be missing, too."""

    low: float
    high: float
    may_lack: bool = False

    def __contains__(self, value):
        return self.low <= value <= self.high or (self.may_lack and math.isnan(value))


def average_ladders(values):
    """Average a value over the draws of each ladder (K, D), then over ladders; with the standard error over these."""
    means = [math.fsum(ladder) / len(ladder) for ladder in values]
    mean = math.fsum(means) / len(means)
    variance = sum((value - mean) ** 2 for value in means) / (len(means) - 1)
    return mean, math.sqrt(variance / len(means))


@cache
def student(freedom):
    """Compute the half of a 95 % interval in standard errors, by Student's t."""
    return t.ppf(0.975, freedom)


def half_interval(means):
    """Compute the half of the 95 % interval of a mean over ladders."""
    return student(len(means) - 1) * np.std(means, ddof=1) / math.sqrt(len(means))


def widen_tail(units):
    """Compute the tail of a percentile interval that is as wide as Student's t is for so few units."""
    return norm.cdf(-student(units - 1))


def bound_quantile(draws, tail, reference_draws=DRAWS, slack=0.05):
    """Bound what other bootstrap draws, so many, show as the quantile `tail`: four of its sampling errors.

    Slack is a share of the distance from the median, for what a first-order bootstrap leaves out.
    """
    error = ERRORS * math.sqrt(tail * (1 - tail) / reference_draws)
    ends = np.percentile(draws, [100 * max(tail - error, 0), 100 * min(tail + error, 1), 50], method="nearest")
    low, high, median = map(float, ends)
    if not np.isfinite([low, high, median]).all():
        return Between(low, high)
    return Between(low - slack * abs(median - low), high + slack * abs(median - high))


def draw_ladders(count, rng, draws=DRAWS):
    """Draw K - 1 of K ladders with replacement: their shares, a row a draw."""
    return rng.multinomial(count - 1, np.full(count, 1 / count), draws) / (count - 1)


def draw_cluster_means(values, weights, labels, rng, draws=DRAWS):
    """Compute weighted means of values (N, n) of G - 1 of G clusters, drawn with replacement, a row a draw."""
    clusters = sorted(set(labels))
    sums = np.array([(weights[labels == label, None] * values[labels == label]).sum(axis=0) for label in clusters])
    totals = np.array([weights[labels == label].sum() for label in clusters])
    counts = rng.multinomial(len(clusters) - 1, np.full(len(clusters), 1 / len(clusters)), draws)
    return (counts @ sums) / (counts @ totals)[:, None]


def jackknife(leave_one_out):
    """Compute the jackknife standard error from estimates that leave one ladder out each."""
    values = np.asarray(leave_one_out)
    return math.sqrt((len(values) - 1) * values.var())


def split_ladders(energies):
    """Split each ladder (K, D) in halves, (2 K, D // 2); of an odd number of draws the middle one is left out."""
    half = energies.shape[1] // 2
    return np.concatenate([energies[:, :half], energies[:, energies.shape[1] - half :]])


def measure_rhat(energies):
    """Compute split R-hat: the spread of all draws over that within half ladders."""
    halves = split_ladders(energies)
    draws = halves.shape[1]
    within = np.mean([np.var(half, ddof=1) for half in halves])
    between = draws * np.var([np.mean(half) for half in halves], ddof=1)
    return math.sqrt(((draws - 1) / draws * within + between / draws) / within)


def measure_ess(energies):
    """Compute the effective sample size of a mean by Geyer's initial monotone sequence over half ladders."""
    halves = split_ladders(energies)
    chains, draws = halves.shape
    deviations = halves - halves.mean(axis=1, keepdims=True)
    covariances = []
    for lag in range(draws):
        products = [math.fsum(row[: draws - lag] * row[lag:]) / draws for row in deviations]
        covariances.append(np.mean(products))
    within = covariances[0] * draws / (draws - 1)
    variance = covariances[0] + (np.var(halves.mean(axis=1), ddof=1) if chains > 1 else 0)
    correlations = [1.0] + [1 - (within - covariance) / variance for covariance in covariances[1:]]
    # Pairs of neighbouring lags, up to the first of no positive sum; of that last pair the first lag counts once.
    pairs = [(correlations[0], correlations[1])]
    while 2 * len(pairs) < draws - 2 and sum(pairs[-1]) > 0:
        pairs.append((correlations[2 * len(pairs)], correlations[2 * len(pairs) + 1]))
    *whole, last = pairs
    sums = []
    for pair in whole:
        sums.append(min([sum(pair), *sums[-1:]]))
    time = -1 + 2 * math.fsum(sums) + (last[0] if max(last[0], sum(last)) > 0 else 0.0)
    return min(chains * draws / max(time, 1 / math.log10(chains * draws)), energies.size)


def measure_drift(energies):
    """Compute the change of the mean energy from the first to the second half of the draws, and its standard error.

    Both in standard deviations of the energy.
    """
    half, spread = energies.shape[1] // 2, energies.std()
    changes = energies[:, -half:].mean(axis=1) - energies[:, :half].mean(axis=1)
    return changes.mean() / spread, changes.std(ddof=1) / math.sqrt(len(changes)) / spread
