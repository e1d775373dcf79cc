"""Figures of claims about free energy, power transform, scale, distillation, attention and overfitting."""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from temperance.report.figures.averages import INTERVAL
from temperance.report.figures.style import add_legend, palette, set_temperature_axis
from temperance.validation.attention import find_best_temperatures
from temperance.validation.distillation import choose_penalties
from temperance.validation.overfitting import tabulate_correlations

# Colours of truths, and markers of penalties and perturbations.
_COLOURS = {
    "planted": "#0072b2", "hopfield": "#d55e00", "gapless": "#009e73", "critical": "#7a5195", "two_level": "#e69f00",
}  # fmt: skip
_MARKERS = "osD^v"
# Free energies are not drawn where rounding shows, nats.
_ROUNDING = 1e-10


def free_energy(table: pd.DataFrame) -> Figure:
    """Draw free energy, mean energy and entropy against temperature, and by how much perturbed distributions exceed.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.tempered.free_energy`.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.
    """
    figure, axes = plt.subplots(1, 4, figsize=(16, 3.6), layout="constrained")
    tempered = table[table["perturbation"] == "none"]
    labels = {"free_energy": "F = <E> − τ S, nats", "energy": "<E>, nats", "entropy": "S, nats"}
    for axis, (column, label) in zip(axes, labels.items(), strict=False):
        for family, curve in tempered.groupby("family", sort=False):
            axis.plot(curve["temperature"], curve[column], color=_COLOURS[family], label=family)
        axis.set(xscale="log", xlabel="τ", ylabel=label)
    few_temperatures = table["temperature"].isin(table["temperature"].unique()[::8])
    perturbed = table[(table["perturbation"] != "none") & (table["tau_kl"] > 0) & few_temperatures]
    for marker, (name, points) in zip(_MARKERS, perturbed.groupby("perturbation", sort=False), strict=False):
        axes[3].plot(points["tau_kl"], points["excess"], marker, ms=3, mfc="none", mew=0.6, color="0.35", label=name)
    ends = [perturbed["tau_kl"].min(), perturbed["tau_kl"].max()]
    axes[3].plot(ends, ends, color="#d55e00", lw=1.2, label="equal")
    ends[0] = max(ends[0], _ROUNDING)
    axes[3].set(
        xscale="log",
        yscale="log",
        xlim=ends,
        ylim=ends,
        xlabel="τ KL(p || Q_τ), nats",
        ylabel="F of p above F of Q_τ, nats",
    )
    add_legend(figure, axes)
    return figure


def escort(table: pd.DataFrame) -> Figure:
    """Draw entropy, its slope, the approach to the ground states and the Renyi entropy of power transforms.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.tempered.escort`.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.
    """
    figure, axes = plt.subplots(1, 4, figsize=(16, 3.6), layout="constrained")
    for family, curve in table.groupby("family", sort=False):
        colour, tau = _COLOURS[family], curve["temperature"]
        ground_states = curve["ground_states"].iloc[0]
        axes[0].plot(tau, curve["entropy"], color=colour, label=f"{family}, {ground_states} ground states")
        axes[0].axhline(np.log(ground_states), color=colour, ls=":", lw=1)
        axes[1].plot(tau, curve["heat_capacity"] / tau, color=colour)
        axes[1].plot(tau[::2], curve["slope"][::2], "o", color=colour, ms=4)
        axes[2].plot(1 / tau, curve["distance_to_ground"], color=colour)
        axes[2].plot(1 / tau, curve["first_level"], color=colour, ls="--", lw=1)
        axes[3].plot(1 / tau, curve["secant"], color=colour)
        axes[3].plot(1 / tau[::2], curve["renyi"][::2], "o", color=colour, ms=4)
    axes[0].plot([], [], color="0.4", ls=":", lw=1, label="ln of the number of ground states")
    axes[1].plot([], [], color="0.4", label="line: C / τ; (F(1) − F(τ)) / (τ − 1)")
    axes[1].plot([], [], "o", color="0.4", ms=4, label="points: dS / dτ; Rényi entropy")
    axes[2].plot([], [], color="0.4", ls="--", lw=1, label="first excited level alone")
    axes[0].set(xscale="log", xlabel="τ", ylabel="entropy S, nats")
    axes[1].set(xscale="log", xlabel="τ", ylabel="dS / dτ")
    axes[2].set(yscale="log", xlabel="1 / τ", ylabel="distance to uniform over ground states", ylim=(1e-8, 2))
    axes[3].set(xscale="log", xlabel="order 1 / τ", ylabel="Rényi entropy at τ = 1, nats")
    add_legend(figure, axes)
    return figure


