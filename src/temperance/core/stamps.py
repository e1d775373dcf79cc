"""Size and time of files, by which a change is noticed; cheap to import, since planning a workflow needs them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from temperance.core.errors import InputError


def file_stamps(paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Read size and time of change of files.

    Parameters
    ----------
    paths : iterable of str
        Files; those that do not exist are skipped.

    Returns
    -------
    dict of str to (int, int)
        Bytes, and time of change in nanoseconds, by path.
    """
    stats = [(path, Path(path).stat()) for path in paths if Path(path).is_file()]
    return {path: (state.st_size, state.st_mtime_ns) for path, state in stats}


def check_unchanged(before: Mapping[str, tuple[int, int]]) -> None:
    """Make sure that the files which a job has read are what they were when it began.

    Parameters
    ----------
    before : mapping of str to (int, int)
        Stamps from `file_stamps`, taken when the job began.

    Raises
    ------
    InputError
        If a file is gone, or has another size or time of change.
    """
    current = file_stamps(before)
    for path, stamp in before.items():
        if current.get(path) != stamp:
            raise InputError(f"{path}: changed while it was read; run again")
