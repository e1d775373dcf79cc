"""Look, colours, axes and files that the figures share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

from temperance.core.files import atomic
from temperance.report.symbols import SYMBOL
from temperance.scoring.names import short_judge_name

# Label, colour and marker of each optimal temperature.
OPTIMA = {
    "tau_f": ("τ_f: covers the family", "#0072b2", "o"),
    "tau_r": ("τ_r: accepted by the truth", "#009e73", "s"),
    "tau_j": ("τ_J: both", "#7a5195", "^"),
}
# Colours: of natural sequences, held-out and random ones, and of the chosen temperature.
NATURAL, HELDOUT, RANDOM, CHOSEN = "#4d4d4d", "#e69f00", "#bbbbbb", "#d55e00"
_BESIDE = {"loc": "outside right center"}
# Labels of temperatures that have room beside each other below a panel.
_UPRIGHT_LABELS = 7
# Without dates in their metadata, files of equal runs have equal bytes.
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
_NAMESPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}


@contextmanager
def theme() -> Iterator[None]:
    """Apply one style to all figures that are drawn in this context.

    Yields
    ------
    None
        Styles of seaborn and matplotlib are restored at the end.
    """
    style: dict[Any, Any] = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "temperance",
        "figure.dpi": 100,
        "font.family": "DejaVu Sans",
    }
    with sns.axes_style("ticks"), sns.plotting_context("notebook", font_scale=0.85), plt.rc_context(style):
        yield


def save(figure: Figure, paths: list[str | Path]) -> None:
    """Write a figure to files and close it; in SVG, markers have titles with their values.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure to write.
    paths : list of str or Path
        Files, whose endings name their formats.
    """
    values = _marker_values(figure)
    _draw_subscripts(figure)
    # Once for all formats: laying out takes as long as drawing.
    if engine := figure.get_layout_engine():
        engine.execute(figure)
        figure.set_layout_engine(None)
    box = figure.get_tightbbox().padded(plt.rcParams["savefig.pad_inches"])
    for path in map(Path, paths):
        with atomic(path) as temporary_path:
            kind = path.suffix[1:]
            figure.savefig(temporary_path, format=kind, dpi=160, bbox_inches=box, metadata=_UNDATED.get(kind))
            if kind == "svg":
                temporary_path.write_text(
                    _with_titles(temporary_path.read_text(encoding="utf-8"), values), encoding="utf-8"
                )
    plt.close(figure)


def _draw_subscripts(figure: Figure) -> None:
    """Have the symbols in all texts of a figure drawn with subscripts."""
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if SYMBOL.search(text.get_text()):
            text.set_text(SYMBOL.sub(r"$\\mathrm{\1}_{\\mathrm{\2}}$", text.get_text()))


def _marker_values(figure: Figure) -> dict[str, list[str]]:
    """List the values of each marker of a figure's lines, by the identifier that the line gets in an SVG."""
    values: dict[str, list[str]] = {}
    for axis in figure.axes:
        bars = {c.lines[0]: str(c.get_label()) for c in axis.containers if isinstance(c, ErrorbarContainer)}
        for line in axis.lines:
            if str(line.get_marker()) in ("None", "none", "", " "):
                continue
            label = bars.get(line, str(line.get_label()))
            prefix = "" if label.startswith("_") else f"{label}; "
            points = np.array(line.get_xydata(), float)
            x_label, y_label = axis.get_xlabel() or "x", axis.get_ylabel() or axis.get_title() or "y"
            name = f"values-{len(values) + 1}"
            line.set_gid(name)
            values[name] = [
                f"{prefix}{x_label} {x:.4g}; {y_label} {y:.4g}" for x, y in points[np.isfinite(points).all(axis=1)]
            ]
    return values


def _with_titles(svg: str, values: dict[str, list[str]]) -> str:
    """Give an SVG's markers titles, which browsers show under the pointer."""
    for prefix, namespace in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, namespace)
    root = ElementTree.fromstring(svg)
    for group in root.iter(f"{{{_NAMESPACES['']}}}g"):
        titles = values.get(group.get("id", ""), [])
        markers = list(group.iter(f"{{{_NAMESPACES['']}}}use"))
        # Markers outside the axes are not drawn; then it is unknown which of the values the others have.
        for marker, title in zip(markers, titles, strict=True) if len(markers) == len(titles) else ():
            ElementTree.SubElement(marker, f"{{{_NAMESPACES['']}}}title").text = title
    return ElementTree.tostring(root, encoding="unicode")


