"""Samples at many temperatures at once: replica exchange on a ladder from the wanted temperatures to infinity."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import erfc, erfcinv

from temperance.gibbs import Engine, uniform_chains
from temperance.potts import Potts

log = logging.getLogger(__name__)

# Between rungs: an acceptance near 0.35 keeps round trips short without wasting replicas.
_WANTED_ACCEPTANCE = 0.35
_LEAST_ACCEPTANCE = 0.2
_MOST_RUNGS = 200
# R-hat's excess over 1 halves when chains that mix run twice as long. Chains for which two doublings leave more than
# this are trapped, and further doublings would be in vain.
_PROGRESS = 0.8


@dataclass(frozen=True)
class TemperedSamples:
    """Samples of a model at several temperatures.

    Attributes
    ----------
    temperatures : np.ndarray
        (T,) ascending.
    sequences : np.ndarray
        (T, K, D, L) uint8: K independent ladders, D draws each.
    energies : np.ndarray
        (R, K, D) at temperature 1, of every rung.
    betas : np.ndarray
        (R,) inverse temperatures of all rungs, ascending from 0; those of `temperatures` are among them.
    rungs : pandas.DataFrame
        One row a rung: beta, temperature, requested, mean_energy, variance, ess, rhat, acceptance (of exchanges with
        the next colder rung), autocorrelation_sweeps, equilibrated.
    round_trips : float
        Passages of a replica from the hottest to the coldest rung and back, per ladder.
    sweeps : int
        Gibbs sweeps between two draws.
    others : np.ndarray or None
        (R - T, K, D, L) sequences of the rungs between `temperatures`, ascending in beta.
    """

    temperatures: np.ndarray
    sequences: np.ndarray
    energies: np.ndarray
    betas: np.ndarray
    rungs: pd.DataFrame
    round_trips: float
    sweeps: int
    others: np.ndarray | None

    def arrays(self) -> dict[str, np.ndarray]:
        """What is written to a file, and read by `of_all_rungs`."""
        found = {
            "temperatures": self.temperatures,
            "sequences": self.sequences,
            "energies": self.energies,
            "betas": self.betas,
            "requested": self.rungs["requested"].to_numpy().astype(np.uint8),
        }
        return found if self.others is None else found | {"others": self.others}


def of_all_rungs(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Sequences of every rung, (R, K, D, L), of samples that kept them all."""
    requested = arrays["requested"].astype(bool)
    chains = np.empty((len(requested), *arrays["sequences"].shape[1:]), np.uint8)
    chains[requested], chains[~requested] = arrays["sequences"][::-1], arrays["others"]
    return chains


