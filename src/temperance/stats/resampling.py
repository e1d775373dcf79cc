"""Errors of functions of independent ladders, by jackknife and a bootstrap of its influence values, and of sequences.

Arrays over ladders have one leading row from all K ladders and K rows from which one ladder in turn is left out.
"""

import numpy as np
from scipy.special import stdtrit


def jackknife_error(values: np.ndarray) -> np.ndarray:
    """Compute the standard error, (...), of values (K + 1, ...); nan for a single ladder."""
    parts = values[1:]
    count = len(parts)
    if count < 2:
        return np.full(values.shape[1:], np.nan)
    return np.sqrt((count - 1) * parts.var(axis=0))


def interval_factor(ladders: float) -> float:
    """Half width of a 95 % interval in standard errors that were themselves estimated from so many ladders."""
    return float(interval_factors(np.array(ladders)))


def interval_factors(ladders: np.ndarray) -> np.ndarray:
    """Compute `interval_factor` of numbers of ladders (T,); nan of fewer than two, which have no error.

    Parameters
    ----------
    ladders : np.ndarray

    Returns
    -------
    np.ndarray

    Examples
    --------
    >>> interval_factors(np.array([2, 5])).round(2)
    array([12.71,  2.78])
    """
    return stdtrit(ladders - 1, 0.975)


def bootstrap_weights(ladders: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Shares of each ladder, (draws + 1, K); the first row is the whole, the others are drawn.

    K - 1 are drawn of K: so the spread of the draws is the unbiased one.
    """
    drawn = rng.multinomial(ladders - 1, np.full(ladders, 1 / ladders), draws) / (ladders - 1)
    return np.concatenate([np.full((1, ladders), 1 / ladders), drawn])


def resampled(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """First-order bootstrap, (draws + 1, ...): the value plus the mean influence of the ladders drawn.

    The influence of a ladder is (K - 1) (whole - whole without it), so nothing is estimated anew (Efron, The
    Jackknife, the Bootstrap and Other Resampling Plans, 1982).
    """
    whole, parts = values[0], values[1:]
    influence = (len(parts) - 1) * (parts.mean(axis=0) - parts)
    return whole + np.tensordot(shares, influence, axes=1)


def resampled_sums(values: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Sum values (N, ...) over independent units, each as often as it is drawn, (draws + 1, ...).

    The first sum has each once. One draw at a time: all of them would be larger than the values by far.
    """
    units = len(values)
    chances = np.full(units, 1 / units)
    drawn = [np.tensordot(rng.multinomial(units, chances), values, axes=1) for _ in range(draws)]
    return np.array([values.sum(axis=0), *drawn])


def weighted_mean(values: np.ndarray, weights: np.ndarray, labels: np.ndarray | None = None) -> tuple[float, float]:
    """Compute a weighted mean and its standard error.

    Parameters
    ----------
    values, weights : np.ndarray
        (N,)
    labels : np.ndarray, optional
        (N,) clusters; values of one cluster depend on each other. All are independent if not set.

    Returns
    -------
    float, float

    Examples
    --------
    >>> values, weights = np.array([1.0, 1.0, 3.0, 3.0]), np.ones(4)
    >>> weighted_mean(values, weights)
    (2.0, 0.5)
    >>> weighted_mean(values, weights, np.array([7, 7, 8, 8]))[1] == 0.5**0.5
    True
    """
    shares = weights / weights.sum()
    mean = float(shares @ values)
    deviations = shares * (values - mean)
    if labels is not None:
        deviations = sum_clusters(deviations, labels)
    return mean, float((deviations**2).sum() ** 0.5)


def sum_clusters(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Sum values over the members of each cluster.

    Parameters
    ----------
    values, labels : np.ndarray
        (N, ...) and (N,).

    Returns
    -------
    np.ndarray
        (clusters, ...) in the order of the labels.

    Examples
    --------
    >>> sum_clusters(np.array([1.0, 2.0, 4.0]), np.array([9, 3, 9]))
    array([2., 5.])
    """
    clusters, which = np.unique(labels, return_inverse=True)
    sums = np.zeros((len(clusters), *values.shape[1:]))
    np.add.at(sums, which, values)
    return sums


def effective_number(log_weights: np.ndarray) -> np.ndarray:
    """How many equal weights say as much as those of logarithms (..., N): (sum w)^2 / sum w^2."""
    weights = log_weights.__array_namespace__().exp(log_weights - log_weights.max(axis=-1, keepdims=True))
    return weights.sum(axis=-1) ** 2 / (weights**2).sum(axis=-1)
