"""Figures of the law of the optimal temperatures, and of the quality of samples at tau_train."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from temperance.report.figures.averages import INTERVAL
from temperance.report.figures.style import HELDOUT, add_legend, palette, set_temperature_axis


def law(table: pd.DataFrame) -> Figure:
    """Draw how far the optima are from 1, beside what the law says: against the data size, and with a penalty.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.law`.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels: M C / p (tau - 1) of tau_f and of tau_r without a penalty, and both optima of penalised models
        against those predicted. tau_r of models that cannot represent the truth, of which there is no law, is left out.
    """
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
    means = average_law(table)
    families = list(dict.fromkeys(means["family"]))
    plain, penalised = means[means["l2_couplings"] == 0], means[means["l2_couplings"] > 0]
    for colour, family in zip(sns.color_palette("colorblind", len(families)), families, strict=True):
        rows = plain[plain["family"] == family]
        unit = rows["M"] * rows["heat_capacity"] / rows["parameters"]
        for axis, name in zip(axes[:2], ("f", "r"), strict=True):
            if rows[f"law_{name}"].isna().all():  # the models cannot represent the truth
                continue
            values, errors = unit * (rows[f"tau_{name}"] - 1), unit * rows[f"error_{name}"]
            axis.errorbar(rows["M"], values, errors, color=colour, marker="o", ms=4, lw=0, elinewidth=1.2)
            axis.plot(rows["M"], unit * (rows[f"law_{name}"] - 1), color=colour, lw=1.2, label=family)
        rows = penalised[penalised["family"] == family]
        for name, face in (("f", colour), ("r", "none")):
            axes[2].errorbar(
                rows[f"law_{name}"], rows[f"tau_{name}"], rows[f"error_{name}"], color=colour, marker="o", ms=5,
                mfc=face, lw=0, elinewidth=1.2,
            )  # fmt: skip
    for axis, name in zip(axes[:2], ("f", "r"), strict=True):
        laws = plain["M"] * plain["heat_capacity"] / plain["parameters"] * (plain[f"law_{name}"] - 1)
        # Models that have not learnt their levels are so far off that all others would lie on each other.
        bottom, top = min(1.6 * laws.min(), 0), max(1.6 * laws.max(), 0)
        axis.set(xscale="log", xlabel="training sequences M", ylabel=f"M C / p (τ_{name} − 1)")
        axis.set_ylim((bottom - 0.1, top + 0.1) if laws.notna().any() else None)
        axis.axhline(0, color="0.7", lw=0.8)
    ends = penalised[["law_f", "law_r", "tau_f", "tau_r"]].to_numpy()
    if len(ends):
        between = [np.nanmin(ends), np.nanmax(ends)]
        axes[2].plot(between, between, color="black", ls=":", lw=1)
    axes[2].set(xlabel="τ by the law, with a penalty", ylabel="τ_f (filled) and τ_r (open)")
    add_legend(figure, axes)
    return figure


def average_law(table: pd.DataFrame) -> pd.DataFrame:
    """Average the optima of a claim's models over training sets, without what chance adds to first order.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.claims.law`.

    Returns
    -------
    pandas.DataFrame
        One row a family, penalty and size of which most models have a maximum of the likelihood: family, l2_couplings,
        M, parameters, heat_capacity, law_f, law_r, tau_f and tau_r, and error_f and error_r, halves of their 95 %
        intervals.
    """
    maxima = table["tau_f"].notna().groupby([table[key] for key in ("family", "l2_couplings", "M")])
    table = table[table["tau_f"].notna() & (maxima.transform("mean") > 0.5)]
    table = table.assign(tau_f=table["tau_f"] - table["luck"], tau_r=table["tau_r"] - table["luck"])
    groups = table.groupby(["family", "l2_couplings", "M"], sort=False)
    means = groups[["parameters", "heat_capacity", "law_f", "law_r", "tau_f", "tau_r"]].mean()
    errors = INTERVAL * groups[["tau_f", "tau_r"]].sem()
    return means.assign(error_f=errors["tau_f"], error_r=errors["tau_r"]).reset_index()


def nature(table: pd.DataFrame) -> Figure:
    """Draw the quality of samples against temperature, with nature's, and what of it is missing at tau_train.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.nature.nature`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a truth, of mean true energies at the largest penalty, with a line a size of training sets, and tau_r,
        tau_f and tau_train as marks; and a last one, of what is missing at
        tau_train, by how models were obtained.
    """
    fits = table[table["fit"] != "penalty"]
    table = table[table["fit"] == "penalty"]
    strongest, largest = table["l2_couplings"].max(), table["M"].max()
    table = table[table["l2_couplings"] == strongest]
    penalised = table[(table["M"] == largest) & table["point"].isin(["one", "tau_train"])]
    fits = pd.concat([penalised.assign(fit=f"L2 {strongest:g}"), fits])
    table = average_nature(table)
    families, sizes = list(dict.fromkeys(table["family"])), sorted(table["M"].unique())
    columns = len(families) // 2 + 1
    figure, axes = plt.subplots(2, columns, figsize=(4 * columns, 6.8), layout="constrained", squeeze=False)
    marks = {"tau_r": ("τ_r", "s"), "tau_f": ("τ_f", "o"), "tau_train": ("τ_train", "P")}
    for axis in axes.flat[len(families) : -1]:
        axis.set_visible(False)
    for axis, family in zip(axes.flat, families, strict=False):
        rows = table[table["family"] == family]
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            curve = rows[(rows["M"] == size) & (rows["point"] == "curve")].sort_values("temperature")
            axis.plot(curve["temperature"], curve["true_energy"], color=colour, lw=1.3, label=f"M = {size:,}")
            for point, (label, marker) in marks.items():
                best = rows[(rows["M"] == size) & (rows["point"] == point)]
                axis.plot(best["temperature"], best["true_energy"], marker, color=colour, ms=9, mec="white", mew=0.8)
                axis.plot([], [], marker, color="0.4", ms=7, lw=0, label=label)
        axis.axhline(rows["natural_energy"].iloc[0], color=HELDOUT, ls="--", lw=1.2, label="natural sequences")
        set_temperature_axis(axis, np.array([0.5, 0.7, 1.0, 1.4, 2.0]))
        axis.set_ylabel("mean true energy, nats")
        axis.set_title(family, fontsize=10)
    _draw_fits(axes[-1, -1], share_missing(fits))
    add_legend(figure, list(axes.flat[: len(families)]))
    return figure


def _draw_fits(axis: Axes, shares: pd.DataFrame) -> None:
    """Draw what share of the quality that samples at 1 lack those at tau_train lack, too: a row a fit."""
    fits, families = list(dict.fromkeys(shares["fit"])), list(dict.fromkeys(shares["family"]))
    for colour, family in zip(sns.color_palette("colorblind", len(families)), families, strict=True):
        rows = shares[shares["family"] == family]
        marker = "D" if family == "lattice" else "o"
        axis.plot(rows["share"], rows["fit"].map(fits.index), marker, color=colour, ms=5, alpha=0.8, label=family)
    for share in (0, 1):
        axis.axvline(share, color="0.7", lw=0.8)
    axis.set_yticks(range(len(fits)), fits, fontsize=7)
    axis.set(xlim=(-0.8, 1.15), ylim=(len(fits) - 0.5, -0.5), xlabel="share of the shortfall that is left at τ_train")
    axis.legend(
        fontsize=7, loc="upper center", bbox_to_anchor=(0.4, 1.2), ncols=3, handletextpad=0.1, columnspacing=0.8
    )


def share_missing(table: pd.DataFrame) -> pd.DataFrame:
    """Compute what share of the quality that samples at temperature 1 lack is missing at tau_train as well.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.nature_fits.tabulate_fits`.

    Returns
    -------
    pandas.DataFrame
        One row a family and fit: family, fit, temperature (tau_train), one and tau_train (means over training sets of
        the true energy of samples less that of the training sequences), share (their ratio; nan where the fit has no
        tau_train).
    """
    table = table.assign(excess=table["true_energy"] - table["training_energy"])
    keys = ["family", "fit", "point"]
    means = table.groupby(keys, sort=False)[["excess", "temperature"]].mean().reset_index()
    at_one, there = (means[means["point"] == point].set_index(["family", "fit"]) for point in ("one", "tau_train"))
    rows = pd.DataFrame({"temperature": there["temperature"], "one": at_one["excess"], "tau_train": there["excess"]})
    return rows.assign(share=rows["tau_train"] / rows["one"]).reset_index()


def average_nature(table: pd.DataFrame) -> pd.DataFrame:
    """Average the quality of samples over training sets, at each temperature of a curve, and at each named one.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.validation.nature.tabulate_penalties`.

    Returns
    -------
    pandas.DataFrame
        family, M, l2_couplings, point, temperature, true_energy, natural_energy, excess (true_energy less the training
        set's), and error, half of the 95 % interval of the excess.
    """
    table = table.assign(excess=table["true_energy"] - table["training_energy"])
    named = table["point"].where(table["point"] != "curve", table["temperature"].map("{:.6g}".format))
    groups = table.groupby(["family", "M", "l2_couplings", "point", named.rename("key")], sort=False)
    means = groups[["temperature", "true_energy", "natural_energy", "excess"]].mean()
    return means.assign(error=INTERVAL * groups["excess"].sem()).reset_index().drop(columns="key")
