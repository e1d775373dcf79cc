"""Figure of the model's bias: predicted and true probabilities, and what levels of the true energy have of them."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from temperance.report.figures.style import CHOSEN, HELDOUT, NATURAL, add_legend

_AT_ONE = "#0072b2"
# Points of a set that are drawn, and the least probability of a level.
_MOST_POINTS, _LEAST_SHARE = 400, 1e-3
_PARTS = {
    "reverse": ("KL(Q || P)", "#009e73"),
    "forward": ("KL(P || Q)", "#56b4e9"),
    "slope": ("slope of KL(Q || P) in τ", "#7a5195"),
}


def compare_log_probabilities(
    natural: pd.DataFrame, samples: pd.DataFrame, log_z: float, true_log_z: float | None
) -> pd.DataFrame:
    """Compare predicted with true log-probabilities of held-out sequences and of samples at temperature 1.

    Parameters
    ----------
    natural, samples : pandas.DataFrame
        Of `temperance.scoring.tables`: energy and, where the truth is known, true_energy (nats).
    log_z : float
        ln Z of the model.
    true_log_z : float or None
        ln Z of the truth. If it is not known, it is the one with which true and predicted log-probabilities of held-out
        sequences have the same mean.

    Returns
    -------
    pandas.DataFrame
        set (heldout, samples), true and predicted (nats); empty where the truth is not known. Impossible samples are
        left out.
    """
    if "true_energy" not in samples:
        return pd.DataFrame(columns=["set", "true", "predicted"])
    heldout = natural[natural["set"] == "heldout"]
    nearest = samples.loc[(samples["temperature"] - 1).abs().idxmin(), "temperature"]
    at_one = samples[(samples["temperature"] == nearest) & np.isfinite(samples["true_energy"])]
    if true_log_z is None:
        difference = np.average(heldout["energy"] - heldout["true_energy"], weights=heldout["weight"])
        true_log_z = log_z + float(difference)
    tables = [
        pd.DataFrame({"set": name, "true": -rows["true_energy"] - true_log_z, "predicted": -rows["energy"] - log_z})
        for name, rows in (("heldout", heldout), ("samples", at_one))
    ]
    return pd.concat(tables, ignore_index=True)


def bias(levels: pd.DataFrame, probabilities: pd.DataFrame, chosen: float) -> Figure:
    """Draw predicted against true log-probabilities, and what levels of the true energy have of the probability.

    Parameters
    ----------
    levels : pandas.DataFrame
        Rows of `levels.tsv`: temperature, level, energy, p, q, forward, reverse, slope and their errors.
    probabilities : pandas.DataFrame
        Of `compare_log_probabilities`; empty where the truth is not known.
    chosen : float
        Temperature that is recommended, or closest to what is asked for.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels of the levels of a judge's energy where the truth is not known, else two more.
    """
    has_truth = not probabilities.empty
    count, width = (4, 16.5) if has_truth else (2, 9.5)
    figure, axes = plt.subplots(1, count, figsize=(width, 3.9))
    figure.set_layout_engine("constrained", w_pad=0.1)
    panels = list(axes)
    if has_truth:
        _draw_log_probabilities(panels.pop(0), probabilities)
    levels = select_levels(levels)
    temperatures = levels["temperature"].unique()
    at_one, nearest = (temperatures[np.argmin(np.abs(temperatures - tau))] for tau in (1.0, chosen))
    first = levels[levels["temperature"] == at_one].reset_index(drop=True)
    x = np.arange(len(first))
    panels[0].errorbar(
        x,
        first["p"],
        first.get("p_error"),
        color=NATURAL,
        marker="_",
        ms=12,
        mew=2,
        ls="none",
        label="natural, truth P",
    )
    curves = {at_one: (_AT_ONE, -0.12)} | ({nearest: (CHOSEN, 0.12)} if nearest != at_one else {})
    for tau, (colour, shift) in curves.items():
        rows = levels[levels["temperature"] == tau].reset_index(drop=True)
        label = f"model Q, τ = {tau:.3g}"
        panels[0].errorbar(
            x + shift, rows["q"], rows.get("q_error"), color=colour, marker="o", ms=4, ls="none", label=label
        )
        possible = (rows["p"] > 0) & (rows["q"] > 0)
        ratio = rows["q"][possible] / rows["p"][possible]
        panels[1].plot(x[possible], ratio, color=colour, marker="o", ms=4, lw=1.2, label=label)
    panels[0].set(ylabel="probability of the level", ylim=(0, None))
    panels[1].axhline(1, color="black", lw=0.8, ls=":")
    panels[1].set(ylabel="Q / P, mean of the level", yscale="log")
    _set_ratio_ticks(panels[1])
    if has_truth:
        _draw_parts(panels[2], first)
    for panel in panels:
        panel.set_xticks(x, label_levels(first["energy"].to_numpy(float)), rotation=60, fontsize=8)
        panel.set(
            xlim=(-0.6, len(x) - 0.4),
            xlabel=f"{'true energy' if has_truth else 'pair judge: energy'} of the level, nats",
        )
    add_legend(figure, axes)
    return figure


def select_levels(levels: pd.DataFrame) -> pd.DataFrame:
    """Leave out levels that have hardly any probability, neither under the truth nor at any temperature.

    Parameters
    ----------
    levels : pandas.DataFrame
        Rows of `levels.tsv`.

    Returns
    -------
    pandas.DataFrame
        Rows of the levels of which p or q is at least 0.001 at some temperature of 1 or below.
    """
    cold = levels[levels["temperature"] <= max(1.0, levels["temperature"].min())]
    most = cold.groupby("level")[["p", "q"]].max().max(axis=1)
    return levels[levels["level"].isin(most.index[most >= _LEAST_SHARE])]


def label_levels(energies: np.ndarray) -> list[str]:
    """Label levels with their energies, with as few decimals as tell them apart.

    Parameters
    ----------
    energies : np.ndarray
        (levels,) nats; infinite where sequences are impossible.

    Returns
    -------
    list of str

    Examples
    --------
    >>> label_levels(np.array([-6.25, -6.5, 0.0, np.inf]))
    ['-6.2', '-6.5', '0.0', 'impossible']
    """
    texts: list[str] = []
    for decimals in range(4):
        texts = [f"{round(energy, decimals) + 0.0:.{decimals}f}" for energy in energies]
        if len(set(texts)) == len(texts):
            break
    return ["impossible" if np.isinf(energy) else text for energy, text in zip(energies, texts, strict=True)]


def _draw_log_probabilities(axis: Axes, table: pd.DataFrame) -> None:
    for name, label, colour in (("heldout", "held-out sequences", HELDOUT), ("samples", "samples, τ = 1", _AT_ONE)):
        rows = table[table["set"] == name].iloc[:_MOST_POINTS]
        axis.scatter(rows["true"], rows["predicted"], s=11, color=colour, alpha=0.6, lw=0, label=label)
    low, high = table[["true", "predicted"]].to_numpy().min(), table[["true", "predicted"]].to_numpy().max()
    axis.plot([low, high], [low, high], color="black", ls=":", lw=1)
    axis.set(xlabel="true ln P, nats", ylabel="predicted ln Q, nats")


def _draw_parts(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw the levels' parts of divergences at temperature 1, as far as these exist."""
    names = [name for name in _PARTS if rows[name].notna().any()]
    for number, name in enumerate(names):
        label, colour = _PARTS[name]
        positions = np.arange(len(rows)) + (number - (len(names) - 1) / 2) * 0.27
        axis.bar(
            positions, rows[name], 0.27, yerr=rows.get(f"{name}_error"), color=colour, label=label, error_kw={"lw": 0.8}
        )
    axis.axhline(0, color="black", lw=0.8)
    axis.set_ylabel("part of the level, τ = 1, nats")


def _set_ratio_ticks(axis: Axes) -> None:
    """Label a logarithmic axis in plain numbers, only powers of ten if it is long."""
    low, high = axis.get_ylim()
    digits = (1, 2, 5) if high / low < 300 else (1,)
    ticks = [digit * 10.0**power for power in range(-8, 9) for digit in digits]
    axis.set_yticks([tick for tick in ticks if low <= tick <= high])
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_locator(NullLocator())
    axis.set_ylim(low, high)
