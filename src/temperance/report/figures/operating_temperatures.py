"""Optimal temperatures and operating points, and the recommended one among them."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from temperance.report.figures.style import CHOSEN, OPTIMA, mark_temperature
from temperance.scoring.names import short_judge_name


def optimum(table: pd.DataFrame) -> Figure:
    """Draw every optimal temperature, and the recommended one, against the number of training sequences.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `optimum.tsv`, one a model: M, replicate, and each temperature with its interval.

    Returns
    -------
    matplotlib.figure.Figure
        One panel.
    """
    figure, axis = plt.subplots(figsize=(7.4, 4.4), layout="constrained")
    kinds = OPTIMA | {
        "tau_train": ("τ_train: as good as nature", "#cc79a7", "P"),
        "tau_cal": ("τ_cal: calibrated site conditionals", "#56b4e9", "v"),
        "tau": ("recommended: as good as nature, new and varied", CHOSEN, "D"),
    }
    kinds = {name: kind for name, kind in kinds.items() if name in table}
    has_crosses = False
    for (column, (label, colour, marker)), shift in zip(
        kinds.items(), np.geomspace(0.94, 1.06, len(kinds)), strict=True
    ):
        points = optimum_points(table, column)
        mean = points.groupby("M")["tau"].mean()
        axis.plot(mean.index * shift, mean, color=colour, lw=1.2, marker=marker, ms=0, label=label)
        # Replicates stand side by side.
        position = points["M"] * shift * (1 + 0.03 * (points["replicate"] - points["replicate"].mean()))
        error = [points["below"], points["above"]]
        axis.errorbar(position, points["tau"], error, fmt=marker, color=colour, ms=5, capsize=2, lw=1)
        flagged = ~points["equilibrated"]
        axis.plot(position[flagged], points["tau"][flagged], "x", color="black", ms=7, mew=1.5, zorder=5)
        has_crosses |= bool(flagged.any())
    axis.axhline(1, color="black", ls=":", lw=1)
    axis.set_xscale("log")
    axis.set_xticks(sorted(table["M"].unique()), [f"{m:,}" for m in sorted(table["M"].unique())])
    # With one size only, the small shifts between its points would fill the axis.
    axis.set_xlim(table["M"].min() / 1.5, table["M"].max() * 1.5)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_locator(MaxNLocator(7))
    axis.set(xlabel="training sequences M", ylabel="temperature")
    axis.set_ylim(bottom=0)
    handles = [
        plt.Line2D([], [], color=colour, marker=marker, lw=1.2, ms=5, label=label)
        for label, colour, marker in kinds.values()
    ]
    if has_crosses:
        handles.append(plt.Line2D([], [], color="black", marker="x", lw=0, ms=7, mew=1.5, label="not equilibrated"))
    figure.legend(handles=handles, loc="outside right center")
    return figure


def optimum_points(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Select one optimal temperature of each model, with the lengths of its error bars.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of `optimum.tsv`, one a model.
    name : str
        Column of the temperature.

    Returns
    -------
    pandas.DataFrame
        M, replicate, tau, below, above and equilibrated; nan where the temperature, or an end of its interval, is 0 or
        infinite.
    """
    finite = table.replace([np.inf, -np.inf, 0], np.nan)
    return pd.DataFrame(
        {
            "M": table["M"],
            "replicate": table["replicate"],
            "tau": finite[name],
            "below": (finite[name] - finite[f"{name}_low"]).clip(lower=0),
            "above": (finite[f"{name}_high"] - finite[name]).clip(lower=0),
            "equilibrated": table.get(f"{name}_equilibrated", pd.Series(True, table.index)).astype(bool),
        }
    )


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

    Returns
    -------
    matplotlib.figure.Figure
        One panel, a row an operating point.
    """
    rows = operating_point_rows(points)
    # A point beyond all sampled temperatures is an arrow at the edge.
    edges = np.array([temperatures.min() / 1.08, temperatures.max() * 1.08])
    figure, axis = plt.subplots(figsize=(8.4, 0.9 + 0.42 * len(rows)), layout="constrained")
    for height, row in enumerate(rows.itertuples()):
        colour = "#0072b2" if row.decides else "#009e73" if row.name == "coldest" else "0.6"
        low, value, high = np.clip([row.low, row.value, row.high], *edges)
        axis.plot([low, high], [height, height], color=colour, lw=3, solid_capstyle="butt")
        marker = "<" if row.value == 0 else ">" if row.value == np.inf else "o"
        axis.plot(value, height, marker, color=colour, ms=9 if marker != "o" else 6, clip_on=False)
    if window := best_window(rows, best):
        axis.axvspan(*window, color="#009e73", alpha=0.12, lw=0, label="new, varied, and as good as natural")
    mark_temperature(axis, best)
    axis.plot(temperatures, np.full(len(temperatures), len(rows) - 0.4), "|", color="black", ms=5, label="sampled")
    axis.set_yticks(range(len(rows)), rows["label"])
    axis.set(xlabel="temperature (an arrow: beyond all that were sampled)", xlim=edges, ylim=(-0.6, len(rows)))
    axis.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def operating_point_rows(points: pd.DataFrame) -> pd.DataFrame:
    """Select the family's operating points, label them, and sort them, the coldest first.

    Of those that lie hotter than all sampled temperatures only limits of the recommendation are kept, to show that they
    do not restrict it.

    Parameters
    ----------
    points : pandas.DataFrame
        Rows of `operating_points.tsv`, those of the family being of subset `all`.

    Returns
    -------
    pandas.DataFrame
        Rows of the family with the column label; an interval without an upper end ends at its value.
    """
    rows = points[(points["subset"] == "all") & points["value"].notna()]
    rows = rows[np.isfinite(rows["value"]) | rows["decides"].astype(bool)]
    labels = {
        "tau_train": "mean energy of training sequences",
        "tau_f": "mean energy of held-out sequences",
        "coldest": "coldest above the floors",
    }
    row_labels = [
        labels.get(name, f"as natural by the {short_judge_name(name.removeprefix('tau_'))}") for name in rows["name"]
    ]
    rows = rows.assign(label=row_labels, decides=rows["decides"].astype(bool))
    # An interval without an upper end is drawn up to its value.
    highest = rows["value"].where((rows["high"] == np.inf) & (rows["value"] > 0), rows["high"])
    return rows.assign(high=highest).sort_values("value", ignore_index=True)


def best_window(rows: pd.DataFrame, best: dict) -> tuple[float, float] | None:
    """Find the window from the coldest temperature above the floors to the limit of the recommendation.

    Parameters
    ----------
    rows : pandas.DataFrame
        As of `operating_point_rows`.
    best : dict
        `recommendation.json`.

    Returns
    -------
    (float, float) or None
        Its coldest and hottest temperature; None where no temperature is recommended, or the window is empty.
    """
    coldest = rows.loc[rows["name"] == "coldest", "value"]
    if not best["tau"] or coldest.empty or coldest.iloc[0] > best["limit"]:
        return None
    return float(coldest.iloc[0]), float(best["limit"])
