"""Draw the figures of one family."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from temperance.core.settings import Settings
from temperance.report import figures
from temperance.report.results import Evidence

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files of `temperance.core.artefacts`: of the family, its subsets, the largest one, and models compared."""

    family: list[Path]
    subsets: list[Path]
    largest: list[Path]
    models: list[Path]
    truth: Path | None = None


class Outputs(NamedTuple):
    """Figures, called as in `temperance.report.figures.FIGURES`, as SVG, PDF and PNG."""

    figures: list[Path]


def run(inputs: Inputs, outputs: Outputs, settings: Settings, subsets: Sequence[str]) -> None:
    """Draw every figure that is asked for; settings are all of the family's."""
    evidence = Evidence.load(inputs.family[0].parent, list(subsets), settings)
    with figures.theme():
        for name, arguments in evidence.figure_arguments().items():
            paths: list[str | Path] = [path for path in outputs.figures if path.stem == name]
            if paths:
                figures.save(figures.FIGURES[name](*arguments), paths)
    log.info("%d files", len(outputs.figures))
