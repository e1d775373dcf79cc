"""The memory of the computer that a run starts on, and whether its jobs fit into it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from temperance.core.errors import InputError
from temperance.workflow.resources import Size

# Estimates are up to 2.7 times what jobs have used (docs/scale.md): what is beyond that cannot work.
_SURELY_TOO_MUCH = 3


class Need(NamedTuple):
    """Estimated memory of a job.

    Attributes
    ----------
    job : str
        What the job does, and of which family.
    size : Size
        Size of the family's alignment, from which the memory is estimated.
    megabytes : int
        Memory.
    """

    job: str
    size: Size
    megabytes: int


def total_memory(root: Path = Path("/")) -> int:
    """Find how much memory the processes of this computer may use: what it has, or less if their control group says so.

    Parameters
    ----------
    root : Path
        Folder in which `proc` and `sys` lie.

    Returns
    -------
    int
        Megabytes.
    """
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([installed, *_group_limits(root)]) // 10**6


def _group_limits(root: Path) -> Iterable[int]:
    """Read the limits in bytes of the control group of this process and of those around it, of both versions."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in groups:
        _, controllers, group = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top, name = ("memory", "memory.limit_in_bytes") if controllers else ("", "memory.max")
        folder = root / "sys/fs/cgroup" / top
        for group_folder in (folder, *(folder / nested for nested in _nested_groups(group))):
            try:
                yield int((group_folder / name).read_text())
            except (OSError, ValueError):  # no such group here, as within a container, or no limit: "max"
                continue


def _nested_groups(group: str) -> list[Path]:
    """List the folders of a control group and of those around it, but for the root."""
    path = Path(group.lstrip("/"))
    return [path, *path.parents][:-1] if path.parts else []


def check_memory(needs: Iterable[Need], available: int) -> str:
    """Compare what jobs are estimated to need with the memory that there is.

    Parameters
    ----------
    needs : iterable of Need
        Of jobs that are to run.
    available : int
        Megabytes that this computer has.

    Returns
    -------
    str
        A warning about the job that needs most, empty if it fits.

    Raises
    ------
    InputError
        If a job needs so much that it cannot work here.
    """
    largest = max(needs, key=lambda need: need.megabytes, default=None)
    if largest is None or largest.megabytes <= available:
        return ""
    size = largest.size
    message = (
        f"{largest.job} is estimated to need {_gigabytes(largest.megabytes)} of memory, for {size.M:,} sequences of "
        f"{size.L:,} columns, and this computer has {_gigabytes(available)}"
    )
    advice = (
        "run on a larger one or on a cluster (--profile profiles/slurm), with fewer columns or sequences (filter), or "
        "with a smaller memory_factor where jobs are known to need less"
    )
    if largest.megabytes > _SURELY_TOO_MUCH * available:
        raise InputError(f"{message}: {advice}")
    return f"warning: {message}: the job may be killed; {advice}"


def _gigabytes(megabytes: int) -> str:
    return f"{megabytes / 1000:.1f} GB"
