"""Figures of one family. Each function takes tables and returns a matplotlib figure."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns

matplotlib.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import Affine2D
from scipy.spatial.distance import pdist
from scipy.stats import entropy, gaussian_kde
from sklearn.decomposition import PCA

from temperance.core.alphabet import Alphabet
from temperance.core.files import atomic
from temperance.msa.conservation import information, residue_frequencies
from temperance.msa.frequencies import site_frequencies
from temperance.potts.frequencies import agreement
from temperance.scoring.marginals import pair_correlations, triple_correlations
from temperance.scoring.names import short_judge_name
from temperance.temperature.operating_points import deciding_judges
from temperance.temperature.pareto import pareto, shared_temperatures

OPTIMA = {
    "tau_f": ("τ_f: covers the family", "#0072b2", "o"),
    "tau_r": ("τ_r: accepted by the truth", "#009e73", "s"),
    "tau_j": ("τ_J: both", "#7a5195", "^"),
}
# Sequences whose distances from each other are drawn: a hundred thousand pairs.
_MOST_COMPARED = 450
# Share of the axes that the labels of temperatures are apart at least.
_LABEL_DISTANCE = 0.07
_NATURAL, _HELDOUT, _RANDOM, _CHOSEN = "#4d4d4d", "#e69f00", "#bbbbbb", "#d55e00"


# Equal runs give equal bytes.
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


_SPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}


@contextmanager
def theme() -> Iterator[None]:
    """One look for all figures; colours that a colour-blind reader can tell apart."""
    style: dict[Any, Any] = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "temperance",
        "figure.dpi": 100,
        "savefig.bbox": "tight",
        "font.family": "DejaVu Sans",
    }
    with sns.axes_style("ticks"), sns.plotting_context("notebook", font_scale=0.85), plt.rc_context(style):
        yield


def save(figure: Figure, paths: list[str | Path]) -> None:
    """Write a figure in the formats that the endings of `paths` name; in SVG, markers tell their values."""
    told = _values(figure)
    for path in map(Path, paths):
        with atomic(path) as part:
            kind = path.suffix[1:]
            figure.savefig(part, format=kind, dpi=160, metadata=_UNDATED.get(kind))
            if kind == "svg":
                part.write_text(_with_titles(part.read_text(encoding="utf-8"), told), encoding="utf-8")
    plt.close(figure)


def _values(figure: Figure) -> dict[str, list[str]]:
    """List what each marker of a figure's lines stands for, by the name that the line has in an SVG."""
    told: dict[str, list[str]] = {}
    for axis in figure.axes:
        bars = {c.lines[0]: str(c.get_label()) for c in axis.containers if isinstance(c, ErrorbarContainer)}
        for line in axis.lines:
            if str(line.get_marker()) in ("None", "none", "", " "):
                continue
            label = bars.get(line, str(line.get_label()))
            head = "" if label.startswith("_") else f"{label}; "
            points = np.array(line.get_xydata(), float)
            across, up = axis.get_xlabel() or "x", axis.get_ylabel() or axis.get_title() or "y"
            name = f"values-{len(told) + 1}"
            line.set_gid(name)
            told[name] = [f"{head}{across} {x:.4g}; {up} {y:.4g}" for x, y in points[np.isfinite(points).all(axis=1)]]
    return told


def _with_titles(svg: str, told: dict[str, list[str]]) -> str:
    """Give an SVG's markers titles, which browsers show under the pointer."""
    for prefix, space in _SPACES.items():
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.fromstring(svg)
    for group in root.iter(f"{{{_SPACES['']}}}g"):
        titles = told.get(group.get("id", ""), [])
        markers = list(group.iter(f"{{{_SPACES['']}}}use"))
        # Markers outside the picture are not drawn, and then there is no telling which the others are.
        for marker, title in zip(markers, titles, strict=True) if len(markers) == len(titles) else ():
            ElementTree.SubElement(marker, f"{{{_SPACES['']}}}title").text = title
    return ElementTree.tostring(root, encoding="unicode")


def palette(count: int) -> list[tuple[float, float, float]]:
    """From dark to light, so that more data look brighter; the palest end is left out."""
    return [plt.get_cmap("viridis")(x)[:3] for x in np.linspace(0.1, 0.8, count)] if count > 1 else [(0.13, 0.44, 0.71)]


def _temperature_axis(axis: Axes, temperatures: np.ndarray, label: str = "sampling temperature τ") -> None:
    axis.set_xscale("log")
    ticks = _apart(np.sort(temperatures))
    axis.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel(label)
    if len(ticks) > 8:
        axis.tick_params(axis="x", labelrotation=60)


def _apart(temperatures: np.ndarray, most: int = 12) -> np.ndarray:
    """Choose those of ascending temperatures whose labels have room on a logarithmic axis, with the first and last."""
    logs, chosen = np.log(temperatures), [0]
    least = (logs[-1] - logs[0]) / most
    for number in range(1, len(logs) - 1):
        if logs[number] - logs[chosen[-1]] >= least and logs[-1] - logs[number] >= least:
            chosen.append(number)
    return temperatures[[*chosen, len(logs) - 1]] if len(logs) > 1 else temperatures


def legend(figure: Figure, axes: np.ndarray | list[Axes]) -> None:
    """One legend for all panels, each label once."""
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside right center")


