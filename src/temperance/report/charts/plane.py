"""Chart of the trade-off: fidelity against novelty of samples, designs and means, coloured by temperature."""

import altair as alt
import numpy as np
import pandas as pd

from temperance.report.charts.interactive import TEMPERATURE_COLOURS, Interactive, embed_chart, interactions
from temperance.report.charts.sequences import affordable, tabulate_designs, tabulate_samples
from temperance.report.figures.averages import average_chosen, average_plane
from temperance.report.figures.operating_temperatures import operating_point_rows
from temperance.report.figures.style import fidelity_label
from temperance.report.results import Evidence
from temperance.temperature.pareto import pareto, shared_temperatures

# Kinds of points: shape and area. Means are drawn above sequences, and what is marked above both.
_KINDS = {
    "sample": ("circle", 22), "design": ("diamond", 70), "mean of samples": ("circle", 90),
    "operating point": ("triangle-up", 110), "held-out natural": ("cross", 160), "recommended": ("square", 150),
}  # fmt: skip
_MOST_SAMPLES = 12


def place_operating_points(points: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Place the family's operating points on the largest models' curve, linearly in the logarithm of the temperature.

    Parameters
    ----------
    points : pandas.DataFrame
        Rows of `operating_points.tsv`.
    curve : pandas.DataFrame
        Means of the largest models, one row a temperature, ascending: temperature, novelty and fidelity.

    Returns
    -------
    pandas.DataFrame
        name, temperature, novelty and fidelity of those within the temperatures of the curve.
    """
    rows = operating_point_rows(points)
    temperatures = curve["temperature"]
    rows = rows[rows["value"].between(temperatures.min(), temperatures.max())]
    novelty, fidelity = (
        np.interp(np.log(rows["value"]), np.log(temperatures), curve[column]) for column in ("novelty", "fidelity")
    )
    return pd.DataFrame(
        {"name": rows["label"], "temperature": rows["value"], "novelty": novelty, "fidelity": fidelity}
    ).reset_index(drop=True)


def tabulate_plane(evidence: Evidence) -> pd.DataFrame:
    """Tabulate the points of the plane: sequences, means of models, operating points and what is recommended.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    pandas.DataFrame
        One row a point: id, kind, name, M, temperature, novelty, fidelity; front (whether no mean exceeds it in both),
        sequence, and members, the ids of samples of a mean. The largest M of means is that of the samples.
    """
    means = average_plane(shared_temperatures(evidence.scores))
    means = means.rename(columns={"novelty_mean": "novelty", "fidelity_mean": "fidelity"})
    front = pareto(evidence.scores)[["M", "temperature"]].assign(front=True)
    means = means.merge(front, on=["M", "temperature"], how="left")
    means["name"] = [f"mean of samples, M = {size:,}" for size in means["M"]]
    largest = means[means["M"] == means["M"].max()]

    sequences, temperatures = evidence.sampled
    count = affordable(sequences.shape[-1], len(temperatures), _MOST_SAMPLES)
    novelty, fidelity = average_chosen(evidence.scores, evidence.temperature)
    label = "recommended" if evidence.best["tau"] else "not recommended, the nearest"
    chosen = {"name": label, "M": largest["M"].iloc[0], "temperature": evidence.temperature, "novelty": novelty,
              "fidelity": fidelity}  # fmt: skip
    natural = {"name": "held-out natural sequences, mean"} | {
        name: evidence.reference[name] for name in ("novelty", "fidelity")
    }
    tables = {
        "sample": tabulate_samples(evidence.samples, sequences, temperatures, evidence.alphabet, count),
        "design": tabulate_designs(evidence.design_table, evidence.judge),
        "mean of samples": means,
        "operating point": place_operating_points(evidence.points, largest),
        "held-out natural": pd.DataFrame([natural]),
        "recommended": pd.DataFrame([chosen]),
    }
    table = pd.concat([rows.assign(kind=kind) for kind, rows in tables.items()], ignore_index=True)
    table["id"] = [f"p{n}" for n in range(len(table))]
    samples = table[table["kind"] == "sample"]
    # Means of smaller training sets are of models whose samples are not here.
    table["members"] = [
        samples.loc[np.isclose(samples["temperature"], row.temperature, rtol=1e-4), "id"].tolist()
        if largest["M"].iloc[0] == row.M else []
        for row in table.itertuples()
    ]  # fmt: skip
    names = ["id", "kind", "name", "M", "temperature", "novelty", "fidelity", "front", "sequence", "members"]
    return table[names]


def _label_temperatures(temperatures: pd.Series, chosen: float) -> list[float]:
    """Choose the temperatures that a legend names: the coldest, the chosen one where it has room, and the hottest."""
    coldest, hottest = temperatures.min(), temperatures.max()
    share = np.log(chosen / coldest) / np.log(hottest / coldest)
    return [coldest, *([chosen] if 0.2 < share < 0.8 else []), hottest]


def draw_plane(evidence: Evidence) -> Interactive:
    """Chart the points of `tabulate_plane`, coloured by temperature, with the novelty floor.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    Interactive
    """
    points = tabulate_plane(evidence)
    shapes, areas = zip(*_KINDS.values(), strict=True)
    kinds, legend = list(_KINDS), alt.Legend(columns=2, symbolStrokeWidth=0, symbolOpacity=1)
    x = alt.X("novelty:Q", title="novelty: distance to nearest natural", scale=alt.Scale(nice=False, padding=8))
    y = alt.Y("fidelity:Q", title=fidelity_label(evidence.judge), scale=alt.Scale(domain=[-0.02, 1.04], nice=False))
    window, chosen = interactions()
    heat = alt.Color(
        "temperature:Q", title="sampling temperature τ",
        legend=alt.Legend(format=".2~g", values=_label_temperatures(points["temperature"], evidence.temperature)),
        scale=alt.Scale(type="log", range=TEMPERATURE_COLOURS, nice=False),
    )  # fmt: skip
    base = alt.Chart(alt.NamedData("points"))
    dashes = alt.StrokeDash("M:O", title="training sequences M", sort="descending", legend=alt.Legend(format=",d"))
    lines = (
        base.transform_filter("datum.kind === 'mean of samples'")
        .mark_line(color="currentColor", strokeWidth=1, opacity=0.5, aria=False)
        .encode(x=x, y=y, order="temperature:Q", strokeDash=dashes)
    )
    marks = base.mark_point(filled=True, aria=False, invalid=None).encode(
        x=x, y=y,
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=shapes), sort=kinds, title=None, legend=legend),
        size=alt.Size("kind:N", scale=alt.Scale(domain=kinds, range=areas), sort=kinds, title=None, legend=legend),
        color=alt.condition("datum.kind === 'held-out natural'", alt.value("currentColor"), heat),
        opacity=alt.condition("datum.kind === 'sample' && datum.id !== chosen", alt.value(0.55), alt.value(1)),
        stroke=alt.condition("datum.id === chosen || datum.front", alt.value("currentColor"), alt.value("transparent")),
        strokeWidth=alt.condition("datum.id === chosen", alt.value(4), alt.value(1.2)),
        tooltip=[
            alt.Tooltip("name:N"), alt.Tooltip("temperature:Q", title="τ", format=".3~g"),
            alt.Tooltip("novelty:Q", format=".3f"), alt.Tooltip("fidelity:Q", format=".3f"),
        ],
    ).add_params(window, chosen)  # fmt: skip
    floor = (
        alt.Chart(alt.Data(values=[{"novelty": evidence.settings.optimum.novelty_floor}]))
        .mark_rule(color="currentColor", strokeDash=[2, 3], aria=False)
        .encode(x="novelty:Q", tooltip=alt.Tooltip("novelty:Q", title="novelty floor"))
    )
    return embed_chart([floor, lines, marks], points)
