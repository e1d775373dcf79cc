"""Shares, areas under ROC curves and rank correlations of sequences that come in clusters of relatives.

Relatives repeat each other, so N sequences are worth fewer independent ones. How many, each statistic says itself: its
variance over clusters is compared with what it would be if all sequences were independent (the design effect).
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.stats import rankdata

from temperance.stats.estimate import NORMAL, Estimate, estimate
from temperance.stats.resampling import sum_clusters

_STEP = 1e-9


def design_effect(influences: np.ndarray, labels: np.ndarray) -> float:
    """Compute by which factor clusters raise the variance of a statistic over that of independent sequences.

    Parameters
    ----------
    influences : np.ndarray
        (N,) share of each sequence in the statistic's deviation; they sum to zero.
    labels : np.ndarray
        (N,) clusters.

    Returns
    -------
    float
        At least 1; where no sequence deviates, the mean size of the clusters.

    Examples
    --------
    >>> design_effect(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]))
    2.0
    """
    independent = float((influences**2).sum())
    if independent < 1e-12:
        return len(labels) / len(np.unique(labels)) if len(labels) else 1.0
    return max(1.0, float((sum_clusters(influences, labels) ** 2).sum()) / independent)


def estimate_share(successes: np.ndarray, labels: np.ndarray) -> Estimate:
    """Estimate a share with Wilson's 95 % interval, counting relatives as what they are worth.

    Parameters
    ----------
    successes : np.ndarray
        (N,) bool.
    labels : np.ndarray
        (N,) clusters.

    Returns
    -------
    Estimate
        nan, 0 to 1, without any sequence.

    References
    ----------
    Wilson, J. Am. Stat. Assoc. 22:209, 1927; Korn, Graubard, Surv. Methodol. 24:193, 1998, for the effective number.

    Examples
    --------
    >>> print(estimate_share(np.array([True, False]), np.array([0, 1])))
    0.50 (95% interval 0.09 to 0.91)
    """
    if not len(successes):
        return Estimate(float("nan"), 0.0, 1.0)
    share = float(successes.mean())
    number = len(successes) / design_effect(successes - share, labels)
    squared = NORMAL**2 / number
    centre = (share + squared / 2) / (1 + squared)
    half = (share * (1 - share) * squared + squared**2 / 4) ** 0.5 / (1 + squared)
    return Estimate(share, max(centre - half, 0.0), min(centre + half, 1.0))


def estimate_auc(scores: np.ndarray, outcomes: np.ndarray, labels: np.ndarray) -> Estimate:
    """Estimate the area under the ROC curve with its 95 % interval, counting relatives as what they are worth.

    The interval is Newcombe's score-type one, with both numbers of sequences divided by the design effect; it is honest
    where few sequences are told apart without an error.

    Parameters
    ----------
    scores : np.ndarray
        (N,) finite; higher is to mean True.
    outcomes : np.ndarray
        (N,) bool.
    labels : np.ndarray
        (N,) clusters.

    Returns
    -------
    Estimate
        nan, 0 to 1, where all outcomes are equal.

    References
    ----------
    Newcombe, Stat. Med. 25:559, 2006 (method 5); Obuchowski, Biometrics 53:567, 1997, for clusters.

    Examples
    --------
    >>> print(estimate_auc(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]), np.arange(4)))
    0.75 (95% interval 0.23 to 0.97)
    """
    positives, negatives = int(outcomes.sum()), int((~outcomes).sum())
    if not positives or not negatives:
        return Estimate(float("nan"), 0.0, 1.0)
    auc, influences = auc_influences(scores, outcomes)
    effect = design_effect(influences, labels)
    low, high = auc_interval(auc, max(positives / effect, 1.0), max(negatives / effect, 1.0))
    return Estimate(auc, low, high)


def auc_influences(scores: np.ndarray, outcomes: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the area under the ROC curve, and the share of each sequence in its deviation.

    Parameters
    ----------
    scores : np.ndarray
        (N,) finite; higher is to mean True.
    outcomes : np.ndarray
        (N,) bool, of both kinds.

    Returns
    -------
    auc : float
        Share of pairs of either kind in the right order; equal scores count half.
    influences : np.ndarray
        (N,) which sum to zero within either kind.

    References
    ----------
    DeLong, DeLong, Clarke-Pearson, Biometrics 44:837, 1988.

    Examples
    --------
    >>> auc_influences(np.array([1.0, 2.0, 3.0]), np.array([False, True, False]))
    (0.5, array([ 0.25,  0.  , -0.25]))
    """
    positives, negatives = int(outcomes.sum()), int((~outcomes).sum())
    ranks, within = rankdata(scores), np.empty(len(scores))
    within[outcomes], within[~outcomes] = rankdata(scores[outcomes]), rankdata(scores[~outcomes])
    # Share of the other kind that lies on the right side of each sequence.
    placements = np.where(outcomes, (ranks - within) / negatives, 1 - (ranks - within) / positives)
    auc = float(placements[outcomes].mean())
    return auc, (placements - auc) / np.where(outcomes, positives, negatives)


