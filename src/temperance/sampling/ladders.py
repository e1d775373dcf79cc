"""Ladders of replicas that move together: Gibbs sweeps of all, and Metropolis exchanges of neighbouring rungs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from temperance.engines.base import Engine
from temperance.engines.chains import draw_profile_chains
from temperance.potts.model import Potts

# Exchanges in one call of an engine: few, so that an engine that compiles does so for few numbers of them.
EXCHANGES_PER_CALL = 4


class LadderState(NamedTuple):
    """State of K ladders of R replicas.

    A round trip starts at the hottest rung (leg 1), turns at the coldest (leg 2) and ends at the hottest.

    Attributes
    ----------
    chains
        (K R, L) uint8 sequences of replicas.
    rung_of, energies, leg
        (K, R) rung of each replica, its energy (nats at temperature 1), and its leg.
    """

    chains: Any
    rung_of: Any
    energies: Any
    leg: Any


class ExchangeRandomness(NamedTuple):
    """Pre-drawn random inputs of n exchanges.

    Attributes
    ----------
    seeds : np.ndarray
        (n, 2) words of the sweeps' seeds.
    uniforms : np.ndarray
        (n, K, R - 1) numbers in [0, 1), one a pair of neighbours.
    parity : np.ndarray
        (n,) 0 where rungs (0, 1), (2, 3), ... are exchanged, 1 where (1, 2), (3, 4), ... are.
    """

    seeds: np.ndarray
    uniforms: np.ndarray
    parity: np.ndarray


class ExchangeStats(NamedTuple):
    """Counts of each exchange: ladders that swapped a rung with the next colder one (R - 1,), and ended round trips."""

    swaps: Any
    round_trips: Any


def _sweep_and_exchange(
    engine: Engine, constants: tuple[Any, np.ndarray], state: LadderState, randomness: ExchangeRandomness
) -> tuple[LadderState, ExchangeStats]:
    """Sweep all replicas, each at its rung's inverse temperature, and try to exchange neighbours."""
    prepared, betas = constants
    chains, rung_of, _, leg = state
    shape = rung_of.shape
    chains = engine.sweep(prepared, chains, betas[rung_of].ravel(), randomness.seeds, 1)
    energies = engine.energies(prepared, chains).reshape(shape)
    xp = energies.__array_namespace__()
    by_rung = xp.take_along_axis(energies, xp.argsort(rung_of, axis=1), axis=1)
    log_ratio = (betas[1:] - betas[:-1]) * (by_rung[:, 1:] - by_rung[:, :-1])
    tried = xp.arange(shape[1] - 1) % 2 == randomness.parity
    swap = ((xp.log(randomness.uniforms) < log_ratio) & tried).astype(xp.int8)
    step = xp.pad(swap, ((0, 0), (0, 1))) - xp.pad(swap, ((0, 0), (1, 0)))
    rung_of = rung_of + xp.take_along_axis(step, rung_of, axis=1)
    hottest, coldest = rung_of == 0, rung_of == shape[1] - 1
    trips = (hottest & (leg == 2)).sum()
    leg = xp.where(hottest, 1, xp.where(coldest & (leg == 1), 2, leg)).astype(xp.int8)
    return LadderState(chains, rung_of, energies, leg), ExchangeStats(swap.sum(axis=0), trips)


@dataclass
class DrawBuffer:
    """Draws from ladders, as far as they have been made.

    Attributes
    ----------
    sweeps, done : int
        Gibbs sweeps between two draws, and draws so far.
    kept : np.ndarray
        (R,) bool: rungs whose sequences are kept; none while ladders burn in.
    chains, energies : np.ndarray
        (T, D, K, L) uint8 sequences of the kept rungs, and (R, K, D) energies of all rungs, nats at temperature 1.
    tried, accepted : np.ndarray
        (R - 1,) exchanges with the next colder rung.
    round_trips : int
        Passages of a replica from the hottest to the coldest rung and back, of all ladders.
    """

    sweeps: int
    kept: np.ndarray
    chains: np.ndarray
    energies: np.ndarray
    tried: np.ndarray
    accepted: np.ndarray
    round_trips: int = 0
    done: int = 0

    @property
    def acceptance(self) -> np.ndarray:
        """Share of accepted exchanges with the next colder rung.

        Returns
        -------
        np.ndarray
            (R - 1,)
        """
        return self.accepted / np.maximum(self.tried, 1)


