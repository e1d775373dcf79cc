"""The recommended temperature: the coldest that is new and varied enough, and never less good than nature.

Colder samples are better and less varied. So a temperature is recommended only if the user's floors call for it: the
coldest sampled and equilibrated temperature whose samples meet them, provided that it is not above the temperature up
to which samples are as good as natural sequences by tau_train and every trusted judge. Else none is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.files import finite_values
from temperance.core.words import join_words
from temperance.scoring.names import judge_name
from temperance.stats.estimate import Estimate, estimate_columns
from temperance.temperature.choice import Choice, as_natural, choose_rung, describe, strictest_point
from temperance.temperature.operating_points import (
    NATURAL_PERCENTILE,
    TAU_TRAIN,
    OperatingPoint,
    gap_around,
    pool_points,
)
from temperance.temperature.rungs import RungScores, mean_and_half

_NAMES = {"tau_train": "τ_train", "tau_f": "τ_f"}


@dataclass(frozen=True)
class Recommendation:
    """Temperature to sample at, or why none can be recommended.

    Attributes
    ----------
    status : {'recommended', 'none'}
        Whether a temperature is recommended.
    tau : Estimate or None
        A temperature that was sampled; its interval is over ladders, training sets and the distance to the
        neighbouring temperatures.
    headline : str
        The recommendation in a sentence.
    reasons, limits : list of str
        Why it is recommended or, without one, what would help; and what weakens the answer.
    sampling_temperature : float
        The recommended temperature or, without one, the sampled temperature whose samples come closest to the floors.
    expected : dict
        Scores of the samples at `sampling_temperature`.
    operating_points : list of OperatingPoint
        Of the family, pooled over training sets.
    notes : list of str
        Judges that decide nothing, and why.
    limit : float or None
        Temperature up to which samples are as good as natural sequences by every criterion that decides; 0: none is.
    """

    status: str
    tau: Estimate | None
    headline: str
    reasons: list[str]
    sampling_temperature: float
    expected: dict[str, Any]
    operating_points: list[OperatingPoint]
    limits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    limit: float | None = None

    @property
    def recommended(self) -> bool:
        """Whether a temperature is recommended.

        Returns
        -------
        bool
        """
        return self.status == "recommended"

    def summary(self) -> dict[str, Any]:
        """Collect the values for a JSON file.

        Returns
        -------
        dict
            The attributes; an infinite or unknown temperature of an operating point is None.
        """
        points = [finite_values(asdict(point)) for point in self.operating_points]
        return asdict(self) | {"operating_points": points}

    def row(self) -> dict[str, Any]:
        """Collect the values for a row of a table.

        Returns
        -------
        dict
            tau, tau_low, tau_high (nan without a temperature), status, feasible, novelty, diversity.
        """
        tau = self.tau or Estimate(np.nan, np.nan, np.nan)
        scores = {name: self.expected.get(name, np.nan) for name in ("novelty", "diversity")}
        return estimate_columns("tau", tau) | {"status": self.status, "feasible": self.recommended} | scores


def recommend(
    rungs: Sequence[RungScores],
    points: Sequence[Sequence[OperatingPoint]],
    novelty_floor: float,
    diversity_floor: float,
    rng: np.random.Generator,
    draws: int = 200,
    *,
    untrained: str = "",
    one_training_set: bool = False,
) -> Recommendation:
    """Recommend a temperature by the models of one or several training sets; samples are those of the first.

    Parameters
    ----------
    rungs, points : sequence
        Scores and operating points of each training set's model, that to be sampled first.
    novelty_floor : float
        Least mean share of sites that differ from the nearest natural sequence.
    diversity_floor : float
        Least mean pairwise distance, in units of that of natural sequences.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap draws over training sets and ladders behind the interval.
    untrained : str
        Why the model's training is not to be relied on, if it is not.
    one_training_set : bool
        Whether all models were trained on the same sequences, so that they do not show how training sets vary; one
        model never does.

    Returns
    -------
    Recommendation
    """
    one_training_set |= len(rungs) == 1
    floors = novelty_floor, diversity_floor
    first_rungs, pooled = rungs[0], pool_points(points)
    choice = choose_rung(first_rungs, points[0], pooled, floors)
    if untrained:
        choice = Choice(
            None,
            untrained,
            "Raise the limit that ended training (train.max_steps or train.max_minutes) or, where sequences are few, "
            "train.l2_couplings.",
            choice.fallback,
        )
    limits = _list_limits(rungs, pooled, choice, floors, one_training_set)
    strictest = strictest_point((*points[0], *pooled))
    limit = strictest.limit if strictest else None
    if choice.rung is None:
        return Recommendation(
            "none", None, f"No temperature can be recommended: {choice.obstacle}", _drop_empty(choice.remedy),
            float(first_rungs.temperatures[choice.fallback]), expected(first_rungs, choice.fallback), pooled, limits,
            _list_notes(pooled), limit,
        )  # fmt: skip
    tau = _estimate_interval(rungs, points, pooled, choice.rung, floors, rng, draws)
    headline = f"Sample at τ = {tau}."
    if one_training_set:
        headline += " One training set: how much another one would change this is not known."
    reasons = _explain_choice(rungs, choice.rung, points[0], pooled, floors, one_training_set)
    return Recommendation(
        "recommended", tau, headline, reasons, tau.value, expected(first_rungs, choice.rung), pooled, limits,
        _list_notes(pooled), limit,
    )  # fmt: skip


def _drop_empty(*sentences: str) -> list[str]:
    return [sentence for sentence in sentences if sentence]


def _estimate_interval(
    rungs: Sequence[RungScores], points: Sequence[Sequence[OperatingPoint]], pooled: Sequence[OperatingPoint],
    rung: int, floors: tuple[float, float], rng: np.random.Generator, draws: int,
) -> Estimate:  # fmt: skip
    """Compute the spread of the coldest temperature that qualifies, over training sets, ladders, and between rungs."""
    temperatures = rungs[0].temperatures
    taus = []
    for _ in range(draws):
        number = int(rng.integers(len(rungs)))
        resampled = rungs[number].resample(rng)
        choice = choose_rung(resampled, points[number], pooled, floors)
        if choice.rung is not None:
            taus.append(resampled.temperatures[choice.rung])
    low, high = gap_around(temperatures, rung)
    if taus:
        ends = np.percentile(taus, (2.5, 97.5), method="nearest")
        low, high = min(low, float(ends[0])), max(high, float(ends[1]))
    return Estimate(float(temperatures[rung]), low, high)


# ---------------------------------------------------------------- words


def expected(rungs: RungScores, rung: int) -> dict[str, Any]:
    """Report the scores of the samples of one temperature, with standard errors over ladders.

    Parameters
    ----------
    rungs : RungScores
        Of the model.
    rung : int
        Index of the temperature.

    Returns
    -------
    dict
        temperature, equilibrated, novelty, diversity and energy with `_error`, and percentiles: judge -> value, error.
        An error of fewer than two ladders is None.
    """

    def _error(values: np.ndarray) -> float | None:
        means = values[rung][np.isfinite(values[rung])]
        return float(means.std(ddof=1) / len(means) ** 0.5) if len(means) > 1 else None

    scores: dict[str, Any] = {
        "temperature": float(rungs.temperatures[rung]),
        "equilibrated": bool(rungs.equilibrated[rung]),
    }
    for name in ("novelty", "diversity", "energy"):
        values = getattr(rungs, name)
        scores |= {name: float(values[rung].mean()), f"{name}_error": _error(values)}
    scores["percentiles"] = {
        judge: {"value": float(np.nanmean(values[rung])), "error": _error(values)}
        for judge, values in rungs.percentiles.items()
        if np.isfinite(values[rung]).any()
    }
    return scores


def _explain_choice(
    replicates: Sequence[RungScores], rung: int, points: Sequence[OperatingPoint], pooled: Sequence[OperatingPoint],
    floors: tuple[float, float], one_training_set: bool,
) -> list[str]:  # fmt: skip
    rungs = replicates[0]
    scores = expected(rungs, rung)
    tau, colder = rungs.temperatures[rung], _explain_colder(rungs, rung - 1, points, floors)
    train = next(point for point in pooled if point.name == TAU_TRAIN)
    judges = [
        f"{judge_name(name)} places them at percentile {_format_percentile(replicates, name, rung, one_training_set)}"
        for name in scores["percentiles"]
        if any(point.name == f"tau_{name}" and point.decides for point in pooled)
    ]
    sentences = [
        f"It is the coldest temperature that qualifies. At τ = {tau:.3g} samples are as new and as varied as you "
        f"ask: they differ from their nearest natural sequence in {scores['novelty']:.0%} of sites (floor "
        f"{floors[0]:.0%}) and are {scores['diversity']:.0%} as varied as natural sequences (floor {floors[1]:.0%}). "
        f"{colder}",
        f"It is not above {describe(train)}, up to which samples are as good as natural sequences.",
    ]
    if judges:
        sentences.append(f"Among natural sequences, whose own mean is {NATURAL_PERCENTILE:.0f}, {join_words(judges)}.")
    return sentences


def _format_percentile(replicates: Sequence[RungScores], judge: str, rung: int, one_training_set: bool) -> str:
    """Write the mean percentile with the half of its 95 % interval over ladders, and what other models give."""
    first_rungs = replicates[0]
    mean, half = (values[rung] for values in mean_and_half(first_rungs.percentiles[judge]))
    other_means = []
    for replicate in replicates[1:]:
        matches = np.isclose(replicate.temperatures, first_rungs.temperatures[rung], rtol=1e-6)
        if judge in replicate.percentiles and matches.any():
            other_means.append(f"{mean_and_half(replicate.percentiles[judge])[0][matches][0]:.0f}")
    relation = "trained again on the same sequences" if one_training_set else "with other training sets"
    appendix = f", {' and '.join(other_means)} {relation}" if other_means else ""
    return f"{mean:.0f} (± {half:.0f}, 95% over ladders{appendix})"


def _explain_colder(
    rungs: RungScores, colder: int, points: Sequence[OperatingPoint], floors: tuple[float, float]
) -> str:
    """Say what is wrong with the samples of the next colder temperature."""
    tau = f"{rungs.temperatures[colder]:.3g}"
    if not rungs.equilibrated[colder]:
        return f"At the next colder one, {tau}, samples are not equilibrated."
    missed = [name for name, met in zip(("novelty", "diversity"), rungs.meets(*floors), strict=True) if not met[colder]]
    if missed:
        floor = "floors" if len(missed) > 1 else "floor"
        return f"Those at the next colder one, {tau}, miss the {' and '.join(missed)} {floor}."
    worse = [point for point in points if not as_natural(rungs, [point])[colder]]
    placed = [
        f"{judge_name(name)} places them at percentile {np.nanmean(rungs.percentiles[name][colder]):.0f}"
        for name in (point.name.removeprefix("tau_") for point in worse)
    ]
    return f"Those at the next colder one, {tau}, are less natural: {' and '.join(placed)}."


def _list_limits(
    replicates: Sequence[RungScores], pooled: Sequence[OperatingPoint], choice: Choice, floors: tuple[float, float],
    one_training_set: bool,
) -> list[str]:  # fmt: skip
    rungs, limits = replicates[0], []
    if one_training_set:
        remedy = "Raise subsets.replicates."
        if len(replicates) > 1:
            remedy = "All training sequences are in it; models of smaller subsets.sizes show how much they vary."
        limits.append(f"One training set: intervals leave out how training sets vary. {remedy}")
    trusted = [point for point in pooled if point.decides and point.name != TAU_TRAIN]
    if not trusted:
        limits.append("No judge is trusted: that samples are as good as natural sequences rests on τ_train alone.")
    novel, varied = rungs.meets(*floors)
    colder = rungs.temperatures[: choice.rung][(novel & varied & ~rungs.equilibrated)[: choice.rung]]
    if choice.rung is not None and len(colder):
        limits.append(
            f"Colder temperatures, down to τ = {colder[0]:.3g}, may meet your floors, too: their samples do, but are "
            "not equilibrated."
        )
    return limits


def _list_notes(pooled: Sequence[OperatingPoint]) -> list[str]:
    """Say which judges decide nothing, and why: that does not touch what is recommended."""
    return [
        f"{name[0].upper()}{name[1:]} {point.note}."
        for point in pooled
        if point.name.startswith("tau_") and point.name not in _NAMES and not point.decides and point.note
        for name in [judge_name(point.name.removeprefix("tau_"))]
    ]


# ---------------------------------------------------------------- other floors


def sensitivity(
    rungs: Sequence[RungScores], points: Sequence[Sequence[OperatingPoint]], novelty_floor: float,
    diversity_floor: float, rng: np.random.Generator, draws: int = 200, *, untrained: str = "",
) -> pd.DataFrame:  # fmt: skip
    """Recommend temperatures with one floor changed, the other being as it is.

    Parameters
    ----------
    rungs, points : sequence
        As of `recommend`.
    novelty_floor, diversity_floor : float
        As of `recommend`.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        As of `recommend`.
    untrained : str
        As of `recommend`.

    Returns
    -------
    pandas.DataFrame
        floor (novelty or diversity), value, tau with its interval (nan where none is recommended), status, feasible,
        novelty and diversity there, and percentile: the lowest mean percentile by a judge that decides.
    """
    floors = [("novelty", value, diversity_floor) for value in np.arange(13) / 20]
    floors += [("diversity", novelty_floor, value) for value in np.arange(11) / 10]
    deciding = {point.name.removeprefix("tau_") for point in points[0] if point.decides}
    rows = []
    seed = rng.integers(2**63)
    for name, novelty, diversity in floors:
        # The same draws at every floor: intervals differ by the floor alone.
        same_draws = np.random.default_rng(seed)
        best = recommend(rungs, points, novelty, diversity, same_draws, draws, untrained=untrained)
        percentiles = [value["value"] for judge, value in best.expected["percentiles"].items() if judge in deciding]
        row = {"floor": name, "value": novelty if name == "novelty" else diversity}
        rows.append(row | best.row() | {"percentile": min(percentiles) if percentiles and best.recommended else np.nan})
    return pd.DataFrame(rows)
