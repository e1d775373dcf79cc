"""Size and time of files, by which a change is noticed; cheap to import, since planning a workflow needs them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from temperance.core.errors import InputError


def file_stamps(paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Size and time of change, in nanoseconds, of files that are there."""
    found = [(path, Path(path).stat()) for path in paths if Path(path).is_file()]
    return {path: (state.st_size, state.st_mtime_ns) for path, state in found}


def check_unchanged(before: Mapping[str, tuple[int, int]]) -> None:
    """Make sure that what a job has read is still what it was when it began.

    Parameters
    ----------
    before : mapping
        Of `file_stamps`.

    Raises
    ------
    InputError
        If a file is gone, or has another size or time of change.
    """
    now = file_stamps(before)
    for path, stamp in before.items():
        if now.get(path) != stamp:
            raise InputError(f"{path}: changed while it was read; run again")
