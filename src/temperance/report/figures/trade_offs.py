"""Fidelity, novelty and diversity of samples over temperature, and the models compared."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from temperance.report.figures.averages import average_chosen, average_plane, mean_by_size
from temperance.report.figures.style import (
    CHOSEN,
    HELDOUT,
    add_legend,
    cross_out,
    fidelity_label,
    mark_temperature,
    palette,
    set_temperature_axis,
    write_instead,
)
from temperance.scoring.names import short_judge_name
from temperance.temperature.operating_points import deciding_judges
from temperance.temperature.pareto import pareto, shared_temperatures

# Least distance between labels of temperatures, as a share of the axes.
_LABEL_DISTANCE = 0.07


def _draw_by_size(axis: Axes, scores: pd.DataFrame, column: str) -> None:
    """Draw the mean over replicates, a band from the least to the largest, and error bars of the mean."""
    means = mean_by_size(scores, column)
    for colour, (size, curve) in zip(palette(means["M"].nunique()), means.groupby("M"), strict=True):
        temperature, mean = curve["temperature"], curve["mean"]
        axis.fill_between(temperature, curve["least"], curve["most"], color=colour, alpha=0.2, lw=0)
        axis.plot(temperature, mean, color=colour, marker="o", ms=3.5, label=f"M = {size:,}")
        if "half_width" in curve:
            axis.errorbar(temperature, mean, curve["half_width"], color=colour, lw=0, elinewidth=1)
    cross_out(axis, scores, scores[column])


def trade_off(
    scores: pd.DataFrame, natural: Mapping[str, float], best: dict, judge: str, floors: Mapping[str, float]
) -> Figure:
    """Draw fidelity, novelty and diversity of samples against temperature, a line a training set size.

    Other judges that decide on the recommendation are drawn beside fidelity, for the largest models.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: M, temperature, fidelity, novelty and diversity (in units of that of held-out
        natural sequences) with their errors, equilibrated.
    natural : mapping
        Fidelity and novelty of held-out natural sequences.
    best : dict
        `recommendation.json`.
    judge : str
        Judge that measures fidelity.
    floors : mapping
        Settings novelty_floor and diversity_floor.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    scores = shared_temperatures(scores)
    temperatures = np.sort(scores["temperature"].unique())
    panels = [
        ("fidelity", fidelity_label(judge), natural["fidelity"], None),
        ("novelty", "novelty: distance to nearest natural", natural["novelty"], floors["novelty_floor"]),
        ("diversity", "diversity: mean distance, natural = 1", 1.0, floors["diversity_floor"]),
    ]
    for axis, (column, label, reference, floor) in zip(axes, panels, strict=True):
        _draw_by_size(axis, scores, column)
        axis.axhline(reference, color=HELDOUT, ls="--", lw=1.2, label="held-out natural")
        if floor is not None:
            axis.axhline(floor, color="black", ls=":", lw=1, label="floor")
        mark_temperature(axis, best)
        if column == "fidelity":
            for style, (name, curve) in zip(cycle(("--", "-.", ":")), other_judges(scores, best, judge).items()):
                axis.plot(curve.index, curve, color="0.3", ls=style, lw=1.2, label=name)
        axis.set_ylabel(label)
        axis.set_ylim(-0.02, None if column == "diversity" else 1.02)
        set_temperature_axis(axis, temperatures)
    add_legend(figure, axes)
    return figure


def other_judges(scores: pd.DataFrame, best: dict, judge: str) -> dict[str, pd.Series]:
    """Average the percentiles of the largest models' samples by every judge that decides beside `judge`.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: M, temperature, and a column percentile_<judge> a judge.
    best : dict
        `recommendation.json`, whose operating points tell which judges decide.
    judge : str
        Judge that measures fidelity.

    Returns
    -------
    dict
        Label of the judge -> mean over replicates, 0 to 1, by temperature.
    """
    largest = scores[scores["M"] == scores["M"].max()]
    return {
        f"{short_judge_name(name)}, largest M": largest.groupby("temperature")[f"percentile_{name}"].mean() / 100
        for name in deciding_judges(best["operating_points"])
        if name != judge and f"percentile_{name}" in largest
    }


