"""Samples and natural sequences: principal components, correlations, distances and logos."""

from functools import cache

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D

from temperance.core.alphabet import Alphabet
from temperance.potts.frequencies import measure_agreement
from temperance.report.figures.averages import INTERVAL
from temperance.report.figures.sequence_statistics import (
    distance_histogram,
    logo_heights,
    marginals,
    pairwise_distances,
    principal_components,
    site_entropies,
)
from temperance.report.figures.style import (
    HELDOUT,
    RANDOM,
    add_legend,
    mark_temperature,
    set_temperature_axis,
)

# Columns of a logo in one row, and number of columns up to which its letters are outlines, which take 7 kB a column.
_LOGO_WIDTH, _MOST_OUTLINED = 60, 150
# Colours by chemistry: hydrophobic, polar, acid, basic, special; one for each nucleotide.
_CHEMISTRY = {"AILMFVWY": "#0072b2", "STNQH": "#009e73", "DE": "#d55e00", "KR": "#7a5195", "CGP": "#b8860b"}
_BASES = {"A": "#009e73", "C": "#0072b2", "G": "#b8860b", "U": "#d55e00", "T": "#d55e00"}


def pca(natural: np.ndarray, sets: dict[float, np.ndarray], q: int) -> Figure:
    """Draw natural sequences and samples on the two leading principal components of the natural ones.

    Parameters
    ----------
    natural : np.ndarray
        (M, L) uint8.
    sets : dict
        Temperature -> samples (N, L).
    q : int
        States of a site.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a temperature.
    """
    background, samples, shares = principal_components(natural, sets, q)
    figure, axes = plt.subplots(
        1,
        len(sets),
        figsize=(3.1 * len(sets) + 0.4, 3.3),
        layout="constrained",
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axis, (temperature, points) in zip(axes[0], samples.items(), strict=True):
        axis.scatter(*background.T, s=4, color=RANDOM, lw=0, rasterized=True, label="natural")
        axis.scatter(*points.T, s=5, color="#0072b2", alpha=0.6, lw=0, rasterized=True, label="samples")
        axis.set_title(f"τ = {temperature:.3g}")
        axis.set_xlabel(f"PC 1 ({shares[0]:.1%})")
    axes[0, 0].set_ylabel(f"PC 2 ({shares[1]:.1%})")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", markerscale=3)
    return figure


def correlations(natural: np.ndarray, weights: np.ndarray, sets: dict[float, np.ndarray], tau: float, q: int) -> Figure:
    """Draw frequencies and connected correlations of samples against natural ones, at the chosen temperature and at 1.

    Parameters
    ----------
    natural, weights : np.ndarray
        (M, L) uint8 and (M,).
    sets : dict
        Temperature -> samples (N, L); those nearest to `tau` and to 1 are drawn.
    tau : float
        Chosen temperature.
    q : int
        States of a site.

    Returns
    -------
    matplotlib.figure.Figure
        A row a temperature; columns for one, two and three sites.
    """
    statistics = marginals(natural, weights, sets, tau, q)
    count = len(statistics[0].samples)
    figure, axes = plt.subplots(count, 3, figsize=(10.5, 3.3 * count), layout="constrained", squeeze=False)
    for column, statistic in zip(axes.T, statistics, strict=True):
        reference = statistic.natural
        for axis, (temperature, values) in zip(column, statistic.samples.items(), strict=True):
            if not len(values):
                axis.set_axis_off()
                continue
            fit = measure_agreement(reference, values)
            limits = np.array([min(reference.min(), values.min()), max(reference.max(), values.max())])
            axis.hexbin(
                reference, values, gridsize=60, bins="log", cmap="viridis", mincnt=1, lw=0.1, rasterized=True,
                extent=(*limits, *limits),
            )  # fmt: skip
            axis.plot(limits, limits, color="0.5", ls=":", lw=1)
            axis.set(xlabel="natural", ylabel=f"samples, τ = {temperature:g}")
            axis.xaxis.set_major_locator(MaxNLocator(4))
            agreement = "" if np.isnan(fit.slope) else f"\nPearson {fit.pearson:.3f}, slope {fit.slope:.2f}"
            axis.set_title(f"{statistic.title}{agreement}", fontsize=9)
    return figure


def orders(table: pd.DataFrame, best: dict, temperatures: list[float]) -> Figure:
    """Draw the agreement of connected correlations against temperature, and r20 against the order of marginals.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `orders.tsv` of the largest subset: order, temperature (nan: natural sequences), pearson, slope, r20.
    best : dict
        `recommendation.json`.
    temperatures : list of float
        Temperatures at which r20 is drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels: Pearson correlation, slope, r20.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    samples, natural = table[table["temperature"].notna()], table[table["temperature"].isna()]
    all_temperatures = np.sort(samples["temperature"].unique())
    names = {2: ("two sites", "#0072b2"), 3: ("three sites", "#009e73")}
    columns = {"pearson": "Pearson of connected correlations", "slope": "slope of connected correlations"}
    for axis, (column, title) in zip(axes, columns.items(), strict=False):
        for order, (label, colour) in names.items():
            curve = samples[samples["order"] == order].sort_values("temperature")
            axis.plot(curve["temperature"], curve[column], color=colour, marker="o", ms=3.5, label=label)
            for value in natural.loc[natural["order"] == order, column]:
                axis.axhline(value, color=colour, ls="--", lw=1.2, label=f"{label}: natural sequences")
        mark_temperature(axis, best)
        axis.set_ylabel(title)
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
        set_temperature_axis(axis, all_temperatures)
    for colour, temperature in zip(sns.color_palette("rocket", 5), temperatures, strict=False):
        curve = samples[np.isclose(samples["temperature"], temperature)]
        axes[2].errorbar(
            curve["order"], curve["r20"], INTERVAL * curve["r20_error"], color=colour, marker="o", ms=3.5, lw=1.3,
            label=f"τ = {temperature:g}",
        )  # fmt: skip
    axes[2].errorbar(
        natural["order"], natural["r20"], INTERVAL * natural["r20_error"], color=HELDOUT, ls="--", lw=1.2,
        label="natural sequences",
    )  # fmt: skip
    axes[2].set(xlabel="sites of a marginal", ylabel="r20", ylim=(min(0, samples["r20"].min()), 1.02))
    axes[2].xaxis.set_major_locator(MaxNLocator(integer=True))
    add_legend(figure, axes)
    return figure


def distances(
    natural: np.ndarray, sets: dict[float, np.ndarray], q: int, scored: pd.DataFrame, samples: pd.DataFrame
) -> Figure:
    """Draw distances between sequences and to the nearest natural one, and the entropy of each site.

    Parameters
    ----------
    natural : np.ndarray
        (M, L) uint8.
    sets : dict
        Temperature -> samples (N, L).
    q : int
        States of a site.
    scored : pandas.DataFrame
        One row a natural sequence: set, distance_natural (share of sites).
    samples : pandas.DataFrame
        One row a sample: temperature, distance_natural.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    colours = dict(zip(sets, sns.color_palette("rocket", len(sets) + 1), strict=False))
    heldout = scored.loc[scored["set"] == "heldout", "distance_natural"]
    length, natural_entropies = natural.shape[1], site_entropies(natural, q)
    for axis, values in zip(axes, (pairwise_distances(natural), heldout), strict=False):
        axis.fill_between(*distance_histogram(values, length), color=HELDOUT, alpha=0.45, lw=0, label="natural")
    for temperature, sequences in sets.items():
        nearest = samples.loc[np.isclose(samples["temperature"], temperature), "distance_natural"]
        for axis, values in zip(axes, (pairwise_distances(sequences), nearest), strict=False):
            axis.plot(
                *distance_histogram(values, length), color=colours[temperature], lw=1.6, label=f"τ = {temperature:.3g}"
            )
        axes[2].plot(natural_entropies, site_entropies(sequences, q), "o", ms=3, alpha=0.7, color=colours[temperature])
    uniform = np.log(q)
    axes[2].plot([0, uniform], [0, uniform], color="black", ls=":", lw=1)
    axes[0].set(xlabel="distance between two of a set", ylabel="share, each to its highest", ylim=(0, 1.05))
    axes[1].set(xlabel="distance to the nearest natural sequence", ylim=(0, 1.05))
    axes[2].set(xlabel="entropy of a site, natural (nats)", ylabel="entropy of a site, samples (nats)")
    for axis in axes[:2]:
        axis.set_xlim(0, 1)
    add_legend(figure, axes[:2])
    return figure


def logo(natural: np.ndarray, designs: list[str], columns: pd.DataFrame, alphabet: Alphabet) -> Figure:
    """Draw sequence logos of natural sequences and of designs, one above the other.

    Parameters
    ----------
    natural : np.ndarray
        (M, L) uint8.
    designs : list of str
        Aligned designs of L symbols.
    columns : pandas.DataFrame
        One row a site: number in the reference, nan where it has no residue.
    alphabet : Alphabet
        States of a site.

    Returns
    -------
    matplotlib.figure.Figure
        Panels of at most 60 columns.
    """
    length, sets = natural.shape[1], {"natural": natural}
    if designs:
        sets["designs"] = alphabet.encode(designs)
    blocks = range(0, length, _LOGO_WIDTH)
    figure, axes = plt.subplots(
        len(blocks) * len(sets), 1, figsize=(12.5, 1.5 * len(blocks) * len(sets) + 0.5), layout="constrained",
        sharey=True, squeeze=False,
    )  # fmt: skip
    # A site where the reference has no residue has no number.
    numbers = columns["number"].to_numpy(float)
    colours = _residue_colours(alphabet)
    for row, (name, sequences) in enumerate(sets.items()):
        heights = logo_heights(sequences, alphabet)
        for n, start in enumerate(blocks):
            axis = axes[n * len(sets) + row, 0]
            for site in range(start, min(start + _LOGO_WIDTH, length)):
                _stack(axis, site, heights[site], alphabet, colours)
            for glyph in axis.patches:
                glyph.set_rasterized(length > _MOST_OUTLINED)
            axis.set(xlim=(start - 0.5, start + min(_LOGO_WIDTH, max(length, 20)) - 0.5), ylabel=f"{name}, bits")
            ticks = start + np.flatnonzero(numbers[start : start + _LOGO_WIDTH] % 5 == 0)
            axis.set_xticks(ticks, [f"{number:.0f}" for number in numbers[ticks]])
    axes[0, 0].set_ylim(0, np.log2(alphabet.q - (alphabet.gap is not None)))
    axes[-1, 0].set_xlabel("residue of the reference")
    return figure


def _residue_colours(alphabet: Alphabet) -> dict[str, str]:
    """Map symbols to colours, by chemistry of amino acids or one for each nucleotide."""
    if len(alphabet.symbols) <= 6:
        return _BASES
    return {symbol: colour for symbols, colour in _CHEMISTRY.items() for symbol in symbols}


def _stack(axis: Axes, site: int, heights: np.ndarray, alphabet: Alphabet, colours: dict[str, str]) -> None:
    """Draw the symbols of one column, the tallest on top; those too low to be read are left out."""
    base = 0.0
    for state in np.argsort(heights):
        height, symbol = float(heights[state]), alphabet.symbols[state]
        if height > 0.04:
            glyph = _glyph(symbol)
            box = glyph.get_extents()
            move = Affine2D().translate(-box.x0, -box.y0).scale(0.9 / max(box.width, 0.35), height / box.height)
            path = move.translate(site - 0.45, base).transform_path(glyph)
            axis.add_patch(PathPatch(path, color=colours.get(symbol, "0.3"), lw=0))
        base += height


@cache
def _glyph(symbol: str) -> TextPath:
    """Outline a symbol."""
    return TextPath((0, 0), symbol, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
