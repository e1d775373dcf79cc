"""Scores of samples by temperature, written out: means of ladders that all agree, unless they are told apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from temperance.temperature.rungs import RungScores


def rung_scores(
    temperatures: Any,
    *,
    novelty: Any,
    diversity: Any = 1.0,
    energy: Any = 0.0,
    percentiles: Mapping[str, Any] | None = None,
    equilibrated: Any = True,
    ladders: int = 2,
) -> RungScores:
    """Spread values over the ladders: one for all temperatures, (T,) one each, or (T, K) one a ladder."""
    count = len(temperatures)

    def by_ladder(values: Any) -> np.ndarray:
        values = np.asarray(values, float)
        return np.array(np.broadcast_to(values[:, None] if values.ndim == 1 else values, (count, ladders)))

    return RungScores(
        np.asarray(temperatures, float),
        np.array(np.broadcast_to(equilibrated, count), bool),
        by_ladder(novelty),
        by_ladder(diversity),
        by_ladder(energy),
        {judge: by_ladder(values) for judge, values in (percentiles or {}).items()},
    )