def _by_size(axis: Axes, scores: pd.DataFrame, column: str) -> None:
    """Mean over replicates with a band from the least to the largest, and each replicate's own error bars."""
    sizes = sorted(scores["M"].unique())
    for colour, size in zip(palette(len(sizes)), sizes, strict=True):
        of_size = scores[scores["M"] == size]
        by_temperature = of_size.groupby("temperature")[column]
        mean = by_temperature.mean()
        axis.fill_between(mean.index, by_temperature.min(), by_temperature.max(), color=colour, alpha=0.2, lw=0)
        axis.plot(mean.index, mean, color=colour, marker="o", ms=3.5, label=f"M = {size:,}")
        if f"{column}_error" in of_size:
            error = np.sqrt(of_size.groupby("temperature")[f"{column}_error"].apply(lambda e: (e**2).sum()))
            axis.errorbar(mean.index, mean, 1.96 * error / by_temperature.count(), color=colour, lw=0, elinewidth=1)
    _crosses(axis, scores, scores[column])


def fidelity_label(judge: str) -> str:
    """Label an axis of fidelity by a judge."""
    if judge == "p_nat":
        return "fidelity: mean p_nat"
    return f"fidelity: mean percentile / 100 ({short_judge_name(judge)})"


def _mark_temperature(axis: Axes, best: dict) -> None:
    """Mark the recommended temperature with its interval or, dashed, the one that misses least."""
    if best["tau"]:
        axis.axvspan(best["tau"]["low"], best["tau"]["high"], color=_CHOSEN, alpha=0.25, lw=0)
        axis.axvline(best["tau"]["value"], color=_CHOSEN, lw=1.2, label="recommended")
    else:
        axis.axvline(best["sampling_temperature"], color=_CHOSEN, lw=1.2, ls="--", label="misses least")


def trade_off(scores: pd.DataFrame, natural: pd.DataFrame, best: dict, judge: str, floors: dict) -> Figure:
    """Fidelity, novelty and diversity against temperature, a line a training set size."""
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    scores = shared_temperatures(scores)
    temperatures = np.sort(scores["temperature"].unique())
    panels = [
        ("fidelity", fidelity_label(judge), natural["fidelity"], None),
        ("novelty", "novelty: distance to nearest natural", natural["novelty"], floors["novelty_floor"]),
        (
            "diversity",
            "diversity: mean pairwise distance",
            natural["diversity"],
            floors["diversity_floor"] * natural["diversity"],
        ),
    ]
    for axis, (column, label, reference, floor) in zip(axes, panels, strict=True):
        _by_size(axis, scores, column)
        axis.axhline(reference, color=_HELDOUT, ls="--", lw=1.2, label="held-out natural")
        if floor is not None:
            axis.axhline(floor, color="black", ls=":", lw=1, label="floor")
        _mark_temperature(axis, best)
        if column == "fidelity":
            for style, (name, curve) in zip(cycle(("--", "-.", ":")), other_judges(scores, best, judge).items()):
                axis.plot(curve.index, curve, color="0.3", ls=style, lw=1.2, label=name)
        axis.set_ylabel(label)
        axis.set_ylim(-0.02, 1.02)
        _temperature_axis(axis, temperatures)
    legend(figure, axes)
    return figure


def other_judges(scores: pd.DataFrame, best: dict, judge: str) -> dict[str, pd.Series]:
    """Average the percentiles (0 to 1) of the largest models' samples by every judge that decides beside `judge`.

    Returns
    -------
    dict
        Name of the judge -> mean over replicates, by temperature.
    """
    largest = scores[scores["M"] == scores["M"].max()]
    return {
        f"{short_judge_name(name)}, largest M": largest.groupby("temperature")[f"percentile_{name}"].mean() / 100
        for name in deciding_judges(best["operating_points"])
        if name != judge and f"percentile_{name}" in largest
    }


def novelty_fidelity(scores: pd.DataFrame, natural: pd.DataFrame, best: dict, judge: str, floors: dict) -> Figure:
    """Fidelity against novelty, the temperature running along each line."""
    # The chosen temperature may be one that the model to be sampled has alone.
    everywhere, scores = scores, shared_temperatures(scores)
    figure, axis = plt.subplots(figsize=(6.2, 4.4), layout="constrained")
    sizes = sorted(scores["M"].unique())
    for colour, size in zip(palette(len(sizes)), sizes, strict=True):
        by_temperature = scores[scores["M"] == size].groupby("temperature")[["novelty", "fidelity"]]
        mean, least, most = by_temperature.mean(), by_temperature.min(), by_temperature.max()
        axis.hlines(mean["fidelity"], least["novelty"], most["novelty"], color=colour, lw=1, alpha=0.5)
        axis.vlines(mean["novelty"], least["fidelity"], most["fidelity"], color=colour, lw=1, alpha=0.5)
        axis.plot(mean["novelty"], mean["fidelity"], color=colour, marker="o", ms=4, label=f"M = {size:,}")
        if size == sizes[-1]:
            width = float(np.ptp(scores["novelty"])) or 1.0
            points = np.column_stack([mean["novelty"] / width, mean["fidelity"]])
            for temperature, row in mean[spread_out(points, _LABEL_DISTANCE)].iterrows():
                axis.annotate(
                    f"{temperature:g}", (row["novelty"], row["fidelity"]), xytext=(7, 0), textcoords="offset points",
                    fontsize=8, va="center", color="0.3",
                )  # fmt: skip
    front = pareto(scores)
    axis.plot(
        front["novelty"], front["fidelity"], "o", ms=9, mfc="none", mec="0.3", mew=1, label="Pareto front", zorder=0
    )
    axis.axvline(floors["novelty_floor"], color="black", ls=":", lw=1, label="novelty floor")
    axis.plot(natural["novelty"], natural["fidelity"], "*", color=_HELDOUT, ms=13, label="held-out natural")
    tau, word = best["sampling_temperature"], "recommended" if best["tau"] else "misses least"
    there = everywhere[(everywhere["M"] == sizes[-1]) & np.isclose(everywhere["temperature"], tau, rtol=1e-4)]
    axis.plot(
        there["novelty"].mean(), there["fidelity"].mean(), "D", color=_CHOSEN, ms=8, label=f"{word}, τ = {tau:.2f}"
    )
    axis.set(xlabel="novelty: distance to nearest natural", ylabel=fidelity_label(judge), ylim=(-0.02, 1.04))
    figure.legend(loc="outside right center")
    return figure


