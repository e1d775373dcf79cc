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
        Paths; files that are not there are passed over.

    Returns
    -------
    str or None
        What stands behind `ERROR`; None where there is no such line.
    """
    for log in filter(Path.is_file, map(Path, logs)):
        errors = [line for line in log.read_text(errors="replace").splitlines() if ERROR in line]
        if errors:
            return errors[-1].split(ERROR, 1)[1]
    return None
