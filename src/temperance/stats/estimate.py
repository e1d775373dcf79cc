"""A value with its 95 % interval: from bootstrap draws, as columns of a table, and pooled over replicates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtrit

from temperance.stats.resampling import interval_factor

# Half width of a 95 % interval in standard errors that are known well.
NORMAL = float(ndtri(0.975))
# The variance between a few replicates is itself uncertain: it is mixed with what the intervals expect of it, as if
# that had been seen in so many replicates more (Smyth, Stat. Appl. Genet. Mol. Biol. 3:3, 2004).
_PRIOR_REPLICATES = 4


def format_range(low: float, high: float, form: str = ".2f") -> str:
    """Format an interval, which may have no upper end.

    Parameters
    ----------
    low, high : float
        Its ends; infinite for an end beyond all that was sampled.
    form : str
        Format of a number.

    Returns
    -------
    str

    Examples
    --------
    >>> format_range(0.7, 0.81), format_range(0.7, float("inf"))
    ('0.70 to 0.81', '0.70 or more')
    """
    return f"{low:{form}} or more" if high == np.inf else f"{low:{form}} to {high:{form}}"


def format_temperatures(low: float, high: float) -> str:
    """Format an interval of temperatures, whose ends may lie beyond all that were sampled.

    Parameters
    ----------
    low, high : float
        Its ends; 0 and infinite beyond the coldest and the hottest.

    Returns
    -------
    str

    Examples
    --------
    >>> format_temperatures(0.7, 0.81), format_temperatures(0, 0.81), format_temperatures(0, float("inf"))
    ('0.70 to 0.81', '0.81 at most', 'interval not known')
    """
    if low == 0:
        return f"{high:.2f} at most" if high < np.inf else "interval not known"
    return format_range(low, high)


@dataclass(frozen=True)
class Estimate:
    """Hold a value with its 95 % interval.

    Attributes
    ----------
    value : float
        The estimate.
    low, high : float
        Ends of the interval, in the unit of the value.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write the value with its interval."""
        return f"{self.value:.2f} (95% interval {format_range(self.low, self.high)})"

    def brief(self, form: str = ".2f") -> str:
        """Write the value with its interval in parentheses, where it is plain what these are.

        Parameters
        ----------
        form : str
            Format of a number.

        Returns
        -------
        str

        Examples
        --------
        >>> Estimate(0.5, 0.25, 0.75).brief(".0%")
        '50% (25% to 75%)'
        """
        return f"{self.value:{form}} ({format_range(self.low, self.high, form)})"

    def within_ladder(self) -> str:
        """Write a temperature with its interval, or on which side of all sampled ones it is.

        Returns
        -------
        str

        Examples
        --------
        >>> Estimate(0.7, 0.6, 0.8).within_ladder(), Estimate(0.0, 0.0, 0.55).within_ladder()
        ('0.70 (0.60 to 0.80)', 'below all that were sampled (0.55 at most)')
        """
        interval = format_temperatures(self.low, self.high)
        if self.value == 0:
            return "below all that were sampled" + (f" ({interval})" if self.high else "")
        if self.value == np.inf:
            return "above all that were sampled" + (f" ({interval})" if self.low < np.inf else "")
        return f"{self.value:.2f} ({interval})"


def estimate(value: float, draws: np.ndarray, units: float = 1000) -> Estimate:
    """Compute the percentile interval of bootstrap draws, widened as Student's t is for few independent units.

    Parameters
    ----------
    value : float
        The estimate itself.
    draws : np.ndarray
        (B,) the same from resampled units.
    units : float
        Number of independent units that were resampled; fewer than 2 count as 2.

    Returns
    -------
    Estimate
        `value` with its 95 % interval.

    References
    ----------
    Hesterberg, Am. Stat. 69:371, 2015, doi:10.1080/00031305.2015.1089789.

    Examples
    --------
    >>> print(estimate(1.0, np.linspace(0, 2, 2001)))
    1.00 (95% interval 0.05 to 1.95)
    """
    tail = 100 * ndtr(-interval_factor(max(units, 2.0)))
    # "nearest" keeps an infinite draw from turning its finite neighbours into nan.
    low, high = np.percentile(draws, (tail, 100 - tail), method="nearest")
    return Estimate(float(value), float(low), float(high))


def estimate_columns(name: str, interval: Estimate) -> dict[str, float]:
    """Spread an estimate over three columns of a table: its value and both ends of its interval.

    Parameters
    ----------
    name : str
        Name of the value's column.
    interval : Estimate
        Value with its interval.

    Returns
    -------
    dict of str to float
        Columns `name`, `name_low` and `name_high`.

    Examples
    --------
    >>> estimate_columns("tau", Estimate(1.0, 0.9, 1.2))
    {'tau': 1.0, 'tau_low': 0.9, 'tau_high': 1.2}
    """
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def estimate_from_columns(row: Mapping[str, Any] | pd.Series, name: str) -> Estimate:
    """Read an estimate from a row of a table that `estimate_columns` wrote.

    Parameters
    ----------
    row : mapping or pandas.Series
        A row with columns `name`, `name_low` and `name_high`.
    name : str
        Name of the value's column.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> estimate_from_columns(estimate_columns("tau", Estimate(1.0, 0.9, 1.2)), "tau")
    Estimate(value=1.0, low=0.9, high=1.2)
    """
    return Estimate(float(row[name]), float(row[f"{name}_low"]), float(row[f"{name}_high"]))


def pool_temperatures(replicates: Sequence[Estimate], shared: float = float("nan")) -> Estimate:
    """Pool a temperature over training sets by standard errors, in its logarithm.

    The interval of a replicate covers the error of its own ladders and that of the held-out sequences, which all
    replicates share; that the training sets differ shows in the spread of the replicates. The variance of the mean of n
    replicates is the shared part plus the n-th part of what differs. Where the shared part is unknown, it is estimated
    as what the intervals hold beyond the spread of the replicates.

    Parameters
    ----------
    replicates : sequence of Estimate
        At least one. A temperature of 0 or infinity lies outside the ladder; the mean is then taken in beta and the
        interval spans those of all replicates.
    shared : float
        Standard error of ln tau that all replicates share; nan: unknown.

    Returns
    -------
    Estimate
        Geometric mean with its 95 % interval; of one replicate, that replicate's.

    References
    ----------
    Smyth, Stat. Appl. Genet. Mol. Biol. 3:3, 2004: the variance between a few replicates is moderated.
    """
    values = np.array([one.value for one in replicates])
    ends = np.array([(one.low, one.high) for one in replicates])
    if len(values) == 1:
        return replicates[0]
    if not (np.isfinite(values).all() and (values > 0).all()):
        with np.errstate(divide="ignore"):
            value = float(np.divide(1.0, np.mean(1 / values)))
        return Estimate(value, float(ends[:, 0].min()), float(ends[:, 1].max()))
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.log(ends[:, 1] / ends[:, 0]) / (2 * NORMAL)
    if not np.isfinite(errors).all():
        return Estimate(float(np.exp(np.log(values).mean())), float(ends[:, 0].min()), float(ends[:, 1].max()))
    mean, half_width = _pool(np.log(values), errors, shared)
    return Estimate(float(np.exp(mean)), float(np.exp(mean - half_width)), float(np.exp(mean + half_width)))


def pool_values(replicates: Sequence[Estimate], shared: float = float("nan")) -> Estimate:
    """Average estimates of one quantity from several training sets, and pool their intervals.

    As `pool_temperatures` does, but not in the logarithm.

    Parameters
    ----------
    replicates : sequence of Estimate
        At least one.
    shared : float
        Standard error of the value that all replicates share; nan: unknown.

    Returns
    -------
    Estimate
        Mean with its 95 % interval; of one replicate, that replicate's.

    Examples
    --------
    >>> print(pool_values([Estimate(1.0, 0.8, 1.2), Estimate(1.2, 1.0, 1.4)]))
    1.10 (95% interval 0.90 to 1.30)
    """
    if len(replicates) == 1:
        return replicates[0]
    values = np.array([one.value for one in replicates])
    errors = np.array([(one.high - one.low) / (2 * NORMAL) for one in replicates])
    mean, half_width = _pool(values, errors, shared)
    return Estimate(mean, mean - half_width, mean + half_width)


def _pool(values: np.ndarray, errors: np.ndarray, shared: float) -> tuple[float, float]:
    """Compute the mean, and half the width of its 95 % interval."""
    count = len(values)
    within, between = float((errors**2).mean()), float(values.var(ddof=1))
    own_variance = min(within, between) if np.isnan(shared) else max(within - shared**2, 0.0)
    freedom = count - 1 + _PRIOR_REPLICATES
    differing = ((count - 1) * between + _PRIOR_REPLICATES * own_variance) / freedom
    factor = float(stdtrit(freedom, 0.975)) if between > own_variance else NORMAL
    return float(values.mean()), factor * (within - own_variance + differing / count) ** 0.5