def spread_out(points: np.ndarray, distance: float) -> np.ndarray:
    """Choose points from the last to the first, each at least `distance` from all that were chosen before.

    Parameters
    ----------
    points : np.ndarray
        (N, 2).

    Returns
    -------
    np.ndarray
        (N,) bool.

    Examples
    --------
    >>> spread_out(np.array([[0.0, 0.0], [0.1, 0.0], [1.0, 0.0]]), 0.5).tolist()
    [False, True, True]
    """
    chosen = np.zeros(len(points), bool)
    for n in np.flatnonzero(np.isfinite(points).all(axis=1))[::-1]:
        chosen[n] = bool((np.linalg.norm(points[chosen] - points[n], axis=1) >= distance).all())
    return chosen


def sensitivity(table: pd.DataFrame, best: dict, floors: dict) -> Figure:
    """Recommended temperature, and what judges say of samples there, against each floor."""
    if not table["feasible"].any():
        figure, axis = plt.subplots(figsize=(8.6, 1.2), layout="constrained")
        _say_instead(axis, "No temperature can be recommended at any novelty or diversity floor.")
        return figure
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 5), layout="constrained", sharex="col", sharey="row")
    names = {"novelty": "novelty floor", "diversity": "diversity floor, natural = 1"}
    judged = table["percentile"].notna().any()
    lower, label = ("percentile", "lowest mean percentile there") if judged else ("novelty", "novelty there")
    for (top, bottom), (floor, name) in zip(axes.T, names.items(), strict=True):
        of_floor = table[table["floor"] == floor]
        top.fill_between(of_floor["value"], of_floor["tau_low"], of_floor["tau_high"], color=_CHOSEN, alpha=0.25, lw=0)
        for axis, column, colour in ((top, "tau", _CHOSEN), (bottom, lower, "#0072b2")):
            met = of_floor[of_floor["feasible"].astype(bool)]
            axis.plot(met["value"], met[column], color=colour, lw=1.3, marker="o", ms=4)
            axis.axvline(floors[f"{floor}_floor"], color="black", ls=":", lw=1)
        for value in of_floor.loc[~of_floor["feasible"].astype(bool), "value"]:
            top.plot(value, 0, "x", color="black", ms=6, clip_on=False, label="none recommended")
        bottom.set_xlabel(name)
    axes[0, 0].set_ylabel("recommended τ")
    axes[1, 0].set_ylabel(label)
    if judged:
        axes[1, 0].set_ylim(0, 100)
    ends = [end for end in (table["tau_high"].max(), best["sampling_temperature"]) if np.isfinite(end)]
    axes[0, 0].set_ylim(0, 1.1 * max(ends))
    if not table["feasible"].all():
        legend(figure, list(axes.flat))
    return figure


def models(scores: pd.DataFrame, table: pd.DataFrame, natural: dict, judge: str, floors: dict) -> Figure:
    """Which model at which number of sequences: trade-off at the largest, and the best of each against the number."""
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 7), layout="constrained")
    names = list(dict.fromkeys(table["model"]))
    looks = dict(zip(names, zip(sns.color_palette("colorblind", len(names)), cycle("osD^vPX*<>"), strict=False),
                     strict=True))  # fmt: skip
    front, across = pareto(scores), axes[0, 0]
    largest = scores["M"].max()
    for name, (colour, marker) in looks.items():
        mean = scores[(scores["model"] == name) & (scores["M"] == largest)].groupby("temperature")[
            ["novelty", "fidelity"]
        ].mean()  # fmt: skip
        across.plot(mean["novelty"], mean["fidelity"], color=colour, marker=marker, ms=4, label=name)
    at = front[front["M"] == largest]
    across.plot(at["novelty"], at["fidelity"], "o", ms=9, mfc="none", mec="0.3", mew=1, label="Pareto front", zorder=0)
    across.plot(natural["novelty"], natural["fidelity"], "*", color=_HELDOUT, ms=13, label="held-out natural")
    across.axvline(floors["novelty_floor"], color="black", ls=":", lw=1, label="novelty floor")
    across.set(xlabel="novelty: distance to nearest natural", ylabel=fidelity_label(judge), ylim=(-0.02, 1.04))
    across.set_title(f"M = {largest:,}, along temperature", fontsize=10)
    panels = [
        ("fidelity", "fidelity at that τ"),
        ("tau", "coldest τ above the floors, as good as nature"),
        ("log_likelihood", "held-out ln likelihood a site"),
    ]
    sizes = np.sort(table["M"].unique())
    for axis, (column, label) in zip(axes.flat[1:], panels, strict=True):
        for name, (colour, marker) in looks.items():
            rows = table[table["model"] == name]
            mean = rows.groupby("M")[column].mean()
            axis.plot(mean.index, mean, color=colour, marker=marker, ms=4)
            if len(rows) > len(mean):
                axis.scatter(rows["M"], rows[column], color=[colour], marker=marker, s=10, alpha=0.5)
            short = rows[~rows["feasible"].astype(bool)]
            if column != "log_likelihood":
                axis.plot(short["M"], short[column], "o", ms=9, mfc="none", mec="black", mew=1)
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{m:,}" for m in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set(xlabel="training sequences M", ylabel=label)
    axes[0, 1].set_ylim(-0.02, 1.04)
    if not table["feasible"].all():
        axes[0, 1].plot([], [], "o", ms=9, mfc="none", mec="black", mew=1, label="no such τ")
    legend(figure, list(axes.flat))
    return figure