def identifiability(table: pd.DataFrame) -> Figure:
    """Draw parameters and best temperatures of models against the temperature that they were trained at.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.tempered.identifiability`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    penalties = sorted(table["l2"].unique())
    for colour, l2 in zip(palette(len(penalties)), penalties, strict=True):
        curve = table[table["l2"] == l2]
        t = curve["temperature"]
        axes[0].plot(t, curve["norm"], "-o", color=colour, ms=4, label=f"L2 {l2:g}" if l2 else "no penalty")
        axes[1].plot(t, curve["tau_f"] / t, "-o", color=colour, ms=4)
        axes[1].plot(t, curve["tau_cal"] / t, "--s", color=colour, ms=4)
        other = curve[curve["temperature"] != 1]
        axes[2].plot(other["temperature"], other["difference"], "-o", color=colour, ms=4)
        axes[2].plot(other["temperature"], other["difference_rescaled"], ":x", color=colour, ms=5)
    for style, label in (("-o", "τ_f; same penalty"), ("--s", "τ_cal"), (":x", "penalty times t²")):
        axes[0].plot([], [], style, color="0.4", ms=4, label=label)
    for axis in axes:
        set_temperature_axis(axis, table["temperature"].unique(), "temperature of training t")
    axes[0].set(yscale="log", ylabel="norm of parameters")
    axes[1].set(ylabel="best temperature / t")
    axes[2].set(yscale="log", ylabel="largest difference of probabilities\nfrom the model trained at 1")
    add_legend(figure, axes)
    return figure


def distillation(table: pd.DataFrame) -> Figure:
    """Draw the held-out loss of students against the temperature of soft labels, beside that of hard labels.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.distillation.distillation`.

    Returns
    -------
    matplotlib.figure.Figure
        One row a teacher, one column a student.
    """
    best = choose_penalties(table, "conditional")
    families, students, sizes = (list(table[name].unique()) for name in ("family", "student", "M"))
    figure, axes = plt.subplots(
        len(families), len(students), figsize=(4.2 * len(students), 3.1 * len(families)), layout="constrained",
        squeeze=False, sharex=True,
    )  # fmt: skip
    for (row, family), (column, student) in product(enumerate(families), enumerate(students)):
        axis = axes[row, column]
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            rows = best[(best["family"] == family) & (best["student"] == student) & (best["M"] == size)]
            _draw_means(axis, rows[rows["labels"] == "soft"], "temperature", "conditional", colour, f"M = {size}, soft")
            hard = rows.loc[rows["labels"] == "hard", "conditional"]
            axis.axhline(hard.mean(), color=colour, ls="--", lw=1, label=f"M = {size}, hard")
            half = INTERVAL * hard.sem()
            axis.axhspan(hard.mean() - half, hard.mean() + half, color=colour, alpha=0.12, lw=0)
        axis.set_title(f"{family}, {student} student")
        # A student that contains its teacher has next to no loss with soft labels.
        if student == "pairwise":
            axis.set_yscale("log")
        label = "temperature T of labels" if row == len(families) - 1 else ""
        set_temperature_axis(axis, table.loc[table["labels"] == "soft", "temperature"].unique(), label)
        if column == 0:
            axis.set_ylabel("KL of site conditionals,\nnats a site")
    add_legend(figure, list(axes.ravel()))
    return figure


def attention(table: pd.DataFrame) -> Figure:
    """Draw held-out loss and entropy of attention against its temperature, and the best temperature against size.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.attention.attention`.

    Returns
    -------
    matplotlib.figure.Figure
        Two rows; one column a truth, and one of best temperatures.
    """
    families, sizes = list(table["family"].unique()), list(table["M"].unique())
    figure, axes = plt.subplots(
        2, len(families) + 1, figsize=(3.4 * (len(families) + 1), 6), layout="constrained", squeeze=False
    )
    for loss, entropy, family in zip(axes[0], axes[1], families, strict=False):
        rows = table[table["family"] == family]
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            curves = rows[rows["M"] == size]
            _draw_means(loss, curves, "temperature", "loss", colour, f"M = {size:,}")
            _draw_means(entropy, curves, "temperature", "entropy", colour, None)
        loss.axhline(rows["truth_loss"].iloc[0], color="black", ls=":", lw=1, label="the truth itself")
        largest = rows[rows["M"] == max(sizes)]
        loss.axhline(largest["profile_loss"].mean(), color="0.5", ls="--", lw=1, label="profile model, largest M")
        loss.set(xscale="log", title=family, ylim=(0.9 * rows["truth_loss"].iloc[0], 0.9))
        entropy.set(xscale="log", xlabel="temperature τ of attention", ylim=(0, None))
        for axis in (loss, entropy):
            axis.axvline(1, color="0.7", lw=0.8)
    axes[0, 0].set_ylabel("held-out loss of a site, nats")
    axes[1, 0].set_ylabel("entropy of attention, nats")
    for axis, column, label in zip(
        axes[:, -1], ("loss", "divergence"), ("least loss", "least KL(P || Q)"), strict=True
    ):
        best = find_best_temperatures(table, column).assign(log=lambda rows: np.log(rows["temperature"]))
        for family, rows in best.groupby("family", sort=False):
            groups = rows.groupby("M")["log"]
            mean, half = groups.mean(), INTERVAL * groups.sem()
            ends = [np.exp(mean) - np.exp(mean - half), np.exp(mean + half) - np.exp(mean)]
            axis.errorbar(
                mean.index, np.exp(mean), ends, color=_COLOURS[family], marker="o", ms=4, capsize=2, label=family
            )
        axis.axhline(1, color="0.7", lw=0.8)
        axis.set(xscale="log", yscale="log", ylabel=f"τ of {label}")
    axes[1, -1].set_xlabel("training sequences M")
    add_legend(figure, list(axes.ravel()))
    return figure


def overfitting(table: pd.DataFrame) -> Figure:
    """Draw best temperatures of models against their generalisation gap, with the correlations of the first panel.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.overfitting.overfitting`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13.5, 3.8), layout="constrained")
    for (family, l2), rows in table.groupby(["family", "l2"], sort=False):
        marker = _MARKERS[sorted(table["l2"].unique()).index(l2)]
        points = [
            (rows["gap_pseudo"], rows["tau_cal"] - 1),
            (rows["gap_pseudo"], rows["tau_cal"] - rows["tau_cal_train"]),
            (rows["gap"] / rows["heat_capacity"], rows["tau_f"] - rows["tau_train"]),
        ]
        for axis, (x, y) in zip(axes, points, strict=True):
            axis.plot(x, y, marker, ms=4, mfc="none", mew=0.8, color=_COLOURS[family])
    correlations = tabulate_correlations(table)["tau_cal"]
    for family in table["family"].unique():
        label = f"{family}, r = {{:.2f}} ({{:.2f}} to {{:.2f}})".format(*correlations[family])
        axes[0].plot([], [], "o", color=_COLOURS[family], ms=5, label=label)
    for marker, l2 in zip(_MARKERS, sorted(table["l2"].unique()), strict=False):
        axes[0].plot([], [], marker, color="0.4", mfc="none", ms=5, label=f"L2 {l2:g}")
    axes[0].axhline(0, color="black", ls=":", lw=1)
    axes[2].axline((0, 0), slope=1, color="black", ls=":", lw=1, label="equal")
    axes[0].set(xlabel="gap of pseudo-log-likelihood, nats a site", ylabel="τ_cal − 1")
    axes[1].set(xlabel="gap of pseudo-log-likelihood, nats a site", ylabel="τ_cal − τ_cal (training)")
    axes[2].set(xlabel="gap of log-likelihood / heat capacity", ylabel="τ_f − τ_train")
    add_legend(figure, axes)
    return figure


def _draw_means(axis: Axes, rows: pd.DataFrame, x: str, y: str, colour: tuple, label: str | None) -> None:
    """Draw the mean of a column over replicates with its 95 % interval."""
    groups = rows.groupby(x)[y]
    mean, half = groups.mean(), INTERVAL * groups.sem()
    axis.plot(mean.index, mean, "-o", color=colour, ms=3, lw=1.2, label=label)
    axis.fill_between(mean.index, mean - half, mean + half, color=colour, alpha=0.25, lw=0)
