"""Tabulate models of the sector, the truth of the forerunner of arXiv:2512.09152, at one temperature."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.engines.registry import choose_engine
from temperance.validation.paper_sector import tabulate_sector

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    table : Path
        Entropy and false positives, one row a model and sampling temperature.
    """

    table: Path


def run(outputs: Outputs, seed: int, temperature: str) -> None:
    """Train models of one temperature of the sector with penalties of different strengths, and sample them.

    Parameters
    ----------
    outputs : Outputs
        File to write.
    seed : int
        Random seed of the whole run.
    temperature : str
        Of the sector, in units of the energy of a mutation.
    """
    table = tabulate_sector(float(temperature), seed, choose_engine("numba"))
    save_table(outputs.table, table)
    log.info("%d models", len(table[table["tau"] == 1]))
