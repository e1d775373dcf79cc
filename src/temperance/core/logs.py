"""Logs of jobs."""

from collections.abc import Iterable
from pathlib import Path

# What a line of a log begins with that says why a job failed.
ERROR = "error: "


def last_error(logs: Iterable[str]) -> str | None:
    """Find the last error of a job's logs, which every attempt that begins writes anew."""
    for log in filter(Path.is_file, map(Path, logs)):
        said = [line for line in log.read_text(errors="replace").splitlines() if ERROR in line]
        if said:
            return said[-1].split(ERROR, 1)[1]
    return None
