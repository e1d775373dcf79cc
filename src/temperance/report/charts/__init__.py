"""Interactive figures of one family: charts and a structure whose data stand in the page, beside the static figures."""

from collections.abc import Callable

from temperance.report.charts.components import draw_components
from temperance.report.charts.interactive import Interactive
from temperance.report.charts.plane import draw_plane
from temperance.report.charts.structure import draw_structure
from temperance.report.results import Evidence

__all__ = ["CHARTS", "Interactive"]

# Functions that make the interactive figure in the place of a static one, by the name of that; None where the family
# has no data for it.
CHARTS: dict[str, Callable[[Evidence], Interactive | None]] = {
    "novelty_fidelity": draw_plane,
    "pca": draw_components,
    "contacts": draw_structure,
}