# Columns of a logo in one row, and beyond how many its letters are pixels: outlines take 7 kB a column.
_WIDE, _OUTLINED = 60, 150


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


# By chemistry: hydrophobic, polar, acid, basic, special; of nucleotides one each.
_CHEMISTRY = {"AILMFVWY": "#0072b2", "STNQH": "#009e73", "DE": "#d55e00", "KR": "#7a5195", "CGP": "#b8860b"}
_BASES = {"A": "#009e73", "C": "#0072b2", "G": "#b8860b", "U": "#d55e00", "T": "#d55e00"}


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


def contacts(table: pd.DataFrame, summary: dict[str, Any]) -> Figure:
    """Map of the highest-scoring pairs, over the structure's contacts where there is one, and their precision."""
    known, length = "precision" in summary, int(table["j"].max())
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
    least = summary["separation"]
    able = table[table["separation"] >= least]
    top = able.head(length)
    contact_map, curve = axes
    kinds: list[tuple[str, Any, str]] = [("predicted", top["score"] > -np.inf, "#0072b2")]
    if known:
        touching = table[table["distance"] < summary["structure"]["cutoff"]]
        for one, other in (("i", "j"), ("j", "i")):
            contact_map.plot(touching[one], touching[other], "s", ms=3, color="0.82", mew=0,
                             label="contact in the structure" if one == "i" else None)  # fmt: skip
        right = top["distance"] < summary["structure"]["cutoff"]
        kinds = [("predicted, in contact", right, "#0072b2"), ("predicted, not in contact", ~right, _CHOSEN)]
    for label, chosen, colour in kinds:
        contact_map.plot(top["i"][chosen], top["j"][chosen], "o", ms=4, color=colour, mew=0, label=label)
    contact_map.plot([0, length + 1], [0, length + 1], color="0.8", lw=0.8)
    contact_map.set(xlim=(0, length + 1), ylim=(length + 1, 0), aspect="equal", xlabel="site i", ylabel="site j")
    contact_map.set_title(f"the {len(top):,} highest scores, {least} or more apart", fontsize=10)
    if known:
        judged = able[able["distance"].notna()]
        count = np.arange(1, min(3 * length, len(judged)) + 1)
        right = (judged["distance"] < summary["structure"]["cutoff"]).to_numpy()
        curve.plot(count, right[: len(count)].cumsum() / count, color="#0072b2", label="precision")
        curve.axhline(right.mean(), color="0.5", ls="--", lw=1, label="pairs at random")
        for row in summary["precision"]:
            if row["pairs"]:
                curve.errorbar(
                    row["pairs"], row["precision"], 1.96 * row["error"], fmt="o", ms=4, color="#0072b2", capsize=2
                )
                curve.annotate(
                    row["rank"], (row["pairs"], row["precision"]), xytext=(4, 6), textcoords="offset points", fontsize=8
                )
        curve.set(xscale="log", ylim=(0, 1.04), xlabel="pairs, the highest score first", ylabel="share in contact")
    else:
        curve.plot(np.arange(1, len(able) + 1), able["score"], color="#0072b2", label="score")
        curve.set(xscale="log", xlabel="pairs, the highest score first", ylabel="corrected norm of the couplings")
    legend(figure, list(axes))
    return figure


