"""How far a long job is, told now and then."""

import time
from collections.abc import Callable


class Progress:
    """Passes on at most one message in `seconds`."""

    def __init__(self, tell: Callable[[str], None], seconds: float = 5.0, label: str = ""):
        self._tell, self._seconds, self._label, self._last = tell, seconds, label and f"{label}: ", float("-inf")

    def __call__(self, message: str) -> None:
        """Log a message, if the last one is some time ago."""
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last = now
            self._tell(self._label + message)


def in_words(seconds: float) -> str:
    """Write a duration as `40 s`, `5 min` or `2 h 30 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
