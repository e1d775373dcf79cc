"""Loops compiled by Numba and shared out among threads.

Numba has parallel loops of its own, but takes three times as long to compile them.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from typing import Any

import numba

_count = numba.config.NUMBA_NUM_THREADS


def use_threads(count: int) -> int:
    """Set the number of threads among which `threaded` loops are divided from now on.

    Parameters
    ----------
    count : int
        Threads; limited to 1 ... Numba's number of threads.

    Returns
    -------
    int
        The number that was set before.
    """
    global _count
    previous, _count = _count, max(1, min(count, numba.config.NUMBA_NUM_THREADS))
    return previous


def threaded(kernel: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Compile kernel(part, parts, ...) with Numba, and run all its parts at once, each in a thread.

    Parameters
    ----------
    kernel : callable
        Function that Numba can compile. Its first two arguments are the number of the part, from 0, and the number of
        parts; a part must not write to what another part reads or writes.

    Returns
    -------
    callable
        Function of the remaining arguments; it returns the list of what the parts returned.
    """
    compiled = numba.njit(nogil=True, cache=True)(kernel)

    @wraps(kernel)
    def _run(*arguments: Any) -> list[Any]:
        if _count == 1:
            return [compiled(0, 1, *arguments)]
        return list(_pool(_count).map(lambda part: compiled(part, _count, *arguments), range(_count)))

    return _run


@cache
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count)
