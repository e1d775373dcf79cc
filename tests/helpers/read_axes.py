"""What was given to the axes of a figure: lines, error bars, bands and labels."""

import numpy as np
from matplotlib.container import ErrorbarContainer


def find_line(axis, label):
    """The only line of a label."""
    (line,) = [line for line in axis.lines if line.get_label() == label]
    return line


def read_line(axis, label):
    """Points (N, 2) of the only line of a label."""
    return find_line(axis, label).get_xydata()


def read_lines(axis, marker=None, style=None):
    """Points of every line that has points, in the order of drawing, or of those of a marker and style."""
    return [
        line.get_xydata()
        for line in axis.lines
        if len(line.get_xydata())
        and (marker is None or line.get_marker() == marker)
        and (style is None or line.get_linestyle() == style)
    ]


def read_error_bars(axis):
    """Of each series with error bars: x, y, low and high (N, 4), in the order of drawing."""
    return [_ends(container) for container in axis.containers if isinstance(container, ErrorbarContainer)]


def _ends(container):
    data, _, bars = container.lines
    segments = np.array([segment[:, 1] for segment in bars[-1].get_segments()]) if bars else np.zeros((0, 2))
    points = data.get_xydata()
    return np.column_stack([points, segments]) if len(segments) else points


def read_band(collection):
    """Of a filled band: x, low and high (N, 3)."""
    vertices = collection.get_paths()[0].vertices
    x = np.unique(vertices[:, 0])
    ends = [vertices[vertices[:, 0] == value, 1] for value in x]
    return np.array([(value, end.min(), end.max()) for value, end in zip(x, ends, strict=True)])


def read_bands(axis):
    """Every filled band of an axis."""
    kinds = ("PolyCollection", "FillBetweenPolyCollection")
    return [read_band(band) for band in axis.collections if type(band).__name__ in kinds]


def read_spans(axis):
    """Both ends of every vertical span."""
    return [
        patch.get_extents().transformed(axis.transData.inverted()).intervalx.tolist()
        for patch in axis.patches
        if type(patch).__name__ == "Rectangle"
    ]


def read_legend(figure):
    """Labels of a figure's legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def read_ticks(axis, vertical=False):
    """Labels of the ticks of an axis, by place."""
    direction = axis.yaxis if vertical else axis.xaxis
    places = direction.get_ticklocs()
    return dict(zip(places.tolist(), direction.get_major_formatter().format_ticks(places), strict=True))
