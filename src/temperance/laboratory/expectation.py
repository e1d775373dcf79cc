"""How many samples of each temperature are expected to be functional, by the calibrated model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from temperance.laboratory.calibrated import CalibratedModel
from temperance.laboratory.findings import Measurements
from temperance.stats.estimate import Estimate, estimate, estimate_columns

# Models of resampled results, behind the intervals of what is expected.
RESAMPLED = 100


def relearn(
    measured: Measurements, strength: float, rng: np.random.Generator, draws: int = RESAMPLED
) -> list[CalibratedModel]:
    """Learn calibrated models from clusters of relatives that are drawn with replacement.

    Parameters
    ----------
    measured : Measurements
        All measured sequences.
    strength : float
        Inverse strength of the penalty.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Number of models.

    Returns
    -------
    list of CalibratedModel
        Their spread is what the results leave open.
    """
    members = [np.flatnonzero(measured.clusters == label) for label in np.unique(measured.clusters)]
    models = []
    with threadpool_limits(1):
        for _ in range(draws):
            rows = np.concatenate([members[cluster] for cluster in rng.integers(0, len(members), len(members))])
            models.append(measured.select(rows).learn(strength))
    return models


@dataclass(frozen=True)
class Expectation:
    """Expected shares of the samples of each temperature, and bootstrap draws of them.

    Attributes
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    functional, useful : np.ndarray
        (B + 1, T) share that is functional, and that is functional and as new as the novelty floor asks; the first row
        is the estimate, the others are of other clusters of results and other ladders.
    """

    temperatures: np.ndarray
    functional: np.ndarray
    useful: np.ndarray

    def estimates(self, name: str) -> list[Estimate]:
        """Compute the share of each temperature with its 95 % interval.

        Parameters
        ----------
        name : {'functional', 'useful'}
            Which share.

        Returns
        -------
        list of Estimate
        """
        draws = getattr(self, name)
        return [estimate(values[0], values[1:]) for values in draws.T]


def expect(
    samples: pd.DataFrame, sequences: np.ndarray, models: Sequence[CalibratedModel], novelty_floor: float,
    rng: np.random.Generator,
) -> Expectation:  # fmt: skip
    """Compute the shares of samples that are expected to be functional, and functional and new.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample in the order of `sequences`: temperature, ladder, distance_natural, and a column a judge.
    sequences : np.ndarray
        (T, K, D, L) uint8, ascending in temperature.
    models : sequence of CalibratedModel
        The model itself, and those of resampled results.
    novelty_floor : float
        Least share of sites that differ from the nearest natural sequence.
    rng : numpy.random.Generator
        Draws ladders.

    Returns
    -------
    Expectation
    """
    temperatures, ladders, draws, length = sequences.shape
    flat, scores = sequences.reshape(-1, length), samples[models[0].judges].to_numpy(float)
    novel = samples["distance_natural"].to_numpy() >= novelty_floor - 1e-9
    shares: dict[str, list[np.ndarray]] = {"functional": [], "useful": []}
    for number, model in enumerate(models):
        probabilities = model.probabilities(flat, scores)
        chosen = rng.integers(0, ladders, ladders) if number else np.arange(ladders)
        for name, values in (("functional", probabilities), ("useful", probabilities * novel)):
            by_ladder = values.reshape(temperatures, ladders, draws).mean(axis=2)
            shares[name].append(by_ladder[:, chosen].mean(axis=1))
    sampled = samples["temperature"].to_numpy()[:: ladders * draws]
    return Expectation(sampled, np.array(shares["functional"]), np.array(shares["useful"]))


def tabulate_expectation(
    expectation: Expectation, number: int, distances: np.ndarray, equilibrated: np.ndarray
) -> pd.DataFrame:
    """Tabulate what is expected of the samples of each temperature.

    Parameters
    ----------
    expectation : Expectation
        Of `expect`.
    number : int
        How many designs are ordered.
    distances : np.ndarray
        (T,) mean share of sites in which samples differ from the nearest measured sequence.
    equilibrated : np.ndarray
        (T,) bool.

    Returns
    -------
    pandas.DataFrame
        One row a temperature: temperature, functional (share) and useful (number of functional and new ones among
        `number`) with their intervals, distance_measured, equilibrated.
    """
    rows = [
        {"temperature": float(temperature)}
        | estimate_columns("functional", functional)
        | {name: number * value for name, value in estimate_columns("useful", useful).items()}
        for temperature, functional, useful in zip(
            expectation.temperatures, expectation.estimates("functional"), expectation.estimates("useful"), strict=True
        )
    ]
    return pd.DataFrame(rows).assign(distance_measured=distances, equilibrated=equilibrated)
