"""Figures of arXiv:2512.09152 drawn anew from models of this program.

The paper's tau* is tau_r, of the least KL(Q || P), and its tau' is tau_f, of the least KL(P || Q).
"""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from temperance.report.figures.style import OPTIMA, add_legend
from temperance.validation.paper_averages import average_optima, find_crossing
from temperance.validation.paper_sector import TEMPERED

# Labels, colours, line styles and markers of the ways of training of `temperance.validation.paper_ising`.
FITS = {
    "paper": ("stopped as in the paper", "#d55e00", "-", "o"),
    "l2": ("converged, L2 0.01", "#0072b2", "--", "s"),
    "converged": ("converged, no penalty", "#7a5195", ":", "^"),
}
_GROUPS = {"low, found": "#009e73", "low, missed": "#d55e00", "high": "#0072b2"}
_TRUTH = "#4d4d4d"
_DIVERGENCES = {"tau_r": ("reverse", "KL(Q || P), nats"), "tau_f": ("forward", "KL(P || Q), nats")}
# Range of the colours of optimal temperatures.
_COLDEST, _HOTTEST = 0.4, 2.5
# The least probability of a state, and the least of an energy level, under the truth, that is told of.
_LEAST_PROBABILITY, LEAST_SHARE = 1e-8, 1e-3


def two_level_example(table: pd.DataFrame) -> Figure:
    """Draw both divergences of the two-level example against temperature, with the parts of groups of states.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.paper_two_level.tabulate_example`.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), layout="constrained")
    for axis, (optimum, (name, label)) in zip(axes, _DIVERGENCES.items(), strict=True):
        for group, colour in _GROUPS.items():
            curve = table[table["group"] == group]
            axis.plot(curve["temperature"], curve[name], color=colour, lw=1.3, label=group)
        whole = table.groupby("temperature")[name].sum()
        axis.plot(whole.index, whole, color="black", lw=2, label="all states")
        _mark_optimum(axis, table[optimum].iloc[0], OPTIMA[optimum][0].split(":")[0], "black")
        _set_temperatures(axis, (0.25, 0.5, 1, 2, 4))
        axis.axhline(0, color="0.7", lw=0.8)
        axis.set(ylabel=label, ylim=(-0.6, 2.2))
    add_legend(figure, axes)
    return figure


def _mark_optimum(axis: Axes, tau: float, name: str, colour: str) -> None:
    axis.axvline(tau, color=colour, ls=":", lw=1)
    axis.annotate(
        f"{name} = {tau:.2f}", (tau, 1), xytext=(3, -2), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="top", fontsize=9,
    )  # fmt: skip


def _set_temperatures(axis: Axes, ticks: tuple[float, ...]) -> None:
    axis.set_xscale("log")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel("sampling temperature τ")


def two_level_diagram(models: pd.DataFrame) -> Figure:
    """Draw optimal temperatures of two-level models as colours over energy gap and number of draws.

    Parameters
    ----------
    models : pandas.DataFrame
        As of `temperance.validation.paper_two_level.tabulate_models`.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained", sharey=True)
    for axis, optimum in zip(axes, _DIVERGENCES, strict=True):
        image = _draw_diagram(axis, average_optima(models, "gap", optimum))
        axis.set(title=OPTIMA[optimum][0], xlabel="draws M")
    axes[0].set_ylabel("energy gap D, nats")
    _add_colours(figure, axes, image)
    return figure


def ising_diagram(models: pd.DataFrame) -> Figure:
    """Draw optimal temperatures of models of the lattice as colours over its temperature and the number of draws.

    Parameters
    ----------
    models : pandas.DataFrame
        As `temperance.validation.paper_ising.LatticeTables.models`, of several temperatures.

    Returns
    -------
    matplotlib.figure.Figure
        A column a way of training, a row an optimum.
    """
    # Numbers of draws that are nearly alike have one column.
    models = models[models["M"] != 71]
    figure, axes = plt.subplots(2, len(FITS), figsize=(13, 7), layout="constrained", sharex=True, sharey=True)
    for row, optimum in zip(axes, _DIVERGENCES, strict=True):
        for axis, fit in zip(row, FITS, strict=True):
            image = _draw_diagram(axis, average_optima(models[models["fit"] == fit], "temperature", optimum))
            axis.set_title(f"{OPTIMA[optimum][0].split(':')[0]}, {FITS[fit][0]}", fontsize=10)
        row[0].set_ylabel("temperature T of the lattice")
    for axis in axes[-1]:
        axis.set_xlabel("draws M")
    _add_colours(figure, axes, image)
    return figure


def _draw_diagram(axis: Axes, grid: pd.DataFrame) -> matplotlib.image.AxesImage:
    """Draw a table of temperatures as colours, with its numbers."""
    norm = matplotlib.colors.LogNorm(_COLDEST, _HOTTEST)
    image = axis.imshow(grid.clip(_COLDEST, _HOTTEST), cmap="RdBu_r", norm=norm, aspect="auto", origin="lower")
    for (y, x), tau in np.ndenumerate(grid.to_numpy()):
        text = f"{tau:.2f}" if tau < 10 else "> 10"
        axis.text(x, y, text, ha="center", va="center", fontsize=7, color="black" if 0.6 < tau < 1.7 else "white")
    axis.set_xticks(range(grid.shape[1]), [f"{size:,}" for size in grid.columns])
    axis.set_yticks(range(grid.shape[0]), [f"{value:g}" for value in grid.index])
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.tick_params(length=0)
    return image


