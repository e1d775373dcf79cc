"""Rows of optimum.tsv and operating_points.tsv, and recommendation.json."""

import math
from functools import cached_property

import numpy as np

from oracle.decision import (
    Rungs,
    choose,
    draw_choices,
    find_points,
    is_untrained,
    lies_equilibrated,
    pool_points,
    surround,
)
from oracle.optima import Calibration, Optima, draw_ceilings, sample_correlations
from oracle.run import JUDGES
from oracle.statistics import Between, average_ladders, bound_quantile, jackknife, student, widen_tail
from temperance.core.files import load_json, load_table

# Temperatures that are found on another grid of inverse temperatures, and free energies by another solver.
GRID_ERROR, GAIN_ERROR = 1e-3, 1e-3


class ModelResults:
    """What is decided by the model of one training set alone."""

    def __init__(self, subset, floors):
        self.subset, self.floors = subset, floors
        self.judges = {judge["name"]: judge for judge in load_json(subset.folder / "judges.json")["judges"]}

    @cached_property
    def rungs(self):
        return Rungs.measure(self.subset)

    @cached_property
    def deciding(self):
        """Judges that move by five percentiles, and surely rank natural sequences above shuffled ones."""
        judges = []
        for judge, values in self.rungs.percentiles.items():
            means = values.mean(axis=1)
            moves = np.ptp(means) >= 5 and not (means >= 99).all() and not (means <= 1).all()
            auc, error = self.judges[judge]["auc"], self.judges[judge]["auc_error"]
            if moves and auc - 1.96 * error >= 0.6:
                judges.append(judge)
        return judges

    @cached_property
    def saved_optima(self):
        """Optima of this model as they are saved, by the names of the columns of optimum.tsv."""
        row = {}
        for optimum in load_table(self.subset.folder / "optima.tsv").itertuples():
            row[optimum.optimum] = optimum.value
            row |= {f"{optimum.optimum}_{name}": getattr(optimum, name) for name in ("low", "high", "shared")}
        return row

    @cached_property
    def points(self):
        return find_points(self.subset, self.rungs, self.saved_optima, self.floors, self.deciding)

    def recompute_row(self):
        """Recompute the row of optimum.tsv; what rests on random draws of the run is bounded."""
        subset = self.subset
        row = {"size": subset.size, "replicate": subset.replicate}
        row |= {"M": len(subset.members), "Meff": sum(subset.weights)}
        row |= self._recompute_optima() | self._recompute_agreement() | self._recompute_choice()
        return row | self._recompute_slopes()

    def _recompute_optima(self):
        optima, calibration, row = Optima(self.subset), Calibration(self.subset), {}
        for name in ("tau_f", "tau_train"):
            optimum = optima.recompute(name)
            row[name], row[f"{name}_root"] = near(optimum["value"], GRID_ERROR), near(optimum["root"], GRID_ERROR)
            row |= bound_interval(name, optimum["draws"], optimum["tail"])
            row |= {f"{name}_agree": optimum["agree"], f"{name}_shared": near(optimum["shared"], 0.08)}
            row[f"{name}_equilibrated"] = lies_equilibrated(self.rungs, optimum["value"])
        gain = optima.recompute_gain()
        row |= {"gain": Between(gain["value"] - GAIN_ERROR, gain["value"] + GAIN_ERROR)}
        row |= bound_interval("gain", gain["draws"], gain["tail"])
        tail = widen_tail(optima.heldout_units)
        row |= {"tau_cal": calibration.temperature, "tau_ece": calibration.least_error_temperature()}
        return row | bound_interval("tau_cal", calibration.draw_temperatures(), tail)

    def _recompute_agreement(self):
        """Bound the agreement of the model's correlations with the data's by other samples of it, at temperature 1."""
        chains = self.subset.training_summary["confirmation"]["chains"]
        values, errors = sample_correlations(self.subset, chains)
        ceilings = draw_ceilings(self.subset, chains)
        row = {}
        for name, value, error in zip(("pearson", "slope"), values, errors, strict=True):
            row[name] = Between(value - 4 * error, value + 4 * error)
        spread = 5 * ceilings.std(ddof=1)
        return row | {"ceiling": Between(ceilings.mean() - spread, ceilings.mean() + spread)}

    def _recompute_slopes(self):
        """Recompute how fast the score by each judge falls with the model's energy over the samples at temperature 1.

        The profile HMM scores in bits.
        """
        samples, row = self.subset.samples[int(np.abs(self.subset.temperatures - 1).argmin())], {}
        energies, ladders = samples["energy"], range(len(samples["energy"]))
        for judge in JUDGES:
            scores = samples[judge] * (math.log(2) if judge == "hmm" else 1)
            slope = -fit_line(energies.ravel(), scores.ravel())
            jackknifed = [-fit_line(np.delete(energies, k, axis=0).ravel(), np.delete(scores, k, axis=0).ravel())
                          for k in ladders]  # fmt: skip
            half = student(len(ladders) - 1) * jackknife(jackknifed)
            name = f"energy_slope_{judge}"
            row |= {name: slope, f"{name}_low": slope - half, f"{name}_high": slope + half}
        return row

    def _recompute_choice(self):
        subset, rungs = self.subset, self.rungs
        sound = [t for n, t in enumerate(rungs.temperatures) if all(rungs.equilibrated[n:])]
        row = {"equilibrated_above": min(sound, default=math.inf)}
        rung, _ = choose(rungs, self.points, self.points, self.floors)
        recommended = rung is not None and not is_untrained(subset.training_summary)
        rung = self.find_fallback() if rung is None else rung
        row |= {"status": "recommended" if recommended else "none", "feasible": recommended}
        row |= {"novelty": rungs.novelty[rung].mean(), "diversity": rungs.diversity[rung].mean()}
        if not recommended:
            return row | dict.fromkeys(("tau", "tau_low", "tau_high", "fidelity"), math.nan)
        row |= bound_choice([rungs], [self.points], self.points, self.floors, rung)
        return row | {"fidelity": rungs.percentiles["potts"][rung].mean() / 100}

    def find_fallback(self):
        """Find the equilibrated temperature whose samples miss least, in shares of all that is asked for.

        That is novelty, diversity, and percentile 50 by each judge that decides; and being no hotter than tau_train.
        """
        rungs, least, fallback = self.rungs, math.inf, None
        train = next(point.value for point in self.points if point.name == "tau_train")
        requirements = [(rungs.novelty, self.floors[0]), (rungs.diversity, self.floors[1])]
        requirements += [(rungs.percentiles[judge], 50) for judge in self.deciding]
        for rung in np.flatnonzero(rungs.equilibrated):
            missing = max(1 - train / rungs.temperatures[rung], 0)
            missing += sum(max(1 - values[rung].mean() / floor, 0) for values, floor in requirements)
            if missing < least:
                least, fallback = missing, rung
        return fallback


