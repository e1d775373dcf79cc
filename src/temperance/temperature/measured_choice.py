"""The recommended temperature where results of the laboratory decide: the most designs that are functional and new."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from temperance.stats.estimate import Estimate, estimate_from_columns
from temperance.temperature.choice import as_natural
from temperance.temperature.operating_points import OperatingPoint, gap_around
from temperance.temperature.recommendation import Recommendation, expected
from temperance.temperature.rungs import RungScores


def recommend_measured(
    best: Recommendation, rungs: RungScores, points: Sequence[OperatingPoint], floors: tuple[float, float],
    table: pd.DataFrame, useful: np.ndarray, number: int, extrapolates: bool,
) -> Recommendation:  # fmt: skip
    """Recommend the temperature at which the most samples are expected to be functional and new.

    Results of designs take the place of the judges: of all equilibrated temperatures that meet the floors, the best is
    recommended. Results of natural sequences only cannot overrule the judges: temperatures above their limit are not
    considered.

    Parameters
    ----------
    best : Recommendation
        Without results.
    rungs : RungScores
        Of the model that is sampled.
    points : sequence of OperatingPoint
        Of that model, and of all training sets together; they tell which judges decide.
    floors : (float, float)
        Novelty and diversity.
    table : pandas.DataFrame
        (T,) functional and useful with their intervals, of `temperance.laboratory.expectation.tabulate_expectation`.
    useful : np.ndarray
        (B + 1, T) share of functional and new samples: the estimate, and bootstrap draws.
    number : int
        Designs that are ordered.
    extrapolates : bool
        Whether the results are of natural sequences only.

    Returns
    -------
    Recommendation
        `best` with a sentence more where the results cannot choose.
    """
    temperatures = rungs.temperatures
    novel, varied = rungs.meets(*floors)
    able = rungs.equilibrated & novel & varied
    if extrapolates:
        able &= (temperatures <= (best.limit or 0.0)) & as_natural(rungs, points)
    if not able.any():
        return _with_limit(best, "no equilibrated temperature meets your floors" + extrapolates * " and the judges")
    rung = int(np.where(able, useful[0], -1.0).argmax())
    if rung in (0, len(temperatures) - 1):
        edge = "coldest" if rung == 0 else "hottest"
        return _with_limit(
            best, f"the best would be τ = {temperatures[rung]:.3g}, the {edge} temperature sampled, beyond which "
            "nothing is known (sample.temperatures)",
        )  # fmt: skip
    chosen = temperatures[np.where(able, useful[1:], -1.0).argmax(axis=1)]
    ends = np.percentile(chosen, (2.5, 97.5), method="nearest")
    low, high = gap_around(temperatures, rung)
    tau = Estimate(float(temperatures[rung]), min(low, float(ends[0])), max(high, float(ends[1])))
    row = table.iloc[rung]
    functional, useful_count = (estimate_from_columns(row, name) for name in ("functional", "useful"))
    kind = "natural sequences alone, an extrapolation" if extrapolates else "designs that were measured"
    headline = (
        f"Sample at τ = {tau}: by the results of {kind}, most designs are expected to be functional and new there."
    )
    reasons = [
        f"Of samples at τ = {tau.value:.3g}, {functional.brief('.0%')} are expected to be functional, and "
        f"{useful_count.brief('.0f')} of {number} to be functional and as new as you ask. Of the equilibrated "
        "temperatures that meet your floors, none promises more.",
        "Without the results: " + best.headline,
    ]
    limits = list(best.limits)
    if extrapolates:
        limits.append(
            "Natural sequences alone were measured, or too few designs: how many designs work is an extrapolation, and "
            "one that was far too optimistic for samples unlike natural sequences (docs/validation.md). The judges' "
            "limit holds all the same."
        )
    scores = expected(rungs, rung) | {"functional": asdict(functional), "useful": asdict(useful_count)}
    return replace(
        best, status="recommended", tau=tau, headline=headline, reasons=reasons, limits=limits,
        sampling_temperature=tau.value, expected=scores,
    )  # fmt: skip


def _with_limit(best: Recommendation, obstacle: str) -> Recommendation:
    """Say why the results do not choose a temperature."""
    return replace(best, limits=[*best.limits, f"The results of the laboratory choose no temperature: {obstacle}."])
