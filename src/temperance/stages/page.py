"""Write the page of one family: the answer first, then the evidence."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from temperance.core.settings import Settings
from temperance.report.page import write_page
from temperance.report.results import Evidence

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """What figures are made of; the figures; files that can be taken from the page; captions in their order."""

    family: list[Path]
    subsets: list[Path]
    largest: list[Path]
    models: list[Path]
    figures: list[Path]
    files: list[Path]
    captions: list[Path]
    truth: Path | None = None


class Outputs(NamedTuple):
    """The page, and what the page of all families shows of it."""

    page: Path
    summary: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: Settings, seed: int, subsets: Sequence[str], family: str
) -> None:  # fmt: skip
    """Write the page; settings are all of the family's."""
    evidence = Evidence.load(inputs.family[0].parent, list(subsets), settings)
    section = write_page(outputs.page, outputs.summary, family, evidence, inputs.captions, seed)
    log.info("%s", section.headline)
