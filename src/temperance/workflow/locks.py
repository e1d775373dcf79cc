"""A working directory whose run was killed is free again."""

import contextlib
import fcntl
import os
import time
from pathlib import Path

_SECONDS = 1.0
# Held as long as this process lives, whatever ends it.
_held: list[int] = []


def clear_stale_locks(folder: Path = Path(".snakemake")) -> None:
    """Remove the locks that Snakemake left in `folder` when it was killed, unless another run is alive.

    Snakemake's locks are files, which outlive it and then keep every later run out. Beside them this process holds one
    of the operating system's, which does not. Where a file system has none, Snakemake's remain as they are.
    """
    folder.mkdir(exist_ok=True)
    file = os.open(folder / "alive", os.O_RDWR | os.O_CREAT, 0o666)
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_SECONDS / 10)
        except OSError:
            break
        else:
            _held.append(file)
            for lock in (folder / "locks").glob("*.lock"):
                with contextlib.suppress(FileNotFoundError):
                    lock.unlink()
            return
    os.close(file)
