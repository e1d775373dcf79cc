"""Families whose results are not there, and why."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from temperance.core.logs import last_error


def unfinished(results: str, families: Iterable[str]) -> pd.DataFrame:
    """Families that are not done: family, job, reason, a row for each job whose log ends in an error."""
    rows = []
    for family in families:
        failed = {log: last_error([str(log)]) for log in sorted(Path(results, family, "logs").glob("*.log"))}
        found = [(family, log.stem, reason) for log, reason in failed.items() if reason]
        rows += found or [(family, "", "not finished")]
    return pd.DataFrame(rows, columns=["family", "job", "reason"])
