"""Common parts of the charts: their data in a page, their look, and how a reader moves and zooms them."""

import json
import re
from functools import cache
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import vl_convert

# A wheel alone scrolls the page, and so does a finger.
_ZOOM = "wheel![event.ctrlKey || event.metaKey]"
_MOVE = "[pointerdown[event.pointerType === 'mouse'], window:pointerup] > window:pointermove!"
# Digits that a screen shows.
_DECIMALS = 4
_HEIGHT = 420
# Temperatures from cold to hot, on light and on dark grounds.
TEMPERATURE_COLOURS = ["#3b6fd4", "#8a63c9", "#d1495b", "#e68a00"]


class Interactive(NamedTuple):
    """Data of an interactive figure, and which script of the page draws it.

    Attributes
    ----------
    kind : {'chart', 'structure'}
        The script that draws it, `templates/{kind}.js`.
    data : str
        JSON, in which no sign could end an element of the page.
    """

    kind: str
    data: str


def embed_json(kind: str, content: dict[str, Any]) -> Interactive:
    r"""Write what a script needs as JSON that can stand within an element of a page.

    Parameters
    ----------
    kind : {'chart', 'structure'}
        The script that draws it.
    content : dict
        Values that JSON can hold.

    Returns
    -------
    Interactive
        Kind and text.

    Examples
    --------
    >>> embed_json("chart", {"name": "</script>"}).data
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Interactive(kind, text.replace("<", "\\u003c"))


def list_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows of a table for JSON: rounded, and without the cells that are missing.

    Parameters
    ----------
    table : pandas.DataFrame
        Cells are numbers, text or lists.

    Returns
    -------
    list of dict
        One a row.
    """
    return [
        {name: value for name, value in row.items() if isinstance(value, list) or not pd.isna(value)}
        for row in table.round(_DECIMALS).to_dict("records")
    ]


def embed_chart(layers: list[alt.Chart], points: pd.DataFrame) -> Interactive:
    """Write a chart of the data set `points`, which can be moved and zoomed, and in which a point can be chosen.

    Parameters
    ----------
    layers : list of altair.Chart
        Charts of `altair.NamedData("points")`, the lowest first; marks have the colour of the page's text where theirs
        is `currentColor`.
    points : pandas.DataFrame
        One row a point: id, name, and what the chart draws; sequence, or members (a list of ids), where it has any.

    Returns
    -------
    Interactive
        Specification in Vega-Lite.
    """
    text = {"labelColor": "currentColor", "titleColor": "currentColor", "titleFontWeight": "normal"}
    spec = (
        alt.layer(*layers)
        .properties(width="container", height=_HEIGHT, background="transparent")
        .configure(font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            **text, domainColor="currentColor", tickColor="currentColor", gridColor="currentColor", gridOpacity=0.12,
            labelFontSize=12, titleFontSize=13,
        )
        .configure_axisX(tickCount=alt.ExprRef("ceil(width / 90)"))
        .configure_legend(
            **text, orient="bottom", labelFontSize=12, titleFontSize=12, labelLimit=0, gradientLength=180,
            symbolFillColor="currentColor", symbolStrokeColor="currentColor",
        )
        .to_dict()
    )  # fmt: skip
    # One legend below the other, as a telephone has no room for two beside each other.
    spec["config"]["legend"]["layout"] = {"bottom": {"anchor": "start", "direction": "vertical", "margin": 8}}
    spec["datasets"] = {"points": list_records(points)}
    return embed_json("chart", spec)


def interactions() -> tuple[alt.Parameter, alt.Parameter]:
    """Declare the parameters by which the page's script moves a chart and chooses a point.

    Returns
    -------
    window : altair.Parameter
        The part of the plane that is shown; its signals are `window_{field}`.
    chosen : altair.Parameter
        Identifier of the chosen point.
    """
    window = alt.selection_interval(name="window", bind="scales", zoom=_ZOOM, translate=_MOVE)
    return window, alt.param(name="chosen", value="")


@cache
def vega_script() -> str:
    """Bundle the libraries that draw charts, Vega, Vega-Lite and Vega-Embed, as one script without imports.

    Returns
    -------
    str
        JavaScript, after which `vegaEmbed` is defined.
    """
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # Text of the libraries that would end an element of the page.
    return re.sub("<(?=/(script|body|html)|!--)", r"\\x3c", bundle)
