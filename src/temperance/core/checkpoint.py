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
    """Keep the last state of a long computation in a file, from which a later job resumes; without a path, keep none.

    Parameters
    ----------
    path : Path, optional
        File of the state.
    task : mapping, optional
        All that determines what is computed, arrays included. A file that another task has left is not read.
    seconds : float
        Least time, in seconds, between two writes that `due` asks for.
    """

    def __init__(self, path: Path | None = None, task: Mapping[str, Any] | None = None, seconds: float = 60.0):
        self._path, self._task, self._seconds = path, task or {}, seconds
        self._written = time.monotonic()

    def with_task(self, **values: Any) -> "Checkpoint":
        """Return a checkpoint of the same file whose task is also identified by further values.

        Parameters
        ----------
        **values
            Entries that are added to the task, arrays included.

        Returns
        -------
        Checkpoint
            A new object; its first write is due `seconds` from now.
        """
        return Checkpoint(self._path, {**self._task, **values}, self._seconds)

    def load(self) -> dict[str, Any] | None:
        """Load the state that was saved last.

        Returns
        -------
        dict or None
            The state; None where no file exists, or the file is damaged or belongs to another task (both are logged).
        """
        if self._path is None or not self._path.exists():
            return None
        try:
            arrays, metadata = load_arrays(self._path)
            state, task = arrays | metadata["state"], metadata["task"]
            intact = metadata["digest"] == _digest(state)
        except (InputError, KeyError, TypeError):
            intact = False
        if not intact:
            log.warning("warning: checkpoint %s is damaged; starting from the beginning", self._path)
            return None
        if task != self._identity:
            log.info("checkpoint %s is of other settings, data or versions; starting from the beginning", self._path)
            return None
        log.info("resuming from checkpoint %s", self._path)
        return state

    @cached_property
    def _identity(self) -> str:
        return _digest(self._task)

    @property
    def due(self) -> bool:
        """Tell whether the state was last saved long enough ago to be saved again.

        Returns
        -------
        bool
            Always False without a path.
        """
        return self._path is not None and time.monotonic() - self._written >= self._seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the file by one of this state.

        A file that cannot be written is logged as a warning, not raised: the result itself may still be written.

        Parameters
        ----------
        state : mapping
            Arrays, and values that JSON holds; floats are kept to the last bit.
        """
        assert self._path is not None
        arrays, plain = _split_arrays(state)
        try:
            save_arrays(self._path, arrays, {"task": self._identity, "state": plain, "digest": _digest(state)})
        except OSError as error:  # the result may yet find room
            log.warning("warning: no checkpoint was saved: %s", error)
        self._written = time.monotonic()

    def clear(self) -> None:
        """Remove the file once the computation is finished."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


NONE = Checkpoint()


def _split_arrays(state: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Separate a state's arrays from what JSON holds."""
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    return arrays, {name: value for name, value in state.items() if name not in arrays}


def _digest(state: Mapping[str, Any]) -> str:
    arrays, plain = _split_arrays(state)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
