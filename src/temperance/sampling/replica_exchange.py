"""Samples at many temperatures at once: replica exchange on a ladder from the requested temperatures to infinity."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.checkpoint import NONE, Checkpoint
from temperance.core.progress import Progress, in_words
from temperance.core.words import count_words
from temperance.engines.base import Engine
from temperance.msa.weights import find_nearest
from temperance.potts.model import Potts
from temperance.sampling import window
from temperance.sampling.diagnostics import (
    can_equilibrate,
    diagnose_rungs,
    largest_sequence_rhat,
    sequence_rhat,
    worth_more_sweeps,
)
from temperance.sampling.ladders import DrawBuffer, Ladders, draw_starting_chains
from temperance.sampling.rungs import MOST_RUNGS, MeanEnergies, connect_rungs, plan_ladder
from temperance.sampling.samples import TemperedSamples

log = logging.getLogger(__name__)

# Seconds between two messages about draws; quick ones go without.
_PROGRESS_SECONDS = 10
# Why a rung is there: for exchange only, because its temperature is in the user's list, because the decision on a
# temperature needs it, or because colder samples are still new.
ORIGINS = np.array(["exchange", "listed", "refined", "colder"])
_EXCHANGE, _LISTED, _REFINED, _COLDER = range(4)
# Sweeps of chains that are quenched to see how far colder samples are from the training sequences.
_QUENCH_SWEEPS = 16
# Share of a survey's draws that is left out as transient, and largest R-hat of the rest with which colder rungs are
# worth trying: the draws are few, of chains that have only just begun.
_TRANSIENT, _PROMISING_RHAT = 0.25, 1.4
# Factor by which the sweeps between draws grow from a round that was not enough to the next: what does not mix within
# few sweeps mostly needs the most that are allowed, and the rounds on the way there are lost.
_MORE_SWEEPS = 4
# Sequences of a rung whose distances from the training sequences are measured.
_SUBSAMPLE = 256


def sample(
    model: Potts,
    engine: Engine,
    seed: int,
    temperatures: list[float],
    *,
    starts: np.ndarray,
    weights: np.ndarray | None = None,
    spacing: float | None = None,
    sequences: int = 1_024,
    ladders: int = 32,
    sweeps: int = 16,
    max_sweeps: int = 256,
    max_rhat: float = 1.05,
    min_ess: float = 200,
    keep_all: bool = False,
    progress: Callable[[str], None] = log.info,
    checkpoint: Checkpoint = NONE,
) -> TemperedSamples:
    """Sample a Potts model at several temperatures by replica exchange; `spacing` adds those that a decision needs.

    Rungs are added between the temperatures, and up to an infinite one, until neighbours exchange often enough.
    Half of the ladders start from random sequences and half from `starts`, so that R-hat reveals a memory of
    either. While a temperature is not equilibrated, and more sweeps may help, the draws are discarded as burn-in and
    repeated four times as far apart, up to `max_sweeps`.

    With a spacing, a survey of half as many draws comes first. It tells the temperature at which samples have the mean
    energy of `starts`, around which and below which rungs are added (`window.refine_temperatures`). Colder ones
    follow while samples are equilibrated and either have a higher mean energy than `starts` or are further than
    `window.LEAST_DISTANCE` from their nearest of `starts`; they end with the first of which this is not true. Draws are
    repeated only for the sake of temperatures that `window.may_decide` regards as hot enough, and not for those above
    that of `starts` once ladders agree below it, in energies and sequences. If it turns out in the end only that rungs
    are lacking, they are added and the draws repeated, once.

    Parameters
    ----------
    model : Potts
        Model to sample.
    engine : Engine
        Sweeps the replicas.
    seed : int
        Determines the result, together with the engine.
    temperatures : list of float
        Sampled in any case.
    starts : np.ndarray
        (M, L) uint8, usually the training sequences.
    weights : np.ndarray, optional
        (M,) of `starts` in their mean energy; by default all count the same.
    spacing : float, optional
        Largest difference of neighbouring temperatures in the window, as a share of the hotter one.
    sequences : int
        Number at each temperature; rounded up to a multiple of `ladders`.
    ladders : int
        Independent ladders.
    sweeps, max_sweeps : int
        Gibbs sweeps between two draws, at first and at most; replicas are exchanged after each.
    max_rhat, min_ess : float
        A temperature is equilibrated when split R-hat and effective sample size of its energies reach these.
    keep_all : bool
        Whether to keep the sequences of the rungs between the temperatures, too.
    progress : callable
        Takes messages.
    checkpoint : Checkpoint
        From which to go on, of a task that settings, seed and engine determine; model and starts are added here.

    Returns
    -------
    TemperedSamples
    """
    requested = np.sort(np.unique(np.asarray(temperatures, float)))
    weights = np.ones(len(starts)) if weights is None else weights
    checkpoint = checkpoint.with_task(
        fields=model.fields, couplings=model.couplings, starts=starts, weights=weights, temperatures=requested
    )
    plan = _Plan(requested, spacing, -(-sequences // ladders), ladders, sweeps, max_sweeps, max_rhat, min_ess, keep_all)
    run = _Run(model, engine, seed, plan, starts, weights, progress, checkpoint)
    while run.stage != "done":
        run.draw()
        run.end_stage()
    return run.samples()


@dataclass(frozen=True)
class _Plan:
    temperatures: np.ndarray
    spacing: float | None
    draws: int
    ladders: int
    sweeps: int
    max_sweeps: int
    max_rhat: float
    min_ess: float
    keep_all: bool

    @property
    def few_draws(self) -> int:
        """Number of draws of a survey, and of the stage in which added rungs settle.

        Returns
        -------
        int
        """
        return max(-(-self.draws // 2), 4)


class _Run:
    """Replica exchange as a sequence of stages, each of which fills a buffer of draws.

    burn-in or survey; settle, where rungs were added; draw, again and again; done.
    """

    _SAVED = ("stage", "refined", "colder", "rounds", "added_late")

    def __init__(
        self,
        model: Potts,
        engine: Engine,
        seed: int,
        plan: _Plan,
        starts: np.ndarray,
        weights: np.ndarray,
        progress: Callable[[str], None],
        checkpoint: Checkpoint,
    ):
        self._plan, self._starts, self._progress, self._checkpoint = plan, starts, progress, checkpoint
        self._q = model.q
        self._training_energy = float(np.average(model.energies(starts), weights=weights))
        self._progress_in_draws = Progress(progress, _PROGRESS_SECONDS)
        rng = np.random.default_rng(seed)
        if saved := checkpoint.load():
            chains = saved["state_chains"].reshape(plan.ladders, len(saved["betas"]), -1)
            self._ladders = Ladders(model, engine, saved["betas"], chains, rng)
            self._ladders.restore(saved)
            self._buffer = DrawBuffer(**{field.name: saved[field.name] for field in fields(DrawBuffer)})
            for name in self._SAVED:
                setattr(self, name, saved[name])
            return
        betas = plan_ladder(model, engine, 1 / plan.temperatures[::-1], rng)
        progress(
            f"replica exchange: {plan.ladders} independent ladders, each of one chain at {len(betas)} temperatures"
        )
        chains = draw_starting_chains(model, starts, plan.ladders, len(betas), rng)
        self._ladders = Ladders(model, engine, betas, chains, rng)
        # Temperatures beside those of the list; of each round of draws, its sweeps and the R-hats of the
        # temperatures that have to be equilibrated; and whether rungs were added after draws that could have been last.
        self.refined, self.colder = np.empty(0), np.empty(0)
        self.rounds: list[dict[str, Any]] = []
        self.added_late = False
        self.stage = "burn-in" if plan.spacing is None else "survey"
        draws = plan.draws if plan.spacing is None else plan.few_draws
        self._buffer = self._ladders.empty_buffer(draws, plan.sweeps)

    def draw(self) -> None:
        """Fill the buffer of the present stage, from wherever it stands."""
        started, first, draws = time.monotonic(), self._buffer.done, self._buffer.energies.shape[2]

        def after_draw() -> None:
            spent, done = time.monotonic() - started, self._buffer.done
            if spent > _PROGRESS_SECONDS:
                time_left = in_words(spent / (done - first) * (draws - done))
                self._progress_in_draws(
                    f"{self.stage}: draw {done} of {draws} from each of {self._plan.ladders} ladders of "
                    f"{len(self._ladders.betas)} temperatures, {count_words(self._buffer.sweeps, 'sweep')} apart; "
                    f"{time_left} to go"
                )
            if self._checkpoint.due:
                self._checkpoint.save(self._saved())

        self._ladders.fill(self._buffer, after_draw)

    def _saved(self) -> dict[str, Any]:
        return vars(self._buffer) | self._ladders.saved() | {name: getattr(self, name) for name in self._SAVED}

    def end_stage(self) -> None:
        """Decide what comes next, and make room for its draws."""
        if self.stage == "burn-in":
            self._begin_draws(self._plan.sweeps)
        elif self.stage == "survey":
            self._end_survey()
        elif self.stage == "settle":
            self._end_settling()
        else:
            self._end_draws()

    def _begin_settling(self) -> None:
        self.stage = "settle"
        self._buffer = self._ladders.empty_buffer(self._plan.few_draws, self._buffer.sweeps)

    def _begin_draws(self, sweeps: int) -> None:
        self.stage = "draw"
        has_sequences = (self._origins() != _EXCHANGE) | self._plan.keep_all
        self._buffer = self._ladders.empty_buffer(self._plan.draws, sweeps, has_sequences)

    def _origins(self) -> np.ndarray:
        """Return the reason for each rung, (R,), as an index of `ORIGINS`."""
        origins = np.full(len(self._ladders.betas), _EXCHANGE)
        for number, temperatures in enumerate((self._plan.temperatures, self.refined, self.colder), start=1):
            origins[np.isin(self._ladders.betas, 1 / temperatures)] = number
        return origins

    def _diagnose(self, energies: np.ndarray) -> pd.DataFrame:
        plan, buffer = self._plan, self._buffer
        return diagnose_rungs(
            self._ladders.betas, energies, buffer.acceptance, buffer.sweeps, plan.max_rhat, plan.min_ess
        )

    def _end_survey(self) -> None:
        """Add the rungs that the survey calls for."""
        energies = self._buffer.energies[:, :, int(_TRANSIENT * self._buffer.done) :]
        mean_energies = MeanEnergies.from_samples(self._ladders.betas, energies)
        refined, colder = self._refined(mean_energies), np.empty(0)
        if self._diagnose(energies)["rhat"].iloc[-1] <= _PROMISING_RHAT:
            colder, mean_energies = self._quench(mean_energies)
        self._change_rungs(refined, colder, mean_energies)
        self._begin_settling()

    def _end_settling(self) -> None:
        """Give up colder rungs that are far from equilibrium, and look at the window again with better energies."""
        energies = self._buffer.energies[:, :, int(_TRANSIENT * self._buffer.done) :]
        mean_energies = MeanEnergies.from_samples(self._ladders.betas, energies)
        colder = self._leading_colder(self._diagnose(energies)["rhat"].to_numpy() <= _PROMISING_RHAT)
        self._change_rungs(self._refined(mean_energies), colder, mean_energies)
        self._progress(self._describe_added(mean_energies.temperature(self._training_energy), len(colder)))
        self._begin_draws(self._buffer.sweeps)

    def _describe_added(self, training: float, colder: int) -> str:
        """Describe the temperatures that every ladder was given beside those of the list."""
        count = f"every ladder has {len(self._ladders.betas)} temperatures"
        if not (len(self.refined) or colder):
            return f"{count}, none of them added to those listed"
        return (
            f"{count}: {len(self.refined)} were added around {training:.3g}, where samples have the training "
            f"sequences' mean energy, and {colder} below"
        )

    def _end_draws(self) -> None:
        """Draw again, further apart, where that may equilibrate a temperature; else add late rungs, or end."""
        plan, buffer = self._plan, self._buffer
        mean_energies = MeanEnergies.from_samples(self._ladders.betas, buffer.energies)
        training = mean_energies.temperature(self._training_energy)
        rungs = self._diagnose(buffer.energies)
        required = np.isin(self._origins(), (_LISTED, _REFINED))
        temperatures = rungs.temperature.to_numpy()[required]
        required[required] = window.may_decide(temperatures, training if plan.spacing else 0.0)
        self._compare_sequences(rungs, required)
        worthwhile = self._record_round(rungs[required], training)
        colder = required & (rungs.temperature.to_numpy() <= training)
        # Hotter ones may be in two phases, and change between them too rarely for any number of sweeps.
        agree = colder.any() and rungs.equilibrated[colder].all()
        if buffer.sweeps < plan.max_sweeps and worthwhile.any() and not agree:
            limits = plan.max_rhat, plan.max_sweeps
            equilibrable = can_equilibrate(rungs.rhat.to_numpy()[None], np.array([buffer.sweeps]), *limits)
            self._change_rungs(self._refined(mean_energies), self._leading_colder(equilibrable), mean_energies)
            self._begin_draws(min(_MORE_SWEEPS * buffer.sweeps, plan.max_sweeps))
        elif plan.spacing and not self.added_late and self._add_late(rungs, mean_energies):
            self._begin_settling()
        else:
            self.stage = "done"

    def _compare_sequences(self, rungs: pd.DataFrame, required: np.ndarray) -> None:
        """Have the ladders of required rungs (R,) agree in their sequences, too, before these are equilibrated.

        Ladders in different valleys may have equal energies.
        """
        # The buffer holds the sequences of some rungs, in their order.
        samples = self._buffer.chains[required[self._buffer.kept]].transpose(0, 2, 1, 3)
        rhats = np.array([sequence_rhat(sequences, self._q) for sequences in samples])
        # On the scale of the energies' R-hat, of which half the excess is allowed.
        rungs.loc[required, "rhat"] = np.maximum(rungs.rhat[required], (1 + rhats) / 2)
        rungs.loc[required, "equilibrated"] &= rhats <= largest_sequence_rhat(self._plan.max_rhat)

    def _record_round(self, required: pd.DataFrame, training: float) -> np.ndarray:
        """Record how well temperatures are equilibrated; tell for which (N,) more sweeps are worth their time."""
        plan, buffer = self._plan, self._buffer
        self._progress(
            f"{buffer.done} draws from each of {plan.ladders} ladders, {count_words(buffer.sweeps, 'sweep')} apart: "
            f"{required.equilibrated.sum()} of {len(required)} temperatures that may decide are equilibrated, largest "
            f"R-hat {required.rhat.max():.3f} (at most {plan.max_rhat:g} is asked), smallest effective sample size "
            f"{required.ess.min():.0f}"
        )
        rhat_at = dict(zip(map(str, required.beta), required.rhat.tolist(), strict=True))
        self.rounds.append({"sweeps": buffer.sweeps, "rhats": rhat_at})
        # A temperature that an earlier round did not have has nothing to be compared with.
        rhats = np.array([[record["rhats"].get(beta, np.inf) for beta in rhat_at] for record in self.rounds])
        sweeps = np.array([record["sweeps"] for record in self.rounds])
        colder, equilibrated = required.temperature.to_numpy() <= training, required.equilibrated.to_numpy()
        return worth_more_sweeps(rhats, sweeps, equilibrated, colder, plan.max_rhat, plan.max_sweeps)

    def _add_late(self, rungs: pd.DataFrame, mean_energies: MeanEnergies) -> bool:
        """Add the temperatures that the window needs by the final energies; tell whether there were any."""
        plan, colder = self._plan, self.colder
        assert plan.spacing is not None
        refined, training = self.refined, mean_energies.temperature(self._training_energy)
        if not window.is_bracketed(self._temperatures(), plan.spacing, training):
            refined = self._refined(mean_energies)
        # Where draws took all that they may, colder ones are not worth as much again.
        if rungs.equilibrated.iloc[-1] and not len(colder) and self._buffer.sweeps < plan.max_sweeps:
            colder, mean_energies = self._quench(mean_energies)
        self.added_late = len(refined) + len(colder) > len(self.refined) + len(self.colder)
        if self.added_late:
            self._change_rungs(refined, colder, mean_energies)
        return self.added_late

    def _temperatures(self) -> np.ndarray:
        """Temperatures that are sampled, ascending."""
        return np.sort(np.concatenate([self._plan.temperatures, self.refined, self.colder]))

    def _refined(self, mean_energies: MeanEnergies) -> np.ndarray:
        """Return the temperatures that refine the window, those of earlier refinements included."""
        listed, spacing = self._plan.temperatures, self._plan.spacing
        if spacing is None:
            return self.refined
        refined = window.refine_temperatures(listed, spacing, mean_energies.temperature(self._training_energy))
        return np.union1d(self.refined, refined[: MOST_RUNGS // 2])

    def _quench(self, mean_energies: MeanEnergies) -> tuple[np.ndarray, MeanEnergies]:
        """Choose colder temperatures, quenching the coldest replicas from one to the next while that is worth it.

        Energies on the way are appended to `mean_energies`: they say how many rungs exchange needs.
        """
        chains, spacing = self._ladders.chains[:, -1], self._plan.spacing
        assert spacing is not None
        temperatures, means, variances = [float(self._temperatures()[0])], [float(mean_energies.means[-1])], []
        while temperatures[-1] > window.COLDEST and self._is_worth_cooling(chains, means[-1]):
            temperatures.append(window.next_colder(temperatures[-1], spacing))
            chains, energies = self._ladders.cool(chains, 1 / temperatures[-1], _QUENCH_SWEEPS)
            means.append(float(energies.mean()))
            variances.append(float(energies.var()))
        colder = np.array(temperatures[1:])
        return colder, mean_energies.extended(1 / colder, np.array(means[1:]), np.array(variances))

    def _is_worth_cooling(self, sequences: np.ndarray, energy: float) -> bool:
        """Tell whether samples colder than `sequences` (N, L), whose mean energy is `energy`, belong to the window.

        They do where the training sequences' energy is lower yet, or where these samples may be further from their
        nearest training sequence than near-copies are.
        """
        if energy > self._training_energy:
            return True
        # In a fixed random order: sequences of one ladder stand at even distances.
        subsample = sequences[np.random.default_rng(0).permutation(len(sequences))[:_SUBSAMPLE]]
        distances = 1 - find_nearest(subsample, self._starts)[1]
        return bool(distances.mean() + 2 * distances.std() / len(distances) ** 0.5 > window.LEAST_DISTANCE)

    def _leading_colder(self, equilibrated: np.ndarray) -> np.ndarray:
        """Return the colder temperatures up to the first whose rung (R,) is not equilibrated, that one included."""
        rungs = np.flatnonzero(self._origins() == _COLDER)
        failed = np.flatnonzero(~equilibrated[rungs])
        return self.colder[: failed[0] + 1] if len(failed) else self.colder

    def _change_rungs(self, refined: np.ndarray, colder: np.ndarray, mean_energies: MeanEnergies) -> None:
        listed = self._plan.temperatures
        earlier = 1 / self._temperatures()
        betas = np.sort(1 / np.concatenate([listed, refined, colder]))
        self._ladders.change_rungs(connect_rungs(np.concatenate([[0.0], betas]), mean_energies, earlier))
        self.refined, self.colder = refined, colder

    def samples(self) -> TemperedSamples:
        """Collect the draws, without rungs beyond the first colder one that is not equilibrated or ends the window.

        Returns
        -------
        TemperedSamples
        """
        buffer, origins = self._buffer, self._origins()
        rungs = self._diagnose(buffer.energies)
        sequence_rungs = np.flatnonzero(buffer.kept)
        count = len(rungs)
        for rung in np.flatnonzero(origins == _COLDER).tolist():
            chains = buffer.chains[np.searchsorted(sequence_rungs, rung)].reshape(-1, self._starts.shape[1])
            if not rungs.equilibrated[rung] or not self._is_worth_cooling(chains, rungs.mean_energy[rung]):
                count = rung + 1
                break
        requested = (origins != _EXCHANGE)[:count]
        rungs = rungs[:count].copy()
        rungs.insert(2, "requested", requested)
        rungs.insert(3, "origin", ORIGINS[origins[:count]])
        chains = buffer.chains[sequence_rungs < count].transpose(0, 2, 1, 3)
        keep_all = self._plan.keep_all
        return TemperedSamples(
            # Not 1 / beta, which may differ from the list in the last digit.
            temperatures=self._temperatures()[-requested.sum() :],
            sequences=(chains[requested] if keep_all else chains)[::-1],
            energies=buffer.energies[:count],
            betas=self._ladders.betas[:count],
            rungs=rungs,
            round_trips=buffer.round_trips / self._plan.ladders,
            sweeps=buffer.sweeps,
            intermediate_sequences=chains[~requested] if keep_all else None,
        )
