"""Scores of a model's samples, and the temperature that they recommend, for notebooks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from temperance.potts.model import Potts
from temperance.sampling.samples import TemperedSamples
from temperance.scoring.diversity import natural_diversity
from temperance.scoring.judges import Judge
from temperance.scoring.tables import Family, natural_threshold, score_natural, score_samples
from temperance.stats.estimate import Estimate
from temperance.temperature.divergence import training_temperature
from temperance.temperature.operating_points import judge_units, operating_points
from temperance.temperature.recommendation import Recommendation, recommend
from temperance.temperature.rungs import RungScores


@dataclass(frozen=True)
class Scored:
    """Scores of samples and natural sequences by one judge.

    Attributes
    ----------
    samples : pandas.DataFrame
        One row a sample, with the columns of `temperance.scoring.tables.score_samples`.
    natural : pandas.DataFrame
        One row a natural or random sequence, with the columns of `temperance.scoring.tables.score_natural`.
    rungs : RungScores
        Novelty, diversity and percentiles over temperature.
    tau_train : Estimate
        Temperature at which samples have the mean energy of the training sequences.
    judge : str
        Name of the judge.
    threshold : float
        Smallest score by the judge that a design may have.
    """

    samples: pd.DataFrame
    natural: pd.DataFrame
    rungs: RungScores
    tau_train: Estimate
    judge: str
    threshold: float

    @classmethod
    def measure(
        cls, model: Potts, family: Family, panel: dict[str, Judge], samples: TemperedSamples, training_energy: float,
        percentile: float, seed: int,
    ) -> "Scored":  # fmt: skip
        """Score samples and natural sequences by one judge, and find tau_train.

        Parameters
        ----------
        model : Potts
            Model that was sampled.
        family : Family
            Natural sequences.
        panel : dict
            One judge by its name.
        samples : TemperedSamples
            Samples of the model.
        training_energy : float
            Mean energy of the training sequences, nats.
        percentile : float
            Percentile among natural sequences that a design has to reach.
        seed : int
            Random seed.

        Returns
        -------
        Scored
        """
        (judge,) = panel
        natural = score_natural(model, family, panel, np.random.default_rng(seed))
        scores = score_samples(model, family, panel, samples.arrays(), natural, judge)
        diversity = natural_diversity(family.heldout, model.q, family.heldout_weights)
        requested = samples.rungs[samples.rungs["requested"].astype(bool)].sort_values("temperature")
        equilibrated = requested["equilibrated"].to_numpy(bool)
        rungs = RungScores.measure(scores, samples.sequences, diversity, model.q, equilibrated)
        tau_train = training_temperature(samples.betas, samples.energies, training_energy, np.random.default_rng(seed))
        return cls(scores, natural, rungs, tau_train, judge, natural_threshold(natural, judge, percentile))

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
