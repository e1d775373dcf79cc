"""What the commands share: options from the command line, and wrong input told in one line."""

import argparse
import sys
from collections.abc import Callable, Sequence

from temperance.core.errors import InputError


def carry_out(
    parser: argparse.ArgumentParser,
    command: Callable[[argparse.Namespace], int],
    arguments: Sequence[str] | None = None,
) -> int:
    """Carry out a command with its options; print an error of the input, or of a file, in one line.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command's options.
    command : callable
        From options to an exit status.
    arguments : sequence of str, optional
        Command line, without the program; that of this process if not given.

    Returns
    -------
    int
        Exit status: of the command, or 1 after an error.
    """
    options = parser.parse_args(arguments)
    try:
        return command(options)
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
