"""Words of sentences."""

from collections.abc import Iterable


def join_words(words: Iterable[str]) -> str:
    """Join words as a sentence does: `a`, `a and b`, `a, b and c`.

    Parameters
    ----------
    words : iterable of str
        At least one.

    Returns
    -------
    str
        The words with commas and `and`.

    Examples
    --------
    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    *beginning, last = words
    return f"{', '.join(beginning)} and {last}" if beginning else last


def count_words(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number : int
        How many there are.
    noun : str
        Of one.
    plural : str
        Of several; with an s if empty.

    Returns
    -------
    str

    Examples
    --------
    >>> count_words(1, "sweep"), count_words(2_000, "sweep"), count_words(0, "family", "families")
    ('1 sweep', '2,000 sweeps', '0 families')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
