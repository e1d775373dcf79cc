"""Test one theoretical claim on systems that are solved exactly."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.report import figures, figures_of_theory
from temperance.validation.claims import CLAIMS

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    table : Path
        Values that support the claim.
    figures : list of Path
        Figure of the table, as SVG and PNG.
    """

    table: Path
    figures: list[Path]


def run(outputs: Outputs, seed: int, claim: str) -> None:
    """Tabulate and plot one theoretical claim.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    seed : int
        Random seed of the whole run.
    claim : str
        Name of the claim, a key of `temperance.validation.claims.CLAIMS`.
    """
    table = CLAIMS[claim](seed)
    save_table(outputs.table, table)
    with figures.theme():
        figures.save(figures_of_theory.CLAIMS[claim](table), list(outputs.figures))
    log.info("%d rows", len(table))
