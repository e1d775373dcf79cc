"""The command `temperance`: run the workflow, and ask about a run.

``temperance run`` is ``snakemake`` with this workflow; the others are ``python -m temperance.workflow.<name>``.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from temperance.workflow.files import SNAKEFILE

_COMMANDS = {
    "run": "run the workflow: every option of snakemake",
    "status": "list what is done, running or failed",
    "reproduce": "compute a recorded result again, and compare",
    "crate": "describe a run as an RO-Crate",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command that the first argument names, with the others.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.

    Returns
    -------
    int
        Exit status: of the command; 2 if there is no such command.
    """
    command, *options = (sys.argv[1:] if arguments is None else list(arguments)) or ["--help"]
    if command in ("--help", "-h"):
        print("usage: temperance COMMAND ...\n")
        print("\n".join(f"  {name:<10} {what}" for name, what in _COMMANDS.items()))
        return 0
    if command not in _COMMANDS:
        print(f"error: temperance {command}: no such command; expected {', '.join(_COMMANDS)}", file=sys.stderr)
        return 2
    if command == "run":
        os.execv(sys.executable, [sys.executable, "-m", "snakemake", "--snakefile", os.fspath(SNAKEFILE), *options])
    return int(import_module(f"temperance.workflow.{command}").main(options))
