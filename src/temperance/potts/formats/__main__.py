"""Convert a model: ``python -m temperance.potts.formats MODEL OUT FORMAT [ALPHABET]``."""

import sys

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.errors import InputError
from temperance.potts.formats.registry import FORMATS, read_model, write_model


def main(arguments: list[str]) -> int:
    """Convert a model: `python -m temperance.potts.formats MODEL OUT FORMAT [ALPHABET]`.

    Parameters
    ----------
    arguments : list of str
        Of the command line, without the program's name.

    Returns
    -------
    int
        Exit status: 0; 1 if the model cannot be read or written; 2 if the arguments are wrong.
    """
    if len(arguments) not in (3, 4) or arguments[2] not in FORMATS:
        print(f"usage: python -m temperance.potts.formats MODEL OUT {'|'.join(FORMATS)} [ALPHABET]", file=sys.stderr)
        return 2
    try:
        alphabet = find_alphabet(arguments[3] if len(arguments) == 4 else "protein")
        write_model(arguments[1], read_model(arguments[0], alphabet), alphabet, arguments[2])
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
