"""Write the report on all families."""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.core.words import count_words
from temperance.report.page import write_report

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    summaries : list of Path
        Summary of each family's page, from `page`.
    """

    summaries: list[Path]


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    page : Path
        Self-contained HTML.
    """

    page: Path


def run(inputs: Inputs, outputs: Outputs, seed: int) -> None:
    """Write the report on all families, once each of them has a page.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    seed : int
        Random seed of the whole run, which the report states.
    """
    write_report(outputs.page, inputs.summaries, pd.DataFrame(columns=["family"]), seed)
    log.info("wrote the report on %s", count_words(len(inputs.summaries), "family", "families"))