def sample(
    model: Potts,
    engine: Engine,
    seed: int,
    temperatures: list[float],
    *,
    starts: np.ndarray,
    sequences: int = 1000,
    ladders: int = 32,
    sweeps: int = 4,
    max_sweeps: int = 64,
    max_rhat: float = 1.05,
    min_ess: float = 200,
    keep_all: bool = False,
    progress: Callable[[str], None] = log.info,
) -> TemperedSamples:
    """Sample a model at each of `temperatures` by replica exchange.

    Rungs are added between the temperatures, and up to an infinite one, until neighbours exchange often enough.
    Half of the ladders start from random sequences and half from `starts`, so that R-hat sees a memory of
    either. While a temperature is not equilibrated the draws are thrown away as burn-in and taken again twice as far
    apart, up to `max_sweeps` or until two doublings have not brought R-hat down.

    Parameters
    ----------
    starts : np.ndarray
        (M, L) uint8, usually the training sequences.
    sequences : int
        Wanted at each temperature; rounded up to a multiple of `ladders`.
    sweeps, max_sweeps : int
        Gibbs sweeps between two draws, at first and at most; replicas are exchanged after each.
    max_rhat, min_ess : float
        A temperature is equilibrated when split R-hat and effective sample size of its energies reach these.
    keep_all : bool
        Whether to keep the sequences of the rungs between `temperatures`, too.
    """
    rng = np.random.default_rng(seed)
    wanted = np.sort(np.unique(np.asarray(temperatures, float)))
    betas = plan_ladder(model, engine, 1 / wanted[::-1], rng)
    progress(f"ladder of {len(betas)} rungs, {ladders} of them in parallel")
    run = _Ladders(model, engine, betas, _starting_chains(model, starts, ladders, len(betas), rng), rng)
    draws = -(-sequences // ladders)
    requested = np.isin(betas, 1 / wanted)
    run.advance(draws * sweeps)
    excess: list[float] = []
    while True:
        kept, energies = run.draw(draws, sweeps, requested | keep_all)
        rungs = _diagnose(run, energies, requested, sweeps, max_rhat, min_ess)
        asked = rungs[rungs.requested]
        progress(
            f"{draws} draws, {sweeps} sweeps apart: largest R-hat {asked.rhat.max():.3f}, "
            f"smallest effective sample size {asked.ess.min():.0f}"
        )
        excess.append(asked.rhat.max() - 1)
        trapped = len(excess) > 2 and min(excess[-2:]) > max(_PROGRESS * excess[-3], max_rhat - 1)
        if asked.equilibrated.all() or trapped or 2 * sweeps > max_sweeps:
            break
        sweeps *= 2
    chains = kept.transpose(0, 2, 1, 3)
    others = chains[~requested] if keep_all else None
    chains = chains[requested] if keep_all else chains
    return TemperedSamples(wanted, chains[::-1], energies, betas, rungs, run.round_trips / ladders, sweeps, others)


def plan_ladder(model: Potts, engine: Engine, betas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Inverse temperatures from 0 through all of `betas`, close enough for exchange.

    Neighbours exchange with probability about erfc(sqrt(dbeta * dE) / 2) when energies are normal, dE being the
    difference of mean energies; so sqrt(dbeta * dE) is a distance that says how many rungs a gap needs
    (Predescu, Predescu, Ciobanu, J. Chem. Phys. 120:4119, 2004).
    """
    betas = np.concatenate([[0.0], np.sort(betas)])
    step = 2 * erfcinv(_WANTED_ACCEPTANCE)
    for _ in range(4):
        chains = uniform_chains(16 * len(betas), model.L, model.q, rng).reshape(16, len(betas), -1)
        pilot = _Ladders(model, engine, betas, chains, rng)
        pilot.advance(30)
        _, energies = pilot.draw(20, 1, np.zeros(len(betas), bool))
        drops = np.maximum(-np.diff(energies.mean(axis=(1, 2))), 0)
        distances = np.sqrt(np.diff(betas) * drops)
        if (erfc(distances / 2) >= _LEAST_ACCEPTANCE).all() or len(betas) >= _MOST_RUNGS:
            break
        pieces = np.maximum(np.ceil(distances / step).astype(int), 1)
        betas = np.concatenate(
            [[0.0]] + [np.linspace(betas[r], betas[r + 1], pieces[r] + 1)[1:] for r in range(len(pieces))]
        )
    return betas


def _starting_chains(
    model: Potts, starts: np.ndarray, ladders: int, rungs: int, rng: np.random.Generator
) -> np.ndarray:
    chains = uniform_chains(ladders * rungs, model.L, model.q, rng).reshape(ladders, rungs, model.L)
    chains[1::2] = starts[rng.integers(0, len(starts), (len(chains[1::2]), rungs))]
    return chains


class _Ladders:
    """K ladders of R replicas that move together; `rung_of` says at which rung each replica is."""

    def __init__(self, model: Potts, engine: Engine, betas: np.ndarray, chains: np.ndarray, rng: np.random.Generator):
        self._engine, self._prepared, self._rng = engine, engine.prepare(model), rng
        self._ladders, self._rungs, self._length = chains.shape
        self._chains = chains.reshape(-1, self._length)
        self._betas = betas
        self._rung_of = np.tile(np.arange(self._rungs), (self._ladders, 1))
        self._energies = self._by_ladder(engine.energies(self._prepared, self._chains))
        self._parity = 0
        self._leg = np.zeros((self._ladders, self._rungs), np.int8)
        self.round_trips = 0
        self.tried = np.zeros(self._rungs - 1)
        self.accepted = np.zeros(self._rungs - 1)

    def _by_ladder(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values, float).reshape(self._ladders, self._rungs)

    def advance(self, sweeps: int) -> None:
        """Sweep all replicas, trying exchanges after each sweep."""
        for _ in range(sweeps):
            beta = self._betas[self._rung_of].ravel()
            self._chains = self._engine.sweep(self._prepared, self._chains, beta, int(self._rng.integers(2**63)), 1)
            self._energies = self._by_ladder(self._engine.energies(self._prepared, self._chains))
            self._exchange()

    def _exchange(self) -> None:
        """Metropolis exchange between rungs (0, 1), (2, 3), ... and (1, 2), (3, 4), ... in turn."""
        at = np.argsort(self._rung_of, axis=1)
        energies = np.take_along_axis(self._energies, at, axis=1)
        lower = np.arange(self._parity, self._rungs - 1, 2)
        self._parity = 1 - self._parity
        gain = (self._betas[lower + 1] - self._betas[lower]) * (energies[:, lower + 1] - energies[:, lower])
        swap = np.log(self._rng.random(gain.shape)) < gain
        self.tried[lower] += self._ladders
        self.accepted[lower] += swap.sum(axis=0)
        hot, cold = at[:, lower], at[:, lower + 1]
        at[:, lower], at[:, lower + 1] = np.where(swap, cold, hot), np.where(swap, hot, cold)
        self._rung_of = np.argsort(at, axis=1)
        self._count_round_trips()

    def _count_round_trips(self) -> None:
        """A trip starts at the hottest rung (leg 1), turns at the coldest (leg 2) and ends at the hottest."""
        hottest, coldest = self._rung_of == 0, self._rung_of == self._rungs - 1
        self.round_trips += int((hottest & (self._leg == 2)).sum())
        self._leg[coldest & (self._leg == 1)] = 2
        self._leg[hottest] = 1

    def draw(self, draws: int, sweeps: int, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chains of the `kept` rungs, (T, D, K, L), and energies of all, (R, K, D), every `sweeps` sweeps."""
        self.tried[:], self.accepted[:], self.round_trips = 0, 0, 0
        chains = np.empty((int(kept.sum()), draws, self._ladders, self._length), np.uint8)
        energies = np.empty((self._rungs, self._ladders, draws))
        for d in range(draws):
            self.advance(sweeps)
            at = np.argsort(self._rung_of, axis=1)
            energies[:, :, d] = np.take_along_axis(self._energies, at, axis=1).T
            replicas = self._chains.reshape(self._ladders, self._rungs, -1)
            chains[:, d] = np.take_along_axis(replicas, at[:, kept, None], axis=1).transpose(1, 0, 2)
        return chains, energies


def _diagnose(
    run: _Ladders, energies: np.ndarray, requested: np.ndarray, sweeps: int, max_rhat: float, min_ess: float
) -> pd.DataFrame:
    ess = np.array([effective_size(rung) for rung in energies])
    rhat = np.array([split_rhat(rung) for rung in energies])
    with np.errstate(divide="ignore"):
        temperatures = 1 / run._betas
    count = energies[0].size
    return pd.DataFrame(
        {
            "beta": run._betas,
            "temperature": temperatures,
            "requested": requested,
            "mean_energy": energies.mean(axis=(1, 2)),
            "variance": energies.var(axis=(1, 2)),
            "ess": ess,
            "rhat": rhat,
            "acceptance": np.append(run.accepted / np.maximum(run.tried, 1), np.nan),
            "autocorrelation_sweeps": sweeps * count / ess,
            "equilibrated": (rhat <= max_rhat) & (ess >= min(min_ess, 0.5 * count)),
        }
    )


def split_rhat(energies: np.ndarray) -> float:
    """R-hat of (K, D) energies, each ladder split in halves; infinite where the energy never changes within."""
    if np.ptp(energies) == 0:
        return 1.0
    value = float(_array_stats().rhat(energies, chain_axis=0, draw_axis=1, method="split"))
    return value if np.isfinite(value) else float("inf")


def effective_size(energies: np.ndarray) -> float:
    if np.ptp(energies) == 0:
        return float(energies.size)
    value = float(_array_stats().ess(energies, chain_axis=0, draw_axis=1, method="mean"))
    return min(value, energies.size) if np.isfinite(value) else 1.0


def _array_stats() -> Any:
    import arviz_stats.base  # a second, for those who need it

    return arviz_stats.base.array_stats
