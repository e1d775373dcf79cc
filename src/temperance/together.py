"""Trainings that share a card: what they ask of it at the same time is done at once.

Small families leave a card idle. Every training runs in a thread of its own and knows nothing of the others; calls that
wait, once all trainings have come to one, are stacked where they are alike, and answered together.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from threading import Condition
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from temperance.gibbs import Engine, seed_words
from temperance.gibbs_jax import JaxEngine

Result = TypeVar("Result")


def run_together(engine: Engine, tasks: Sequence[Callable[[Any], Result]]) -> list[Result]:
    """What each task makes of an engine; one after the other where the engine is not JAX's.

    A result depends on the other tasks in its last digits only: sums of stacked arrays have another order.
    """
    if not isinstance(engine, JaxEngine):
        return [task(engine) for task in tasks]
    meeting = _Meeting(engine, len(tasks))
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [done.result() for done in [pool.submit(meeting.attend, n, task) for n, task in enumerate(tasks)]]


def fit_together(engine: Engine, length: int, q: int, chains: int) -> int:
    """How many trainings with so many fresh chains a device's memory holds at once; 1000 where it does not say."""
    stats = jax.devices()[0].memory_stats() if isinstance(engine, JaxEngine) else None
    return max(1, int(stats["bytes_limit"] * _USABLE / needed(length, q, chains))) if stats else 1000


def needed(length: int, q: int, chains: int) -> int:
    """Bytes of a training, at most."""
    return 4 * (_COPIES * (length * q) ** 2 + _ONE_HOTS * chains * length * q)


# Of a device's memory; arrays as large as the full couplings, and of one-hot chains, that a training has at its worst
# (docs/method.md says how this was measured).
_USABLE, _COPIES, _ONE_HOTS = 0.8, 20, 4


class _Asked(NamedTuple):
    """A call: the step that is to be repeated, or None of sweeps; and arrays."""

    step: Any
    arguments: Any

    def alike(self) -> Any:
        """Equal for calls that can be stacked."""
        leaves, structure = jax.tree.flatten(self.arguments)
        return self.step, structure, tuple((np.shape(leaf), jax.dtypes.result_type(leaf)) for leaf in leaves)


class _Member(JaxEngine):
    """The engine as one of several tasks sees it."""

    def __init__(self, meeting: "_Meeting", number: int):
        self.name, self._meeting, self._number = meeting.engine.name, meeting, number

    def sweep(self, prepared: Any, chains: Any, beta: Any, seed: Any, sweeps: Any) -> Any:
        return self._meeting.ask(self._number, _Asked(None, (prepared, chains, beta, seed_words(seed), sweeps)))

    def repeat(self, step: Callable[..., tuple[Any, Any]], fixed: Any, state: Any, given: Any) -> tuple[Any, Any]:
        return self._meeting.ask(self._number, _Asked(step, (fixed, state, given)))


@cache
def _of_stacked(engine: JaxEngine, step: Any) -> Callable[..., Any]:
    return jax.jit(jax.vmap(engine.sweep if step is None else partial(engine.repeat, step)))


class _Meeting:
    """Where calls wait until each task that still runs has made one."""

    def __init__(self, engine: JaxEngine, members: int):
        self.engine, self._members, self._changed = engine, members, Condition()
        self._asked: dict[int, _Asked] = {}
        self._answers: dict[int, Any] = {}

    def attend(self, number: int, task: Callable[[Any], Result]) -> Result:
        try:
            return task(_Member(self, number))
        finally:
            with self._changed:
                self._members -= 1
                self._answer_if_all_have_asked()

    def ask(self, number: int, call: _Asked) -> Any:
        with self._changed:
            self._asked[number] = call
            self._answer_if_all_have_asked()
            self._changed.wait_for(lambda: number in self._answers)
            answer = self._answers.pop(number)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer_if_all_have_asked(self) -> None:
        if not self._asked or len(self._asked) < self._members:
            return
        groups = defaultdict(list)
        for number in sorted(self._asked):
            groups[self._asked[number].alike()].append(number)
        for numbers in groups.values():
            while numbers:
                # Powers of two: each number of calls has to be compiled.
                size = 1 << len(numbers).bit_length() - 1
                some, numbers = numbers[:size], numbers[size:]
                try:
                    answers = self._together([self._asked[number] for number in some])
                except Exception as error:
                    answers = [error] * len(some)
                self._answers.update(zip(some, answers, strict=True))
        self._asked.clear()
        self._changed.notify_all()

    def _together(self, calls: list[_Asked]) -> list[Any]:
        stacked = jax.tree.map(lambda *parts: jnp.stack(parts), *(call.arguments for call in calls))
        found = _of_stacked(self.engine, calls[0].step)(*stacked)
        return [jax.tree.map(lambda part, n=n: part[n], found) for n in range(len(calls))]