def mutants(table: pd.DataFrame, summary: dict[str, Any], letters: Alphabet) -> Figure:
    """Scores of all single mutants of the reference; beside them measured ones, where there are any."""
    known = bool("measured" in table and table["measured"].notna().any())
    figure, axes = plt.subplots(
        1,
        2 if known else 1,
        figsize=(12.5, 4.6),
        layout="constrained",
        squeeze=False,
        width_ratios=[3, 1] if known else None,
    )
    symbols = [symbol for symbol in letters.symbols if symbol != "-"]
    grid = table.pivot_table(index="mutated", columns="site", values="score", sort=True).reindex(symbols)
    most = float(np.nanpercentile(np.abs(grid), 98)) if grid.size else 1.0
    axis, sites = axes[0, 0], grid.columns.to_numpy()
    image = axis.imshow(grid, cmap="RdBu", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    figure.colorbar(image, ax=axis, label="ln (P of the mutant / P of the reference)", fraction=0.03, pad=0.01)
    axis.set_yticks(range(len(symbols)), symbols, fontsize=7)
    wild = table.drop_duplicates("site").set_index("site")
    names = (wild["number"].fillna(wild["column"]).astype(int)).reindex(sites).to_numpy()
    step = max(1, len(sites) // 24)
    ticks = np.arange(0, len(sites), step)
    axis.set_xticks(ticks, [f"{wild['wild'][sites[t]]}{names[t]}" for t in ticks], rotation=60, fontsize=8)
    axis.plot(range(len(sites)), [symbols.index(wild["wild"][site]) for site in sites], "k.", ms=2.5)
    axis.set(xlabel="residue of the reference (dots)", ylabel="mutated to")
    if known:
        both = table.dropna(subset=["measured"])
        found = summary["mutants"]
        axes[0, 1].plot(
            both["score"], both["measured"], "o", ms=2.5, alpha=0.5, mew=0, color="#0072b2", rasterized=True
        )
        axes[0, 1].set(xlabel="score, nats", ylabel="measured")
        axes[0, 1].set_title(f"Spearman {found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})", fontsize=10)
    return figure


def energies(natural: pd.DataFrame, samples: pd.DataFrame, shown: Sequence[float]) -> Figure:
    """Energies, under the largest model, of natural, held-out and random sequences and of samples.

    Parameters
    ----------
    natural, samples : pandas.DataFrame
        set and energy; temperature and energy.
    shown : sequence of float
        Temperatures whose samples are drawn.
    """
    figure, axis = plt.subplots(figsize=(8.2, 3.8), layout="constrained")
    groups = [("random", natural["set"] == "random", _RANDOM), ("training", natural["set"] == "training", _NATURAL)]
    groups.append(("held out", natural["set"] == "heldout", _HELDOUT))
    for name, mask, colour in groups:
        _bump(axis, natural[mask]["energy"], colour, name, fill=True)
    for colour, temperature in zip(sns.color_palette("rocket", len(shown) + 1), shown, strict=False):
        values = samples[samples["temperature"] == temperature]["energy"]
        _bump(axis, values, colour, f"samples, τ = {temperature:.3g}")
    axis.set(xlabel="energy (nats at τ = 1)", ylabel="density, each to its highest", ylim=(0, 1.05))
    figure.legend(loc="outside right center")
    return figure


def _bump(axis: Axes, values: pd.Series, colour: Any, label: str, fill: bool = False) -> None:
    """Density of values, highest at 1: cold samples are so narrow that a common scale would flatten all others."""
    spread = values.std()
    if not spread > 0:
        axis.axvline(values.iloc[0], color=colour, label=label)
        return
    grid = np.linspace(values.min() - spread, values.max() + spread, 400)
    density = gaussian_kde(values).evaluate(grid)
    draw = partial(axis.fill_between, alpha=0.45, lw=0) if fill else partial(axis.plot, lw=1.6)
    draw(grid, density / density.max(), color=colour, label=label)


def optimum(table: pd.DataFrame) -> Figure:
    """Every operating point, and the recommended temperature, against the number of training sequences."""
    figure, axis = plt.subplots(figsize=(7.4, 4.4), layout="constrained")
    kinds = OPTIMA | {
        "tau_train": ("τ_train: as good as nature", "#cc79a7", "P"),
        "tau_cal": ("τ_cal: calibrated site conditionals", "#56b4e9", "v"),
        "tau": ("recommended: as good as nature, new and varied", _CHOSEN, "D"),
    }
    kinds = {name: kind for name, kind in kinds.items() if name in table}
    finite, crosses = table.replace([np.inf, -np.inf, 0], np.nan), False
    for (column, (label, colour, marker)), shift in zip(
        kinds.items(), np.geomspace(0.94, 1.06, len(kinds)), strict=True
    ):
        mean = finite.groupby("M")[column].mean()
        axis.plot(mean.index * shift, mean, color=colour, lw=1.2, marker=marker, ms=0, label=label)
        low = (finite[column] - finite[f"{column}_low"]).clip(lower=0)
        high = (finite[f"{column}_high"] - finite[column]).clip(lower=0)
        spread = 1 + 0.03 * (finite["replicate"] - finite["replicate"].mean())
        axis.errorbar(
            finite["M"] * shift * spread, finite[column], [low, high], fmt=marker, color=colour, ms=5, capsize=2, lw=1
        )
        flagged = finite[~table.get(f"{column}_equilibrated", pd.Series(True, table.index)).astype(bool)]
        at = flagged["M"] * shift * spread[flagged.index]
        axis.plot(at, flagged[column], "x", color="black", ms=7, mew=1.5, zorder=5)
        crosses |= len(flagged) > 0
    axis.axhline(1, color="black", ls=":", lw=1)
    axis.set_xscale("log")
    axis.set_xticks(sorted(table["M"].unique()), [f"{m:,}" for m in sorted(table["M"].unique())])
    # One size alone would fill the axis with what sets its points apart.
    axis.set_xlim(table["M"].min() / 1.5, table["M"].max() * 1.5)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_locator(MaxNLocator(7))
    axis.set(xlabel="training sequences M", ylabel="temperature")
    axis.set_ylim(bottom=0)
    handles = [
        plt.Line2D([], [], color=colour, marker=marker, lw=1.2, ms=5, label=label)
        for label, colour, marker in kinds.values()
    ]
    if crosses:
        handles.append(plt.Line2D([], [], color="black", marker="x", lw=0, ms=7, mew=1.5, label="not equilibrated"))
    figure.legend(handles=handles, loc="outside right center")
    return figure


def operating_points(points: pd.DataFrame, best: dict, temperatures: np.ndarray) -> Figure:
    """Draw every operating point of the family with its interval, and the window that is left for a recommendation.

    Parameters
    ----------
    points : pandas.DataFrame
        Rows of `operating_points.tsv`, those of the family being of subset `all`.
    best : dict
        `recommendation.json`.
    temperatures : np.ndarray
        (T,) at which the model that designs come from was sampled.
    """
    rows = operating_point_rows(points)
    # What lies beyond all sampled temperatures is an arrow at the edge.
    edges = np.array([temperatures.min() / 1.08, temperatures.max() * 1.08])
    figure, axis = plt.subplots(figsize=(8.4, 0.9 + 0.42 * len(rows)), layout="constrained")
    for place, row in enumerate(rows.itertuples()):
        colour = "#0072b2" if row.decides else "#009e73" if row.name == "coldest" else "0.6"
        low, value, high = np.clip([row.low, row.value, row.high], *edges)
        axis.plot([low, high], [place, place], color=colour, lw=3, solid_capstyle="butt")
        marker = "<" if row.value == 0 else ">" if row.value == np.inf else "o"
        axis.plot(value, place, marker, color=colour, ms=9 if marker != "o" else 6, clip_on=False)
    if window := best_window(rows, best):
        axis.axvspan(*window, color="#009e73", alpha=0.12, lw=0, label="new, varied, and as good as natural")
    _mark_temperature(axis, best)
    axis.plot(temperatures, np.full(len(temperatures), len(rows) - 0.4), "|", color="black", ms=5, label="sampled")
    axis.set_yticks(range(len(rows)), rows["label"])
    axis.set(xlabel="temperature (an arrow: beyond all that were sampled)", xlim=edges, ylim=(-0.6, len(rows)))
    axis.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def operating_point_rows(points: pd.DataFrame) -> pd.DataFrame:
    """Select the family's operating points, label them, and sort them, the coldest first.

    Of those that lie hotter than all sampled temperatures only limits are kept: that such a one is not in the way.
    """
    rows = points[(points["subset"] == "all") & points["value"].notna()]
    rows = rows[np.isfinite(rows["value"]) | rows["decides"].astype(bool)]
    labels = {
        "tau_train": "mean energy of training sequences",
        "tau_f": "mean energy of held-out sequences",
        "coldest": "coldest above the floors",
    }
    known = [
        labels.get(name, f"as natural by the {short_judge_name(name.removeprefix('tau_'))}") for name in rows["name"]
    ]
    rows = rows.assign(label=known, decides=rows["decides"].astype(bool))
    # An interval without an end ends at its value, as a point where that is known.
    highest = rows["value"].where((rows["high"] == np.inf) & (rows["value"] > 0), rows["high"])
    return rows.assign(high=highest).sort_values("value", ignore_index=True)


def best_window(rows: pd.DataFrame, best: dict) -> tuple[float, float] | None:
    """Find the window from the coldest temperature above the floors to the limit of the recommendation.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of `operating_point_rows`.
    best : dict
        `recommendation.json`.

    Returns
    -------
    (float, float) or None
        None where no temperature is recommended, or the window is empty.
    """
    coldest = rows.loc[rows["name"] == "coldest", "value"]
    if not best["tau"] or coldest.empty or coldest.iloc[0] > best["limit"]:
        return None
    return float(coldest.iloc[0]), float(best["limit"])


def divergence(curves: pd.DataFrame, table: pd.DataFrame, temperatures: np.ndarray) -> Figure:
    """Divergences from the truth against temperature, a line a training set size (its first replicate)."""
    names = {
        "forward": ("forward KL(P || Q_τ)", "tau_f"),
        "reverse": ("reverse KL(Q_τ || P)", "tau_r"),
        "jeffreys": ("Jeffreys: their sum", "tau_j"),
    }
    shown = {name: label for name, label in names.items() if name in curves}
    figure, axes = plt.subplots(
        1, len(shown), figsize=(4.1 * len(shown) + 1.2, 3.6), layout="constrained", squeeze=False
    )
    inside = curves["temperature"].between(temperatures[0], temperatures[-1]) & (curves["replicate"] == 1)
    sizes = sorted(curves["M"].unique())
    for axis, (name, (label, tau)) in zip(axes[0], shown.items(), strict=True):
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            curve = curves[inside & (curves["M"] == size)].sort_values("temperature")
            axis.fill_between(
                curve["temperature"], curve[f"{name}_low"], curve[f"{name}_high"], color=colour, alpha=0.2, lw=0
            )
            axis.plot(curve["temperature"], curve[name], color=colour, label=f"M = {size:,}")
            best = table[(table["M"] == size) & (table["replicate"] == 1)].iloc[0]
            if temperatures[0] <= best[tau] <= temperatures[-1]:
                height = np.interp(best[tau], curve["temperature"], curve[name])
                low, high = best[[f"{tau}_low", f"{tau}_high"]].clip(*temperatures[[0, -1]])
                axis.plot([low, high], [height] * 2, color=colour, lw=5, alpha=0.45, solid_capstyle="round")
                axis.plot(best[tau], height, "o", color=colour, ms=5)
        axis.set_title(label, fontsize=11)
        axis.set_ylabel("nats" if curves[f"{name}_absolute"].all() else "nats above the least")
        # A divergence is a parabola around its least value: on a scale of square roots it is a wedge at any height.
        axis.set_yscale("function", functions=(lambda y: np.sqrt(np.maximum(y, 0)), np.square))
        axis.set_ylim(0, 1.05 * curves.loc[inside, name].max())
        axis.yaxis.set_major_locator(FixedLocator(_round_numbers(curves.loc[inside, name].max())))
        _temperature_axis(axis, temperatures)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure


def _round_numbers(most: float) -> list[float]:
    """1 or 3 times powers of ten, few enough for an axis of square roots."""
    steps = [digit * 10.0**power for power in range(-2, 6) for digit in (1, 3)]
    return [0.0] + [step for step in steps if most / 150 < step < most]


def _crosses(axis: Axes, states: pd.DataFrame, heights: pd.Series) -> None:
    """Mark the temperatures that are not equilibrated."""
    flagged = ~states["equilibrated"].astype(bool)
    axis.plot(
        states["temperature"][flagged], heights[flagged], "x", color="black", ms=7, mew=1.5, zorder=5,
        label="not equilibrated" if flagged.any() else None,
    )  # fmt: skip


def thermodynamics(states: pd.DataFrame, density: pd.DataFrame, landscape: dict, length: int) -> Figure:
    """Energy, entropy and heat capacity a site against temperature, and the density of states of the largest model."""
    figure, axes = plt.subplots(1, 4, figsize=(15.5, 3.6), layout="constrained")
    temperatures = np.sort(states["temperature"].unique())
    sizes = sorted(states["M"].unique())
    columns = {
        "energy": "mean energy, nats a site",
        "entropy": "entropy, nats a site",
        "heat_capacity": "heat capacity a site",
    }
    for axis, (column, label) in zip(axes, columns.items(), strict=False):
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            for replicate, curve in states[states["M"] == size].groupby("replicate"):
                axis.errorbar(
                    curve["temperature"], curve[column] / length, 1.96 * curve[f"{column}_error"] / length,
                    color=colour, lw=1.2, marker="o", ms=3, label=f"M = {size:,}" if replicate == 1 else None,
                )  # fmt: skip
        _crosses(axis, states, states[column] / length)
        axis.set_ylabel(label)
        _temperature_axis(axis, temperatures)
    axis = axes[3]
    axis.fill_between(
        density["energy"], density["log_g"] - 2 * density["log_g_error"], density["log_g"] + 2 * density["log_g_error"],
        color="0.4", alpha=0.3, lw=0,
    )  # fmt: skip
    axis.plot(density["energy"], density["log_g"], color="0.2", lw=1.2)
    colours = {"uniform": _RANDOM, "profile": "#56b4e9", "training": _NATURAL, "heldout": _HELDOUT}
    words = {"uniform": "random", "profile": "shuffled columns", "training": "training", "heldout": "held out"}
    for row in landscape["energies"]:
        if row["set"] in colours:
            axis.axvline(row["mean"], color=colours[row["set"]], lw=1.6, label=words[row["set"]])
            axis.axvspan(row["mean"] - row["sd"], row["mean"] + row["sd"], color=colours[row["set"]], alpha=0.15, lw=0)
    axis.axvline(landscape["ground_state"]["energy"], color="black", ls="--", lw=1, label="lowest found")
    axis.set(
        xlabel="energy (nats at τ = 1)", ylabel="ln number of sequences", ylim=(min(0, density["log_g"].min()), None)
    )
    legend(figure, axes)
    return figure


def calibration(states: pd.DataFrame, table: pd.DataFrame, diagram: pd.DataFrame) -> Figure:
    """Held-out pseudo-log-likelihood and calibration error against temperature, reliability of the largest model."""
    figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.6), layout="constrained")
    temperatures = np.sort(states["temperature"].unique())
    sizes = sorted(states["M"].unique())
    for axis, (column, label) in zip(
        axes, {"npll": "negative pseudo-log-likelihood, nats a site", "ece": "expected calibration error"}.items(),
        strict=False,
    ):  # fmt: skip
        for colour, size in zip(palette(len(sizes)), sizes, strict=True):
            for replicate, curve in states[states["M"] == size].groupby("replicate"):
                error = 1.96 * curve["npll_error"] if column == "npll" else None
                axis.errorbar(
                    curve["temperature"], curve[column], error, color=colour, lw=1.2, marker="o", ms=3,
                    label=f"M = {size:,}" if replicate == 1 else None,
                )  # fmt: skip
                best = table[(table["M"] == size) & (table["replicate"] == replicate)].iloc[0]
                tau = best["tau_cal"]
                if column == "npll" and temperatures[0] <= tau <= temperatures[-1]:
                    axis.axvline(tau, color=colour, ls=":", lw=1.2)
        axis.set_ylabel(label)
        _temperature_axis(axis, temperatures)
    axes[1].set_ylim(bottom=0)
    axes[2].plot([0, 1], [0, 1], color="black", ls=":", lw=1)
    for shade, (temperature, bins) in zip(("#0072b2", _CHOSEN), diagram.groupby("temperature"), strict=False):
        axes[2].scatter(
            bins["confidence"], bins["accuracy"], s=8 + 250 * bins["share"], color=shade, alpha=0.6, lw=0,
            label=f"largest model, τ = {temperature:.2f}",
        )  # fmt: skip
        axes[2].plot(bins["confidence"], bins["accuracy"], color=shade, lw=1)
    axes[2].set(xlabel="confidence of the likeliest state", ylabel="how often it is right", xlim=(0, 1), ylim=(0, 1))
    legend(figure, axes)
    return figure


