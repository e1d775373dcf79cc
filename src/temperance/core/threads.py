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
    """Share loops out among so many threads from now on; how many it were before."""
    global _count
    before, _count = _count, max(1, min(count, numba.config.NUMBA_NUM_THREADS))
    return before


def threaded(kernel: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Compile kernel(part, parts, ...), which works on what no other part writes to, and run all parts at once.

    What it returns then is a list of what each part returned.
    """
    compiled = numba.njit(nogil=True, cache=True)(kernel)

    @wraps(kernel)
    def run(*arguments: Any) -> list[Any]:
        if _count == 1:
            return [compiled(0, 1, *arguments)]
        return list(_pool(_count).map(lambda part: compiled(part, _count, *arguments), range(_count)))

    return run


@cache
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count)