def _add_colours(figure: Figure, axes: np.ndarray, image: matplotlib.image.AxesImage) -> None:
    bar = figure.colorbar(image, ax=axes, shrink=0.8, extend="both", label="optimal temperature")
    bar.set_ticks([0.4, 0.5, 0.7, 1, 1.4, 2, 2.5], labels=["0.4", "0.5", "0.7", "1", "1.4", "2", "2.5"])
    bar.minorticks_off()


def ising_example(levels: pd.DataFrame, curves: pd.DataFrame, models: pd.DataFrame) -> Figure:
    """Draw one training set of the lattice: probabilities by energy level, and both divergences over temperature.

    Parameters
    ----------
    levels, curves, models : pandas.DataFrame
        As of `temperance.validation.paper_ising.LatticeTables`, of one training set.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    levels = levels[levels["p"] > _LEAST_PROBABILITY]
    truth = levels.drop_duplicates("group")
    axes[0].plot(truth["group"], truth["p"], color=_TRUTH, marker="_", ms=12, mew=2, ls="none", label="truth P")
    for fit, (label, colour, style, marker) in FITS.items():
        part, curve, model = (table[table["fit"] == fit] for table in (levels, curves, models))
        axes[0].plot(part["group"], part["q"], color=colour, marker=marker, ms=4, ls="none", label=label)
        for axis, (optimum, (name, _)) in zip(axes[1:], _DIVERGENCES.items(), strict=True):
            axis.plot(curve["tau"], curve[name], color=colour, ls=style, label=label)
            tau = model[optimum].iloc[0]
            if tau < curve["tau"].max():
                axis.plot(tau, np.interp(tau, curve["tau"], curve[name]), "o", color=colour, ms=6, label="_optimum")
    axes[0].set(
        yscale="log",
        ylim=(_LEAST_PROBABILITY, 1),
        xlabel="true energy, units of the coupling",
        ylabel="probability of a state",
    )
    axes[0].yaxis.set_minor_locator(NullLocator())
    for axis, (optimum, (_, label)) in zip(axes[1:], _DIVERGENCES.items(), strict=True):
        _set_temperatures(axis, (0.2, 0.5, 1, 2, 5))
        axis.axvline(1, color="0.7", lw=0.8)
        axis.set(ylabel=label, ylim=(0, 4), title=f"dots: {OPTIMA[optimum][0].split(':')[0]}")
    add_legend(figure, axes)
    return figure


def sign_rule(two_level: pd.DataFrame, ising: pd.DataFrame, levels: pd.DataFrame) -> Figure:
    """Draw kappa and C against energy gap and lattice temperature, and the parts of energy levels in kappa - C.

    Parameters
    ----------
    two_level, ising : pandas.DataFrame
        Models of one number of draws each, of one way of training.
    levels : pandas.DataFrame
        Levels of models of two temperatures, of one number of draws and way of training.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.
    """
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.6), layout="constrained", width_ratios=[1, 1, 0.9, 0.9])
    for axis, table, column, label in (
        (axes[0], two_level, "gap", "energy gap D, nats"),
        (axes[1], ising, "temperature", "temperature T of the lattice"),
    ):
        groups = table.groupby(column)
        for name, text, face in (("kappa", "κ, of the true energy", "black"), ("heat_capacity", "C", "white")):
            axis.errorbar(
                groups[name].mean().index, groups[name].mean(), groups[name].sem(), color="black", marker="o", ms=4.5,
                mfc=face, lw=1, label=text,
            )  # fmt: skip
        crossing = find_crossing(table, column)
        axis.axvline(crossing, color="0.5", ls=":", lw=1)
        axis.annotate(
            f"κ = C at {crossing:.2f}", (crossing, 1), xytext=(4, -1), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", fontsize=9,
        )  # fmt: skip
        axis.set(xlabel=label)
    axes[0].set(title=f"two levels, M = {two_level['M'].iloc[0]}", ylabel="nats")
    axes[1].set(title=f"lattice, M = {ising['M'].iloc[0]}")
    axes[0].legend(loc="lower right", fontsize=9)
    for axis, (temperature, table) in zip(axes[2:], levels.groupby("temperature"), strict=True):
        means = table.groupby("group")["slope"].mean()
        axis.bar(range(len(means)), means, color=np.where(means > 0, "#0072b2", "#d55e00"))
        axis.axhline(0, color="black", lw=0.8)
        axis.set(
            title=f"T = {temperature:g}: {means.sum():+.2f} in all", xlabel="energy level", xlim=(-0.7, 10.7),
            ylabel="part of κ - C, nats", xticks=range(0, 11, 2),
        )  # fmt: skip
    return figure


def levels(table: pd.DataFrame) -> Figure:
    """Draw what energy levels have in the divergences, and how much more probability the model gives their states.

    Parameters
    ----------
    table : pandas.DataFrame
        Levels of models of one temperature, number of draws and way of training.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.5), layout="constrained")
    groups = table.groupby("group")
    means, errors = groups.mean(numeric_only=True), groups.sem(numeric_only=True)
    means = means[means["states"] * means["p"] > LEAST_SHARE]
    errors, energies = errors.loc[means.index], means.index.to_numpy()
    axes[0].plot(energies, means["p"], color=_TRUTH, marker="_", ms=14, mew=2, ls="none", label="truth P")
    axes[0].errorbar(
        energies, means["q"], errors["q"], color=FITS["paper"][1], marker="o", ms=4.5, ls="none", label="model Q"
    )
    for energy, top, states in zip(energies, means[["p", "q"]].max(axis=1), means["states"], strict=True):
        axes[0].annotate(f"{states:,.0f}", (energy, top), xytext=(2, 5), textcoords="offset points", fontsize=7)
    axes[0].set(yscale="log", ylabel="probability of a state", title="probabilities and numbers of states")
    axes[0].yaxis.set_minor_locator(NullLocator())
    for axis, names in ((axes[1], ("reverse", "forward")), (axes[2], ("data", "reverse"))):
        for shift, name in zip((-0.8, 0.8), names, strict=True):
            text, colour = _PARTS[name]
            axis.bar(
                energies + shift, means[name], 1.6, yerr=errors[name], color=colour, label=text, error_kw={"lw": 0.8}
            )
        axis.axhline(0, color="black", lw=0.8)
        axis.set_ylabel("part of the level, nats")
        # Room for the legend.
        axis.set_ylim(top=1.25 * axis.get_ylim()[1])
    axes[1].set_title("both divergences")
    axes[2].set_title("data and model from the truth")
    for axis in axes:
        axis.set_xlabel("true energy, units of the coupling")
        axis.legend(fontsize=9, loc="lower left" if axis is axes[0] else "upper right")
    return figure


