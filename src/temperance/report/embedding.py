"""Parts that make the page self-contained: thumbnails, figures and files within the HTML."""

import base64
import html
import re
from pathlib import Path

import numpy as np

from temperance.report.results import Evidence


def sparkline_svg(evidence: Evidence) -> str:
    """Draw a thumbnail in SVG: fidelity (line) and novelty (dashed) of the largest subset over temperature.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    str
        An SVG element.
    """
    scores = evidence.scores[evidence.scores["subset"] == evidence.largest].sort_values("temperature")
    logs = np.log(scores["temperature"].to_numpy())
    width, height = 120, 44
    x_positions = 2 + (logs - logs[0]) / (logs[-1] - logs[0]) * (width - 4)
    tau, label = evidence.temperature, "recommended" if evidence.best["tau"] else "none recommended, nearest"
    mark = np.interp(np.log(tau), logs, x_positions)

    fidelity, novelty = (
        " ".join(
            f"{x:.1f},{height - 2 - y * (height - 4):.1f}" for x, y in zip(x_positions, scores[column], strict=True)
        )
        for column in ("fidelity", "novelty")
    )
    return (
        f'<svg class="small" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>fidelity (line) and novelty (dashed) from τ = {scores['temperature'].iloc[0]:g} to "
        f"{scores['temperature'].iloc[-1]:g}; {label} {tau:.2f}</title>"
        f'<line x1="{mark:.1f}" x2="{mark:.1f}" y1="0" y2="{height}"/>'
        f'<polyline points="{fidelity}"/><polyline points="{novelty}" stroke-dasharray="3 2"/></svg>'
    )


def inline_figure(path: Path, prefix: str, caption: str) -> str:
    """Convert an SVG file to an element of a page, its identifiers prefixed, so that those of two figures differ.

    Parameters
    ----------
    path : Path
        SVG file.
    prefix : str
        Prefix of identifiers.
    caption : str
        Label of the figure for readers who cannot see it.

    Returns
    -------
    str
        An SVG element, as wide as the page or the figure, whichever is less.
    """
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    for pattern in (r'(\bid=")([^"]+)', r"(url\(#)([^)]+)", r'(href="#)([^"]+)'):
        svg = re.sub(pattern, rf"\g<1>{prefix}\g<2>", svg)
    head, rest = svg.split(">", 1)
    head = re.sub(r' width="([^"]*)pt"', r' style="max-width: calc(1.3 * \1pt)"', re.sub(r' height="[^"]*"', "", head))
    return f'{head} role="img" aria-label="{html.escape(caption)}">{rest}'


def embed_file(path: Path) -> str:
    """Encode a text file as the address of a link.

    Parameters
    ----------
    path : Path
        Text file.

    Returns
    -------
    str
        A `data:` URL that holds the file.
    """
    return "data:text/plain;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
