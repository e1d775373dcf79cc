"""Convergence of training and of replica exchange."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from temperance.report.figures.style import (
    palette,
    set_temperature_axis,
    write_instead,
)


def training(history: pd.DataFrame, summaries: pd.DataFrame, strengths: pd.DataFrame) -> Figure:
    """Draw the course of training, one line a model, and the fit of the penalties that were tried.

    The fit is the likelihood of held-out sequences, and the optimal temperature that the training sequences alone
    predict.

    Parameters
    ----------
    history, summaries, strengths : pandas.DataFrame
        Rows of `history.tsv`, `training.json` and `regularisation.tsv` of all models, with subset, M, replicate.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels.
    """
    figure, axes = plt.subplots(1, 4, figsize=(17, 3.6), layout="constrained")
    sizes = sorted(summaries["M"].unique())
    colours = dict(zip(sizes, palette(len(sizes)), strict=True))
    for subset, curve in history.groupby("subset", sort=False):
        summary = summaries.set_index("subset").loc[subset]
        colour, is_first = colours[summary["M"]], summary["replicate"] == 1
        axes[0].plot(curve["step"], curve["pearson"], color=colour, label=f"M = {summary['M']:,}" if is_first else None)
        axes[0].plot(summary["steps"], summary["pearson"], "D", color=colour, ms=5, label=None)
        axes[1].plot(curve["step"], curve["gradient_norm"] / curve["gradient_noise"], color=colour)
    axes[0].plot([], [], "D", color="black", ms=5, ls="", label="independent chains")
    axes[0].set(xlabel="gradient step", ylabel="Pearson of connected correlations", ylim=(0, 1.02))
    if history["gradient_norm"].notna().any():
        axes[1].axhline(1, color="black", ls=":", lw=1, label="sampling noise alone")
        axes[1].set(xlabel="gradient step", ylabel="gradient / its sampling noise", yscale="log")
        _write_plain_numbers(axes[1])
    else:
        axes[0].set_xticks([0])
        write_instead(axes[1], "The model was trained elsewhere.")
    _draw_strengths(axes[2:], strengths, summaries, colours)
    figure.legend(loc="outside right center")
    return figure


def _draw_strengths(
    axes: Sequence[Axes], strengths: pd.DataFrame, summaries: pd.DataFrame, colours: dict[int, Any]
) -> None:
    """Draw held-out log-likelihood and predicted tau_f against the L2 penalty; rings mark the chosen one."""
    if strengths.empty:
        write_instead(axes[0], "The penalty was not chosen\nby held-out sequences.")
        axes[1].set_axis_off()
        return
    for subset, curve in strengths.groupby("subset", sort=False):
        colour = colours[summaries.set_index("subset").loc[subset, "M"]]
        penalty, chosen = curve["l2_couplings"], curve[curve["chosen"]]
        axes[0].errorbar(
            penalty, curve["log_likelihood"], curve["log_likelihood_error"], color=colour, marker="o", ms=3
        )
        axes[1].plot(penalty, curve["predicted_tau_f"], color=colour, marker="o", ms=3)
        for axis, column in zip(axes, ("log_likelihood", "predicted_tau_f"), strict=True):
            axis.plot(chosen["l2_couplings"], chosen[column], "o", color=colour, ms=9, mfc="none")
    axes[0].plot([], [], "o", color="black", ms=9, mfc="none", ls="", label="chosen penalty")
    axes[0].set(xscale="log", xlabel="L2 penalty on couplings", ylabel="held-out log-likelihood, nats a site")
    if strengths["predicted_tau_f"].isna().all():
        axes[1].clear()
        write_instead(axes[1], "τ_f cannot be predicted: too many parameters\nfor the samples that can be drawn.")
        return
    axes[1].axhline(1, color="black", ls=":", lw=1)
    axes[1].set(
        xscale="log", xlabel="L2 penalty on couplings", ylabel="τ_f predicted from the training data",
        ylim=(0, max(2.0, strengths["predicted_tau_f"].max() + 0.1)),
    )  # fmt: skip


def ladder(rungs: pd.DataFrame) -> Figure:
    """Draw R-hat, effective sample size and exchange acceptance of every rung of replica exchange, a line a model.

    Parameters
    ----------
    rungs : pandas.DataFrame
        Rows of `ladder.tsv` of all models: M, replicate, temperature, rhat, ess, acceptance.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.4), layout="constrained")
    finite = rungs[np.isfinite(rungs["temperature"])]
    sizes = sorted(finite["M"].unique())
    for colour, size in zip(palette(len(sizes)), sizes, strict=True):
        for replicate, curve in finite[finite["M"] == size].groupby("replicate"):
            label = f"M = {size:,}" if replicate == 1 else None
            axes[0].plot(curve["temperature"], curve["rhat"], color=colour, lw=1.2, label=label)
            axes[1].plot(curve["temperature"], curve["ess"], color=colour, lw=1.2)
            axes[2].plot(curve["temperature"], curve["acceptance"], color=colour, lw=1.2)
    for axis, label in zip(
        axes, ("split R-hat of the energy", "effective sample size", "exchange acceptance"), strict=True
    ):
        low, high = finite["temperature"].min() * 0.9, min(finite["temperature"].max() * 1.1, 30)
        ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if low <= tick <= high]
        set_temperature_axis(axis, np.array(ticks or [low, high]), "rung temperature")
        axis.set_xlim(low, high)
        axis.set_ylabel(label)
    axes[0].set_yscale("log")
    _write_plain_numbers(axes[0])
    axes[1].set_ylim(bottom=0)
    axes[2].set_ylim(0, 1)
    figure.legend(loc="outside right center")
    return figure


def _write_plain_numbers(axis: Axes) -> None:
    """Label a logarithmic axis with numbers instead of powers, and less than a decade also between these."""
    low, high = axis.get_ylim()
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}") if high < 10 * low else NullFormatter())
