"""Sample one model of an enumerable truth many times, and count how often intervals hold the exact value."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.core.progress import Progress
from temperance.engines.registry import choose_engine
from temperance.validation.coverage import coverage

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """None."""


class Outputs(NamedTuple):
    """A row an estimator and temperature."""

    table: Path


def run(outputs: Outputs, kind: str, size: str, repeats: int, seed: int, engine_name: str) -> None:
    """Count for the system of a kind, trained on so many sequences."""
    table = coverage(kind, int(size), repeats, seed, choose_engine(engine_name), Progress(log.info))
    save_table(outputs.table, table)
    log.info("covered in %.1f %% of all, least %.0f %%", 100 * table["covered"].mean(), 100 * table["covered"].min())
