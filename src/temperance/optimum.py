"""The temperature that covers the family, and the one that keeps designs both faithful and new."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from temperance.novelty import ladder_diversity
from temperance.resampling import interval_factor


@dataclass(frozen=True)
class Estimate:
    """A temperature with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def estimate(value: float, draws: np.ndarray, units: int = 1000) -> Estimate:
    """Value with the percentile interval of bootstrap draws, widened as Student's t is for so few independent units.

    (Hesterberg, Am. Stat. 69:371, 2015.)
    """
    tail = 100 * ndtr(-interval_factor(units))
    # "nearest" keeps an infinite draw from turning its finite neighbours into nan.
    low, high = np.percentile(draws, (tail, 100 - tail), method="nearest")
    return Estimate(float(value), float(low), float(high))


def columns(name: str, tau: Estimate) -> dict[str, float]:
    """An estimate as three columns of a table: name, name_low, name_high."""
    return {name: tau.value, f"{name}_low": tau.low, f"{name}_high": tau.high}


def optima_row(table: pd.DataFrame) -> dict[str, float]:
    """The table of optima that thermodynamics writes, one row an optimum, as one row: tau_f, tau_f_low, ..."""
    row: dict[str, float] = {}
    for found in table.itertuples():
        row |= columns(found.optimum, Estimate(found.value, found.low, found.high))
        row |= {f"{found.optimum}_{name}": getattr(found, name) for name in ("root", "agree", "equilibrated")}
        if "exact" in table:
            row[f"{found.optimum}_exact"] = found.exact
    return row


@dataclass(frozen=True)
class TradeOff:
    """Fidelity, novelty and diversity of a model's samples over temperature.

    Attributes
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    fidelity, novelty, diversity : np.ndarray
        (T, K) means over the draws of each independent ladder; diversity in units of the natural one.
    """

    temperatures: np.ndarray
    fidelity: np.ndarray
    novelty: np.ndarray
    diversity: np.ndarray

    @classmethod
    def of(cls, samples: pd.DataFrame, sequences: np.ndarray, natural_diversity: float, q: int) -> "TradeOff":
        """From the table of scored samples and the sequences (T, K, D, L) behind it."""
        means = samples.groupby(["temperature", "ladder"])[["fidelity", "distance_natural"]].mean().unstack()  # noqa: PD010
        diversity = np.array([ladder_diversity(at, q) for at in sequences]) / natural_diversity
        return cls(
            means.index.to_numpy(), means["fidelity"].to_numpy(), means["distance_natural"].to_numpy(), diversity
        )


@dataclass(frozen=True)
class Recommendation:
    """The temperature to design at, and what to expect there.

    Attributes
    ----------
    fidelity, novelty, diversity : float
        Means there; diversity in units of the natural one.
    feasible : bool
        Whether any temperature meets both floors; if none does, the one that misses them least is named.
    at_edge : bool
        Whether it is the lowest or highest temperature that was sampled.
    """

    tau: Estimate
    fidelity: float
    novelty: float
    diversity: float
    feasible: bool
    at_edge: bool

    def expected(self) -> dict[str, float | bool]:
        names = ("fidelity", "novelty", "diversity", "feasible", "at_edge")
        return {name: getattr(self, name) for name in names}


def recommend(
    trade_offs: list[TradeOff],
    novelty_floor: float,
    diversity_floor: float,
    rng: np.random.Generator,
    draws: int = 200,
) -> Recommendation:
    """The temperature of highest fidelity above both floors; of equally good ones the highest, which is most novel.

    Equally good means within one standard error of the best. Curves run straight between the sampled
    temperatures. The interval is over resampled replicates and, within each, resampled ladders.

    Parameters
    ----------
    trade_offs : list of TradeOff
        One a replicate, over the same temperatures.
    novelty_floor : float
        Least mean share of sites that differ from the nearest natural sequence.
    diversity_floor : float
        Least mean pairwise distance in units of the natural one.
    """
    temperatures = trade_offs[0].temperatures
    grid = np.unique(np.concatenate([temperatures, np.linspace(temperatures[0], temperatures[-1], 200)]))
    replicates = [_Curves.between(trade_off, grid) for trade_off in trade_offs]

    def choose(curves: "_Curves") -> tuple[int, bool]:
        allowed = (curves.novelty >= novelty_floor) & (curves.diversity >= diversity_floor)
        if not allowed.any():
            shortfall = np.maximum(novelty_floor - curves.novelty, 0) + np.maximum(
                diversity_floor - curves.diversity, 0
            )
            return int(np.argmin(shortfall)), False
        best = int(np.argmax(np.where(allowed, curves.fidelity, -np.inf)))
        good = allowed & (curves.fidelity >= curves.fidelity[best] - curves.error[best])
        return int(np.flatnonzero(good)[-1]), True

    whole = _Curves.mean(replicates)
    at, feasible = choose(whole)
    resampled = [
        grid[
            choose(_Curves.mean([replicates[r].resampled(rng) for r in rng.choice(len(replicates), len(replicates))]))[
                0
            ]
        ]
        for _ in range(draws)
    ]
    return Recommendation(
        estimate(grid[at], np.array(resampled)),
        float(whole.fidelity[at]),
        float(whole.novelty[at]),
        float(whole.diversity[at]),
        feasible,
        at in (0, len(grid) - 1),
    )