_PARTS = {
    "reverse": ("KL(Q || P)", "#009e73"),
    "forward": ("KL(P || Q)", "#0072b2"),
    "data": ("KL(data || P)", "#e69f00"),
}


def sector(models: pd.DataFrame, entropies: dict[float, float]) -> Figure:
    """Draw entropy against false positives of models of the sector, over the penalty and over the temperature.

    Parameters
    ----------
    models : pandas.DataFrame
        As of `temperance.validation.paper_sector.tabulate_sector`, of several temperatures.
    entropies : dict
        Temperature of the sector -> entropy of the truth, nats.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharey=True)
    for (temperature, rows), colour in zip(models.groupby("temperature"), _SECTORS, strict=False):
        means = rows.groupby(["l2", "tau"])[["entropy", "false_positive"]].mean().reset_index()
        over_l2, tempered = means[means["tau"] == 1], means[means["l2"] == TEMPERED]
        for axis in axes:
            axis.plot(0, entropies[temperature], "*", color=colour, ms=12, clip_on=False, label="_truth")
        label = f"sector at T = {temperature:g}"
        axes[0].plot(over_l2["false_positive"], over_l2["entropy"], color=colour, marker="o", ms=4, lw=1.3, label=label)
        axes[1].plot(over_l2["false_positive"], over_l2["entropy"], color=colour, lw=1, alpha=0.4, label="_penalty")
        axes[1].plot(
            tempered["false_positive"],
            tempered["entropy"],
            color=colour,
            marker="s",
            ms=4,
            ls="--",
            lw=1.3,
            label=label,
        )
    # Of the hottest sector's, whose points are furthest apart.
    hottest = models[models["temperature"] == models["temperature"].max()]
    _annotate(axes[0], hottest[hottest["tau"] == 1].groupby("l2")[["false_positive", "entropy"]].mean())
    tempered = hottest[hottest["l2"] == TEMPERED].groupby("tau")[["false_positive", "entropy"]].mean()
    _annotate(axes[1], tempered)
    axes[0].set(title="over the strength of L2, sampled at τ = 1", ylabel="entropy, nats")
    axes[1].set(title=f"over the sampling temperature τ, L2 {TEMPERED:g}")
    for axis in axes:
        axis.set(xlabel="false positives: share of samples that are impossible", xlim=(0, None))
    axes[1].set_xlim(right=1.15 * tempered["false_positive"].max())
    add_legend(figure, axes)
    return figure


_SECTORS = ("#0072b2", "#009e73", "#d55e00")


def _annotate(axis: Axes, points: pd.DataFrame) -> None:
    """Write the index beside points, but for those that hardly differ from the one before."""
    last = np.full(2, -np.inf)
    for value, point in zip(points.index, points.to_numpy(), strict=True):
        if (np.abs(point - last) > (0.02, 0.6)).any():
            axis.annotate(f"{value:g}", tuple(point), xytext=(5, -9), textcoords="offset points", fontsize=7)
            last = point
