"""Chart of the principal components: natural sequences, samples and designs, each of which can be taken from it."""

import altair as alt
import numpy as np
import pandas as pd

from temperance.report.charts.interactive import TEMPERATURE_COLOURS, Interactive, embed_chart, interactions
from temperance.report.charts.sequences import affordable, spread_evenly, tabulate_designs, tabulate_samples
from temperance.report.figures.sequence_statistics import principal_components
from temperance.report.results import Evidence

# Colours of sets that are no samples.
_NATURAL, _DESIGNS = "#9a9aa2", "#2a9d5c"
_MOST_SEQUENCES = 400


def tabulate_components(evidence: Evidence) -> tuple[pd.DataFrame, np.ndarray]:
    """Project natural sequences, samples and designs on the two leading principal components of the natural ones.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    points : pandas.DataFrame
        One row a sequence: id, set (natural, designs, or a temperature of samples), name, pc1, pc2, sequence and, of
        samples and designs, temperature, novelty and fidelity.
    shares : np.ndarray
        (2,) of the natural sequences' variance.
    """
    natural, sets, q = evidence.sequence_sets()
    alphabet = evidence.alphabet
    count = affordable(natural.shape[1], len(sets) + 1, _MOST_SEQUENCES)
    samples = tabulate_samples(evidence.samples, evidence.sampled[0], list(sets), alphabet, count)
    designs = tabulate_designs(evidence.design_table, evidence.judge)
    rows = spread_evenly(len(natural), count)
    names = evidence.names[evidence.natural_rows()[rows]]
    chosen = pd.DataFrame({"set": "natural", "name": names, "sequence": alphabet.decode(natural[rows])})
    samples["set"] = [f"τ = {tau:.3g}" for tau in samples["temperature"]]
    table = pd.concat([chosen, samples, designs.assign(set="designs")], ignore_index=True)
    states = alphabet.encode(list(table["sequence"]))
    _, projected, shares = principal_components(natural, {"all": states}, q)
    points = table.assign(pc1=projected["all"][:, 0], pc2=projected["all"][:, 1])
    return points.assign(id=[f"c{n}" for n in range(len(points))]), shares


def draw_components(evidence: Evidence) -> Interactive:
    """Chart the points of `tabulate_components`, in which a click on the legend shows one set alone.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    Interactive
    """
    points, shares = tabulate_components(evidence)
    sets = list(dict.fromkeys(points["set"]))
    temperatures = [name for name in sets if name.startswith("τ")]
    colours = {"natural": _NATURAL, "designs": _DESIGNS} | dict(zip(temperatures, TEMPERATURE_COLOURS, strict=False))
    window, chosen = interactions()
    selected_set = alt.selection_point(name="shown", fields=["set"], bind="legend")
    marks = (
        alt.Chart(alt.NamedData("points"))
        .mark_point(filled=True, aria=False)
        .encode(
            x=alt.X("pc1:Q", title=f"PC 1 ({shares[0]:.1%})", scale=alt.Scale(zero=False)),
            y=alt.Y("pc2:Q", title=f"PC 2 ({shares[1]:.1%})", scale=alt.Scale(zero=False)),
            color=alt.Color(
                "set:N", title="a click shows one alone", sort=sets, legend=alt.Legend(columns=3, symbolStrokeWidth=0),
                scale=alt.Scale(domain=sets, range=[colours[name] for name in sets]),
            ),
            opacity=alt.condition(selected_set, alt.value(0.75), alt.value(0.04)),
            size=alt.condition("datum.set === 'designs'", alt.value(60), alt.value(26)),
            stroke=alt.condition("datum.id === chosen", alt.value("currentColor"), alt.value("transparent")),
            strokeWidth=alt.condition("datum.id === chosen", alt.value(4), alt.value(0)),
            tooltip=[
                alt.Tooltip("name:N"), alt.Tooltip("set:N"), alt.Tooltip("novelty:Q", format=".3f"),
                alt.Tooltip("fidelity:Q", format=".3f"),
            ],
        )
        .add_params(window, chosen, selected_set)
    )  # fmt: skip
    return embed_chart([marks], points)