def training(history: pd.DataFrame, summaries: pd.DataFrame, strengths: pd.DataFrame) -> Figure:
    """Draw the course of training, one line a model, and how the penalties that were tried suit the data.

    The likelihood of held-out sequences, and the optimal temperature that the training sequences alone predict.

    Parameters
    ----------
    history, summaries, strengths : pandas.DataFrame
        Rows of `history.tsv`, `training.json` and `regularisation.tsv` of all models, with subset, M, replicate.
    """
    figure, axes = plt.subplots(1, 4, figsize=(17, 3.6), layout="constrained")
    sizes = sorted(summaries["M"].unique())
    colours = dict(zip(sizes, palette(len(sizes)), strict=True))
    for subset, curve in history.groupby("subset", sort=False):
        summary = summaries.set_index("subset").loc[subset]
        colour, first = colours[summary["M"]], summary["replicate"] == 1
        axes[0].plot(curve["step"], curve["pearson"], color=colour, label=f"M = {summary['M']:,}" if first else None)
        axes[0].plot(summary["steps"], summary["pearson"], "D", color=colour, ms=5, label=None)
        axes[1].plot(curve["step"], curve["gradient_norm"] / curve["gradient_noise"], color=colour)
    axes[0].plot([], [], "D", color="black", ms=5, ls="", label="independent chains")
    axes[0].set(xlabel="gradient step", ylabel="Pearson of connected correlations", ylim=(0, 1))
    if history["gradient_norm"].notna().any():
        axes[1].axhline(1, color="black", ls=":", lw=1, label="sampling noise alone")
        axes[1].set(xlabel="gradient step", ylabel="gradient / its sampling noise", yscale="log")
    else:
        axes[0].set_xticks([0])
        _say_instead(axes[1], "The model was trained elsewhere.")
    _draw_strengths(axes[2:], strengths, summaries, colours)
    figure.legend(loc="outside right center")
    return figure


