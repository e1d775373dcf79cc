"""Samples at many temperatures at once: replica exchange on a ladder from the wanted temperatures to infinity."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import erfc, erfcinv

from temperance.checkpoint import NONE, Checkpoint
from temperance.gibbs import Engine, profile_chains
from temperance.potts import Potts
from temperance.progress import Progress, in_words

log = logging.getLogger(__name__)

# Between rungs: an acceptance near 0.35 keeps round trips short without wasting replicas.
_WANTED_ACCEPTANCE = 0.35
_LEAST_ACCEPTANCE = 0.2
_MOST_RUNGS = 200
# Exchanges that an engine is asked for in one call: few, so that one that compiles does so for few numbers of them.
_AT_ONCE = 4
# R-hat's excess over 1 halves when chains that mix run twice as long. Chains for which two doublings leave more than
# this are trapped, and further doublings would be in vain.
_PROGRESS = 0.8
# Seconds between two words about draws; quick ones go without.
_TOLD = 10


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
    checkpoint: Checkpoint = NONE,
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
    checkpoint : Checkpoint
        From which to go on, of a task that settings, seed and engine determine; model and starts are added here.
    """
    checkpoint = checkpoint.of(fields=model.fields, couplings=model.couplings, starts=starts)
    rng = np.random.default_rng(seed)
    wanted = np.sort(np.unique(np.asarray(temperatures, float)))
    draws = -(-sequences // ladders)
    if saved := checkpoint.load():
        betas, excess = saved["betas"], saved["excess"]
        chains = saved["state_chains"].reshape(ladders, len(betas), -1)
        run = _Ladders(model, engine, betas, chains, rng)
        run.restore(saved)
        drawing = _Drawing(**{field.name: saved[field.name] for field in fields(_Drawing)})
    else:
        betas, excess = plan_ladder(model, engine, 1 / wanted[::-1], rng), []
        progress(f"ladder of {len(betas)} rungs, {ladders} of them in parallel")
        run = _Ladders(model, engine, betas, _starting_chains(model, starts, ladders, len(betas), rng), rng)
        drawing = run.begin(draws, sweeps, np.zeros(len(betas), bool))

    now_and_then = Progress(progress, _TOLD)

    def draw() -> None:
        started, first = time.monotonic(), drawing.done

        def after() -> None:
            spent = time.monotonic() - started
            if spent > _TOLD:
                left = in_words(spent / (drawing.done - first) * (draws - drawing.done))
                now_and_then(f"draw {drawing.done} of {draws}, {drawing.sweeps} sweeps apart; {left} to go")
            if checkpoint.due:
                checkpoint.save({**vars(drawing), **run.saved(), "betas": betas, "excess": excess})

        run.draw(drawing, after)

    requested = np.isin(betas, 1 / wanted)
    if not drawing.kept.any():
        draw()
        drawing = run.begin(draws, sweeps, requested | keep_all)
    while True:
        draw()
        rungs = _diagnose(betas, drawing, requested, max_rhat, min_ess)
        asked = rungs[rungs.requested]
        progress(
            f"{draws} draws, {drawing.sweeps} sweeps apart: largest R-hat {asked.rhat.max():.3f}, "
            f"smallest effective sample size {asked.ess.min():.0f}"
        )
        excess.append(float(asked.rhat.max() - 1))
        trapped = len(excess) > 2 and min(excess[-2:]) > max(_PROGRESS * excess[-3], max_rhat - 1)
        if asked.equilibrated.all() or trapped or 2 * drawing.sweeps > max_sweeps:
            break
        drawing = run.begin(draws, 2 * drawing.sweeps, requested | keep_all)
    chains = drawing.chains.transpose(0, 2, 1, 3)
    others = chains[~requested] if keep_all else None
    chains = chains[requested] if keep_all else chains
    round_trips = drawing.round_trips / ladders
    return TemperedSamples(wanted, chains[::-1], drawing.energies, betas, rungs, round_trips, drawing.sweeps, others)


def plan_ladder(model: Potts, engine: Engine, betas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Inverse temperatures from 0 through all of `betas`, close enough for exchange.

    Neighbours exchange with probability about erfc(sqrt(dbeta * dE) / 2) when energies are normal, dE being the
    difference of mean energies; so sqrt(dbeta * dE) is a distance that says how many rungs a gap needs
    (Predescu, Predescu, Ciobanu, J. Chem. Phys. 120:4119, 2004).
    """
    betas = np.concatenate([[0.0], np.sort(betas)])
    step = 2 * erfcinv(_WANTED_ACCEPTANCE)
    for _ in range(4):
        chains = _hottest_chains(model, 16 * len(betas), rng).reshape(16, len(betas), -1)
        pilot = _Ladders(model, engine, betas, chains, rng)
        none = np.zeros(len(betas), bool)
        pilot.advance(32, pilot.begin(0, 1, none))
        drawing = pilot.begin(5, _AT_ONCE, none)
        pilot.draw(drawing)
        drops = np.maximum(-np.diff(drawing.energies.mean(axis=(1, 2))), 0)
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
    chains = _hottest_chains(model, ladders * rungs, rng).reshape(ladders, rungs, model.L)
    given = starts[rng.integers(0, len(starts), (len(chains[1::2]), rungs))]
    possible = model.allowed[np.arange(model.L), given]
    chains[1::2] = np.where(possible, given, chains[1::2])
    return chains


def _hottest_chains(model: Potts, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, L), every state that the model allows equally likely."""
    return profile_chains(count, model.allowed / model.allowed.sum(axis=1, keepdims=True), rng)


class _State(NamedTuple):
    """K ladders of R replicas: chains (K R, L); the rung of each replica and its energy, (K, R).

    A round trip starts at the hottest rung (leg 1), turns at the coldest (leg 2) and ends at the hottest; leg (K, R).
    """

    chains: Any
    rung_of: Any
    energies: Any
    leg: Any


class _Given(NamedTuple):
    """Of n exchanges: words of seeds, a number in [0, 1) for each pair of rungs, and whether it is the turn of rungs
    (0, 1), (2, 3), ... or (1, 2), (3, 4), ...
    """

    seeds: np.ndarray
    shares: np.ndarray
    parity: np.ndarray


class _Seen(NamedTuple):
    """Of each exchange: how many ladders swapped a rung with the next, (R - 1,), and how many trips ended."""

    swaps: Any
    round_trips: Any


def _exchange(engine: Engine, fixed: tuple[Any, np.ndarray], state: _State, given: _Given) -> tuple[_State, _Seen]:
    """A sweep of all replicas, each at its rung's inverse temperature, and Metropolis exchanges of neighbours."""
    prepared, betas = fixed
    chains, rung_of, _, leg = state
    shape = rung_of.shape
    chains = engine.sweep(prepared, chains, betas[rung_of].ravel(), given.seeds, 1)
    energies = engine.energies(prepared, chains).reshape(shape)
    xp = energies.__array_namespace__()
    by_rung = xp.take_along_axis(energies, xp.argsort(rung_of, axis=1), axis=1)
    gain = (betas[1:] - betas[:-1]) * (by_rung[:, 1:] - by_rung[:, :-1])
    its_turn = xp.arange(shape[1] - 1) % 2 == given.parity
    swap = ((xp.log(given.shares) < gain) & its_turn).astype(xp.int8)
    up = xp.pad(swap, ((0, 0), (0, 1))) - xp.pad(swap, ((0, 0), (1, 0)))
    rung_of = rung_of + xp.take_along_axis(up, rung_of, axis=1)
    hottest, coldest = rung_of == 0, rung_of == shape[1] - 1
    trips = (hottest & (leg == 2)).sum()
    leg = xp.where(hottest, 1, xp.where(coldest & (leg == 1), 2, leg)).astype(xp.int8)
    return _State(chains, rung_of, energies, leg), _Seen(swap.sum(axis=0), trips)


@dataclass
class _Drawing:
    """What is drawn of ladders.

    Attributes
    ----------
    sweeps, done : int
        Sweeps between two draws, and draws so far.
    kept : np.ndarray
        (R,) the rungs whose chains are drawn: none while the ladders burn in.
    chains, energies : np.ndarray
        (T, D, K, L) of these rungs, and (R, K, D) of all.
    tried, accepted : np.ndarray
        (R - 1,) exchanges with the next colder rung.
    """

    sweeps: int
    kept: np.ndarray
    chains: np.ndarray
    energies: np.ndarray
    tried: np.ndarray
    accepted: np.ndarray
    round_trips: int = 0
    done: int = 0


class _Ladders:
    """Ladders that move together."""

    def __init__(self, model: Potts, engine: Engine, betas: np.ndarray, chains: np.ndarray, rng: np.random.Generator):
        self._engine, self._fixed, self._rng = engine, (engine.prepare(model), betas), rng
        ladders, rungs, self._length = chains.shape
        rung_of = np.tile(np.arange(rungs), (ladders, 1))
        self._state = _State(
            chains.reshape(-1, self._length), rung_of, np.zeros(rung_of.shape), np.zeros(rung_of.shape, np.int8)
        )
        self._swept = 0

    def begin(self, draws: int, sweeps: int, kept: np.ndarray) -> _Drawing:
        """Nothing drawn yet."""
        ladders, rungs = self._state.rung_of.shape
        chains = np.empty((int(kept.sum()), draws, ladders, self._length), np.uint8)
        energies, (tried, accepted) = np.empty((rungs, ladders, draws)), np.zeros((2, rungs - 1))
        return _Drawing(sweeps, kept, chains, energies, tried, accepted)

    def advance(self, sweeps: int, drawing: _Drawing) -> None:
        """Sweep all replicas, trying exchanges after each sweep."""
        (ladders, rungs), found = self._state.rung_of.shape, []
        for start in range(0, sweeps, _AT_ONCE):
            count = min(_AT_ONCE, sweeps - start)
            seeds = self._rng.integers(2**32, size=(count, 2), dtype=np.uint32)
            shares = self._rng.random((count, ladders, rungs - 1), dtype=np.float32)
            given = _Given(seeds, shares, (self._swept + np.arange(count)) % 2)
            with np.errstate(divide="ignore"):  # the logarithm of 0
                self._state, seen = self._engine.repeat(_exchange, self._fixed, self._state, given)
            self._swept += count
            drawing.tried += ladders * (np.arange(rungs - 1) % 2 == given.parity[:, None]).sum(axis=0)
            found.append(seen)
        drawing.accepted += sum(np.asarray(seen.swaps).sum(axis=0) for seen in found)
        drawing.round_trips += int(sum(np.asarray(seen.round_trips).sum() for seen in found))

    def draw(self, drawing: _Drawing, after: Callable[[], None] = lambda: None) -> None:
        """What is left to draw; `after` each draw, ladders and drawing are as they should be."""
        for d in range(drawing.done, drawing.energies.shape[2]):
            self.advance(drawing.sweeps, drawing)
            replicas, rung_of, found, _ = map(np.asarray, self._state)
            at = np.argsort(rung_of, axis=1)
            drawing.energies[:, :, d] = np.take_along_axis(found, at, axis=1).T
            replicas = replicas.reshape(*rung_of.shape, -1)
            kept = np.take_along_axis(replicas, at[:, drawing.kept, None], axis=1)
            drawing.chains[:, d] = kept.transpose(1, 0, 2)
            drawing.done = d + 1
            after()

    def saved(self) -> dict[str, Any]:
        state = {f"state_{name}": np.asarray(part) for name, part in self._state._asdict().items()}
        return state | {"swept": self._swept, "chance": self._rng.bit_generator.state}

    def restore(self, saved: Mapping[str, Any]) -> None:
        self._state = _State(*(saved[f"state_{name}"] for name in _State._fields))
        self._swept, self._rng.bit_generator.state = saved["swept"], saved["chance"]


def _diagnose(
    betas: np.ndarray, drawing: _Drawing, requested: np.ndarray, max_rhat: float, min_ess: float
) -> pd.DataFrame:
    energies = drawing.energies
    ess = np.array([effective_size(rung) for rung in energies])
    rhat = np.array([split_rhat(rung) for rung in energies])
    with np.errstate(divide="ignore"):
        temperatures = 1 / betas
    count = energies[0].size
    return pd.DataFrame(
        {
            "beta": betas,
            "temperature": temperatures,
            "requested": requested,
            "mean_energy": energies.mean(axis=(1, 2)),
            "variance": energies.var(axis=(1, 2)),
            "ess": ess,
            "rhat": rhat,
            "acceptance": np.append(drawing.accepted / np.maximum(drawing.tried, 1), np.nan),
            "autocorrelation_sweeps": drawing.sweeps * count / ess,
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
