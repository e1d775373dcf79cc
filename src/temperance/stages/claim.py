"""Test one claim of theory on systems that are solved exactly."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.report import figures, figures_of_theory
from temperance.validation.claims import CLAIMS

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """None."""


class Outputs(NamedTuple):
    """The table of the claim, and its figure as SVG and PNG."""

    table: Path
    figures: list[Path]


def run(outputs: Outputs, seed: int, claim: str) -> None:
    """Tabulate and draw the claim of that name."""
    table = CLAIMS[claim](seed)
    save_table(outputs.table, table)
    with figures.theme():
        figures.save(figures_of_theory.CLAIMS[claim](table), list(outputs.figures))
    log.info("%d rows", len(table))