def _draw_strengths(
    axes: Sequence[Axes], strengths: pd.DataFrame, summaries: pd.DataFrame, colours: dict[int, Any]
) -> None:
    """Draw held-out log-likelihood and predicted tau_f against the L2 penalty; rings mark the chosen one."""
    if strengths.empty:
        _say_instead(axes[0], "The penalty was not chosen\nby held-out sequences.")
        axes[1].set_axis_off()
        return
    for subset, curve in strengths.groupby("subset", sort=False):
        colour = colours[summaries.set_index("subset").loc[subset, "M"]]
        x, chosen = curve["l2_couplings"], curve[curve["chosen"]]
        axes[0].errorbar(x, curve["log_likelihood"], curve["log_likelihood_error"], color=colour, marker="o", ms=3)
        axes[1].plot(x, curve["predicted_tau_f"], color=colour, marker="o", ms=3)
        for axis, column in zip(axes, ("log_likelihood", "predicted_tau_f"), strict=True):
            axis.plot(chosen["l2_couplings"], chosen[column], "o", color=colour, ms=9, mfc="none")
    axes[0].plot([], [], "o", color="black", ms=9, mfc="none", ls="", label="chosen penalty")
    axes[0].set(xscale="log", xlabel="L2 penalty on couplings", ylabel="held-out log-likelihood, nats a site")
    if strengths["predicted_tau_f"].isna().all():
        axes[1].clear()
        _say_instead(axes[1], "τ_f cannot be predicted: too many parameters\nfor the samples that can be drawn.")
        return
    axes[1].axhline(1, color="black", ls=":", lw=1)
    axes[1].set(
        xscale="log", xlabel="L2 penalty on couplings", ylabel="τ_f predicted from the training data",
        ylim=(0, max(2.0, strengths["predicted_tau_f"].max() + 0.1)),
    )  # fmt: skip


def _say_instead(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes)


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


# Pairs and triples of sites whose correlations are drawn.
_PAIRS, _TRIPLES = 400, 60


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


def ladder(rungs: pd.DataFrame) -> Figure:
    """R-hat, effective sample size and exchange acceptance of every rung, a line a training set size."""
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
        _temperature_axis(axis, np.array([0.1, 0.2, 0.5, 1, 2, 5, 10, 100]), "rung temperature")
        axis.set_xlim(finite["temperature"].min() * 0.9, min(finite["temperature"].max() * 1.1, 30))
        axis.set_ylabel(label)
    axes[0].set_yscale("log")
    axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes[0].yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes[1].set_ylim(bottom=0)
    axes[2].set_ylim(0, 1)
    figure.legend(loc="outside right center")
    return figure


FIGURES: dict[str, Callable[..., Figure]] = {
    function.__name__: function
    for function in (
        operating_points,
        trade_off,
        novelty_fidelity,
        sensitivity,
        optimum,
        divergence,
        thermodynamics,
        calibration,
        energies,
        pca,
        correlations,
        orders,
        distances,
        logo,
        contacts,
        mutants,
        training,
        ladder,
        models,
    )
}
