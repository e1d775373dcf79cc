"""Fidelity, novelty and diversity of samples over temperature, and the models compared."""

from itertools import cycle

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from temperance.report.figures.style import (
    _CHOSEN,
    _HELDOUT,
    _crosses,
    _mark_temperature,
    _say_instead,
    _temperature_axis,
    fidelity_label,
    legend,
    palette,
)
from temperance.scoring.names import short_judge_name
from temperance.temperature.operating_points import deciding_judges
from temperance.temperature.pareto import pareto, shared_temperatures

# Share of the axes that the labels of temperatures are apart at least.
_LABEL_DISTANCE = 0.07


def _by_size(axis: Axes, scores: pd.DataFrame, column: str) -> None:
    """Mean over replicates with a band from the least to the largest, and each replicate's own error bars."""
    sizes = sorted(scores["M"].unique())
    for colour, size in zip(palette(len(sizes)), sizes, strict=True):
        of_size = scores[scores["M"] == size]
        by_temperature = of_size.groupby("temperature")[column]
        mean = by_temperature.mean()
        axis.fill_between(mean.index, by_temperature.min(), by_temperature.max(), color=colour, alpha=0.2, lw=0)
        axis.plot(mean.index, mean, color=colour, marker="o", ms=3.5, label=f"M = {size:,}")
        if f"{column}_error" in of_size:
            error = np.sqrt(of_size.groupby("temperature")[f"{column}_error"].apply(lambda e: (e**2).sum()))
            axis.errorbar(mean.index, mean, 1.96 * error / by_temperature.count(), color=colour, lw=0, elinewidth=1)
    _crosses(axis, scores, scores[column])


def trade_off(scores: pd.DataFrame, natural: pd.DataFrame, best: dict, judge: str, floors: dict) -> Figure:
    """Fidelity, novelty and diversity against temperature, a line a training set size."""
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    scores = shared_temperatures(scores)
    temperatures = np.sort(scores["temperature"].unique())
    panels = [
        ("fidelity", fidelity_label(judge), natural["fidelity"], None),
        ("novelty", "novelty: distance to nearest natural", natural["novelty"], floors["novelty_floor"]),
        (
            "diversity",
            "diversity: mean pairwise distance",
            natural["diversity"],
            floors["diversity_floor"] * natural["diversity"],
        ),
    ]
    for axis, (column, label, reference, floor) in zip(axes, panels, strict=True):
        _by_size(axis, scores, column)
        axis.axhline(reference, color=_HELDOUT, ls="--", lw=1.2, label="held-out natural")
        if floor is not None:
            axis.axhline(floor, color="black", ls=":", lw=1, label="floor")
        _mark_temperature(axis, best)
        if column == "fidelity":
            for style, (name, curve) in zip(cycle(("--", "-.", ":")), other_judges(scores, best, judge).items()):
                axis.plot(curve.index, curve, color="0.3", ls=style, lw=1.2, label=name)
        axis.set_ylabel(label)
        axis.set_ylim(-0.02, 1.02)
        _temperature_axis(axis, temperatures)
    legend(figure, axes)
    return figure


def other_judges(scores: pd.DataFrame, best: dict, judge: str) -> dict[str, pd.Series]:
    """Average the percentiles (0 to 1) of the largest models' samples by every judge that decides beside `judge`.

    Returns
    -------
    dict
        Name of the judge -> mean over replicates, by temperature.
    """
    largest = scores[scores["M"] == scores["M"].max()]
    return {
        f"{short_judge_name(name)}, largest M": largest.groupby("temperature")[f"percentile_{name}"].mean() / 100
        for name in deciding_judges(best["operating_points"])
        if name != judge and f"percentile_{name}" in largest
    }