def auc_interval(auc: float, positives: float, negatives: float) -> tuple[float, float]:
    """Compute Newcombe's 95 % interval of an area under the ROC curve.

    Parameters
    ----------
    auc : float
        The area.
    positives, negatives : float
        Independent sequences of both classes, at least 1.

    Returns
    -------
    low, high : float
        Areas from which `auc` is 1.96 of their standard errors away.

    Examples
    --------
    >>> "{:.2f} {:.2f}".format(*auc_interval(1.0, 5, 5)), "{:.2f} {:.2f}".format(*auc_interval(0.8, 50, 50))
    ('0.64 1.00', '0.70 0.87')
    """
    others = (positives + negatives) / 2 - 1

    def _distance(area: float) -> float:
        spread = 1 + others * (1 - area) / (2 - area) + others * area / (1 + area)
        return (auc - area) ** 2 - NORMAL**2 * area * (1 - area) * spread / (positives * negatives)

    # An area of 0 or 1 is itself a root, which is not the one that is sought.
    low = brentq(_distance, 0.0, auc - _STEP) if auc > _STEP else 0.0
    high = brentq(_distance, auc + _STEP, 1.0) if auc < 1 - _STEP else 1.0
    return float(low), float(high)


def estimate_spearman(
    x: np.ndarray, y: np.ndarray, labels: np.ndarray, rng: np.random.Generator, draws: int
) -> Estimate:
    """Estimate Spearman's rank correlation with its 95 % bootstrap interval over clusters of relatives.

    Parameters
    ----------
    x, y : np.ndarray
        (N,) paired values, finite.
    labels : np.ndarray
        (N,) clusters.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.

    Returns
    -------
    Estimate
        nan, -1 to 1, where there are fewer than three sequences, or one of the values is constant.
    """
    value = _rank_correlation(x, y)
    if np.isnan(value):
        return Estimate(float("nan"), -1.0, 1.0)
    values = resample_clusters(labels, rng, draws, lambda rows: _rank_correlation(x[rows], y[rows]))
    values = values[np.isfinite(values)]
    if not len(values):
        return Estimate(value, -1.0, 1.0)
    return estimate(value, values, len(np.unique(labels)))


def resample_clusters(
    labels: np.ndarray, rng: np.random.Generator, draws: int, statistic: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Compute a statistic of sequences whose clusters are drawn with replacement.

    Parameters
    ----------
    labels : np.ndarray
        (N,) clusters.
    rng : numpy.random.Generator
        Source of randomness.
    draws : int
        Bootstrap draws.
    statistic : callable
        From the indices of sequences to a number.

    Returns
    -------
    np.ndarray
        (draws,)
    """
    members = np.split(np.argsort(labels, kind="stable"), np.cumsum(np.unique(labels, return_counts=True)[1])[:-1])
    return np.array(
        [
            statistic(np.concatenate([members[cluster] for cluster in rng.integers(0, len(members), len(members))]))
            for _ in range(draws)
        ]
    )


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
