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
