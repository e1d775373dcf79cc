"""Look, colours, axes and files that the figures share."""

from collections.abc import Iterator
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
from matplotlib.ticker import NullLocator

from temperance.core.files import atomic
from temperance.scoring.names import short_judge_name

OPTIMA = {
    "tau_f": ("τ_f: covers the family", "#0072b2", "o"),
    "tau_r": ("τ_r: accepted by the truth", "#009e73", "s"),
    "tau_j": ("τ_J: both", "#7a5195", "^"),
}
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


def _crosses(axis: Axes, states: pd.DataFrame, heights: pd.Series) -> None:
    """Mark the temperatures that are not equilibrated."""
    flagged = ~states["equilibrated"].astype(bool)
    axis.plot(
        states["temperature"][flagged], heights[flagged], "x", color="black", ms=7, mew=1.5, zorder=5,
        label="not equilibrated" if flagged.any() else None,
    )  # fmt: skip


def _say_instead(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes)
