"""Write the report on all families."""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.core.files import save_text
from temperance.core.words import count_words
from temperance.report.index import write_index

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    pages, summaries : list of Path
        Page of each family, and its summary.
    """

    pages: list[Path]
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
    """Write the report on all families: the page of the only one, or an index of several.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    seed : int
        Random seed of the whole run, which the report states.
    """
    if len(inputs.pages) == 1:
        save_text(outputs.page, inputs.pages[0].read_text(encoding="utf-8"))
    else:
        write_index(outputs.page, inputs.summaries, pd.DataFrame(columns=["family"]), seed)
    log.info("wrote the report on %s", count_words(len(inputs.pages), "family", "families"))
