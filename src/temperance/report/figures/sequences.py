"""Samples and natural sequences: principal components, correlations, distances and logos."""

from collections.abc import Callable
from functools import cache
from typing import Any

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
from scipy.spatial.distance import pdist
from scipy.stats import entropy
from sklearn.decomposition import PCA

from temperance.core.alphabet import Alphabet
from temperance.msa.conservation import information, residue_frequencies
from temperance.msa.frequencies import site_frequencies
from temperance.potts.frequencies import agreement
from temperance.report.figures.style import (
    _HELDOUT,
    _RANDOM,
    _mark_temperature,
    _temperature_axis,
    legend,
)
from temperance.scoring.marginals import pair_correlations, triple_correlations

# Sequences whose distances from each other are drawn: a hundred thousand pairs.
_MOST_COMPARED = 450
# Pairs and triples of sites whose correlations are drawn.
_PAIRS, _TRIPLES = 400, 60
# Columns of a logo in one row, and beyond how many its letters are pixels: outlines take 7 kB a column.
_WIDE, _OUTLINED = 60, 150
# By chemistry: hydrophobic, polar, acid, basic, special; of nucleotides one each.
_CHEMISTRY = {"AILMFVWY": "#0072b2", "STNQH": "#009e73", "DE": "#d55e00", "KR": "#7a5195", "CGP": "#b8860b"}
_BASES = {"A": "#009e73", "C": "#0072b2", "G": "#b8860b", "U": "#d55e00", "T": "#d55e00"}


