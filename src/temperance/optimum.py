"""The temperature that covers the family, and the one that keeps designs both faithful and new."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from temperance.thermodynamics import energy_curve

INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A temperature with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def estimate(value: float, draws: np.ndarray) -> Estimate:
    """Value with the percentile interval of its bootstrap draws."""
    # "nearest" keeps an infinite draw from turning its finite neighbours into nan.
    low, high = np.percentile(draws, INTERVAL, method="nearest")
    return Estimate(float(value), float(low), float(high))


def tau_forward(
    betas: np.ndarray,
    energies: np.ndarray,
    heldout: np.ndarray,
    weights: np.ndarray,
    rng: np.random.Generator,
    draws: int = 200,
) -> Estimate:
    """tau_f: the root of <E>_heldout = <E>_tau, where the forward divergence KL(P || Q_tau) is least.

    Parameters
    ----------
    betas, energies : np.ndarray
        Rungs (R,) from 0 and their energies (R, K, D).
    heldout, weights : np.ndarray
        Energies of held-out natural sequences (N,) and their weights (N,).

    Returns
    -------
    Estimate
        The interval is over resampled held-out sequences and resampled ladders. inf: even infinite temperature
        has less energy than the held-out sequences; 0: they lie below the coldest rung.
    """

    def root(ladders: np.ndarray, chosen: np.ndarray) -> float:
        beta = energy_curve(betas, energies[:, ladders]).beta_at(float(np.average(heldout[chosen], weights=weights[chosen])))
        return 1 / beta if beta > 0 else float("inf")

    count, size = energies.shape[1], len(heldout)
    whole = root(np.arange(count), np.arange(size))
    resampled = [root(rng.integers(0, count, count), rng.integers(0, size, size)) for _ in range(draws)]
    return estimate(whole, np.array(resampled))


@dataclass(frozen=True)
class TradeOff:
    """Fidelity and novelty of a model's samples over temperature.

    Attributes
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    fidelity, novelty : np.ndarray
        (T, K) means over the draws of each independent ladder.
    """

    temperatures: np.ndarray
    fidelity: np.ndarray
    novelty: np.ndarray

    @classmethod
    def of(cls, samples: pd.DataFrame) -> "TradeOff":
        """From a table of scored samples: temperature, ladder, fidelity, distance_natural."""
        means = samples.groupby(["temperature", "ladder"])[["fidelity", "distance_natural"]].mean().unstack()
        return cls(means.index.to_numpy(), means["fidelity"].to_numpy(), means["distance_natural"].to_numpy())


@dataclass(frozen=True)
class Recommendation:
    """The temperature to design at, and what to expect there.

    Attributes
    ----------
    feasible : bool
        Whether any temperature meets the novelty floor; if none does, the most novel one is named.
    at_edge : bool
        Whether it is the lowest or highest temperature that was sampled.
    """

    tau: Estimate
    fidelity: float
    novelty: float
    feasible: bool
    at_edge: bool


def recommend(
    trade_offs: list[TradeOff], novelty_floor: float, rng: np.random.Generator, draws: int = 200
) -> Recommendation:
    """The temperature of highest fidelity whose novelty reaches the floor; of equally good ones the most novel.

    Equally good means within one standard error of the best. Curves run straight between the sampled
    temperatures. The interval is over resampled replicates and, within each, resampled ladders.

    Parameters
    ----------
    trade_offs : list of TradeOff
        One a replicate, over the same temperatures.
    novelty_floor : float
        Least mean share of sites that differ from the nearest natural sequence.
    """
    temperatures = trade_offs[0].temperatures
    grid = np.unique(np.concatenate([temperatures, np.linspace(temperatures[0], temperatures[-1], 200)]))
    fidelity = [np.array([np.interp(grid, temperatures, k) for k in trade.fidelity.T]) for trade in trade_offs]
    novelty = [np.array([np.interp(grid, temperatures, k) for k in trade.novelty.T]) for trade in trade_offs]

    def curves(resample: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        replicates = np.arange(len(fidelity))
        if resample:
            replicates = rng.choice(replicates, len(replicates))
        faithful, new, errors = [], [], []
        for r in replicates:
            ladders = np.arange(len(fidelity[r]))
            if resample:
                ladders = rng.choice(ladders, len(ladders))
            faithful.append(fidelity[r][ladders].mean(axis=0))
            new.append(novelty[r][ladders].mean(axis=0))
            errors.append(fidelity[r].var(axis=0, ddof=1) / len(ladders) if len(ladders) > 1 else np.zeros(len(grid)))
        error = np.sqrt(np.sum(errors, axis=0)) / len(replicates)
        return np.mean(faithful, axis=0), np.mean(new, axis=0), error

    def choose(faithful: np.ndarray, new: np.ndarray, error: np.ndarray) -> tuple[int, bool]:
        allowed = new >= novelty_floor
        if not allowed.any():
            return int(np.argmax(new)), False
        best = int(np.argmax(np.where(allowed, faithful, -np.inf)))
        good = allowed & (faithful >= faithful[best] - error[best])
        return int(np.flatnonzero(good)[-1]), True

    faithful, new, error = curves(resample=False)
    at, feasible = choose(faithful, new, error)
    resampled = [grid[choose(*curves(resample=True))[0]] for _ in range(draws)]
    return Recommendation(
        estimate(grid[at], np.array(resampled)), float(faithful[at]), float(new[at]), feasible, at in (0, len(grid) - 1)
    )
