"""Errors of functions of independent ladders, by jackknife and a bootstrap of its influence values, and of sequences.

Arrays over ladders have one leading row from all K ladders and K rows from which one ladder in turn is left out.
"""

import numpy as np
from scipy.special import stdtrit


def jackknife_error(values: np.ndarray) -> np.ndarray:
    """Compute the jackknife standard error over independent ladders.

    Parameters
    ----------
    values : np.ndarray
        (K + 1, ...) from all ladders and with each left out.

    Returns
    -------
    np.ndarray
        (...); nan for a single ladder.

    Examples
    --------
    >>> round(float(jackknife_error(np.array([2.0, 2.5, 2.0, 1.5]))), 3)
    0.577
    """
    leave_one_out = values[1:]
    count = len(leave_one_out)
    if count < 2:
        return np.full(values.shape[1:], np.nan)
    return np.sqrt((count - 1) * leave_one_out.var(axis=0))


def interval_factor(ladders: float) -> float:
    """Compute the half width of a 95 % interval in units of a standard error estimated from few ladders (Student's t).

    Parameters
    ----------
    ladders : float
        Number of independent ladders.

    Returns
    -------
    float
        Nan for fewer than two.

    Examples
    --------
    >>> round(interval_factor(5), 2)
    2.78
    """
    return float(interval_factors(np.array(ladders)))


def interval_factors(ladders: np.ndarray) -> np.ndarray:
    """Compute the half widths of 95 % intervals, in units of standard errors, for several numbers of ladders.

    Parameters
    ----------
    ladders : np.ndarray
        (T,) numbers of independent ladders.

    Returns
    -------
    np.ndarray
        (T,); nan for fewer than two, which have no error.

    Examples
    --------
    >>> interval_factors(np.array([2, 5])).round(2)
    array([12.71,  2.78])
    """
    return stdtrit(ladders - 1, 0.975)


def bootstrap_weights(ladders: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the weights of ladders in a bootstrap.

    K - 1 ladders are drawn of K, so that the variance of the draws is the unbiased one.

    Parameters
    ----------
    ladders : int
        Number K of ladders, at least 2.
    draws : int
        Bootstrap draws.
    rng : np.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (draws + 1, K), rows sum to 1; the first row weighs all ladders equally, the others are drawn.
    """
    shares = rng.multinomial(ladders - 1, np.full(ladders, 1 / ladders), draws) / (ladders - 1)
    return np.concatenate([np.full((1, ladders), 1 / ladders), shares])


def resample(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Compute a first-order bootstrap: the estimate plus the mean influence of the ladders drawn.

    The influence of a ladder is (K - 1) (estimate - estimate without it), so nothing is estimated anew.

    Parameters
    ----------
    values : np.ndarray
        (K + 1, ...) from all ladders and with each left out.
    shares : np.ndarray
        (draws + 1, K) from `bootstrap_weights`.

    Returns
    -------
    np.ndarray
        (draws + 1, ...).

    References
    ----------
    Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982.
    """
    estimate, leave_one_out = values[0], values[1:]
    influence = (len(leave_one_out) - 1) * (leave_one_out.mean(axis=0) - leave_one_out)
    return estimate + np.tensordot(shares, influence, axes=1)


def resample_sums(values: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Compute bootstrap sums over independent units.

    N - 1 units are drawn of N, so that the variance of the draws of a mean is the unbiased one. One draw at a time: all
    of them together would take far more memory than the values.

    Parameters
    ----------
    values : np.ndarray
        (N, ...) of the units.
    draws : int
        Bootstrap draws.
    rng : np.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (draws + 1, ...): the first sum counts each unit once, the others as often as it is drawn.
    """
    units, chances = max(len(values) - 1, 1), np.full(len(values), 1 / len(values))
    sums = [np.tensordot(rng.multinomial(units, chances), values, axes=1) for _ in range(draws)]
    return np.array([values.sum(axis=0), *sums])


def weighted_mean(values: np.ndarray, weights: np.ndarray, labels: np.ndarray | None = None) -> tuple[float, float]:
    """Compute a weighted mean and its standard error.

    Parameters
    ----------
    values, weights : np.ndarray
        (N,) values, and non-negative weights of any scale.
    labels : np.ndarray, optional
        (N,) clusters; values of one cluster depend on each other. All are independent if not set.

    Returns
    -------
    mean : float
        Weighted mean.
    error : float
        Its standard error.

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
    values : np.ndarray
        (N, ...).
    labels : np.ndarray
        (N,) clusters.

    Returns
    -------
    np.ndarray
        (clusters, ...) in the order of the labels.

    Examples
    --------
    >>> sum_clusters(np.array([1.0, 2.0, 4.0]), np.array([9, 3, 9]))
    array([2., 5.])
    """
    clusters, indices = np.unique(labels, return_inverse=True)
    sums = np.zeros((len(clusters), *values.shape[1:]))
    np.add.at(sums, indices, values)
    return sums


def effective_number(log_weights: np.ndarray) -> np.ndarray:
    """Compute the effective number of weights, (sum w)^2 / sum w^2: that of equal weights with as much information.

    Parameters
    ----------
    log_weights : array
        (..., N) logarithms of weights, of NumPy or JAX.

    Returns
    -------
    array
        (...), of the same library.

    Examples
    --------
    >>> round(float(effective_number(np.log([1.0, 1.0, 2.0]))), 3)
    2.667
    """
    weights = log_weights.__array_namespace__().exp(log_weights - log_weights.max(axis=-1, keepdims=True))
    return weights.sum(axis=-1) ** 2 / (weights**2).sum(axis=-1)
