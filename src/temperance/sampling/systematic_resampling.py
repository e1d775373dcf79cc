"""Systematic resampling of chains by weight."""

from typing import Any


def systematic_resample(chains: Any, log_weights: Any, offset: Any) -> Any:
    """Resample chains by weight: each is copied as often as its share of the weight says, rounded up or down.

    Parameters
    ----------
    chains : array
        (C, L), or their numbers (C,).
    log_weights : array
        (C,) logarithms of their weights, up to a constant.
    offset : float
        In [0, 1); all that is random.

    Returns
    -------
    array
        As many chains.

    Examples
    --------
    >>> import numpy as np
    >>> systematic_resample(np.arange(4), np.log([1.0, 1.0, 2.0, 4.0]), 0.5)
    array([1, 2, 3, 3])
    """
    xp = log_weights.__array_namespace__()
    cumulative = xp.exp(log_weights - log_weights.max()).cumsum()
    marks = (xp.arange(len(chains)) + offset) * (cumulative[-1] / len(chains))
    return chains[xp.minimum(cumulative.searchsorted(marks, side="right"), len(chains) - 1)]
