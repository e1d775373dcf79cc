"""Index of the pages of all families, in HTML."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from temperance.core.files import load_json, save_text
from temperance.report.rendering import render


def write_index(path: str | Path, summaries: Sequence[str | Path], failed: pd.DataFrame, seed: int) -> None:
    """List families with their answers and links to their pages, and those that are not done.

    Parameters
    ----------
    path : str or Path
        The index, self-contained HTML.
    summaries : sequence of str or Path
        Summaries that `temperance.report.page.write_page` wrote.
    failed : pandas.DataFrame
        Families that are not done: family, job, reason.
    seed : int
        Random seed of the run, which the index names.
    """
    rows = [load_json(summary)["row"] for summary in summaries]
    save_text(path, render("report.html.j2", section=None, rows=rows, failed=failed, seed=seed, kinds=[], vega=""))
