"""Scores of the samples of each temperature of a model: novelty, diversity, and percentiles by judges."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from temperance.scoring.diversity import ladder_diversity
from temperance.stats.resampling import interval_factors

PERCENTILE = "percentile_"


@dataclass(frozen=True)
class RungScores:
    """Samples of a model, temperature by temperature; only temperatures that were sampled and scored are in it.

    Attributes
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    equilibrated : np.ndarray
        (T,) bool.
    novelty : np.ndarray
        (T, K) mean share of sites that differ from the nearest natural sequence, of each ladder's samples.
    diversity : np.ndarray
        (T, K) mean pairwise distance, in units of that of held-out natural sequences.
    energy : np.ndarray
        (T, K) mean energy, nats at temperature 1.
    percentiles : mapping
        Judge -> (T, K) mean percentile of the samples among natural sequences, whose own mean is 50.
    """

    temperatures: np.ndarray
    equilibrated: np.ndarray
    novelty: np.ndarray
    diversity: np.ndarray
    energy: np.ndarray
    percentiles: Mapping[str, np.ndarray]

    @classmethod
    def measure(
        cls,
        samples: pd.DataFrame,
        sequences: np.ndarray,
        natural_diversity: float,
        q: int,
        equilibrated: np.ndarray,
    ) -> "RungScores":
        """Average a table of scored samples over the draws of each ladder.

        Parameters
        ----------
        samples : pandas.DataFrame
            One row a sample: temperature, ladder, distance_natural, energy and a column percentile_<judge> a judge.
        sequences : np.ndarray
            (T, K, D, L) uint8, the same samples.
        natural_diversity : float
            Mean pairwise distance of held-out natural sequences.
        q : int
            States of a site.
        equilibrated : np.ndarray
            (T,) bool, ascending in temperature.

        Returns
        -------
        RungScores
        """
        by_ladder = samples.groupby(["temperature", "ladder"])
        judges = [column for column in samples.columns if column.startswith(PERCENTILE)]
        means = by_ladder[["distance_natural", "energy", *judges]].mean()

        def _grid(column: str) -> np.ndarray:
            return means[column].unstack().to_numpy(float)  # noqa: PD010

        return cls(
            means.index.get_level_values(0).unique().to_numpy(float),
            np.asarray(equilibrated, bool),
            _grid("distance_natural"),
            np.array([ladder_diversity(sampled, q) for sampled in sequences]) / natural_diversity,
            _grid("energy"),
            {column.removeprefix(PERCENTILE): _grid(column) for column in judges},
        )

    def resample(self, rng: np.random.Generator) -> "RungScores":
        """Draw as many ladders with replacement.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        RungScores
        """
        count = self.novelty.shape[1]
        chosen = rng.choice(count, count)
        return RungScores(
            self.temperatures, self.equilibrated, self.novelty[:, chosen], self.diversity[:, chosen],
            self.energy[:, chosen], {name: values[:, chosen] for name, values in self.percentiles.items()},
        )  # fmt: skip

    def meets(self, novelty_floor: float, diversity_floor: float) -> tuple[np.ndarray, np.ndarray]:
        """Tell which temperatures meet the floors, by the lower ends of the 95 % intervals of novelty and diversity.

        Parameters
        ----------
        novelty_floor, diversity_floor : float
            The least of both.

        Returns
        -------
        np.ndarray, np.ndarray
            (T,) bool for novelty, and for diversity.
        """
        return lower_bound(self.novelty) >= novelty_floor - 1e-9, lower_bound(self.diversity) >= diversity_floor - 1e-9


def lower_bound(values: np.ndarray) -> np.ndarray:
    """Compute the lower end of the 95 % interval of means over ladders.

    Parameters
    ----------
    values : np.ndarray
        (T, K)

    Returns
    -------
    np.ndarray
        (T,)
    """
    mean, half = mean_and_half(values)
    return mean - half


def mean_and_half(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average values over ladders, with halves of the 95 % intervals of the means.

    Ladders without a value (nan) are left out; the half is 0 where fewer than two have one, and both are nan where none
    has.

    Parameters
    ----------
    values : np.ndarray
        (T, K)

    Returns
    -------
    np.ndarray, np.ndarray
        Means (T,) and halves (T,).

    Examples
    --------
    >>> mean, half = mean_and_half(np.array([[1.0, 1.0], [np.nan, 2.0]]))
    >>> mean.tolist(), half.tolist()
    ([1.0, 2.0], [0.0, 0.0])
    """
    scored = np.isfinite(values)
    counts = scored.sum(axis=1)
    sums = np.where(scored, values, 0).sum(axis=1)
    mean = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
    squares = np.where(scored, (values - mean[:, None]) ** 2, 0).sum(axis=1)
    factors = np.where(counts > 1, interval_factors(counts), 0.0)
    return mean, np.where(counts > 0, factors * (squares / np.maximum((counts - 1) * counts, 1)) ** 0.5, np.nan)