def fit_line(x, y):
    """Compute the slope of the line of least squares."""
    x_mean, y_mean = math.fsum(x) / len(x), math.fsum(y) / len(y)
    products = [(a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True)]
    return math.fsum(products) / math.fsum((a - x_mean) ** 2 for a in x)


def near(value, share):
    """Bound a number by a share of itself."""
    return Between(value - share * abs(value), value + share * abs(value))


def bound_interval(name, draws, tail):
    """Bound the ends of an interval, by what other draws have at the same tails."""
    return {f"{name}_low": bound_quantile(draws, tail), f"{name}_high": bound_quantile(draws, 1 - tail)}


def bound_choice(models, points, pooled, floors, rung):
    """Give the chosen temperature with bounds of its interval: of the draws' choices, at least to its neighbours."""
    temperatures = models[0].temperatures
    draws, (low, high) = draw_choices(models, points, pooled, floors), surround(temperatures, rung)
    lows, highs = (bound_quantile(draws, tail, slack=0) for tail in (0.025, 0.975))
    return {
        "tau": temperatures[rung],
        "tau_low": Between(min(low, lows.low), min(low, lows.high)),
        "tau_high": Between(max(high, highs.low), max(high, highs.high)),
    }


def point_row(point, subset, temperatures):
    """Write a point as a row of operating_points.tsv."""
    sampled = any(abs(temperature - point.value) <= 1e-6 * point.value for temperature in temperatures)
    row = {name: getattr(point, name) for name in ("name", "value", "low", "high", "decides")}
    row["limit"] = point.limit if point.decides else float("nan")
    return row | {"subset": subset, "sampled": sampled}


class FamilyResults:
    """What is decided by the models of the largest training sets together."""

    def __init__(self, results, floors):
        self.results, self.floors = results, floors
        self.largest = [result for result in results if result.subset.size == results[-1].subset.size]

    @cached_property
    def pooled(self):
        return pool_points([result.points for result in self.largest])

    def recompute_points(self):
        """Recompute the rows of operating_points.tsv, with whether there has to be a note."""
        temperatures = self.largest[0].rungs.temperatures
        rows = [(point_row(point, "all", temperatures), point.noted) for point in self.pooled]
        for result in self.results:
            name = result.subset.name
            rows += [(point_row(point, name, result.rungs.temperatures), point.noted) for point in result.points]
        return rows

    @cached_property
    def recommendation(self):
        """The recommended temperature, its interval's bounds, the limit, and what samples there are like."""
        first = self.largest[0]
        rung, limit = choose(first.rungs, first.points, self.pooled, self.floors)
        assert rung is not None
        models, points = [result.rungs for result in self.largest], [result.points for result in self.largest]
        tau = bound_choice(models, points, self.pooled, self.floors, rung)
        expected = {"temperature": tau["tau"], "equilibrated": True}
        for name in ("novelty", "diversity", "energy"):
            expected |= average(name, getattr(first.rungs, name)[rung])
        percentiles = {}
        for judge, values in first.rungs.percentiles.items():
            percentiles[judge] = dict(zip(("value", "error"), average(judge, values[rung]).values(), strict=True))
        return tau, limit, expected, percentiles


def average(name, means):
    """Average a value over ladders, with its standard error."""
    mean, error = average_ladders(means[:, None])
    return {name: mean, f"{name}_error": error}
