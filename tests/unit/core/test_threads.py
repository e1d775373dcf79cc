"""Loops are divided among as many threads as there are to be."""

import numba
import numpy as np
import pytest

from temperance.core.threads import threaded, use_threads


@threaded
def squares(part, parts, numbers, out):
    for n in range(part, len(numbers), parts):
        out[n] = numbers[n] ** 2
    return part, parts


@pytest.fixture
def before():
    """Leave the number of threads as it was."""
    count = use_threads(1)
    yield count
    use_threads(count)


def test_every_part_runs_once_and_returns_in_order(before):
    numbers = np.arange(5.0)
    for count in {1, numba.config.NUMBA_NUM_THREADS}:
        use_threads(count)
        out = np.zeros(5)
        assert squares(numbers, out) == [(part, count) for part in range(count)]
        assert out.tolist() == [0, 1, 4, 9, 16]


def test_threads_are_one_or_more_and_no_more_than_there_are(before):
    most = numba.config.NUMBA_NUM_THREADS
    assert use_threads(0) == 1
    assert use_threads(most + 5) == 1
    assert use_threads(1) == most
