"""Figures of studies, and of claims of theory about tempered models."""

from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from temperance.report.figures.averages import INTERVAL
from temperance.report.figures.style import OPTIMA, add_legend, palette
from temperance.report.figures_of_law import law, nature
from temperance.report.figures_of_tempering import (
    attention,
    distillation,
    escort,
    free_energy,
    identifiability,
    overfitting,
)
from temperance.validation.study import summarise

# Range of the colour scale of a phase diagram; temperatures beyond it have the colours of its ends.
_COLDEST, _HOTTEST = 0.4, 2.5
# Range of the axis of optimal temperatures, whose ends stand for all beyond them.
_LEAST, _MOST = 0.2, 10
# Where no penalty is drawn on the logarithmic axis of penalties.
_WEAKEST = 0.001


def optima_against_size(summary: pd.DataFrame) -> Figure:
    """Draw optimal temperatures against the number of training sequences, a panel a family.

    Parameters
    ----------
    summary : pandas.DataFrame
        As of `temperance.validation.study.summarise`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a family.
    """
    families = list(summary["family"].unique())
    figure, axes = plt.subplots(
        1, len(families), figsize=(3.6 * len(families) + 0.6, 3.6), layout="constrained", sharey=True, squeeze=False
    )
    points = clip_optima(summary)
    for axis, family in zip(axes[0], families, strict=True):
        for (name, (label, colour, marker)), shift in zip(OPTIMA.items(), (0.94, 1, 1.06), strict=True):
            curve = points[(points["family"] == family) & (points["optimum"] == name)]
            axis.errorbar(
                curve["M"] * shift, curve["tau"], [curve["below"], curve["above"]], color=colour, marker=marker, ms=4.5,
                lw=1.2, elinewidth=1, capsize=2, label=label,
            )  # fmt: skip
        axis.axhline(1, color="black", ls=":", lw=1)
        axis.set(xscale="log", yscale="log", xlabel="training sequences M", title=family, ylim=(0.19, 10.5))
        ticks = [0.2, 0.5, 1, 2, 5, 10]
        axis.set_yticks(ticks, ["≤ 0.2", "0.5", "1", "2", "5", "≥ 10"])
        axis.yaxis.set_minor_locator(NullLocator())
    axes[0, 0].set_ylabel("optimal temperature")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def clip_optima(summary: pd.DataFrame) -> pd.DataFrame:
    """Clip optimal temperatures and their intervals to the range of the axis.

    Parameters
    ----------
    summary : pandas.DataFrame
        As of `temperance.validation.study.summarise`.

    Returns
    -------
    pandas.DataFrame
        family, optimum, M, tau, and the lengths of its error bars, below and above: 0 where there is no interval; in
        order of M.
    """
    tau, low, high = (summary[name].clip(_LEAST, _MOST) for name in ("tau", "low", "high"))
    points = summary[["family", "optimum", "M"]].assign(
        tau=tau, below=(tau - low).fillna(0), above=(high - tau).fillna(0)
    )
    return points.sort_values("M")


def phase_diagram(summary: pd.DataFrame, varied: str) -> Figure:
    """Draw optimal temperatures as colours over data size and a varied setting: a row a family, a column an optimum.

    Each cell holds the temperature and its 95 % interval; a star says that in some replicates it is not
    equilibrated, or the training was stopped by a limit.

    Parameters
    ----------
    summary : pandas.DataFrame
        As of `temperance.validation.study.summarise`.
    varied : str
        Name of the setting that is varied.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels a family.
    """
    families = list(summary["family"].unique())
    values, sizes = sorted(summary["value"].unique()), sorted(summary["M"].unique())
    figure, axes = plt.subplots(
        len(families), 3, figsize=(0.95 * len(sizes) * 3 + 2.2, (0.5 * len(values) + 1.1) * len(families)),
        layout="constrained", sharex=True, sharey=True, squeeze=False,
    )  # fmt: skip
    norm = matplotlib.colors.LogNorm(_COLDEST, _HOTTEST)
    for row, family in zip(axes, families, strict=True):
        for axis, (name, (label, _, _)) in zip(row, OPTIMA.items(), strict=True):
            cells = summary[(summary["family"] == family) & (summary["optimum"] == name)].set_index(["value", "M"])
            grid = cells["tau"].unstack().reindex(index=values, columns=sizes)  # noqa: PD010
            image = axis.imshow(grid.clip(_COLDEST, _HOTTEST), cmap="RdBu_r", norm=norm, aspect="auto", origin="lower")
            for (value, size), cell in cells.iterrows():
                dark = not 0.6 < cell["tau"] < 1.7
                axis.text(
                    sizes.index(size), values.index(value), _cell(cell), ha="center", va="center", fontsize=6.5,
                    color="white" if dark else "black",
                )  # fmt: skip
            axis.set_title(f"{family}, {label}" if len(families) > 1 else label, fontsize=10)
            axis.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
            axis.set_yticks(range(len(values)), [f"{value:g}" for value in values])
            for spine in axis.spines.values():
                spine.set_visible(False)
            axis.tick_params(length=0)
        row[0].set_ylabel(varied)
    for axis in axes[-1]:
        axis.set_xlabel("training sequences M")
    bar = figure.colorbar(image, ax=axes, shrink=0.7, extend="both", label="optimal temperature")
    bar.set_ticks([0.4, 0.5, 0.7, 1, 1.4, 2, 2.5], labels=["0.4", "0.5", "0.7", "1", "1.4", "2", "2.5"])
    bar.minorticks_off()
    return figure


