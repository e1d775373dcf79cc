"""Divergences, thermodynamics, calibration and energies of the tempered models."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator
from scipy.stats import gaussian_kde

from temperance.report.figures.averages import INTERVAL
from temperance.report.figures.style import (
    CHOSEN,
    HELDOUT,
    NATURAL,
    RANDOM,
    add_legend,
    cross_out,
    palette,
    set_temperature_axis,
)


def divergence(curves: pd.DataFrame, table: pd.DataFrame, temperatures: np.ndarray) -> Figure:
    """Draw divergences between truth and model against temperature, a line a training set size (its first replicate).

    Parameters
    ----------
    curves : pandas.DataFrame
        Rows of `divergence.tsv` of all models: M, replicate, temperature, and each divergence with its interval.
    table : pandas.DataFrame
        Rows of `optimum.tsv`, one a model.
    temperatures : np.ndarray
        (T,) sampled ones, ascending.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a divergence.
    """
    names = {
        "forward": ("forward KL(P || Q_τ)", "tau_f"),
        "reverse": ("reverse KL(Q_τ || P)", "tau_r"),
        "jeffreys": ("Jeffreys: their sum", "tau_j"),
    }
    names = {name: kind for name, kind in names.items() if name in curves}
    figure, axes = plt.subplots(
        1, len(names), figsize=(4.1 * len(names) + 1.2, 3.6), layout="constrained", squeeze=False
    )
    first = select_first_curves(curves, temperatures)
    sizes = sorted(curves["M"].unique())
    for axis, (name, (label, tau)) in zip(axes[0], names.items(), strict=True):
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            curve = first[first["M"] == size]
            axis.fill_between(
                curve["temperature"], curve[f"{name}_low"], curve[f"{name}_high"], color=colour, alpha=0.2, lw=0
            )
            axis.plot(curve["temperature"], curve[name], color=colour, label=f"M = {size:,}")
            best = table[(table["M"] == size) & (table["replicate"] == 1)].iloc[0]
            if temperatures[0] <= best[tau] <= temperatures[-1]:
                low, high, height = locate_minimum(best, tau, curve["temperature"], curve[name], temperatures)
                axis.plot(
                    [low, high], [height] * 2, color=colour, lw=5, alpha=0.45, solid_capstyle="round", clip_on=False
                )
                axis.plot(best[tau], height, "o", color=colour, ms=5, clip_on=False)
        axis.set_title(label, fontsize=11)
        axis.set_ylabel("nats" if curves[f"{name}_absolute"].all() else "nats above the least")
        # A divergence is a parabola around its least value: on a scale of square roots it is a wedge at any height.
        axis.set_yscale("function", functions=(lambda y: np.sqrt(np.maximum(y, 0)), np.square))
        axis.set_ylim(0, 1.05 * first[name].max())
        axis.yaxis.set_major_locator(FixedLocator(_round_numbers(first[name].max())))
        set_temperature_axis(axis, temperatures)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure


def select_first_curves(curves: pd.DataFrame, temperatures: np.ndarray) -> pd.DataFrame:
    """Select the first replicates' divergences at temperatures between the sampled ones.

    Parameters
    ----------
    curves : pandas.DataFrame
        Rows of `divergence.tsv` of all models.
    temperatures : np.ndarray
        (T,) sampled ones, ascending.

    Returns
    -------
    pandas.DataFrame
        The rows, the coldest first.
    """
    inside = curves["temperature"].between(temperatures[0], temperatures[-1])
    return curves[inside & (curves["replicate"] == 1)].sort_values("temperature")


def locate_minimum(
    best: pd.Series, name: str, curve_temperatures: pd.Series, curve: pd.Series, temperatures: np.ndarray
) -> tuple[float, float, float]:
    """Find where the interval of a divergence's minimum is drawn.

    Parameters
    ----------
    best : pandas.Series
        The model's row of `optimum.tsv`.
    name : str
        Column of the optimal temperature.
    curve_temperatures, curve : pandas.Series
        Temperatures, ascending, and the divergence there.
    temperatures : np.ndarray
        (T,) sampled ones, ascending.

    Returns
    -------
    (float, float, float)
        Both ends of the interval within the sampled temperatures, and the divergence at the optimum.
    """
    low, high = best[[f"{name}_low", f"{name}_high"]].clip(*temperatures[[0, -1]])
    return float(low), float(high), float(np.interp(best[name], curve_temperatures, curve))


def _round_numbers(maximum: float) -> list[float]:
    """List 1 and 3 times powers of ten below `maximum`, few enough for an axis of square roots."""
    steps = [digit * 10.0**power for power in range(-2, 6) for digit in (1, 3)]
    return [0.0] + [step for step in steps if maximum / 150 < step < maximum]


def thermodynamics(states: pd.DataFrame, density: pd.DataFrame, landscape: dict, length: int) -> Figure:
    """Draw free energy and its parts a site against temperature, and the largest model's density of states.

    Parameters
    ----------
    states : pandas.DataFrame
        Rows of `thermodynamics.tsv` of all models: M, replicate, temperature, free_energy, energy, entropy and
        heat_capacity with their errors, equilibrated.
    density : pandas.DataFrame
        Rows of `density.tsv`: energy, log_g (ln of the number of sequences), log_g_error.
    landscape : dict
        `landscape.json`: energies of sets of sequences and the lowest energy found.
    length : int
        Sites L.

    Returns
    -------
    matplotlib.figure.Figure
        Five panels.
    """
    figure, grid = plt.subplots(2, 3, figsize=(12.4, 7), layout="constrained")
    axes = grid.ravel()
    temperatures = np.sort(states["temperature"].unique())
    sizes = sorted(states["M"].unique())
    columns = {
        "free_energy": "free energy F = E − τ S, nats a site",
        "energy": "mean energy E, nats a site",
        "entropy": "entropy S, nats a site",
        "heat_capacity": "heat capacity a site",
    }
    for axis, (column, label) in zip(axes, columns.items(), strict=False):
        heights, half_widths = states[column] / length, INTERVAL * states[f"{column}_error"] / length
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            for replicate, curve in states[states["M"] == size].groupby("replicate"):
                axis.errorbar(
                    curve["temperature"], heights[curve.index], half_widths[curve.index],
                    color=colour, lw=1.2, marker="o", ms=3, label=f"M = {size:,}" if replicate == 1 else None,
                )  # fmt: skip
        cross_out(axis, states, heights)
        axis.set_ylabel(label)
        set_temperature_axis(axis, temperatures)
    axis = axes[4]
    axis.fill_between(
        density["energy"], density["log_g"] - 2 * density["log_g_error"], density["log_g"] + 2 * density["log_g_error"],
        color="0.4", alpha=0.3, lw=0,
    )  # fmt: skip
    axis.plot(density["energy"], density["log_g"], color="0.2", lw=1.2)
    colours = {"uniform": RANDOM, "profile": "#56b4e9", "training": NATURAL, "heldout": HELDOUT}
    labels = {"uniform": "random", "profile": "shuffled columns", "training": "training", "heldout": "held out"}
    for row in landscape["energies"]:
        if row["set"] in colours:
            axis.axvline(row["mean"], color=colours[row["set"]], lw=1.6, label=labels[row["set"]])
            axis.axvspan(row["mean"] - row["sd"], row["mean"] + row["sd"], color=colours[row["set"]], alpha=0.15, lw=0)
    axis.axvline(landscape["ground_state"]["energy"], color="black", ls="--", lw=1, label="lowest found")
    axis.set(
        xlabel="energy (nats at τ = 1)", ylabel="ln number of sequences", ylim=(min(0, density["log_g"].min()), None)
    )
    axes[5].set_axis_off()
    add_legend(figure, axes, {"loc": "center", "bbox_to_anchor": (0.84, 0.27)})
    return figure


def calibration(states: pd.DataFrame, table: pd.DataFrame, diagram: pd.DataFrame) -> Figure:
    """Draw the calibration of the models' site conditionals on held-out sequences.

    Parameters
    ----------
    states : pandas.DataFrame
        Rows of `calibration.tsv` of all models: M, replicate, temperature, npll (negative pseudo-log-likelihood, nats a
        site) and its error, ece (expected calibration error).
    table : pandas.DataFrame
        Rows of `optimum.tsv`, one a model: M, replicate, tau_cal.
    diagram : pandas.DataFrame
        Rows of `reliability.tsv` of the largest model: temperature, confidence, accuracy and share of a bin.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels: npll and ece against temperature, and the reliability diagram of the largest model.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    temperatures = np.sort(states["temperature"].unique())
    sizes = sorted(states["M"].unique())
    for axis, (column, label) in zip(
        axes, {"npll": "negative pseudo-log-likelihood, nats a site", "ece": "expected calibration error"}.items(),
        strict=False,
    ):  # fmt: skip
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            for replicate, curve in states[states["M"] == size].groupby("replicate"):
                error = INTERVAL * curve["npll_error"] if column == "npll" else None
                axis.errorbar(
                    curve["temperature"], curve[column], error, color=colour, lw=1.2, marker="o", ms=3,
                    label=f"M = {size:,}" if replicate == 1 else None,
                )  # fmt: skip
                optima = table[(table["M"] == size) & (table["replicate"] == replicate)].iloc[0]
                tau = optima["tau_cal"]
                if column == "npll" and temperatures[0] <= tau <= temperatures[-1]:
                    axis.axvline(tau, color=colour, ls=":", lw=1.2)
        axis.set_ylabel(label)
        set_temperature_axis(axis, temperatures)
    axes[1].set_ylim(bottom=0)
    axes[2].plot([0, 1], [0, 1], color="black", ls=":", lw=1)
    for bin_colour, (temperature, bins) in zip(("#0072b2", CHOSEN), diagram.groupby("temperature"), strict=False):
        axes[2].scatter(
            bins["confidence"], bins["accuracy"], s=8 + 250 * bins["share"], color=bin_colour, alpha=0.6, lw=0,
            label=f"largest model, τ = {temperature:.2f}",
        )  # fmt: skip
        axes[2].plot(bins["confidence"], bins["accuracy"], color=bin_colour, lw=1)
    axes[2].set(xlabel="confidence of the likeliest state", ylabel="how often it is right", xlim=(0, 1), ylim=(0, 1))
    add_legend(figure, axes)
    return figure


