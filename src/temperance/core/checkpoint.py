"""Where a long computation has got to, kept in a file for a job that does the same after this one was killed."""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from temperance.core.errors import InputError
from temperance.core.files import load_arrays, save_arrays

log = logging.getLogger(__name__)


class Checkpoint:
    """A file of the last state from which to go on; without a path, none is kept.

    Parameters
    ----------
    task : dict
        All that determines what is computed, arrays included. A file that another task has left is not read.
    seconds : float
        Between two writes, at least.
    """

    def __init__(self, path: Path | None = None, task: Mapping[str, Any] | None = None, seconds: float = 60.0):
        self._path, self._task, self._seconds = path, task or {}, seconds
        self._written = time.monotonic()

    def of(self, **more: Any) -> "Checkpoint":
        """Return a checkpoint of the same file whose task these determine, too."""
        return Checkpoint(self._path, {**self._task, **more}, self._seconds)

    def load(self) -> dict[str, Any] | None:
        """Load what was saved last; None where nothing was, or nothing whole, or by another task."""
        if self._path is None or not self._path.exists():
            return None
        try:
            arrays, found = load_arrays(self._path)
            state, task = arrays | found["state"], found["task"]
            sound = found["digest"] == _digest(state)
        except (InputError, KeyError, TypeError):
            sound = False
        if not sound:
            log.warning("warning: %s is damaged; this starts anew", self._path)
            return None
        if task != self._identity:
            log.info("%s is of another task; this starts anew", self._path)
            return None
        log.info("going on from %s", self._path)
        return state

    @cached_property
    def _identity(self) -> str:
        return _digest(self._task)

    @property
    def due(self) -> bool:
        """Whether it is time to save again."""
        return self._path is not None and time.monotonic() - self._written >= self._seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the file by one of this state: arrays, and what JSON holds, floats to the last bit."""
        assert self._path is not None
        arrays, plain = _parted(state)
        try:
            save_arrays(self._path, arrays, {"task": self._identity, "state": plain, "digest": _digest(state)})
        except OSError as error:  # the result may yet find room
            log.warning("warning: no checkpoint: %s", error)
        self._written = time.monotonic()

    def clear(self) -> None:
        """Remove the file: what was to be computed is there."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


NONE = Checkpoint()


def _parted(state: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays, and the rest."""
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    return arrays, {name: value for name, value in state.items() if name not in arrays}


def _digest(state: Mapping[str, Any]) -> str:
    arrays, plain = _parted(state)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