def novelty_fidelity(
    scores: pd.DataFrame, natural: Mapping[str, float], best: dict, judge: str, floors: Mapping[str, float]
) -> Figure:
    """Draw fidelity against novelty of samples, the temperature running along the line of each training set size.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: M, temperature, fidelity, novelty, diversity and their errors, equilibrated.
    natural : mapping
        Fidelity and novelty of held-out natural sequences.
    best : dict
        `recommendation.json`.
    judge : str
        Judge that measures fidelity.
    floors : mapping
        Settings novelty_floor and diversity_floor.

    Returns
    -------
    matplotlib.figure.Figure
        One panel.
    """
    # The chosen temperature may be one at which no model was sampled but the one that designs come from.
    all_scores, scores = scores, shared_temperatures(scores)
    figure, axis = plt.subplots(figsize=(6.2, 4.4), layout="constrained")
    means = average_plane(scores)
    for colour, (size, curve) in zip(palette(means["M"].nunique()), means.groupby("M"), strict=True):
        novelty, fidelity = curve["novelty_mean"], curve["fidelity_mean"]
        axis.hlines(fidelity, curve["novelty_least"], curve["novelty_most"], color=colour, lw=1, alpha=0.5)
        axis.vlines(novelty, curve["fidelity_least"], curve["fidelity_most"], color=colour, lw=1, alpha=0.5)
        axis.plot(novelty, fidelity, color=colour, marker="o", ms=4, label=f"M = {size:,}")
    largest = means[means["M"] == means["M"].max()]
    width = float(np.ptp(scores["novelty"])) or 1.0
    tau = best["sampling_temperature"]
    chosen = average_chosen(all_scores, tau)
    # The last is the chosen temperature, which stands in the legend: no label comes near it.
    points = np.vstack([largest[["novelty_mean", "fidelity_mean"]], chosen]) / [width, 1]
    for row in largest[spread_out(points, _LABEL_DISTANCE)[:-1]].itertuples():
        axis.annotate(
            f"{row.temperature:g}", (row.novelty_mean, row.fidelity_mean), xytext=(7, 0), textcoords="offset points",
            fontsize=8, va="center", color="0.3",
        )  # fmt: skip
    front = pareto(scores)
    axis.plot(
        front["novelty"], front["fidelity"], "o", ms=9, mfc="none", mec="0.3", mew=1, label="Pareto front", zorder=0
    )
    axis.axvline(floors["novelty_floor"], color="black", ls=":", lw=1, label="novelty floor")
    axis.plot(natural["novelty"], natural["fidelity"], "*", color=HELDOUT, ms=13, label="held-out natural")
    label = "recommended" if best["tau"] else "not recommended"
    axis.plot(*chosen, "D", color=CHOSEN, ms=8, label=f"{label}, τ = {tau:.2f}")
    axis.set(xlabel="novelty: distance to nearest natural", ylabel=fidelity_label(judge), ylim=(-0.02, 1.04))
    figure.legend(loc="outside right center")
    return figure


def spread_out(points: np.ndarray, distance: float) -> np.ndarray:
    """Select points that are far from each other, from the last to the first.

    Parameters
    ----------
    points : np.ndarray
        (N, 2); points that are not finite are left out.
    distance : float
        Least Euclidean distance between two of the chosen points.

    Returns
    -------
    np.ndarray
        (N,) bool: the chosen points.

    Examples
    --------
    >>> spread_out(np.array([[0.0, 0.0], [0.1, 0.0], [1.0, 0.0]]), 0.5).tolist()
    [False, True, True]
    """
    chosen = np.zeros(len(points), bool)
    for n in np.flatnonzero(np.isfinite(points).all(axis=1))[::-1]:
        chosen[n] = bool((np.linalg.norm(points[chosen] - points[n], axis=1) >= distance).all())
    return chosen