def palette(count: int) -> list[tuple[float, float, float]]:
    """Choose colours from dark to light, so that more data look brighter; the palest end is left out.

    Parameters
    ----------
    count : int
        Number of colours.

    Returns
    -------
    list of (float, float, float)
        RGB, 0 to 1.
    """
    return [plt.get_cmap("viridis")(x)[:3] for x in np.linspace(0.1, 0.8, count)] if count > 1 else [(0.13, 0.44, 0.71)]


def set_temperature_axis(axis: Axes, temperatures: np.ndarray, label: str = "sampling temperature τ") -> None:
    """Make the horizontal axis logarithmic, with ticks at as many of the temperatures as there is room for.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Panel to change.
    temperatures : np.ndarray
        (T,) in any order.
    label : str
        Label of the axis.
    """
    axis.set_xscale("log")
    ticks = _spaced(np.sort(temperatures))
    axis.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel(label)
    logs = np.log(ticks)
    if len(ticks) > 1 and np.diff(logs).min() < np.ptp(logs) / _UPRIGHT_LABELS:
        axis.tick_params(axis="x", labelrotation=60)


def _spaced(temperatures: np.ndarray, max_labels: int = 12) -> np.ndarray:
    """Choose those of ascending temperatures whose labels have room on a logarithmic axis: the ends, 1, then others."""
    logs = np.log(temperatures)
    spacing = np.ptp(logs) / max_labels
    chosen = [0, len(logs) - 1] if len(logs) > 1 else [0]
    for index in (*np.flatnonzero(logs == 0), *range(1, len(logs) - 1)):
        if np.abs(logs[index] - logs[chosen]).min() >= spacing and spacing:
            chosen.append(int(index))
    return temperatures[np.sort(chosen)]


def add_legend(figure: Figure, axes: np.ndarray | list[Axes], place: Mapping[str, Any] = _BESIDE) -> None:
    """Add one legend for all panels, each label once.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure to change.
    axes : np.ndarray or list of matplotlib.axes.Axes
        Panels whose labels the legend has.
    place : mapping
        Arguments of the legend that say where it is, by default beside the panels.
    """
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), **place)


def fidelity_label(judge: str) -> str:
    """Label an axis of fidelity by the judge that measures it.

    Parameters
    ----------
    judge : str
        Name of the judge in tables of scores.

    Returns
    -------
    str
        Label.
    """
    if judge == "p_nat":
        return "fidelity: mean p_nat"
    return f"fidelity: mean percentile / 100 ({short_judge_name(judge)})"


def mark_temperature(axis: Axes, best: dict) -> None:
    """Mark the recommended temperature with its interval or, dashed, the one that comes closest to the floors.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Panel over temperature.
    best : dict
        `recommendation.json`.
    """
    if best["tau"]:
        axis.axvspan(best["tau"]["low"], best["tau"]["high"], color=CHOSEN, alpha=0.25, lw=0)
        axis.axvline(best["tau"]["value"], color=CHOSEN, lw=1.2, label="recommended")
    else:
        axis.axvline(best["sampling_temperature"], color=CHOSEN, lw=1.2, ls="--", label="not recommended")


def cross_out(axis: Axes, states: pd.DataFrame, heights: pd.Series) -> None:
    """Mark the temperatures that are not equilibrated with crosses.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Panel over temperature.
    states : pandas.DataFrame
        One row a temperature: temperature, equilibrated.
    heights : pandas.Series
        Vertical position of each row.
    """
    flagged = ~states["equilibrated"].astype(bool)
    axis.plot(
        states["temperature"][flagged], heights[flagged], "x", color="black", ms=7, mew=1.5, zorder=5,
        label="not equilibrated" if flagged.any() else None,
    )  # fmt: skip


def write_instead(axes: Axes, text: str) -> None:
    """Write a text in place of a panel.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Panel, whose axes disappear.
    text : str
        Why there is nothing to draw.
    """
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes)