def energies(natural: pd.DataFrame, samples: pd.DataFrame, temperatures: Sequence[float]) -> Figure:
    """Draw the distribution of energies of natural, held-out and random sequences and of samples.

    Parameters
    ----------
    natural : pandas.DataFrame
        One row a sequence: set (training, heldout, other or random), energy under the largest model (nats).
    samples : pandas.DataFrame
        One row a sample: temperature, energy under the largest model (nats).
    temperatures : sequence of float
        Temperatures whose samples are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        One panel.
    """
    figure, axis = plt.subplots(figsize=(8.2, 3.8), layout="constrained")
    groups = [("random", natural["set"] == "random", RANDOM), ("training", natural["set"] == "training", NATURAL)]
    groups.append(("held out", natural["set"] == "heldout", HELDOUT))
    for name, mask, colour in groups:
        _draw_density(axis, natural[mask]["energy"], colour, name, fill=True)
    for colour, temperature in zip(sns.color_palette("rocket", len(temperatures) + 1), temperatures, strict=False):
        values = samples[samples["temperature"] == temperature]["energy"]
        _draw_density(axis, values, colour, f"samples, τ = {temperature:.3g}")
    axis.set(xlabel="energy (nats at τ = 1)", ylabel="density, each to its highest", ylim=(0, 1.05))
    figure.legend(loc="outside right center")
    return figure


def _draw_density(axis: Axes, values: pd.Series, colour: Any, label: str, fill: bool = False) -> None:
    """Draw the density of values, or a line where they are all the same."""
    if not values.std() > 0:
        axis.axvline(values.iloc[0], color=colour, label=label)
        return
    draw = partial(axis.fill_between, alpha=0.45, lw=0) if fill else partial(axis.plot, lw=1.6)
    draw(*scale_density(values), color=colour, label=label)


def scale_density(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the density of values, scaled to a maximum of 1: narrow ones, of cold samples, would dwarf the rest.

    Parameters
    ----------
    values : pandas.Series
        Values that are not all the same.

    Returns
    -------
    grid, density : np.ndarray
        (400,) from a standard deviation below the least value to one above the largest, and the density there.
    """
    grid = np.linspace(values.min() - values.std(), values.max() + values.std(), 400)
    density = gaussian_kde(values).evaluate(grid)
    return grid, density / density.max()
