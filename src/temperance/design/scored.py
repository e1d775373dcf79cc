"""Scores of a model's samples, and the temperature that they recommend, for notebooks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from temperance.stats.estimate import Estimate
from temperance.temperature.operating_points import judge_units, operating_points
from temperance.temperature.recommendation import Recommendation, recommend
from temperance.temperature.rungs import RungScores


@dataclass(frozen=True)
class Scored:
    """Scores of samples and natural sequences by one judge.

    Attributes
    ----------
    samples, natural : pandas.DataFrame
        One row a sample, and a natural sequence.
    rungs : RungScores
        Novelty, diversity and percentiles over temperature.
    tau_train : Estimate
        Temperature at which samples have the mean energy of the training sequences.
    judge : str
        Name of the judge.
    threshold : float
        Score from which a sequence is natural-like.
    """

    samples: pd.DataFrame
    natural: pd.DataFrame
    rungs: RungScores
    tau_train: Estimate
    judge: str
    threshold: float

    def recommend(
        self, novelty_floor: float = 0.2, diversity_floor: float = 0.5, *,
        judges: dict[str, dict[str, Any]] | None = None,
        draws: int = 1000, seed: int = 1,
    ) -> Recommendation:  # fmt: skip
        r"""Recommend the coldest temperature that meets both floors and is as good as nature, if there is one.

        See `temperance.temperature.recommendation.recommend`.

        Parameters
        ----------
        novelty_floor : float
            Least mean share of sites that differ from the nearest natural sequence.
        diversity_floor : float
            Least mean pairwise distance, in units of that of natural sequences.
        judges : dict, optional
            Judges that may decide, as in a subset's judges.json: {"potts": {"trusted": True}}. Without any, tau_train
            alone limits the temperatures at which samples are as good as natural sequences.
        draws : int
            Bootstrap draws behind the interval.
        seed : int
            Random seed of the bootstrap.

        Returns
        -------
        Recommendation
            Its attribute `headline` is the answer in one sentence.

        Examples
        --------
        >>> import temperance
        >>> family = temperance.example_family()
        >>> model = family.train(l2_couplings=0.1, max_steps=10).model
        >>> samples = family.sample(model, [0.5, 1.0], sequences=64)
        >>> scored = family.score(model, samples)
        >>> scored.recommend(novelty_floor=0, draws=50).status in ("recommended", "none")
        True
        """
        optima, floors = {"tau_train": (self.tau_train, 0.0)}, (novelty_floor, diversity_floor)
        units = judge_units(self.natural, self.rungs.percentiles)
        points = operating_points(self.rungs, optima, floors, judges or {}, units)
        return recommend([self.rungs], [points], *floors, np.random.default_rng(seed), draws)
