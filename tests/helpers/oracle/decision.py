"""Operating points of models, points of several training sets together, and the recommendation."""

import math
from dataclasses import dataclass, replace

import numpy as np

from oracle.run import JUDGES
from oracle.sequences import compare_ladders, count_effective
from oracle.statistics import DRAWS, NORMAL, half_interval, student

# Percentile of natural sequences among themselves, and that from which samples count as natural.
NATURAL, TOLERATED = 50, 45


@dataclass
class Rungs:
    """Means over the draws of each ladder, (T, K), of the samples of one model."""

    temperatures: np.ndarray
    equilibrated: np.ndarray
    novelty: np.ndarray
    diversity: np.ndarray
    energy: np.ndarray
    percentiles: dict

    @classmethod
    def measure(cls, subset):
        samples, natural = subset.samples, subset.family.natural_diversity
        diversity = [[value / natural for value in compare_ladders(sequences)] for sequences in subset.sequences]
        return cls(
            subset.temperatures, subset.equilibrated, _by_ladder(samples, "distance_natural"),
            np.array(diversity), _by_ladder(samples, "energy"),
            {judge: _by_ladder(samples, f"percentile_{judge}") for judge in JUDGES},
        )  # fmt: skip

    def take(self, ladders):
        """Keep some of the ladders, which may be among them several times."""
        percentiles = {judge: values[:, ladders] for judge, values in self.percentiles.items()}
        measures = (values[:, ladders] for values in (self.novelty, self.diversity, self.energy))
        return Rungs(self.temperatures, self.equilibrated, *measures, percentiles)


def _by_ladder(samples, name):
    return np.array([[np.mean(draws) for draws in table[name]] for table in samples])


@dataclass
class Point:
    """A temperature with its interval; of a judge also that up to which samples are at percentile 45 for certain."""

    name: str
    value: float
    low: float
    high: float
    decides: bool = False
    sampled: bool = False
    tolerated: float = math.nan
    shared: float = math.nan
    noted: bool = False
    equilibrated: bool = True

    @property
    def limit(self):
        """Temperature up to which samples are as good as natural sequences for certain."""
        return self.low if math.isnan(self.tolerated) else max(self.low, self.tolerated)


def find_crossing(temperatures, curve, level):
    """Find the highest temperature at which a curve is at a level, straight in ln tau between temperatures."""
    above = [rung for rung, value in enumerate(curve) if value >= level]
    if not above:
        return 0.0
    rung = above[-1]
    if rung == len(curve) - 1:
        return math.inf
    share = (curve[rung] - level) / (curve[rung] - curve[rung + 1])
    return temperatures[rung] * (temperatures[rung + 1] / temperatures[rung]) ** share


def judge_point(judge, rungs, family, decides):
    """Find up to which temperature a judge places samples at percentile 50, of equilibrated temperatures."""
    rung_numbers = np.flatnonzero(rungs.equilibrated)
    units = count_effective(family.clusters, family.weights)
    temperatures, means, halves = rungs.temperatures[rung_numbers], [], []
    for rung in rung_numbers:
        means.append(rungs.percentiles[judge][rung].mean())
        # Percentiles of independent natural sequences are uniform from 0 to 100.
        halves.append(math.hypot(half_interval(rungs.percentiles[judge][rung]), NORMAL * 100 / math.sqrt(12 * units)))
    means, halves = np.array(means), np.array(halves)
    curves = means, means - halves, means + halves
    value, low, high = (find_crossing(temperatures, curve, NATURAL) for curve in curves)
    tolerated, noted = find_crossing(temperatures, means - halves, TOLERATED), not decides or value in (0, math.inf)
    return Point(f"tau_{judge}", value, low, high, decides, tolerated=tolerated, noted=noted)


def optimum_point(name, row, rungs):
    """Make the point of tau_f or tau_train; low is the next colder equilibrated temperature where samples are not."""
    value, low, noted, equilibrated = row[name], row[f"{name}_low"], False, True
    if not 0 < value < math.inf:
        noted = True
    elif not lies_equilibrated(rungs, value):
        colder = [t for t, good in zip(rungs.temperatures, rungs.equilibrated, strict=True) if good and t < value]
        low, noted, equilibrated = min(low, max(colder, default=0.0)), True, False
    return Point(
        name, value, low, row[f"{name}_high"], name == "tau_train", shared=row[f"{name}_shared"], noted=noted,
        equilibrated=equilibrated,
    )  # fmt: skip


def lies_equilibrated(rungs, value):
    """Tell whether a temperature lies between two equilibrated ones that were sampled, or above all."""
    colder = [rung for rung, temperature in enumerate(rungs.temperatures) if temperature <= value * (1 + 1e-6)]
    hotter = [rung for rung, temperature in enumerate(rungs.temperatures) if temperature >= value * (1 - 1e-6)]
    if not colder:
        return False
    return bool(rungs.equilibrated[colder[-1]] and rungs.equilibrated[hotter[0] if hotter else -1])


def find_meeting(rungs, floors):
    """Tell which temperatures meet both floors with the lower ends of their 95 % intervals."""
    met = []
    for novelty, diversity in zip(rungs.novelty, rungs.diversity, strict=True):
        lows = [values.mean() - half_interval(values) for values in (novelty, diversity)]
        met.append(all(low >= floor - 1e-9 for low, floor in zip(lows, floors, strict=True)))
    return np.array(met)


