"""A value with its 95 % interval: from bootstrap draws, as columns of a table, and pooled over replicates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from temperance.stats.resampling import interval_factor

# Half width of a 95 % interval in standard errors that are known well.
NORMAL = float(ndtri(0.975))
# The variance between a few replicates is itself uncertain: it is mixed with what the intervals expect of it, as if
# that had been seen in so many replicates more (Smyth, Stat. Appl. Genet. Mol. Biol. 3:3, 2004).
_PRIOR_REPLICATES = 4


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write the value with its interval."""
        return f"{self.value:.2f} (95% interval {self.low:.2f} to {self.high:.2f})"


def estimate(value: float, draws: np.ndarray, units: float = 1000) -> Estimate:
    """Take the percentile interval of bootstrap draws, widened as Student's t is for so few independent units.

    Parameters
    ----------
    value : float
        The estimate itself.
    draws : np.ndarray
        (B,) the same from resampled units.
    units : float
        How many independent units were resampled.

    References
    ----------
    Hesterberg, Am. Stat. 69:371, 2015, doi:10.1080/00031305.2015.1089789.
    """
    tail = 100 * ndtr(-interval_factor(max(units, 2.0)))
    # "nearest" keeps an infinite draw from turning its finite neighbours into nan.
    low, high = np.percentile(draws, (tail, 100 - tail), method="nearest")
    return Estimate(float(value), float(low), float(high))


def estimate_columns(name: str, of: Estimate) -> dict[str, float]:
    """Write an estimate as three columns of a table: name, name_low, name_high."""
    return {name: of.value, f"{name}_low": of.low, f"{name}_high": of.high}


def pool_temperatures(replicates: Sequence[Estimate], shared: float = float("nan")) -> Estimate:
    """Pool a temperature over training sets by standard errors, in its logarithm.

    The intervals of replicates hold the errors of their ladders, which are their own, and of held-out sequences, which
    all of them share; training sets differ between replicates and show in their spread. The variance of the mean of n
    is the shared part plus a n-th of what differs. Where the shared part is not known, it is taken to be what the
    intervals hold beyond the spread of the replicates.

    Parameters
    ----------
    replicates : sequence of Estimate
        At least one. A temperature of 0 or infinity lies outside the ladder; the mean is then taken in beta and the
        interval spans all.
    shared : float
        Standard error of ln tau that all replicates share; nan: not known.

    Returns
    -------
    Estimate
        With one replicate its own interval.
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
    mean, half = _pool(np.log(values), errors, shared)
    return Estimate(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))


def pool_values(replicates: Sequence[Estimate], shared: float = float("nan")) -> Estimate:
    """Pool a value over training sets as `pool_temperatures` does, on its own scale."""
    if len(replicates) == 1:
        return replicates[0]
    values = np.array([one.value for one in replicates])
    errors = np.array([(one.high - one.low) / (2 * NORMAL) for one in replicates])
    mean, half = _pool(values, errors, shared)
    return Estimate(mean, mean - half, mean + half)


def _pool(values: np.ndarray, errors: np.ndarray, shared: float) -> tuple[float, float]:
    """Mean, and half of its 95 % interval."""
    count = len(values)
    within, between = float((errors**2).mean()), float(values.var(ddof=1))
    common = max(within - between, 0.0) if np.isnan(shared) else min(shared**2, within)
    freedom = count - 1 + _PRIOR_REPLICATES
    own = ((count - 1) * between + _PRIOR_REPLICATES * (within - common)) / freedom
    factor = float(stdtrit(freedom, 0.975)) if between > within - common else NORMAL
    return float(values.mean()), factor * (common + own / count) ** 0.5
