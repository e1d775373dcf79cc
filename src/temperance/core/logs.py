"""Logs of jobs."""

from collections.abc import Iterable
from pathlib import Path

# What a line of a log begins with that says why a job failed.
ERROR = "error: "


def last_error(logs: Iterable[str]) -> str | None:
    """Find the last error of a job's logs, which every attempt that begins writes anew.

    Parameters
    ----------
    logs : iterable of str
        Paths; files that do not exist are skipped.

    Returns
    -------
    str or None
        What follows `ERROR` in the last such line of the first log that has one; None where no log has one.
    """
    for log in filter(Path.is_file, map(Path, logs)):
        errors = [line for line in log.read_text(errors="replace").splitlines() if ERROR in line]
        if errors:
            return errors[-1].split(ERROR, 1)[1]
    return None
