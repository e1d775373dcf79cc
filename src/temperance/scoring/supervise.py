"""Run a program within bounds of time and output, and end it with everything that it has started.

Called as `python -I -S supervise.py SECONDS FILE BYTES PROGRAM ARGUMENT...`, in a process of its own, by which the
program is ended also where the job that asked for it is killed: the kernel then closes this process's standard input.
Writes what became of the program as JSON.
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

# Of linux/prctl.h: orphans become children of this process, and none escapes by leaving the process group.
_PR_SET_CHILD_SUBREAPER = 36
# Seconds between two looks at the program.
_PAUSE = 0.05
# Bytes of output that are kept, and that may be written, on each of standard output and standard error.
_KEPT, _MOST_OUTPUT = 4096, 2**30


def supervise(command: list[str], seconds: float, file: Path, most_bytes: int) -> dict[str, str | int]:
    """Run a program until it ends or exceeds a bound, then end its children.

    Parameters
    ----------
    command : list of str
        Program and its arguments.
    seconds : float
        Longest time that it may take.
    file : Path
        File that it writes.
    most_bytes : int
        Largest size of the file.

    Returns
    -------
    dict
        Either `error`, why the program could not be started, `exceeded`, the bound that it reached (minutes, output or
        scores; nothing if standard input was closed), or `status`, as of `subprocess.Popen`, with `words`, the end of
        its standard error or else of its standard output.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Its standard input is empty: of a job's, it would wait for ever.
    try:
        program = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        return {"error": error.strerror or str(error)}
    assert program.stdout is not None and program.stderr is not None
    outputs = {stream.fileno(): _Output(stream.fileno()) for stream in (program.stderr, program.stdout)}
    try:
        exceeded = _watch(program, outputs, time.monotonic() + seconds, file, most_bytes)
    finally:
        _end_all(program.pid)
    if exceeded is not None:
        return {"exceeded": exceeded}
    for output in outputs.values():
        output.read()
    words = next((output.end for output in outputs.values() if output.end.strip()), b"")
    return {"status": program.returncode, "words": words.decode(errors="replace")}


class _Output:
    """End of what a program writes to a pipe, and the number of bytes of all of it."""

    def __init__(self, pipe: int):
        os.set_blocking(pipe, False)
        self.pipe, self.end, self.bytes = pipe, b"", 0

    def read(self) -> bool:
        """Read up to 1 MiB of what the program has written since the last call, without waiting for more.

        Returns
        -------
        bool
            Whether more may come; False once the pipe is closed.
        """
        try:
            chunk = os.read(self.pipe, 2**20)
        except BlockingIOError:
            return True
        self.end = (self.end + chunk[-_KEPT:])[-_KEPT:]
        self.bytes += len(chunk)
        return bool(chunk)


def _watch(
    program: subprocess.Popen, outputs: dict[int, _Output], deadline: float, file: Path, most_bytes: int
) -> str | None:
    """Wait for the end of a program, or return the bound that it exceeded; empty if nobody waits for it any more."""
    with selectors.DefaultSelector() as selector:
        for pipe in (0, *outputs):
            selector.register(pipe, selectors.EVENT_READ)
        while True:
            ended = program.poll() is not None
            if _size(file) > most_bytes:
                return "scores"
            if any(output.bytes > _MOST_OUTPUT for output in outputs.values()):
                return "output"
            if ended:
                return None
            if time.monotonic() > deadline:
                return "minutes"
            for key, _ in selector.select(_PAUSE):
                if key.fd == 0:
                    return ""
                if not outputs[key.fd].read():
                    selector.unregister(key.fd)


def _size(file: Path) -> int:
    """Return the number of bytes of a file; 0 where it is not there, or is kept from this process."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _end_all(group: int) -> None:
    """End the processes of a group and, on Linux, all that have left it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    # The children of a child that has ended are children of this process by the time that it is waited for.
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in _children():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    """List the children of this process, where the system tells."""
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # Name in brackets, state, parent.
            if int(status.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                children.append(int(status.parent.name))
    return children


if __name__ == "__main__":
    _seconds, _file, _bytes, *_command = sys.argv[1:]
    print(json.dumps(supervise(_command, float(_seconds), Path(_file), int(_bytes))))