def _cell(cell: pd.Series) -> str:
    """Format one cell of a phase diagram: temperature, mark and interval."""
    if not 0.05 < cell["tau"] < 20:
        return "cold edge" if cell["tau"] < 1 else "∞"
    mark = "*" if cell["not_equilibrated"] or cell["unfinished"] else ""
    value = f"{cell['tau']:.2f}{mark}"
    if not np.isfinite(cell["low"]):
        return value
    high = f"{cell['high']:.2f}" if cell["high"] < 20 else "∞"
    return f"{value}\n{cell['low']:.2f} to {high}"


# ---------------------------------------------------------------- claims


def optimal_temperatures(table: pd.DataFrame) -> Figure:
    """Draw the optimal temperatures of a claim's models against their number of training sequences.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `lowering`, `raising` or `data` of `temperance.validation.claims`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a kind of truth.
    """
    return optima_against_size(summarise(table))


def regularisation(table: pd.DataFrame) -> Figure:
    """Draw tau_f against the L2 penalty, and against the temperature to which the norm of the couplings corresponds.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.regularisation`.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
    sizes = sorted(table["M"].unique())
    for colour, size in zip(palette(len(sizes)), sizes, strict=True):
        mean, error = average_by_strength(table[table["M"] == size])
        strength = np.where(mean.index > 0, mean.index, _WEAKEST)
        axes[0].errorbar(strength, mean["tau_f"], error["tau_f"], color=colour, marker="o", ms=4, label=f"M = {size:,}")
        axes[1].errorbar(
            mean["norm_temperature"], mean["tau_f"], error["tau_f"], error["norm_temperature"], color=colour,
            marker="o", ms=4,
        )  # fmt: skip
    axes[0].set(xscale="log", xlabel="L2 strength of couplings (0 at the left end)", ylabel="τ_f")
    axes[1].set(
        xlabel="temperature of the couplings: truth's norm over model's", ylabel="τ_f", xscale="log", yscale="log"
    )
    temperature = np.array([0.3, 4])
    axes[1].plot(
        temperature, 1 / temperature, color="black", ls=":", lw=1, label="τ_f = 1 / temperature of the couplings"
    )
    ticks = [0.3, 0.5, 1, 2, 3]
    for setter in (axes[1].set_xticks, axes[1].set_yticks):
        setter(ticks, [f"{tick:g}" for tick in ticks])
    axes[1].xaxis.set_minor_locator(NullLocator())
    axes[1].yaxis.set_minor_locator(NullLocator())
    for axis in axes:
        axis.axhline(1, color="0.7", lw=0.8)
    add_legend(figure, axes)
    return figure


def average_by_strength(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average tau_f and the temperature of the couplings over replicates.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a model: value (L2 penalty), tau_f, norm_temperature.

    Returns
    -------
    means, half_widths : pandas.DataFrame
        By penalty, ascending: the means, and halves of their 95 % intervals.
    """
    groups = table.groupby("value")[["tau_f", "norm_temperature"]]
    return groups.mean(), INTERVAL * groups.sem()