def novelty_fidelity(scores: pd.DataFrame, natural: pd.DataFrame, best: dict, judge: str, floors: dict) -> Figure:
    """Fidelity against novelty, the temperature running along each line."""
    # The chosen temperature may be one that the model to be sampled has alone.
    everywhere, scores = scores, shared_temperatures(scores)
    figure, axis = plt.subplots(figsize=(6.2, 4.4), layout="constrained")
    sizes = sorted(scores["M"].unique())
    for colour, size in zip(palette(len(sizes)), sizes, strict=True):
        by_temperature = scores[scores["M"] == size].groupby("temperature")[["novelty", "fidelity"]]
        mean, least, most = by_temperature.mean(), by_temperature.min(), by_temperature.max()
        axis.hlines(mean["fidelity"], least["novelty"], most["novelty"], color=colour, lw=1, alpha=0.5)
        axis.vlines(mean["novelty"], least["fidelity"], most["fidelity"], color=colour, lw=1, alpha=0.5)
        axis.plot(mean["novelty"], mean["fidelity"], color=colour, marker="o", ms=4, label=f"M = {size:,}")
        if size == sizes[-1]:
            width = float(np.ptp(scores["novelty"])) or 1.0
            points = np.column_stack([mean["novelty"] / width, mean["fidelity"]])
            for temperature, row in mean[spread_out(points, _LABEL_DISTANCE)].iterrows():
                axis.annotate(
                    f"{temperature:g}", (row["novelty"], row["fidelity"]), xytext=(7, 0), textcoords="offset points",
                    fontsize=8, va="center", color="0.3",
                )  # fmt: skip
    front = pareto(scores)
    axis.plot(
        front["novelty"], front["fidelity"], "o", ms=9, mfc="none", mec="0.3", mew=1, label="Pareto front", zorder=0
    )
    axis.axvline(floors["novelty_floor"], color="black", ls=":", lw=1, label="novelty floor")
    axis.plot(natural["novelty"], natural["fidelity"], "*", color=_HELDOUT, ms=13, label="held-out natural")
    tau, word = best["sampling_temperature"], "recommended" if best["tau"] else "misses least"
    there = everywhere[(everywhere["M"] == sizes[-1]) & np.isclose(everywhere["temperature"], tau, rtol=1e-4)]
    axis.plot(
        there["novelty"].mean(), there["fidelity"].mean(), "D", color=_CHOSEN, ms=8, label=f"{word}, τ = {tau:.2f}"
    )
    axis.set(xlabel="novelty: distance to nearest natural", ylabel=fidelity_label(judge), ylim=(-0.02, 1.04))
    figure.legend(loc="outside right center")
    return figure


def spread_out(points: np.ndarray, distance: float) -> np.ndarray:
    """Choose points from the last to the first, each at least `distance` from all that were chosen before.

    Parameters
    ----------
    points : np.ndarray
        (N, 2).

    Returns
    -------
    np.ndarray
        (N,) bool.

    Examples
    --------
    >>> spread_out(np.array([[0.0, 0.0], [0.1, 0.0], [1.0, 0.0]]), 0.5).tolist()
    [False, True, True]
    """
    chosen = np.zeros(len(points), bool)
    for n in np.flatnonzero(np.isfinite(points).all(axis=1))[::-1]:
        chosen[n] = bool((np.linalg.norm(points[chosen] - points[n], axis=1) >= distance).all())
    return chosen


