"""Write the page of one family: the recommendation first, then the evidence."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from temperance.core.settings.run import FamilySettings
from temperance.report.page import write_page
from temperance.report.results import Evidence

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read, those that `temperance.core.artefacts` lists among them.

    Attributes
    ----------
    family, subsets, largest, models : list of Path
        Results of the family, of each subset, of the largest subset, and of each baseline model.
    figures : list of Path
        Figures of the family, as SVG.
    files : list of Path
        Files that can be downloaded from the page.
    captions : list of Path
        Captions of the figures, in the order in which the page shows them.
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
    figures: list[Path]
    files: list[Path]
    captions: list[Path]
    truth: Path | None = None
    measured: Path | None = None
    expected: Path | None = None
    feedback: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    page : Path
        Self-contained HTML.
    summary : Path
        Part of the page that the report on all families shows, as JSON.
    """

    page: Path
    summary: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: FamilySettings, seed: int, subsets: Sequence[str], family: str
) -> None:  # fmt: skip
    """Write the page of one family.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : dict
        Every setting of the family, by section.
    seed : int
        Random seed of the whole run, which the page states.
    subsets : sequence of str
        Names of the training sets, in order of size.
    family : str
        Name of the family.
    """
    evidence = Evidence.load(inputs.family[0].parent, list(subsets), settings)
    section = write_page(outputs.page, outputs.summary, family, evidence, inputs.captions, seed)
    log.info("%s", section.headline)