def scaling(table: pd.DataFrame) -> Figure:
    """Draw both divergences against temperature over scale, for parameters of several scales.

    The reverse divergence is also drawn against temperature itself.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.scaling`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    scales = sorted(table["scale"].unique())
    for colour, scale in zip(palette(len(scales)), scales, strict=True):
        curve = table[table["scale"] == scale]
        axes[0].plot(curve["temperature"], curve["reverse"], color=colour, label=f"a = {scale:g}")
        width = 8 * (1 - scales.index(scale) / len(scales)) + 1
        for axis, name in zip(axes[1:], ("reverse", "forward"), strict=True):
            axis.plot(curve["tau_over_scale"], curve[name], color=colour, lw=width, alpha=0.7)
    axes[0].set(xscale="log", xlabel="τ", ylabel="KL(Q || P), nats")
    axes[1].set(xscale="log", xlabel="τ / a", ylabel="KL(Q || P), nats")
    axes[2].set(xscale="log", xlabel="τ / a", ylabel="KL(P || Q), nats")
    for axis in axes[1:]:
        axis.set_xticks([0.25, 0.5, 1, 2, 4], ["0.25", "0.5", "1", "2", "4"])
        axis.xaxis.set_minor_locator(NullLocator())
    add_legend(figure, axes)
    return figure


def limits(table: pd.DataFrame) -> Figure:
    """Draw entropy, share of the ground states, and distances to model and uniform distribution, against temperature.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.limits`.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.6), layout="constrained")
    axes[0].plot(table["temperature"], table["entropy"], color="#0072b2")
    for name, label in (("uniform_entropy", "L ln q"), ("ground_entropy", "ln of the number of ground states")):
        axes[0].axhline(table[name].iloc[0], color="0.4", ls=":", lw=1)
        axes[0].annotate(
            label, (200, table[name].iloc[0]), xytext=(0, 3), textcoords="offset points", fontsize=8, ha="right"
        )
    axes[0].set(xscale="log", xlabel="τ", ylabel="entropy, nats")
    for (name, label), colour in zip(
        {
            "ground_share": "share of the ground states",
            "distance_to_model": "distance to the model at 1",
            "distance_to_uniform": "distance to uniform",
        }.items(),
        ("#d55e00", "#0072b2", "#009e73"),
        strict=True,
    ):
        axes[1].plot(table["temperature"], table[name], color=colour, label=label)
    axes[1].set(xscale="log", xlabel="τ", ylabel="probability, total variation")
    add_legend(figure, axes)
    return figure


def power(table: pd.DataFrame) -> Figure:
    """Draw one site's distribution at several temperatures: power transform as lines, Potts model's site as points.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.power`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel.
    """
    figure, axis = plt.subplots(figsize=(6.6, 3.8), layout="constrained")
    temperatures = sorted(table["temperature"].unique())
    for colour, temperature in zip(palette(len(temperatures)), temperatures, strict=True):
        curve = table[table["temperature"] == temperature]
        axis.plot(curve["state"] + 1, curve["power"], color=colour, label=f"τ = {temperature:g}")
        axis.plot(curve["state"] + 1, curve["potts"], "o", color=colour, ms=5)
    axis.plot([], [], "o", color="0.4", ms=5, label="the same site as a Potts model")
    axis.set(xlabel="state, most to least likely at τ = 1", ylabel="p^(1/τ) / Σ p^(1/τ)", ylim=(0, 1))
    add_legend(figure, [axis])
    return figure


def calibration(table: pd.DataFrame) -> Figure:
    """Draw log-likelihood and calibration error of Gaussian clusters against inverse temperature, and the best ones.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.calibration`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    spreads = sorted(table["spread"].unique())
    for colour, spread in zip(palette(len(spreads)), spreads, strict=True):
        curve = table[table["spread"] == spread]
        closed_form = curve["beta_closed_form"].iloc[0]
        for axis, name in zip(axes[:2], ("nll", "ece"), strict=True):
            axis.plot(curve["beta"], curve[name], color=colour, label=f"σ = {spread:.2g}")
            axis.axvline(closed_form, color=colour, ls=":", lw=1.2)
        best = curve.iloc[0]
        error = [[best["beta_found"] - best["beta_low"]], [best["beta_high"] - best["beta_found"]]]
        axes[2].errorbar(spread, best["beta_found"], error, color=colour, marker="o", ms=5, capsize=3)
    fine = np.linspace(0.9 * min(spreads), 1.1 * max(spreads), 100)
    axes[2].plot(fine, 1 / (2 * fine**2), color="black", lw=1, label="1 / (2 σ²)")
    axes[0].set(xscale="log", yscale="log", xlabel="β", ylabel="negative log-likelihood, nats")
    axes[1].set(xscale="log", xlabel="β", ylabel="expected calibration error")
    axes[2].set(xlabel="σ", ylabel="best β")
    add_legend(figure, axes)
    return figure


# The functions that draw the claims of `temperance.validation.claims`, by name.
CLAIMS: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "lowering": optimal_temperatures, "raising": optimal_temperatures, "data": optimal_temperatures,
    "regularisation": regularisation, "law": law, "nature": nature, "scaling": scaling,
    "identifiability": identifiability, "limits": limits, "power": power, "escort": escort, "free_energy": free_energy,
    "calibration": calibration, "overfitting": overfitting, "attention": attention, "distillation": distillation,
}  # fmt: skip
