"""What every script of the workflow has in common: a log, threads, and errors in one line."""

import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import numba
from threadpoolctl import threadpool_limits

from temperance.errors import InputError


@contextlib.contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Log to the rule's log file and, with the wildcards in front, to the terminal; end a user's error in one line."""
    numba.set_num_threads(min(snakemake.threads, numba.config.NUMBA_NUM_THREADS))
    label = " ".join([snakemake.rule, *map(str, dict(snakemake.wildcards).values())])
    log = logging.getLogger("temperance")
    log.setLevel(logging.INFO)
    for handler, form in (
        (logging.FileHandler(snakemake.log[0], mode="w"), "%(asctime)s %(message)s"),
        (logging.StreamHandler(sys.stderr), f"{label}: %(message)s"),
    ):
        handler.setFormatter(logging.Formatter(form, datefmt="%H:%M:%S"))
        log.addHandler(handler)
    try:
        # One BLAS thread: the order of its sums, and so the last digits, would else depend on their number.
        with threadpool_limits(1):
            yield log
    except InputError as error:
        log.error("error: %s", error)
        sys.exit(1)
    except Exception:
        log.exception("error: unexpected; this is a fault of the program, please report it with this log")
        sys.exit(1)


class Progress:
    """Passes on at most one message in `seconds`."""

    def __init__(self, log: logging.Logger, seconds: float = 5.0):
        self._log, self._seconds, self._last = log, seconds, float("-inf")

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last = now
            self._log.info(message)