def sensitivity(table: pd.DataFrame, best: dict, floors: dict) -> Figure:
    """Recommended temperature, and what judges say of samples there, against each floor."""
    if not table["feasible"].any():
        figure, axis = plt.subplots(figsize=(8.6, 1.2), layout="constrained")
        _say_instead(axis, "No temperature can be recommended at any novelty or diversity floor.")
        return figure
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 5), layout="constrained", sharex="col", sharey="row")
    names = {"novelty": "novelty floor", "diversity": "diversity floor, natural = 1"}
    judged = table["percentile"].notna().any()
    lower, label = ("percentile", "lowest mean percentile there") if judged else ("novelty", "novelty there")
    for (top, bottom), (floor, name) in zip(axes.T, names.items(), strict=True):
        of_floor = table[table["floor"] == floor]
        top.fill_between(of_floor["value"], of_floor["tau_low"], of_floor["tau_high"], color=_CHOSEN, alpha=0.25, lw=0)
        for axis, column, colour in ((top, "tau", _CHOSEN), (bottom, lower, "#0072b2")):
            met = of_floor[of_floor["feasible"].astype(bool)]
            axis.plot(met["value"], met[column], color=colour, lw=1.3, marker="o", ms=4)
            axis.axvline(floors[f"{floor}_floor"], color="black", ls=":", lw=1)
        for value in of_floor.loc[~of_floor["feasible"].astype(bool), "value"]:
            top.plot(value, 0, "x", color="black", ms=6, clip_on=False, label="none recommended")
        bottom.set_xlabel(name)
    axes[0, 0].set_ylabel("recommended τ")
    axes[1, 0].set_ylabel(label)
    if judged:
        axes[1, 0].set_ylim(0, 100)
    ends = [end for end in (table["tau_high"].max(), best["sampling_temperature"]) if np.isfinite(end)]
    axes[0, 0].set_ylim(0, 1.1 * max(ends))
    if not table["feasible"].all():
        legend(figure, list(axes.flat))
    return figure


def models(scores: pd.DataFrame, table: pd.DataFrame, natural: dict, judge: str, floors: dict) -> Figure:
    """Which model at which number of sequences: trade-off at the largest, and the best of each against the number."""
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 7), layout="constrained")
    names = list(dict.fromkeys(table["model"]))
    looks = dict(zip(names, zip(sns.color_palette("colorblind", len(names)), cycle("osD^vPX*<>"), strict=False),
                     strict=True))  # fmt: skip
    front, across = pareto(scores), axes[0, 0]
    largest = scores["M"].max()
    for name, (colour, marker) in looks.items():
        mean = scores[(scores["model"] == name) & (scores["M"] == largest)].groupby("temperature")[
            ["novelty", "fidelity"]
        ].mean()  # fmt: skip
        across.plot(mean["novelty"], mean["fidelity"], color=colour, marker=marker, ms=4, label=name)
    at = front[front["M"] == largest]
    across.plot(at["novelty"], at["fidelity"], "o", ms=9, mfc="none", mec="0.3", mew=1, label="Pareto front", zorder=0)
    across.plot(natural["novelty"], natural["fidelity"], "*", color=_HELDOUT, ms=13, label="held-out natural")
    across.axvline(floors["novelty_floor"], color="black", ls=":", lw=1, label="novelty floor")
    across.set(xlabel="novelty: distance to nearest natural", ylabel=fidelity_label(judge), ylim=(-0.02, 1.04))
    across.set_title(f"M = {largest:,}, along temperature", fontsize=10)
    panels = [
        ("fidelity", "fidelity at that τ"),
        ("tau", "coldest τ above the floors, as good as nature"),
        ("log_likelihood", "held-out ln likelihood a site"),
    ]
    sizes = np.sort(table["M"].unique())
    for axis, (column, label) in zip(axes.flat[1:], panels, strict=True):
        for name, (colour, marker) in looks.items():
            rows = table[table["model"] == name]
            mean = rows.groupby("M")[column].mean()
            axis.plot(mean.index, mean, color=colour, marker=marker, ms=4)
            if len(rows) > len(mean):
                axis.scatter(rows["M"], rows[column], color=[colour], marker=marker, s=10, alpha=0.5)
            short = rows[~rows["feasible"].astype(bool)]
            if column != "log_likelihood":
                axis.plot(short["M"], short[column], "o", ms=9, mfc="none", mec="black", mew=1)
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{m:,}" for m in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set(xlabel="training sequences M", ylabel=label)
    axes[0, 1].set_ylim(-0.02, 1.04)
    if not table["feasible"].all():
        axes[0, 1].plot([], [], "o", ms=9, mfc="none", mec="black", mew=1, label="no such τ")
    legend(figure, list(axes.flat))
    return figure
