"""Parts that make the page self-contained: thumbnails, figures and files within the HTML."""

import base64
import html
import re
from pathlib import Path

import numpy as np

from temperance.report.results import Evidence


def _sparkline_svg(evidence: Evidence) -> str:
    """Draw a thumbnail in SVG: fidelity (line) and novelty (dashed) of the largest subset over temperature."""
    scores = evidence.scores[evidence.scores["subset"] == evidence.largest].sort_values("temperature")
    logs = np.log(scores["temperature"].to_numpy())
    width, height = 120, 44
    across = 2 + (logs - logs[0]) / (logs[-1] - logs[0]) * (width - 4)
    tau, word = evidence.temperature, "recommended" if evidence.best["tau"] else "none recommended, nearest"
    mark = np.interp(np.log(tau), logs, across)

    def line(column: str) -> str:
        return " ".join(
            f"{x:.1f},{height - 2 - y * (height - 4):.1f}" for x, y in zip(across, scores[column], strict=True)
        )

    return (
        f'<svg class="small" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>fidelity (line) and novelty (dashed) from τ = {scores['temperature'].iloc[0]:g} to "
        f"{scores['temperature'].iloc[-1]:g}; {word} {tau:.2f}</title>"
        f'<line x1="{mark:.1f}" x2="{mark:.1f}" y1="0" y2="{height}"/>'
        f'<polyline points="{line("fidelity")}"/><polyline points="{line("novelty")}" stroke-dasharray="3 2"/></svg>'
    )


def _inline(path: Path, prefix: str, caption: str) -> str:
    """Make a figure's SVG a part of the page, its names with a prefix: those of different figures are alike."""
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    for pattern in (r'(\bid=")([^"]+)', r"(url\(#)([^)]+)", r'(href="#)([^"]+)'):
        svg = re.sub(pattern, rf"\g<1>{prefix}\g<2>", svg)
    # As wide as the page or the figure, whichever is less.
    head, rest = svg.split(">", 1)
    head = re.sub(r' width="([^"]*)pt"', r' style="max-width: calc(1.3 * \1pt)"', re.sub(r' height="[^"]*"', "", head))
    return f'{head} role="img" aria-label="{html.escape(caption)}">{rest}'


def _embedded(path: Path) -> str:
    return "data:text/plain;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