def sensitivity(table: pd.DataFrame, best: dict, floors: Mapping[str, float]) -> Figure:
    """Draw the recommended temperature, and how judges place the samples at it, against each floor.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `sensitivity.tsv`, one a floor and its value.
    best : dict
        `recommendation.json`.
    floors : mapping
        Settings novelty_floor and diversity_floor.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels a floor, or one with a text where no temperature can be recommended.
    """
    if not table["feasible"].any():
        figure, axis = plt.subplots(figsize=(8.6, 1.2), layout="constrained")
        write_instead(axis, "No temperature can be recommended at any novelty or diversity floor.")
        return figure
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 5), layout="constrained", sharex="col", sharey="row")
    names = {"novelty": "novelty floor", "diversity": "diversity floor, natural = 1"}
    judged = table["percentile"].notna().any()
    lower, label = ("percentile", "lowest mean percentile there") if judged else ("novelty", "novelty there")
    for (top, bottom), (floor, name) in zip(axes.T, names.items(), strict=True):
        rows = table[table["floor"] == floor]
        top.fill_between(rows["value"], rows["tau_low"], rows["tau_high"], color=CHOSEN, alpha=0.25, lw=0)
        for axis, column, colour in ((top, "tau", CHOSEN), (bottom, lower, "#0072b2")):
            feasible = rows[rows["feasible"].astype(bool)]
            axis.plot(feasible["value"], feasible[column], color=colour, lw=1.3, marker="o", ms=4)
            axis.axvline(floors[f"{floor}_floor"], color="black", ls=":", lw=1)
        for value in rows.loc[~rows["feasible"].astype(bool), "value"]:
            top.plot(value, 0, "x", color="black", ms=6, clip_on=False, label="none recommended")
        bottom.set_xlabel(name)
    axes[0, 0].set_ylabel("recommended τ")
    axes[1, 0].set_ylabel(label)
    if judged:
        axes[1, 0].set_ylim(0, 100)
    heights = [height for height in (table["tau_high"].max(), best["sampling_temperature"]) if np.isfinite(height)]
    axes[0, 0].set_ylim(0, 1.1 * max(heights))
    if not table["feasible"].all():
        add_legend(figure, list(axes.flat))
    return figure


def models(
    scores: pd.DataFrame, table: pd.DataFrame, natural: Mapping[str, float], judge: str, floors: Mapping[str, float]
) -> Figure:
    """Compare kinds of models: trade-off at the largest training set size, and each at its best against the size.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a model and temperature: model (its kind), M, temperature, fidelity, novelty.
    table : pandas.DataFrame
        One row a model: model, M, tau, feasible, fidelity (at tau), log_likelihood (held-out, nats a site).
    natural : mapping
        Fidelity and novelty of held-out natural sequences.
    judge : str
        Judge that measures fidelity.
    floors : mapping
        Setting novelty_floor.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.
    """
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 7), layout="constrained")
    names = list(dict.fromkeys(table["model"]))
    styles = dict(zip(names, zip(sns.color_palette("colorblind", len(names)), cycle("osD^vPX*<>"), strict=False),
                     strict=True))  # fmt: skip
    front, plane = pareto(scores), axes[0, 0]
    largest = scores["M"].max()
    for name, (colour, marker) in styles.items():
        means = average_plane(scores[(scores["model"] == name) & (scores["M"] == largest)])
        plane.plot(means["novelty_mean"], means["fidelity_mean"], color=colour, marker=marker, ms=4, label=name)
    optimal = front[front["M"] == largest]
    plane.plot(
        optimal["novelty"], optimal["fidelity"], "o", ms=9, mfc="none", mec="0.3", mew=1, label="Pareto front", zorder=0
    )
    plane.plot(natural["novelty"], natural["fidelity"], "*", color=HELDOUT, ms=13, label="held-out natural")
    plane.axvline(floors["novelty_floor"], color="black", ls=":", lw=1, label="novelty floor")
    plane.set(xlabel="novelty: distance to nearest natural", ylabel=fidelity_label(judge), ylim=(-0.02, 1.04))
    plane.set_title(f"M = {largest:,}, along temperature", fontsize=10)
    panels = [
        ("fidelity", "fidelity at that τ"),
        ("tau", "coldest τ above the floors, as good as nature"),
        ("log_likelihood", "held-out ln likelihood a site"),
    ]
    sizes = np.sort(table["M"].unique())
    for axis, (column, label) in zip(axes.flat[1:], panels, strict=True):
        for name, (colour, marker) in styles.items():
            rows = table[table["model"] == name]
            mean = rows.groupby("M")[column].mean()
            axis.plot(mean.index, mean, color=colour, marker=marker, ms=4)
            if len(rows) > len(mean):
                axis.scatter(rows["M"], rows[column], color=[colour], marker=marker, s=10, alpha=0.5)
            infeasible = rows[~rows["feasible"].astype(bool)]
            if column != "log_likelihood":
                axis.plot(infeasible["M"], infeasible[column], "o", ms=9, mfc="none", mec="black", mew=1)
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{m:,}" for m in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set(xlabel="training sequences M", ylabel=label)
    axes[0, 1].set_ylim(-0.02, 1.04)
    if not table["feasible"].all():
        axes[0, 1].plot([], [], "o", ms=9, mfc="none", mec="black", mew=1, label="no such τ")
    add_legend(figure, list(axes.flat))
    return figure