def pca(natural: np.ndarray, sets: dict[float, np.ndarray], q: int) -> Figure:
    """Natural sequences and samples on the two leading principal components of the natural ones.

    Parameters
    ----------
    natural : np.ndarray
        (M, L) uint8.
    sets : dict
        Temperature -> samples (N, L).
    """
    onehot = np.eye(q, dtype=np.float32)
    axes_of_family = PCA(n_components=2, random_state=0).fit(onehot[natural].reshape(len(natural), -1))
    place = {t: axes_of_family.transform(onehot[s].reshape(len(s), -1)) for t, s in sets.items()}
    ground = axes_of_family.transform(onehot[natural].reshape(len(natural), -1))
    figure, axes = plt.subplots(
        1,
        len(sets),
        figsize=(3.1 * len(sets) + 0.4, 3.3),
        layout="constrained",
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    share = axes_of_family.explained_variance_ratio_
    for axis, (temperature, points) in zip(axes[0], place.items(), strict=True):
        axis.scatter(*ground.T, s=4, color=_RANDOM, lw=0, rasterized=True, label="natural")
        axis.scatter(*points.T, s=5, color="#0072b2", alpha=0.6, lw=0, rasterized=True, label="samples")
        axis.set_title(f"τ = {temperature:.3g}")
        axis.set_xlabel(f"PC 1 ({share[0]:.1%})")
    axes[0, 0].set_ylabel(f"PC 2 ({share[1]:.1%})")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", markerscale=3)
    return figure


def correlations(natural: np.ndarray, weights: np.ndarray, sets: dict[float, np.ndarray], tau: float, q: int) -> Figure:
    """Frequencies and connected correlations of samples against natural ones, at the recommended temperature and at 1.

    Parameters
    ----------
    natural, weights : np.ndarray
        (M, L) uint8 and (M,).
    sets : dict
        Temperature -> samples (N, L).
    """
    rng, length = np.random.default_rng(0), natural.shape[1]

    def sites(order: int, most: int) -> np.ndarray:
        drawn = np.unique([np.sort(rng.choice(length, order, replace=False)) for _ in range(4 * most)], axis=0)
        return drawn[rng.permutation(len(drawn))[:most]]

    pairs, triples = sites(2, _PAIRS), sites(3, _TRIPLES) if length > 2 else np.zeros((0, 3), int)
    panels: list[tuple[str, Callable[..., np.ndarray]]] = [
        ("frequencies of states", lambda of, w=None: site_frequencies(of, q, w)),
        ("two sites, connected", lambda of, w=None: pair_correlations(of, q, pairs, w)),
        ("three sites, connected", lambda of, w=None: triple_correlations(of, q, triples, w)),
    ]
    shown = sorted({min(sets, key=lambda t: abs(t - wanted)) for wanted in (tau, 1.0)})
    figure, axes = plt.subplots(len(shown), 3, figsize=(10.5, 3.3 * len(shown)), layout="constrained", squeeze=False)
    for column, (title, of) in enumerate(panels):
        reference = of(natural, weights).ravel()
        for row, temperature in zip(axes, shown, strict=True):
            axis, values = row[column], of(sets[temperature]).ravel()
            if not len(values):
                axis.set_axis_off()
                continue
            seen = agreement(reference, values)
            limits = np.array([min(reference.min(), values.min()), max(reference.max(), values.max())])
            axis.hexbin(
                reference, values, gridsize=60, bins="log", cmap="viridis", mincnt=1, lw=0.1, rasterized=True,
                extent=(*limits, *limits),
            )  # fmt: skip
            axis.plot(limits, limits, color="0.5", ls=":", lw=1)
            axis.set(xlabel="natural", ylabel=f"samples, τ = {temperature:g}")
            axis.set_title(f"{title}\nPearson {seen.pearson:.3f}, slope {seen.slope:.2f}", fontsize=9)
    return figure


def orders(table: pd.DataFrame, best: dict, shown: list[float]) -> Figure:
    """Pearson correlation and slope of connected correlations over temperature; r20 over the order of marginals.

    Parameters
    ----------
    table : pandas.DataFrame
        Of the largest subset, as `score_orders` gives it.
    best, shown
        The recommendation; temperatures to draw r20 at.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    samples, natural = table[table["temperature"].notna()], table[table["temperature"].isna()]
    temperatures = np.sort(samples["temperature"].unique())
    names = {2: ("two sites", "#0072b2"), 3: ("three sites", "#009e73")}
    columns = {"pearson": "Pearson of connected correlations", "slope": "slope of connected correlations"}
    for axis, (column, said) in zip(axes, columns.items(), strict=False):
        for order, (label, colour) in names.items():
            curve = samples[samples["order"] == order].sort_values("temperature")
            axis.plot(curve["temperature"], curve[column], color=colour, marker="o", ms=3.5, label=label)
            for value in natural.loc[natural["order"] == order, column]:
                axis.axhline(value, color=colour, ls="--", lw=1.2, label=f"{label}: natural sequences")
        _mark_temperature(axis, best)
        axis.set_ylabel(said)
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
        _temperature_axis(axis, temperatures)
    for colour, temperature in zip(sns.color_palette("rocket", 5), shown, strict=False):
        curve = samples[np.isclose(samples["temperature"], temperature)]
        axes[2].errorbar(
            curve["order"], curve["r20"], 1.96 * curve["r20_error"], color=colour, marker="o", ms=3.5, lw=1.3,
            label=f"τ = {temperature:g}",
        )  # fmt: skip
    axes[2].errorbar(
        natural["order"], natural["r20"], 1.96 * natural["r20_error"], color=_HELDOUT, ls="--", lw=1.2,
        label="natural sequences",
    )  # fmt: skip
    axes[2].set(xlabel="sites of a marginal", ylabel="r20", ylim=(min(0, samples["r20"].min()), 1.02))
    axes[2].xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(figure, axes)
    return figure


def distances(
    natural: np.ndarray, sets: dict[float, np.ndarray], q: int, scored: pd.DataFrame, samples: pd.DataFrame
) -> Figure:
    """How far sequences are from each other and from the nearest natural one, and how varied each site is.

    Parameters
    ----------
    natural, sets, q
        As of `pca`.
    scored, samples : pandas.DataFrame
        Tables of natural sequences and of samples.
    """
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    colours = dict(zip(sets, sns.color_palette("rocket", len(sets) + 1), strict=False))
    heldout = scored.loc[scored["set"] == "heldout", "distance_natural"]
    length, of_nature = natural.shape[1], _entropies(natural, q)
    for axis, values in zip(axes, (_between(natural), heldout), strict=False):
        axis.fill_between(*_shares(values, length), color=_HELDOUT, alpha=0.45, lw=0, label="natural")
    for temperature, sequences in sets.items():
        nearest = samples.loc[np.isclose(samples["temperature"], temperature), "distance_natural"]
        for axis, values in zip(axes, (_between(sequences), nearest), strict=False):
            axis.plot(*_shares(values, length), color=colours[temperature], lw=1.6, label=f"τ = {temperature:.3g}")
        axes[2].plot(of_nature, _entropies(sequences, q), "o", ms=3, alpha=0.7, color=colours[temperature])
    most = np.log(q)
    axes[2].plot([0, most], [0, most], color="black", ls=":", lw=1)
    axes[0].set(xlabel="distance between two of a set", ylabel="share, each to its highest", ylim=(0, 1.05))
    axes[1].set(xlabel="distance to the nearest natural sequence", ylim=(0, 1.05))
    axes[2].set(xlabel="entropy of a site, natural (nats)", ylabel="entropy of a site, samples (nats)")
    for axis in axes[:2]:
        axis.set_xlim(0, 1)
    legend(figure, axes[:2])
    return figure


def _between(sequences: np.ndarray) -> np.ndarray:
    """Shares of sites in which pairs of a few hundred of the sequences (M, L) differ."""
    return pdist(sequences[:: -(-len(sequences) // _MOST_COMPARED)], "hamming")


def _shares(distances: Any, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances that there can be, and how often each is there, the most frequent 1."""
    counts = np.bincount(np.rint(np.asarray(distances) * length).astype(int), minlength=length + 1)
    return np.arange(length + 1) / length, counts / counts.max()


def _entropies(sequences: np.ndarray, q: int) -> np.ndarray:
    """Of each site of sequences (M, L), nats."""
    return entropy(site_frequencies(sequences, q), axis=1)


def logo(natural: np.ndarray, designs: list[str], columns: pd.DataFrame, letters: Alphabet) -> Figure:
    """Sequence logos of natural sequences (M, L) and of designs, one above the other."""
    length, sets = natural.shape[1], {"natural": natural}
    if designs:
        sets["designs"] = letters.codes()[np.array([list(row.encode()) for row in designs], np.uint8)]
    blocks = range(0, length, _WIDE)
    figure, axes = plt.subplots(
        len(blocks) * len(sets), 1, figsize=(12.5, 1.5 * len(blocks) * len(sets) + 0.5), layout="constrained",
        sharey=True, squeeze=False,
    )  # fmt: skip
    # Where the reference has no residue there is no number.
    numbers = columns["number"].map(lambda number: "" if np.isnan(number) else f"{number:.0f}").to_numpy()
    colours = _residue_colours(letters)
    for row, (name, sequences) in enumerate(sets.items()):
        frequencies, gaps = residue_frequencies(sequences, np.ones(len(sequences)), letters)
        bits = (1 - gaps) * information(frequencies, letters)
        for n, start in enumerate(blocks):
            axis = axes[n * len(sets) + row, 0]
            for site in range(start, min(start + _WIDE, length)):
                _stack(axis, site, frequencies[site] * bits[site], letters, colours)
            for letter in axis.patches:
                letter.set_rasterized(length > _OUTLINED)
            axis.set(xlim=(start - 0.5, start + min(_WIDE, max(length, 20)) - 0.5), ylabel=f"{name}, bits")
            ticks = np.arange(start, min(start + _WIDE, length), 5)
            axis.set_xticks(ticks, numbers[ticks])
    axes[0, 0].set_ylim(0, np.log2(letters.q - (letters.gap is not None)))
    axes[-1, 0].set_xlabel("residue of the reference")
    return figure


def _residue_colours(letters: Alphabet) -> dict[str, str]:
    if len(letters.symbols) <= 6:
        return _BASES
    return {symbol: colour for symbols, colour in _CHEMISTRY.items() for symbol in symbols}


def _stack(axis: Axes, site: int, heights: np.ndarray, letters: Alphabet, colours: dict[str, str]) -> None:
    """Letters of one column, the tallest on top; those too low to be read are left out."""
    base = 0.0
    for state in np.argsort(heights):
        height, symbol = float(heights[state]), letters.symbols[state]
        if height > 0.04:
            glyph = _glyph(symbol)
            box = glyph.get_extents()
            move = Affine2D().translate(-box.x0, -box.y0).scale(0.9 / max(box.width, 0.35), height / box.height)
            path = move.translate(site - 0.45, base).transform_path(glyph)
            axis.add_patch(PathPatch(path, color=colours.get(symbol, "0.3"), lw=0))
        base += height


@cache
def _glyph(symbol: str) -> TextPath:
    return TextPath((0, 0), symbol, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
