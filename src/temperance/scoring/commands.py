"""Why a program of the user's cannot be run, or how it ended, in words."""

import os
import shlex
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path


def explain_unrunnable(command: Sequence[str]) -> str:
    """Explain why a command cannot be run, as far as one can tell without running it.

    Parameters
    ----------
    command : sequence of str
        Program and its arguments, of which some hold {fasta} and {scores}.

    Returns
    -------
    str
        What would be right; empty if it can be run.

    Examples
    --------
    >>> explain_unrunnable(["python", "predict.py", "{fasta}"])
    'it has no {scores}, in place of which the program is told the file to write'
    """
    program = command[0]
    if shutil.which(program) is None:
        # Path's methods raise an error where a whole script stands in place of a program.
        is_file, is_folder = os.path.isfile(program), os.path.isdir(program)  # noqa: PTH112, PTH113
        if is_folder:
            return f"{program} is a folder, not a program"
        if is_file and "/" not in program:
            return f"{program} is not a program of the PATH; of a file in {Path.cwd()}, write ./{program}"
        if is_file:
            return f"{program} is not executable; run `chmod +x {program}`, or begin with bash or the like"
        if len(program.split()) > 1:
            return f"no program '{program}'; each argument is a word of its own: [{', '.join(program.split())}]"
        return f"no program {program} (paths are relative to {Path.cwd()})"
    uses = {"{fasta}": "the file of sequences", "{scores}": "the file to write"}
    for placeholder, use in uses.items():
        if not any(placeholder in word for word in command):
            return f"it has no {placeholder}, in place of which the program is told {use}"
    return ""


def explain_start(program: str, problem: str) -> str:
    """Explain why a program that is there could not be started.

    Parameters
    ----------
    program : str
        First word of the command.
    problem : str
        What the system said.

    Returns
    -------
    str
    """
    path = shutil.which(program) or program
    with Path(path).open("rb") as file:
        line = file.readline(200)
    if line.startswith(b"#!"):
        if line.endswith(b"\r\n"):
            command = f"sed -i 's/\\r$//' {shlex.quote(path)}"
            return f"{path} cannot be run: its lines end as those of Windows do; run `{command}`"
        interpreter = line[2:].strip().decode(errors="replace")
        return f"{path} cannot be run: {problem}; its first line names the interpreter '{interpreter}'"
    return (
        f"{path} cannot be run: {problem}; a script's first line names its interpreter, such as #!/bin/bash, or the "
        f"command begins with it: [bash, {program}]; other programs are those of this kind of machine and system"
    )


def explain_failure(status: int) -> str:
    """Tell how a program ended that did not end well.

    Parameters
    ----------
    status : int
        Exit status, or minus the number of the signal that ended it.

    Returns
    -------
    str
        With the name of the signal; beyond 128, an exit status of a shell tells by which signal its program was ended.

    Examples
    --------
    >>> explain_failure(1), explain_failure(-11)
    ('failed with exit status 1', 'was ended by SIGSEGV')
    """
    name = _signal_name(-status if status < 0 else status - 128)
    if name == "SIGKILL":
        name += ", perhaps for lack of memory"
    if status < 0:
        return f"was ended by {name}"
    return f"failed with exit status {status}" + (f" ({name})" if name and status > 128 else "")


def _signal_name(number: int) -> str:
    """Name a signal; empty if there is none of this number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}" if 0 < number < 65 else ""
