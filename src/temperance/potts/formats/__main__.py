"""Convert a model: ``python -m temperance.potts.formats MODEL OUT FORMAT [ALPHABET]``."""

import sys

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.potts.formats.registry import FORMATS, read_model, write_model


def main(words: list[str]) -> int:
    """`python -m temperance.potts.formats MODEL OUT FORMAT [ALPHABET]`: convert a model."""
    if len(words) not in (3, 4) or words[2] not in FORMATS:
        print(f"usage: python -m temperance.potts.formats MODEL OUT {'|'.join(FORMATS)} [ALPHABET]", file=sys.stderr)
        return 2
    try:
        letters = alphabet(words[3] if len(words) == 4 else "protein")
        write_model(words[1], read_model(words[0], letters), letters, words[2])
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
