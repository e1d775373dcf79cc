"""Systematic resampling of chains by weight."""

from typing import Any


def systematic_resample(chains: Any, log_weights: Any, offset: Any) -> Any:
    """As many chains (C, L), each as often as its weight says, rounded up or down (systematic resampling).

    `offset`, in [0, 1), is all that is random.
    """
    xp = log_weights.__array_namespace__()
    cumulative = xp.exp(log_weights - log_weights.max()).cumsum()
    marks = (xp.arange(len(chains)) + offset) * (cumulative[-1] / len(chains))
    return chains[xp.minimum(cumulative.searchsorted(marks, side="right"), len(chains) - 1)]