class Ladders:
    """Replica exchange of K ladders of R replicas each.

    Parameters
    ----------
    model : Potts
        Model to sample.
    engine : Engine
        Sweeps the replicas.
    betas : np.ndarray
        (R,) inverse temperatures of the rungs.
    chains : np.ndarray
        (K, R, L) uint8 starting sequences, in the order of the rungs.
    rng : numpy.random.Generator
        Source of all randomness.
    """

    def __init__(self, model: Potts, engine: Engine, betas: np.ndarray, chains: np.ndarray, rng: np.random.Generator):
        self._engine, self._prepared, self._rng = engine, engine.prepare(model), rng
        self._swept = 0
        self._start(betas, chains)

    def _start(self, betas: np.ndarray, chains: np.ndarray) -> None:
        ladders, rungs, self._length = chains.shape
        rung_of = np.tile(np.arange(rungs), (ladders, 1))
        flat = np.ascontiguousarray(chains.reshape(-1, self._length))
        self.betas = betas
        self._state = LadderState(flat, rung_of, np.zeros(rung_of.shape), np.zeros(rung_of.shape, np.int8))

    @property
    def chains(self) -> np.ndarray:
        """Current sequences of all replicas, in the order of their rungs.

        Returns
        -------
        np.ndarray
            (K, R, L) uint8.
        """
        rung_of = np.asarray(self._state.rung_of)
        replicas = np.asarray(self._state.chains).reshape(*rung_of.shape, -1)
        return np.take_along_axis(replicas, np.argsort(rung_of, axis=1)[:, :, None], axis=1)

    def change_rungs(self, betas: np.ndarray) -> None:
        """Go on with other rungs: each gets a copy of the replica of the nearest present one.

        Parameters
        ----------
        betas : np.ndarray
            Inverse temperatures of the new rungs; where they are the present ones nothing changes.
        """
        if not np.array_equal(betas, self.betas):
            nearest = np.abs(np.subtract.outer(betas, self.betas)).argmin(axis=1)
            self._start(betas, self.chains[:, nearest])

    def cool(self, chains: np.ndarray, beta: float, sweeps: int) -> tuple[np.ndarray, np.ndarray]:
        """Run Gibbs sweeps at one inverse temperature on chains that take no part in the exchange.

        Parameters
        ----------
        chains : np.ndarray
            (C, L) uint8.
        beta : float
            Inverse temperature.
        sweeps : int
            Gibbs sweeps.

        Returns
        -------
        np.ndarray, np.ndarray
            Chains (C, L) uint8, and their energies (C,), nats at temperature 1.
        """
        seed = self._rng.integers(2**32, size=2, dtype=np.uint32)
        swept = self._engine.sweep(self._prepared, chains, beta, seed, sweeps)
        return np.asarray(swept), np.asarray(self._engine.energies(self._prepared, swept), float)

    def empty_buffer(self, draws: int, sweeps: int, kept: np.ndarray | None = None) -> DrawBuffer:
        """Make room for draws.

        Parameters
        ----------
        draws, sweeps : int
            Number of draws, and Gibbs sweeps between two of them.
        kept : np.ndarray, optional
            (R,) bool, rungs whose sequences are kept; by default none.

        Returns
        -------
        DrawBuffer
        """
        ladders, rungs = self._state.rung_of.shape
        kept = np.zeros(rungs, bool) if kept is None else kept
        chains = np.empty((int(kept.sum()), draws, ladders, self._length), np.uint8)
        energies, (tried, accepted) = np.empty((rungs, ladders, draws)), np.zeros((2, rungs - 1))
        return DrawBuffer(sweeps, kept, chains, energies, tried, accepted)

    def advance(self, sweeps: int, buffer: DrawBuffer) -> None:
        """Sweep all replicas, trying exchanges after each sweep.

        Parameters
        ----------
        sweeps : int
            Gibbs sweeps.
        buffer : DrawBuffer
            Gets the counts of exchanges and round trips added.
        """
        (ladders, rungs), stats = self._state.rung_of.shape, []
        for start in range(0, sweeps, EXCHANGES_PER_CALL):
            count = min(EXCHANGES_PER_CALL, sweeps - start)
            seeds = self._rng.integers(2**32, size=(count, 2), dtype=np.uint32)
            uniforms = self._rng.random((count, ladders, rungs - 1), dtype=np.float32)
            randomness = ExchangeRandomness(seeds, uniforms, (self._swept + np.arange(count)) % 2)
            constants = self._prepared, self.betas
            with np.errstate(divide="ignore"):  # the logarithm of 0
                self._state, block_stats = self._engine.scan(_sweep_and_exchange, constants, self._state, randomness)
            self._swept += count
            buffer.tried += ladders * (np.arange(rungs - 1) % 2 == randomness.parity[:, None]).sum(axis=0)
            stats.append(block_stats)
        buffer.accepted += sum(np.asarray(block_stats.swaps).sum(axis=0) for block_stats in stats)
        buffer.round_trips += int(sum(np.asarray(block_stats.round_trips).sum() for block_stats in stats))

    def fill(self, buffer: DrawBuffer, after_draw: Callable[[], None] = lambda: None) -> None:
        """Make the draws that are left.

        Parameters
        ----------
        buffer : DrawBuffer
            Filled with sequences and energies.
        after_draw : callable
            Called after each draw; ladders and buffer are then in a state that can be resumed from.
        """
        for d in range(buffer.done, buffer.energies.shape[2]):
            self.advance(buffer.sweeps, buffer)
            replicas, rung_of, energies, _ = map(np.asarray, self._state)
            order = np.argsort(rung_of, axis=1)
            buffer.energies[:, :, d] = np.take_along_axis(energies, order, axis=1).T
            replicas = replicas.reshape(*rung_of.shape, -1)
            sequences = np.take_along_axis(replicas, order[:, buffer.kept, None], axis=1)
            buffer.chains[:, d] = sequences.transpose(1, 0, 2)
            buffer.done = d + 1
            after_draw()

    def saved(self) -> dict[str, Any]:
        """Gather the state that `restore` needs.

        Returns
        -------
        dict
        """
        state = {f"state_{name}": np.asarray(array) for name, array in self._state._asdict().items()}
        return state | {"betas": self.betas, "swept": self._swept, "rng": self._rng.bit_generator.state}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Set ladders, and their source of randomness, to a saved state.

        Parameters
        ----------
        saved : mapping
            What `saved` returned.
        """
        self._state = LadderState(*(saved[f"state_{name}"] for name in LadderState._fields))
        self.betas, self._swept, self._rng.bit_generator.state = saved["betas"], saved["swept"], saved["rng"]


def draw_uniform_allowed_chains(model: Potts, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw chains whose sites are independent, all states that the model allows equally likely.

    Parameters
    ----------
    model : Potts
        Tells which states are allowed.
    count : int
        Chains.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (count, L) uint8.
    """
    return draw_profile_chains(count, model.allowed / model.allowed.sum(axis=1, keepdims=True), rng)


def draw_starting_chains(
    model: Potts, starts: np.ndarray, ladders: int, rungs: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw the starting chains of ladders: every other ladder from given sequences, the others at random.

    Parameters
    ----------
    model : Potts
        Tells which states are allowed; a state that is not is replaced by a random one.
    starts : np.ndarray
        (M, L) uint8.
    ladders, rungs : int
        Their numbers, K and R.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    np.ndarray
        (K, R, L) uint8.
    """
    chains = draw_uniform_allowed_chains(model, ladders * rungs, rng).reshape(ladders, rungs, model.L)
    copies = starts[rng.integers(0, len(starts), (len(chains[1::2]), rungs))]
    allowed = model.allowed[np.arange(model.L), copies]
    chains[1::2] = np.where(allowed, copies, chains[1::2])
    return chains