def surround(temperatures, rung):
    """Find the next colder temperature (0 below the coldest), and that half-way in ln tau to the next hotter one."""
    low = temperatures[rung - 1] if rung else 0.0
    hotter = temperatures[min(rung + 1, len(temperatures) - 1)]
    return low, math.sqrt(temperatures[rung] * hotter)


def coldest_point(rungs, floors):
    """Find the coldest equilibrated temperature that meets both floors."""
    for rung in np.flatnonzero(rungs.equilibrated & find_meeting(rungs, floors)):
        low, high = surround(rungs.temperatures, rung)
        return Point("coldest", rungs.temperatures[rung], low, high, sampled=True, noted=rung == 0)
    return Point("coldest", math.nan, math.nan, math.nan, noted=True)


def find_points(subset, rungs, row, floors, deciding):
    """Find the operating points of one model; `row` is its row of optimum.tsv."""
    points = [optimum_point(name, row, rungs) for name in ("tau_train", "tau_f")]
    points += [judge_point(judge, rungs, subset.family, judge in deciding) for judge in rungs.percentiles]
    return [*points, coldest_point(rungs, floors)]


def pool_temperatures(points, shared):
    """Pool a temperature over n training sets in its logarithm: its variance is shared^2 + v / n.

    v is the variance between training sets, mixed with what intervals expect of it as if four more had shown that.
    """
    values, count = [point.value for point in points], len(points)
    lows, highs = [point.low for point in points], [point.high for point in points]
    if not all(0 < value < math.inf for value in values):
        inverse = sum(0.0 if value == math.inf else math.inf if value == 0 else 1 / value for value in values) / count
        value = 0.0 if inverse == math.inf else math.inf if inverse == 0 else 1 / inverse
        return value, min(lows), max(highs)
    mean = math.exp(sum(math.log(value) for value in values) / count)
    if min(lows) <= 0 or max(highs) == math.inf:
        return mean, min(lows), max(highs)
    errors = [math.log(high / low) / (2 * NORMAL) for low, high in zip(lows, highs, strict=True)]
    within = sum(error**2 for error in errors) / count
    between = np.var(np.log(values), ddof=1)
    own_variance = min(within, between) if math.isnan(shared) else max(within - shared**2, 0)
    mixed = ((count - 1) * between + 4 * own_variance) / (count + 3)
    factor = student(count + 3) if between > own_variance else NORMAL
    half = factor * math.sqrt(within - own_variance + mixed / count)
    return mean, mean * math.exp(-half), mean * math.exp(half)


def pool_points(models):
    """Pool points of the models of several training sets; the coldest is that of the first, and spans all."""
    pooled = []
    for points in zip(*models, strict=True):
        estimates = [point for point in points if not math.isnan(point.value)]
        estimates = [point for point in estimates if point.equilibrated] or estimates
        first = points[0] if points[0] in estimates or not estimates else estimates[0]
        if len(estimates) < 2:
            pooled.append(first)
            continue
        low, high = min(point.low for point in estimates), max(point.high for point in estimates)
        noted = any(point.noted for point in estimates)
        if first.name == "coldest":
            pooled.append(replace(first, low=low, high=high))
            continue
        value, low, high = pool_temperatures(estimates, np.mean([point.shared for point in estimates]))
        decides, tolerated = any(point.decides for point in estimates), min(point.tolerated for point in estimates)
        pooled.append(Point(first.name, value, low, high, decides, tolerated=tolerated, noted=noted))
    return pooled


def choose(rungs, points, pooled, floors):
    """Choose the coldest temperature that the rule allows, and tell the limit; None where there is none."""
    deciding = [point for point in [*points, *pooled] if point.decides and math.isfinite(point.value)]
    limit = min(point.limit for point in deciding)
    for rung in np.flatnonzero(rungs.equilibrated & find_meeting(rungs, floors)):
        natural = rungs.temperatures[rung] <= limit
        for point in points:
            values = rungs.percentiles.get(point.name.removeprefix("tau_"))
            if point.decides and values is not None:
                natural &= not values[rung].mean() + half_interval(values[rung]) < TOLERATED
        if natural:
            inside = 0 < rung < len(rungs.temperatures) - 1
            return (int(rung) if inside else None), limit
    return None, limit


def draw_choices(models, points, pooled, floors, seed=4, draws=DRAWS):
    """Draw training sets and ladders anew, and choose each time: the temperatures that are chosen."""
    rng, temperatures = np.random.default_rng(seed), []
    for _ in range(draws):
        number = int(rng.integers(len(models)))
        ladders = models[number].novelty.shape[1]
        resampled = models[number].take(rng.integers(ladders, size=ladders))
        rung, _ = choose(resampled, points[number], pooled, floors)
        if rung is not None:
            temperatures.append(resampled.temperatures[rung])
    return np.array(temperatures)


def is_untrained(summary):
    """Tell whether training met a limit before samples showed 0.9 of the Pearson correlation that can be reached."""
    confirmation = summary["confirmation"]
    return summary["stopped"] in ("steps", "time") and confirmation["pearson"] < 0.9 * confirmation["ceiling"]
