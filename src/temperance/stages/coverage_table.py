"""Put the coverage of all systems together."""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.core.files import load_table, save_table, save_text
from temperance.validation.coverage import markdown

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `check_intervals`, one a system."""

    tables: list[Path]


class Outputs(NamedTuple):
    """The table, and the same as Markdown."""

    table: Path
    markdown: Path


def run(inputs: Inputs, outputs: Outputs) -> None:
    """Write the table of all systems."""
    table = pd.concat([load_table(path) for path in inputs.tables], ignore_index=True)
    save_table(outputs.table, table)
    save_text(outputs.markdown, markdown(table))
    log.info("covered in %.1f %% of all, least %.0f %%", 100 * table["covered"].mean(), 100 * table["covered"].min())
