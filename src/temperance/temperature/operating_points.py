"""Operating points: the temperatures of significance for a model, each with its interval.

tau_train, up to which samples are as good as natural sequences by the model's own energy; tau_f, which covers the
family; the temperature up to which each judge finds samples as natural as natural sequences; and the coldest
temperature whose samples are as new and as varied as the user asks for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from temperance.msa.clusters import effective_clusters
from temperance.sampling.diagnostics import is_within_equilibrated
from temperance.stats.estimate import NORMAL, Estimate, pool_temperatures
from temperance.temperature.rungs import RungScores, mean_and_half

# Mean percentile of natural sequences among themselves, and from which on samples count as no less natural: they are
# rated above a natural sequence in 45 of 100 cases instead of 50. And the standard deviation of a uniform percentile.
NATURAL_PERCENTILE, LEAST_PERCENTILE, _PERCENTILE_SD = 50.0, 45.0, 100 / 12**0.5
COLDEST, TAU_TRAIN, TAU_F = "coldest", "tau_train", "tau_f"


@dataclass(frozen=True)
class OperatingPoint:
    """A temperature of significance for a model, with its interval.

    Attributes
    ----------
    name : str
        tau_train, tau_f, tau_<judge> or coldest.
    value, low, high : float
        With its 95 % interval. inf: at least the hottest temperature sampled; 0: below the coldest equilibrated one;
        nan: not known.
    sampled : bool
        Whether it is a temperature that was sampled, so that its scores were measured there.
    decides : bool
        Whether samples above it are worse than natural sequences by a criterion that is trusted.
    note : str
        Further remarks for the reader.
    shared : float
        Standard error of its logarithm that the models of all training sets share; nan: not known.
    tolerated : float
        Of a judge: the temperature up to which the mean percentile is `LEAST_PERCENTILE` or more for certain.
    equilibrated : bool
        Whether it lies where samples are equilibrated, if it follows from their energies.
    """

    name: str
    value: float
    low: float
    high: float
    sampled: bool = False
    decides: bool = False
    note: str = ""
    shared: float = float("nan")
    tolerated: float = float("nan")
    equilibrated: bool = True

    @property
    def estimate(self) -> Estimate:
        """Value and interval.

        Returns
        -------
        Estimate
        """
        return Estimate(self.value, self.low, self.high)

    @property
    def bounds(self) -> bool:
        """Whether it is a limit that the recommendation has to stay below.

        Returns
        -------
        bool
        """
        return self.decides and bool(np.isfinite(self.value))

    @property
    def limit(self) -> float:
        """Temperature up to which samples are as good as natural sequences for certain.

        Returns
        -------
        float
            Of a judge within the tolerance, else the lower end of the interval.
        """
        return self.low if np.isnan(self.tolerated) else max(self.low, self.tolerated)


def operating_points(
    rungs: RungScores,
    optima: Mapping[str, tuple[Estimate, float]],
    floors: tuple[float, float],
    judges: Mapping[str, Mapping[str, Any]],
    natural_units: Mapping[str, float],
) -> list[OperatingPoint]:
    """Compute the operating points of one model.

    Parameters
    ----------
    rungs : RungScores
        Scores by temperature.
    optima : mapping
        tau_f and tau_train, each with the standard error of its logarithm that other training sets share.
    floors : (float, float)
        Novelty and diversity that the user asks for.
    judges : mapping
        Judge -> its assessment: saturated, trusted, why. A judge that is not in it decides nothing.
    natural_units : mapping
        Judge -> independent natural sequences that its scale is worth.

    Returns
    -------
    list of OperatingPoint
    """
    points = [_make_optimum_point(name, *optima[name], rungs) for name in (TAU_TRAIN, TAU_F) if name in optima]
    for name, percentiles in rungs.percentiles.items():
        points.append(judge_point(name, rungs, percentiles, judges.get(name), natural_units[name]))
    return [*points, coldest_point(rungs, *floors)]


def _make_optimum_point(name: str, tau: Estimate, shared: float, rungs: RungScores) -> OperatingPoint:
    colder = rungs.temperatures[rungs.equilibrated & (rungs.temperatures < tau.value)]
    low, note, equilibrated = tau.low, "", True
    if not 0 < tau.value < np.inf:
        side = "colder" if tau.value == 0 else "hotter"
        note = f"lies {side} than every temperature sampled"
    elif not is_within_equilibrated(rungs.temperatures, rungs.equilibrated, np.array([tau.value])).all():
        note, equilibrated = "lies where samples are not equilibrated", False
        # All that is sure is that it lies above the next colder temperature at which they are.
        low = min(low, float(colder.max(initial=0.0)))
    nearest = bool(np.isclose(rungs.temperatures, tau.value, rtol=1e-6).any())
    return OperatingPoint(
        name, tau.value, low, tau.high, nearest, name == TAU_TRAIN, note, shared, equilibrated=equilibrated
    )


def judge_point(
    name: str, rungs: RungScores, percentiles: np.ndarray, standing: Mapping[str, Any] | None, natural_units: float
) -> OperatingPoint:
    """Find the highest temperature at which a judge finds samples as natural as natural sequences.

    Parameters
    ----------
    name : str
        Of the judge.
    rungs : RungScores
        Temperatures, and which are equilibrated.
    percentiles : np.ndarray
        (T, K) mean percentiles of each ladder's samples among natural sequences.
    standing : mapping, optional
        saturated, trusted, why; None where nothing is known of the judge, which then decides nothing.
    natural_units : float
        Independent natural sequences that the scale rests on: the mean percentile of so many is uncertain itself.

    Returns
    -------
    OperatingPoint
        Of equilibrated temperatures only; between two of them the mean percentile is interpolated linearly in ln tau.
    """
    judged = rungs.equilibrated & np.isfinite(percentiles).any(axis=1)
    name = f"tau_{name}"
    if not judged.any():
        return OperatingPoint(name, np.nan, np.nan, np.nan, note="judged no equilibrated temperature")
    taus = rungs.temperatures[judged]
    mean, half = mean_and_half(percentiles[judged])
    half = np.hypot(half, NORMAL * _PERCENTILE_SD / natural_units**0.5)
    value, low, high = (
        _find_last_crossing(taus, curve, NATURAL_PERCENTILE) for curve in (mean, mean - half, mean + half)
    )
    tolerated = _find_last_crossing(taus, mean - half, LEAST_PERCENTILE)
    decides = standing is not None and bool(standing.get("trusted")) and not standing.get("saturated")
    note = _explain_judge(value, taus, standing)
    return OperatingPoint(name, value, low, high, False, decides, note, tolerated=tolerated)


def _explain_judge(value: float, taus: np.ndarray, standing: Mapping[str, Any] | None) -> str:
    if standing and standing.get("saturated"):
        return "scores the samples of all temperatures alike and so decides nothing"
    if standing is None or not standing.get("trusted"):
        why = (standing or {}).get("why") or "nothing shows that it can tell good samples from bad ones"
        return f"decides nothing: {why[:1].lower()}{why[1:].rstrip('.')}"
    if value == np.inf:
        return f"at least {taus[-1]:.3g}, the hottest equilibrated temperature"
    if value == 0:
        return f"below {taus[0]:.3g}, the coldest equilibrated temperature"
    return ""


def _find_last_crossing(temperatures: np.ndarray, curve: np.ndarray, level: float) -> float:
    """Find the highest temperature at which a curve (T,) is at a level or above; inf: the hottest is, 0: none is."""
    natural = np.flatnonzero(curve >= level)
    if not len(natural):
        return 0.0
    last = natural[-1]
    if last == len(curve) - 1:
        return float("inf")
    share = (curve[last] - level) / (curve[last] - curve[last + 1])
    logs = np.log(temperatures)
    return float(np.exp(logs[last] + share * (logs[last + 1] - logs[last])))


def coldest_point(rungs: RungScores, novelty_floor: float, diversity_floor: float) -> OperatingPoint:
    """Find the coldest equilibrated temperature whose samples meet both floors with their errors.

    Parameters
    ----------
    rungs : RungScores
        Novelty and diversity by temperature.
    novelty_floor, diversity_floor : float
        The least of both.

    Returns
    -------
    OperatingPoint
        nan where there is none.
    """
    novel, varied = rungs.meets(novelty_floor, diversity_floor)
    qualified = np.flatnonzero(rungs.equilibrated & novel & varied)
    if not len(qualified):
        return OperatingPoint(COLDEST, np.nan, np.nan, np.nan, note="no equilibrated temperature meets both floors")
    low, high = gap_around(rungs.temperatures, int(qualified[0]))
    note = "the coldest temperature sampled: colder ones may meet the floors, too" if qualified[0] == 0 else ""
    return OperatingPoint(COLDEST, float(rungs.temperatures[qualified[0]]), low, high, True, False, note)


def gap_around(temperatures: np.ndarray, rung: int) -> tuple[float, float]:
    """Find the temperatures that a choice among rungs cannot tell from one rung.

    The floors are first met somewhere between the colder neighbour, which fails, and the rung itself; towards the
    hotter neighbour it is half the distance.

    Parameters
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    rung : int
        Index of the rung.

    Returns
    -------
    float, float
        Lower end, 0 below the coldest rung, and upper end.

    Examples
    --------
    >>> gap_around(np.array([0.5, 1.0, 4.0]), 1)
    (0.5, 2.0)
    """
    low = float(temperatures[rung - 1]) if rung > 0 else 0.0
    last = rung == len(temperatures) - 1
    high = float(temperatures[rung]) if last else float((temperatures[rung] * temperatures[rung + 1]) ** 0.5)
    return low, high


def judge_units(natural: pd.DataFrame, judges: Iterable[str]) -> dict[str, float]:
    """Count the independent natural sequences that each judge's scale rests on: clusters of relatives that it scored.

    Parameters
    ----------
    natural : pandas.DataFrame
        Of `temperance.scoring.tables.score_natural`: set, scale_weight, cluster, and scores by judge, nan where
        there are none.
    judges : iterable of str
        Their names.

    Returns
    -------
    dict
        Judge -> number.
    """
    real = natural[natural["set"] != "random"]
    scored = {judge: real[real[judge].notna()] for judge in judges}
    return {judge: effective_clusters(rows["cluster"], rows["scale_weight"]) for judge, rows in scored.items()}


def pool_points(replicates: Sequence[Sequence[OperatingPoint]]) -> list[OperatingPoint]:
    """Pool the operating points of models of several training sets, by standard errors.

    Those that lie where samples are not equilibrated decide nothing if there are others.
    The coldest temperature above the floors is one of the rungs, which are not averaged: it is that of the first model,
    the one to be sampled, and its interval spans all.

    Parameters
    ----------
    replicates : sequence of sequence of OperatingPoint
        Of each training set's model.

    Returns
    -------
    list of OperatingPoint
        As many, and of the same names, as the first model has.
    """
    pooled = []
    for point in replicates[0]:
        candidates = [candidate for points in replicates for candidate in points if candidate.name == point.name]
        measured = [candidate for candidate in candidates if not np.isnan(candidate.value)]
        measured = [candidate for candidate in measured if candidate.equilibrated] or measured
        if len(measured) < 2:
            pooled.append(measured[0] if measured else point)
            continue
        if point.name == COLDEST:
            low, high = min(candidate.low for candidate in measured), max(candidate.high for candidate in measured)
            pooled.append(replace(point if point in measured else measured[0], low=low, high=high))
            continue
        shared = float(np.mean([candidate.shared for candidate in measured]))
        tau = pool_temperatures([candidate.estimate for candidate in measured], shared)
        # Of notes that differ in a number only, the first stands for all.
        notes = {
            re.sub(r"[0-9]+", "", candidate.note): candidate.note for candidate in reversed(measured) if candidate.note
        }
        sampled = (
            all(candidate.sampled for candidate in measured) and len({candidate.value for candidate in measured}) == 1
        )
        decides = any(candidate.decides for candidate in measured)
        pooled.append(
            replace(
                point, value=tau.value, low=tau.low, high=tau.high, sampled=sampled, decides=decides, shared=shared,
                note="; ".join(reversed(notes.values())), tolerated=min(candidate.tolerated for candidate in measured),
            )
        )  # fmt: skip
    return pooled


def deciding_judges(points: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the operating points that decide on the recommendation, by their names without `tau_`.

    Parameters
    ----------
    points : iterable of mapping
        As `recommendation.json` has them.

    Returns
    -------
    list of str

    Examples
    --------
    >>> deciding_judges([{"name": "tau_hmm", "decides": False}, {"name": "tau_potts", "decides": True}])
    ['potts']
    """
    return [point["name"].removeprefix("tau_") for point in points if point["decides"]]


def points_table(points: Iterable[OperatingPoint]) -> pd.DataFrame:
    """Write operating points as a table, one row a point.

    Parameters
    ----------
    points : iterable of OperatingPoint
        The rows.

    Returns
    -------
    pandas.DataFrame
        name, value, low, high, limit (of those that decide), sampled, decides, note.
    """
    columns = ["name", "value", "low", "high", "limit", "sampled", "decides", "note"]
    rows = [asdict(point) | {"limit": point.limit if point.decides else np.nan} for point in points]
    return pd.DataFrame(rows, columns=columns)
