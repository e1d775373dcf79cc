"""Boltzmann-machine learning of a Potts model by persistent contrastive divergence."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from temperance.alphabet import Alphabet
from temperance.checkpoint import NONE, Checkpoint
from temperance.errors import InputError
from temperance.gibbs import Engine, Learner, profile_chains
from temperance.potts import Potts
from temperance.progress import in_words
from temperance.statistics import Frequencies, Showing, frequencies, showing
from temperance.steps import Learning, Step, scale_step
from temperance.store import save_json, save_table

log = logging.getLogger(__name__)

# sqrt(1.1^2 - 1) = 0.46: what is left of the gradient is less than half of its sampling noise.
_AT_NOISE = 1.1
# Fresh chains this much short of the target Pearson correlation have a way to go, for which steps are long again; this
# much short of persistent ones, they have not the model's distribution, or those have not.
_FAR = 0.1
# Where fresh chains show this much more than at any attempt before, there was something left to learn.
_MORE = 0.01
# Checks between an attempt and the next, twice as many whenever one showed no more.
_PATIENCE = 2
# A model's own temperature has settled when its scale is right to this share.
_SCALE = 0.03
# Beyond this length thermal fluctuations of the energy, and so the steps, grow with its square root.
_SHORT = 50
# Sequences of the data, and as many chains, whose energies tell how far a step moves the model.
_PROBES = 500
# Parts of the steps' bounds that are tried in turn while the parameters diverge.
_SHORTER = 1, 1 / 4, 1 / 16
# Fresh chains are looked at after this many sweeps first, or up to twice as many, and again whenever they have doubled;
# they rest where three looks in a row differ by less than this in their Pearson correlation.
_FIRST, _REST = 25, 0.01


@dataclass(frozen=True)
class Confirmation:
    """What fresh chains, started from the profile model, show of a model.

    Attributes
    ----------
    pearson, slope : float
        Of the connected two-site correlations against the data's.
    ceiling : float
        Pearson correlation that as many draws from the data themselves reach.
    scale_error : float
        Share by which all parameters together are too small (negative: too large) for the penalised likelihood: the
        model's own temperature is too high by as much, which no correlation coefficient sees.
    chains, sweeps : int
        How many it took.
    equilibrated : bool
        Whether four times as many sweeps and more move neither the mean energy nor the correlation, as few chains have
        shown.
    """

    pearson: float
    slope: float
    ceiling: float
    scale_error: float
    chains: int
    sweeps: int
    equilibrated: bool


@dataclass(frozen=True)
class Training:
    """A trained model, zero-sum gauge, with what is known of how well it was trained.

    Attributes
    ----------
    stopped : {'target', 'converged', 'steps', 'time', 'imported'}
        `target`: the Pearson correlation was reached, the scale settled, and fresh chains confirm both; `converged`:
        the gradient, penalty included, was down to its sampling noise, the scale settled, and fresh chains show no
        more at two attempts in a row, and not much less than persistent ones; `steps`, `time`: a limit was reached
        first; `imported`: it was learnt elsewhere.
    history : pandas.DataFrame
        step, pearson, slope, scale_error, gradient_norm, acceptance (share of sites that sweeps without a change of
        the model changed), seconds.
    sequences, meff, target
        Training sequences, their effective number, and the Pearson correlation that was asked for.
    """

    model: Potts
    stopped: str
    steps: int
    confirmation: Confirmation
    history: pd.DataFrame
    sequences: int
    meff: float
    target: float

    @property
    def outcome(self) -> str:
        """In one line."""
        shown = self.confirmation
        return (
            f"stopped by {self.stopped} at step {self.steps}; {shown.chains} fresh chains show Pearson "
            f"{shown.pearson:.3f} (target {self.target:.2f}, ceiling {shown.ceiling:.3f})"
        )

    def save(self, folder: Path, letters: Alphabet, source: dict[str, Any]) -> None:
        """Write `model.safetensors`, `history.tsv` and `training.json`, with the provenance."""
        summary = {
            "M": self.sequences,
            "Meff": self.meff,
            "stopped": self.stopped,
            "steps": self.steps,
            "target": self.target,
            "confirmation": asdict(self.confirmation),
            "provenance": source,
        }
        self.model.save(folder / "model.safetensors", letters, source)
        # Equal trainings take unequal times.
        save_table(folder / "history.tsv", self.history.drop(columns="seconds"))
        save_json(folder / "training.json", summary)


def train(
    sequences: np.ndarray,
    weights: np.ndarray,
    q: int,
    engine: Engine,
    seed: int,
    *,
    chains: int = 4_000,
    sweeps: int = 10,
    learning_rate: float = 0.2,
    max_move: float = 1.0,
    decay_steps: int = 50,
    l2_fields: float = 0.0,
    l2_couplings: float = 0.003,
    pseudocount: float | str = "auto",
    target_pearson: float = 0.95,
    confirm_chains: int = 40_000,
    confirm_sweeps: int = 400,
    check_every: int = 10,
    max_steps: int = 300,
    max_minutes: float | None = None,
    progress: Callable[[str], None] = log.info,
    checkpoint: Checkpoint = NONE,
) -> Training:
    """Maximise the penalised likelihood along sampled gradients.

    The loss is the weighted mean negative log-likelihood of a sequence plus l2_fields / 2 * sum h^2 plus
    l2_couplings / 2 * sum_{i<j} J^2 (the convention of bmDCA); the direction is that of `temperance.gibbs.Learner`, and
    the rate is a share of it. A family with a gap has two phases, its sequences and all others, and the model leaps
    between them when a step moves the one against the other by much more than thermal noise: a step that changes the
    energies of data and chains with a standard deviation above max_move, times sqrt(L / 50) beyond 50 sites, is
    shortened to that. Both bounds shrink as 0.01 + 0.99 / (1 + (k / decay_steps)^2), where a step adds to k the share
    of that variance that lies within data and within chains: while it brings the ones to the others, k stands still.
    With every step goes Newton's in the common scale of all parameters, within the second bound, and a choice of
    chains that follows it: each goes on as often as exp(-dE) says, dE being what the step adds to its energy
    (Carbone, Hua, Coste, Vanden-Eijnden, NeurIPS 2023). Where sweeps do not take chains from one valley to another,
    that keeps the valleys' shares the model's own. Steps by which few chains would survive are taken in parts.

    Parameters
    ----------
    sequences, weights : np.ndarray
        (M, L) uint8 and (M,).
    seed : int
        Determines the result, together with the engine.
    chains, sweeps : int
        Persistent chains, and Gibbs sweeps of each between two gradient steps.
    learning_rate : float
        The most of the direction that a step takes.
    max_move : float
        In nats, of the energy of a sequence.
    pseudocount : float or 'auto'
        Share of the uniform distribution in the data's frequencies; 'auto' is 1 / Meff.
    target_pearson : float
        Of connected two-site correlations, to be shown by `confirm_chains` fresh chains at rest. A model that does not
        come near it is shown by fewer, as many as `chains`. A correlation does not see the scale of the parameters,
        that is the model's own temperature; training also goes on until that has settled to 3 %.
    confirm_sweeps : int
        Sweeps that fresh chains get to equilibrate, 8 or more; those that rest short of the target get no more.
    max_minutes : float, optional
        Limit on wall-clock time. A run that it stops is not reproducible.
    checkpoint : Checkpoint
        From which to go on, of a task that settings, seed and engine determine; sequences and weights are added here.

    Raises
    ------
    InputError
        If fewer than two columns vary, or the parameters diverge with ever smaller steps.
    """
    if (varied := int((sequences != sequences[0]).any(axis=0).sum())) < 2:
        raise InputError(
            f"subsets.sizes: {varied} of {sequences.shape[1]} columns vary among {len(sequences)} training sequences, "
            "2 have to for there to be correlations; train on more sequences"
        )
    longest = max_move * max(1.0, sequences.shape[1] / _SHORT) ** 0.5
    checkpoint = checkpoint.of(sequences=sequences, weights=weights)
    pseudocount = min(1 / weights.sum() if pseudocount == "auto" else float(pseudocount), 0.5)
    limits = _Limits(check_every, max_steps, max_minutes)

    def start() -> tuple[_Judge, _Course]:
        rng = np.random.default_rng(seed)
        data = frequencies(sequences, q, weights, np.float32).with_pseudocount(pseudocount)
        judge = _Judge(
            engine, data.single, sequences, weights, rng,
            target_pearson, (chains, confirm_chains), confirm_sweeps, progress,
        )  # fmt: skip
        # At equilibrium: the model starts as the profile model.
        learner, persistent = engine.learner(data, l2_fields, l2_couplings), profile_chains(chains, data.single, rng)
        return judge, _Course(Learning(learner, persistent), rng, patience=limits.wait)

    for part in _SHORTER:
        take = Step(min(_PROBES, chains // 5), sweeps, part * learning_rate, part * longest, decay_steps)
        try:
            return _learn(engine, take, start, limits, checkpoint.of(step=part))
        except FloatingPointError:
            progress(f"the parameters diverged with steps {part:g} times as long as asked for")
    raise InputError("train.max_move: the parameters diverged; lower it or raise train.l2_couplings")


@dataclass(frozen=True)
class _Still:
    """A model that does not learn, as far as a learner is asked what it shows."""

    prepared: Any
    data: Frequencies
    energy: float

    def showing(self, chains: Any) -> Showing:
        return showing(self.data, np.asarray(chains))

    def data_energy(self) -> float:
        return self.energy

    def penalty(self) -> float:
        return 0.0


def adopt(
    model: Potts,
    sequences: np.ndarray,
    weights: np.ndarray,
    engine: Engine,
    seed: int,
    *,
    chains: int = 4_000,
    target_pearson: float = 0.95,
    confirm_chains: int = 40_000,
    confirm_sweeps: int = 400,
    progress: Callable[[str], None] = log.info,
) -> Training:
    """A model learnt elsewhere, as it is, with what its fresh chains show of these sequences; settings as of `train`.

    How it was regularised is not known: its scale error is that of the likelihood alone.
    """
    rng, data = np.random.default_rng(seed), frequencies(sequences, model.q, weights, np.float32)
    # Chains start from one-site frequencies, and none of these may be zero.
    single = data.with_pseudocount(min(1 / weights.sum(), 0.5)).single
    still = _Still(engine.prepare(model), data, float(np.average(model.energies(sequences), weights=weights)))
    judge = _Judge(
        engine, single, sequences, weights, rng, target_pearson, (chains, confirm_chains), confirm_sweeps, progress
    )
    shown = judge.confirm(still, 0, judge.few(still, 0))
    row = (0, shown.pearson, shown.slope, shown.scale_error, np.nan, np.nan, 0.0)
    history = pd.DataFrame([row], columns=_COLUMNS)
    return Training(model, "imported", 0, shown, history, len(sequences), float(weights.sum()), target_pearson)


class _Limits(NamedTuple):
    check_every: int
    max_steps: int
    max_minutes: float | None

    @property
    def wait(self) -> int:
        """Steps between two attempts."""
        return _PATIENCE * self.check_every


def _learn(
    engine: Engine,
    take: Step,
    start: Callable[[], tuple["_Judge", "_Course"]],
    limits: _Limits,
    checkpoint: Checkpoint,
) -> Training:
    """Take steps until fresh chains confirm the target, or nothing more is to be gained, or a limit is reached.

    Raises
    ------
    FloatingPointError
        If the parameters diverge.
    """
    judge, course = start()
    if saved := checkpoint.load():
        course.restore(saved)
    started, stopped = time.monotonic() - course.seconds, "steps"
    while course.step < limits.max_steps:
        count = min(limits.check_every, limits.max_steps - course.step)
        given = take.given(judge.drawn(count * take.probes), count, course.rng)
        with np.errstate(over="ignore", invalid="ignore"):
            state, taken = engine.repeat(take, None, course.state, given)
        if not np.isfinite(taken.norm).all():
            raise FloatingPointError
        step = course.step + count
        norm, noise, scale, acceptance = (float(of_steps[-1]) for of_steps in taken)
        seen = state.learner.showing(state.chains)
        seconds = time.monotonic() - started
        course.records.append((step, seen.pearson, seen.slope, scale, norm, acceptance, seconds))
        judge.progress(
            f"step {step}: Pearson {seen.pearson:.3f}, scale error {scale:+.3f}, gradient {norm:.3g}; "
            f"{in_words(seconds / step * (limits.max_steps - step))} to the last step, if it takes all"
        )
        course.state, course.step, course.seconds = state, step, seconds
        at_noise, expects = norm < _AT_NOISE * noise, judge.expects(seen)
        if step >= course.attempt_at and abs(scale) <= _SCALE and (at_noise or expects >= judge.target):
            few = judge.few(state.learner, step)
            expected = judge.expects(few.shown)
            if judge.promises(state.learner, few):
                confirmed = judge.confirm(state.learner, step, few)
                if judge.satisfied(confirmed):
                    stopped = "target"
                    break
            gained, again = expected > course.best + _MORE, course.patience > limits.wait
            if at_noise and not gained and again and expected > expects - _FAR:
                stopped = "converged"
                break
            # Fresh chains that show less have found valleys where persistent ones have no chain: go on with them. Else
            # these know better what valleys weigh, which fresh ones have only fallen into.
            if expected < expects - _REST:
                course.state = course.state._replace(chains=few.chains)
            if expected < judge.target - _FAR:
                course.state = course.state._replace(clock=np.float32(0))
            course.patience = limits.wait if gained else 2 * course.patience
            course.attempt_at, course.best = step + course.patience, max(course.best, expected)
        if limits.max_minutes is not None and seconds > 60 * limits.max_minutes:
            stopped = "time"
            break
        if checkpoint.due:
            checkpoint.save(course.saved())
    learner, steps = course.state.learner, course.step
    if stopped in ("steps", "time"):
        few = judge.few(learner, steps)
    if stopped != "target":
        confirmed = judge.confirm(learner, steps, few)
        stopped = "target" if judge.satisfied(confirmed) else stopped
    history = pd.DataFrame(course.records, columns=_COLUMNS)
    parameters = learner.parameters
    # What learning needed is larger than the model: let go of it before that is written out in full.
    del learner, state, course
    model = Potts.of_pairs(*parameters).zero_sum(overwrite=True)
    sequences, meff = len(judge.sequences), float(judge.weights.sum())
    return Training(model, stopped, steps, confirmed, history, sequences, meff, judge.target)


@dataclass
class _Course:
    """Where training has got to.

    Attributes
    ----------
    attempt_at, patience
        The step at which fresh chains are asked next, and the steps between that and the attempt before.
    best
        What fresh chains have been expected to show at most.
    records
        Rows of the history.
    """

    state: Learning
    rng: np.random.Generator
    patience: int
    step: int = 0
    attempt_at: int = 0
    best: float = -np.inf
    seconds: float = 0.0
    records: list[tuple[float, ...]] = field(default_factory=list)

    def saved(self) -> dict[str, Any]:
        learner, chains, clock = self.state
        arrays = {**learner.arrays, "chains": chains, "clock": np.asarray(clock)[None]}
        arrays = {name: np.asarray(array) for name, array in arrays.items()}
        plain = {name: getattr(self, name) for name in _PLAIN}
        return arrays | plain | {"chance": self.rng.bit_generator.state}

    def restore(self, saved: Mapping[str, Any]) -> None:
        learner = self.state.learner.restored(saved)
        self.state = Learning(learner, saved["chains"], saved["clock"][0])
        self.rng.bit_generator.state = saved["chance"]
        for name in _PLAIN:
            setattr(self, name, saved[name])


_COLUMNS = ["step", "pearson", "slope", "scale_error", "gradient_norm", "acceptance", "seconds"]
# What JSON holds of a course.
_PLAIN = "step", "attempt_at", "patience", "best", "seconds", "records"


@dataclass(frozen=True)
class Fresh:
    """Chains (C, L) of the profile model after `sweeps` sweeps, their energies (C,), and what they show of the data.

    Attributes
    ----------
    rest : bool
        Whether they show the same after a quarter of the sweeps.
    settling : int
        Sweeps after which they first showed it, and ever since.
    """

    chains: np.ndarray
    energies: np.ndarray
    shown: Showing
    sweeps: int
    rest: bool
    settling: int


def fresh_chains(
    engine: Engine,
    prepared: Any,
    show: Callable[[Any], Showing],
    single: np.ndarray,
    count: int,
    sweeps: int,
    enough: float,
    rng: np.random.Generator,
) -> Fresh:
    """So many chains of the profile model, one-site frequencies (L, q), and what they show of the data.

    They are swept so often, 8 times or more, or until they rest short of `enough`.
    They rest when four times as many sweeps have left their mean energy within its error, and their Pearson correlation
    where it was: energies alone rest while chains still gather in a valley that weighs little. Those that show `enough`
    could yet leave it.
    """
    chains, done, seen = profile_chains(count, single, rng), 0, list[tuple[int, float, float]]()
    for halvings in range(max(3, (sweeps // _FIRST).bit_length() - 1), -1, -1):
        block = (sweeps >> halvings) - done
        chains = engine.sweep(prepared, chains, 1.0, int(rng.integers(2**63)), block)
        done += block
        energies, shown = np.asarray(engine.energies(prepared, chains)), show(chains)
        seen.append((done, energies.mean(), shown.pearson))
        moved, turned = np.abs(np.array(seen)[:, 1:] - seen[-1][1:]).T
        other = ~((moved < 3 * energies.std() * (2 / count) ** 0.5) & (turned < _REST))
        settled = int(other.nonzero()[0].max(initial=-1)) + 1
        rest = len(seen) > max(3, settled + 2)
        if rest and shown.freed < enough:
            break
    return Fresh(chains, energies, shown, done, rest, seen[min(settled, len(seen) - 1)][0])


_Shown = Learner | _Still


class _Judge:
    """What a model shows of the data on chains that have not followed its learning."""

    def __init__(
        self,
        engine: Engine,
        single: np.ndarray,
        sequences: np.ndarray,
        weights: np.ndarray,
        rng: np.random.Generator,
        target: float,
        chains: tuple[int, int],
        max_sweeps: int,
        progress: Callable[[str], None],
    ):
        self._engine, self._single, self._rng = engine, single, rng
        self.sequences, self.weights, self.target, self.progress = sequences, weights, target, progress
        (self._few, self._many), self._max_sweeps = chains, max_sweeps

    def few(self, learner: "_Shown", step: int) -> Fresh:
        """Few fresh chains: they cost a tenth of a confirmation, spare those that would fail, and find out how many
        sweeps it takes.
        """
        few = fresh_chains(
            self._engine, learner.prepared, learner.showing, self._single,
            self._few, self._max_sweeps, self.target, self._rng,
        )  # fmt: skip
        self.progress(
            f"step {step}: {self._few} fresh chains, {'at rest' if few.rest else 'still moving'} after {few.sweeps} "
            f"sweeps, say that {self._many} would show {self.expects(few.shown):.3f}"
        )
        return few

    def expects(self, seen: Showing) -> float:
        """The Pearson correlation that as many chains as have to confirm it would show, by what others have shown."""
        return seen.with_samples(self._many)

    def promises(self, learner: "_Shown", few: Fresh) -> bool:
        """Whether it is worth asking the many."""
        settled = abs(_scale_error(learner, few.energies)) <= _SCALE
        return few.rest and settled and self.expects(few.shown) >= self.target

    def confirm(self, learner: "_Shown", step: int, few: Fresh) -> Confirmation:
        """What the many show; the few where these do not rest, since no number of chains is then the model's own."""
        if not few.rest:
            return self._confirmation(learner, few.energies, few.shown, few.sweeps, False)
        self.progress(f"step {step}: {self._many} fresh chains have to confirm it")
        start, seed = profile_chains(self._many, self._single, self._rng), int(self._rng.integers(2**63))
        many = self._engine.sweep(learner.prepared, start, 1.0, seed, few.settling)
        energies = np.asarray(self._engine.energies(learner.prepared, many))
        return self._confirmation(learner, energies, learner.showing(many), few.settling, True)

    def satisfied(self, shown: Confirmation) -> bool:
        return shown.equilibrated and shown.pearson >= self.target and abs(shown.scale_error) <= _SCALE

    def drawn(self, count: int) -> np.ndarray:
        """So many sequences (count, L) of the data, by weight."""
        return self.sequences[self._rng.choice(len(self.sequences), count, p=self.weights / self.weights.sum())]

    def _confirmation(self, learner: "_Shown", energies: Any, shown: Showing, sweeps: int, rest: bool) -> Confirmation:
        ceiling = learner.showing(self.drawn(len(energies))).pearson
        scale = _scale_error(learner, energies)
        return Confirmation(shown.pearson, shown.slope, ceiling, scale, len(energies), sweeps, rest)


def _scale_error(learner: "_Shown", energies: Any) -> float:
    """What the energies of chains tell of the common scale."""
    penalty = learner.penalty()
    return float(scale_step(energies.mean() - learner.data_energy() - penalty, energies.var(), penalty))
