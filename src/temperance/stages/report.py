"""Write one page over all families."""

import logging
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from temperance.report.page import write_report

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """What the pages of families leave for it."""

    summaries: list[Path]


class Outputs(NamedTuple):
    """Self-contained HTML."""

    page: Path


def run(inputs: Inputs, outputs: Outputs, seed: int) -> None:
    """Write the page of families that are all done."""
    write_report(outputs.page, inputs.summaries, pd.DataFrame(columns=["family"]), seed)
    log.info("%d families", len(inputs.summaries))
