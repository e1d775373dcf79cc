"""What a family's models call for: operating points, recommendation and diagnosis, from the folders of its subsets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.files import load_arrays, load_json, load_result
from temperance.stats.estimate import Estimate
from temperance.temperature.diagnosis import (
    NOT_TRAINED,
    NOTHING_LEARNT,
    Diagnosis,
    Measurements,
    Training,
    diagnose,
)
from temperance.temperature.divergence import optima_row
from temperance.temperature.operating_points import (
    TAU_TRAIN,
    OperatingPoint,
    judge_units,
    operating_points,
    points_table,
)
from temperance.temperature.recommendation import Recommendation, recommend
from temperance.temperature.rungs import RungScores
from temperance.temperature.sign_rule import judge_slopes, select_deciding, sign_rule_row
from temperance.thermo.thermodynamics import find_lowest_equilibrated

_AGREEMENT = ("pearson", "slope", "ceiling")


@dataclass(frozen=True)
class SubsetResults:
    """Results of the model of one training set.

    Attributes
    ----------
    size, replicate : str, int
        Of the training set.
    rungs : RungScores
        Scores by temperature.
    points : list of OperatingPoint
        Of the model.
    measurements : Measurements
        Those that the diagnosis rests on.
    row : dict
        Sizes, optima and measurements, for a table of models.
    scores : pandas.DataFrame
        One row a temperature.
    """

    size: str
    replicate: int
    rungs: RungScores
    points: list[OperatingPoint]
    measurements: Measurements
    row: dict[str, Any]
    scores: pd.DataFrame

    @classmethod
    def read(cls, folder: Path, floors: tuple[float, float], natural_diversity: float, q: int) -> "SubsetResults":
        """Read the results of the model of one training set from its folder.

        Parameters
        ----------
        folder : Path
            Its name tells size and replicate of the subset.
        floors : (float, float)
            Novelty and diversity.
        natural_diversity : float
            Mean pairwise distance of held-out natural sequences.
        q : int
            States of a site.

        Returns
        -------
        SubsetResults

        Raises
        ------
        InputError
            If a table lacks a column, as one of an older version does.
        """
        size, replicate = folder.name.rsplit("-r", 1)
        scores = load_result(folder / "scores.tsv").sort_values("temperature")
        samples = load_result(folder / "samples.parquet")
        rungs = RungScores.measure(
            samples, load_arrays(folder / "samples.safetensors")[0]["sequences"],
            natural_diversity, q, scores["equilibrated"].to_numpy(bool),
        )  # fmt: skip
        optima = load_result(folder / "optima.tsv")
        taus = {row.optimum: (Estimate(row.value, row.low, row.high), row.shared) for row in optima.itertuples()}
        units = judge_units(load_result(folder / "natural.parquet"), rungs.percentiles)
        judges = read_judges(folder / "judges.json")
        points = operating_points(rungs, taus, floors, judges, units)
        summary, landscape = load_json(folder / "training.json"), load_json(folder / "landscape.json")
        lowest = find_lowest_equilibrated(load_result(folder / "thermodynamics.tsv"))
        training = Training.read(summary)
        gain = _gain(landscape)
        row = {"size": size, "replicate": int(replicate), "M": summary["M"], "Meff": summary["Meff"]} | optima_row(
            optima
        )
        row |= load_result(folder / "calibration-optimum.tsv").iloc[0].to_dict()
        row |= {name: getattr(training, name) for name in _AGREEMENT} | {"equilibrated_above": lowest}
        if gain:
            row |= {"gain": gain.value, "gain_low": gain.low, "gain_high": gain.high}
        slopes = judge_slopes(samples, rungs.percentiles)
        quantities = landscape.get("sign_rule", {})
        row |= sign_rule_row(quantities, slopes)
        tau_f, shared = taus["tau_f"]
        deciding = select_deciding(quantities, slopes, judges)
        measurements = Measurements(tau_f, gain, training, lowest, shared, deciding)
        return cls(size, int(replicate), rungs, points, measurements, row, scores)

    @property
    def subset(self) -> str:
        """Name of the training set.

        Returns
        -------
        str
        """
        return f"{self.size}-r{self.replicate}"

    def row_with(self, best: Recommendation) -> dict[str, Any]:
        """Add to `row` the recommendation for this model alone, with the fidelity there.

        Parameters
        ----------
        best : Recommendation
            For this model alone.

        Returns
        -------
        dict
        """
        at_temperature = np.isclose(self.scores["temperature"], best.sampling_temperature)
        fidelity = float(self.scores["fidelity"][at_temperature].iloc[0]) if best.recommended else np.nan
        return self.row | best.row() | {"fidelity": fidelity}


def read_judges(path: str | Path) -> Mapping[str, Mapping[str, Any]]:
    """Read the assessment of the judges of a subset, `judges.json`.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    mapping
        Judge -> saturated, trusted, why.
    """
    return {row["name"]: row for row in load_json(path)["judges"]}


def _gain(landscape: dict[str, Any]) -> Estimate | None:
    best = landscape.get("gain", {}).get("best")
    return Estimate(best["value"], best["low"], best["high"]) if best else None


def decide(
    results: Sequence[SubsetResults],
    floors: tuple[float, float],
    rng: np.random.Generator,
    draws: int,
    available: int | None = None,
) -> tuple[Recommendation, Diagnosis]:
    """Diagnose the models of the training sets of one size, and recommend a temperature for them.

    Parameters
    ----------
    results : sequence of SubsetResults
        The first is the model that designs come from.
    floors : (float, float)
        Novelty and diversity.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws.
    available : int, optional
        Number of sequences that training sets are drawn from. As many in each training set are the same in all.

    Returns
    -------
    Recommendation, Diagnosis
    """
    diagnosis = diagnose([result.measurements for result in results])
    rungs, points = [result.rungs for result in results], [result.points for result in results]
    best = recommend(
        rungs, points, *floors, rng, draws, untrained=untrained_because(diagnosis),
        one_training_set=results[0].row["M"] == available,
    )  # fmt: skip
    if diagnosis.name != NOTHING_LEARNT and any(
        point.decides and point.name != TAU_TRAIN for point in best.operating_points
    ):
        # A judge that sees pairs, and ranks the samples, shows what too few held-out sequences do not.
        diagnosis = replace(diagnosis, learnt=True)
    return (best if diagnosis.learnt else _as_trade(best, diagnosis)), diagnosis


def untrained_because(diagnosis: Diagnosis) -> str:
    """Say why the models' training is not to be relied on.

    Parameters
    ----------
    diagnosis : Diagnosis
        Of the models.

    Returns
    -------
    str
        Empty if it is.
    """
    if diagnosis.name != NOT_TRAINED:
        return ""
    why = diagnosis.because.removeprefix("Not trained: ").rstrip(".")
    return f"the model is not trained ({why})."


def _as_trade(best: Recommendation, diagnosis: Diagnosis) -> Recommendation:
    """Say that colder samples are the user's trade: of a model of single sites no better, else not known to be."""
    if best.tau is None:
        return best
    tau = best.tau
    why = (
        "The model has learnt nothing beyond single sites, so cooling it is a trade."
        if diagnosis.name == NOTHING_LEARNT
        else "It is not certain that the model has learnt anything beyond single sites, nor, therefore, that colder "
        "samples are better."
    )
    headline = (
        f"{why} Colder samples are nearer to the consensus and less varied; the coldest that qualifies by your floors "
        f"is τ = {tau}.{best.headline.partition(').')[2]}"
    )
    return replace(best, headline=headline)


def points_of_all(results: Sequence[SubsetResults], pooled: Sequence[OperatingPoint]) -> pd.DataFrame:
    """Tabulate the operating points of every model and, as subset `all`, of the family: its largest training sets.

    Parameters
    ----------
    results : sequence of SubsetResults
        Of every model.
    pooled : sequence of OperatingPoint
        Of the family.

    Returns
    -------
    pandas.DataFrame
        subset, and the columns of `points_table`.
    """
    tables = [points_table(pooled).assign(subset="all")]
    tables += [points_table(result.points).assign(subset=result.subset) for result in results]
    table = pd.concat(tables, ignore_index=True)
    return table[["subset", *[column for column in table.columns if column != "subset"]]]
