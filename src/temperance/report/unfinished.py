"""Families without results, and the errors of their jobs."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from temperance.core.logs import last_error


def unfinished(results: str, families: Iterable[str]) -> pd.DataFrame:
    """Tabulate why families are not done, from the logs of their jobs.

    Parameters
    ----------
    results : str
        Folder of results, with a folder a family.
    families : iterable of str
        Names of the families that are not done.

    Returns
    -------
    pandas.DataFrame
        family, job, reason: a row for each job whose log ends in an error, or one for a family without any.
    """
    rows = []
    for family in families:
        errors = {log: last_error([str(log)]) for log in sorted(Path(results, family, "logs").glob("*.log"))}
        failures = [(family, log.stem, error) for log, error in errors.items() if error]
        rows += failures or [(family, "", "not finished")]
    return pd.DataFrame(rows, columns=["family", "job", "reason"])
