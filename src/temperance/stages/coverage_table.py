"""Join the coverage of confidence intervals of all systems in one table."""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.core.files import load_table, save_table, save_text
from temperance.validation.coverage import describe_coverage, format_coverage

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    tables : list of Path
        Coverage of each system, from `check_intervals`.
    """

    tables: list[Path]


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    table, markdown : Path
        Coverage of all systems, as TSV and as Markdown.
    """

    table: Path
    markdown: Path


def run(inputs: Inputs, outputs: Outputs) -> None:
    """Join the tables of all systems on how often confidence intervals cover the exact value.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    """
    table = pd.concat([load_table(path) for path in inputs.tables], ignore_index=True)
    save_table(outputs.table, table)
    save_text(outputs.markdown, format_coverage(table))
    log.info(describe_coverage(table))
