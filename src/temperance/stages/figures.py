"""Plot the figures of one family."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from temperance.core.settings.run import FamilySettings
from temperance.report import figures
from temperance.report.results import Evidence

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read, those that `temperance.core.artefacts` lists.

    Attributes
    ----------
    family, subsets, largest, models : list of Path
        Results of the family, of each subset, of the largest subset, and of each baseline model.
    truth : Path, optional
        Diagnostics of the draw, where the family was drawn from a true distribution.
    measured, expected : Path, optional
        What measured sequences say, and lead to expect of each temperature, where any were measured.
    feedback : Path, optional
        Of what use results are to a model that learns from them, where one does.
    """

    family: list[Path]
    subsets: list[Path]
    largest: list[Path]
    models: list[Path]
    truth: Path | None = None
    measured: Path | None = None
    expected: Path | None = None
    feedback: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    figures : list of Path
        Figures as SVG, PDF and PNG, named as in `temperance.report.figures.FIGURES`.
    """

    figures: list[Path]


def run(inputs: Inputs, outputs: Outputs, settings: FamilySettings, subsets: Sequence[str]) -> None:
    """Plot every figure of a family.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : dict
        Every setting of the family, by section.
    subsets : sequence of str
        Names of the training sets, in order of size.
    """
    evidence = Evidence.load(inputs.family[0].parent, list(subsets), settings)
    with figures.theme():
        for name, arguments in evidence.figure_arguments().items():
            paths: list[str | Path] = [path for path in outputs.figures if path.stem == name]
            if paths:
                figures.save(figures.FIGURES[name](*arguments), paths)
    log.info("wrote %d files", len(outputs.figures))