def sensitivity(
    trade_offs: list[TradeOff], novelty_floor: float, diversity_floor: float, rng: np.random.Generator, draws: int = 50
) -> pd.DataFrame:
    """What would be recommended if one floor were another, the other being as it is.

    Returns
    -------
    pandas.DataFrame
        floor (novelty or diversity), value, tau with its interval, and what to expect there.
    """
    others = [("novelty", value, diversity_floor) for value in np.linspace(0, 0.6, 13)]
    others += [("diversity", novelty_floor, value) for value in np.linspace(0, 1, 11)]
    rows = []
    for name, novelty, diversity in others:
        best = recommend(trade_offs, novelty, diversity, rng, draws)
        row = {"floor": name, "value": novelty if name == "novelty" else diversity}
        rows.append(row | columns("tau", best.tau) | best.expected())
    return pd.DataFrame(rows)


def pareto(scores: pd.DataFrame) -> pd.DataFrame:
    """Models, sizes and temperatures that no other exceeds in both fidelity and novelty; means over replicates.

    Returns
    -------
    pandas.DataFrame
        model (where the table has it), M, temperature, fidelity, novelty, diversity, equilibrated (of all replicates),
        from most to least faithful.
    """
    which = [column for column in ("model", "M", "temperature") if column in scores]
    means = scores.groupby(which, as_index=False).agg(
        {"fidelity": "mean", "novelty": "mean", "diversity": "mean", "equilibrated": "all"}
    )
    # From the most faithful on, only what is more novel than all before is not exceeded.
    ranked = means.sort_values(["fidelity", "novelty"], ascending=False)
    before = ranked["novelty"].cummax().shift(fill_value=-np.inf)
    return ranked[ranked["novelty"] > before].reset_index(drop=True)


@dataclass(frozen=True)
class _Curves:
    """Trade-off on a fine grid: means over ladders, each (G,), the error of the fidelity, and the ladders (K, G)."""

    fidelity: np.ndarray
    novelty: np.ndarray
    diversity: np.ndarray
    error: np.ndarray
    ladders: tuple[np.ndarray, ...] = ()

    @classmethod
    def between(cls, trade_off: TradeOff, grid: np.ndarray) -> "_Curves":
        parts = (trade_off.fidelity, trade_off.novelty, trade_off.diversity)
        return cls._of(tuple(np.array([np.interp(grid, trade_off.temperatures, k) for k in part.T]) for part in parts))

    @classmethod
    def _of(cls, ladders: tuple[np.ndarray, ...]) -> "_Curves":
        fidelity, novelty, diversity = (part.mean(axis=0) for part in ladders)
        return cls(fidelity, novelty, diversity, ladders[0].std(axis=0, ddof=1) / len(ladders[0]) ** 0.5, ladders)

    def resampled(self, rng: np.random.Generator) -> "_Curves":
        chosen = rng.choice(len(self.ladders[0]), len(self.ladders[0]))
        return self._of(tuple(part[chosen] for part in self.ladders))

    @classmethod
    def mean(cls, replicates: list["_Curves"]) -> "_Curves":
        error = np.sqrt(np.sum([r.error**2 for r in replicates], axis=0)) / len(replicates)
        fidelity, novelty, diversity = (
            np.mean([getattr(r, name) for r in replicates], axis=0) for name in ("fidelity", "novelty", "diversity")
        )
        return cls(fidelity, novelty, diversity, error)
