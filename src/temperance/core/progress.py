"""How far a long job is, told now and then."""

import time
from collections.abc import Callable


class Progress:
    """Report the progress of a long computation, with at most one message per interval.

    Parameters
    ----------
    tell : callable
        Receives each message that is passed on.
    seconds : float
        Least time between two messages.
    label : str
        Put in front of every message.
    """

    def __init__(self, tell: Callable[[str], None], seconds: float = 5.0, label: str = ""):
        self._tell, self._seconds, self._label, self._last = tell, seconds, label and f"{label}: ", float("-inf")

    def __call__(self, message: str) -> None:
        """Pass on a message, if the last one is at least `seconds` ago."""
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last = now
            self._tell(self._label + message)


def in_words(seconds: float) -> str:
    """Write a duration as `40 s`, `5 min` or `2 h 30 min`.

    Parameters
    ----------
    seconds : float
        Duration.

    Returns
    -------
    str
        Rounded to seconds below 100 s, else to minutes.

    Examples
    --------
    >>> in_words(40.2), in_words(300), in_words(9000)
    ('40 s', '5 min', '2 h 30 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
