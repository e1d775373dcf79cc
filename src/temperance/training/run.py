"""One training, from the profile model along a path of L2 penalties to a confirmed result."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from temperance.core.checkpoint import Checkpoint
from temperance.core.progress import in_words
from temperance.engines.base import Engine, Learner
from temperance.engines.chains import draw_profile_chains
from temperance.potts.frequencies import CorrelationAgreement, Frequencies
from temperance.potts.model import Potts
from temperance.sampling.population import Population
from temperance.training.convergence import SCALE_TOLERANCE, ConvergenceTest
from temperance.training.effective_parameters import (
    UNKNOWN_NOISE,
    Noise,
    estimate_effective_parameters,
    estimate_noise,
)
from temperance.training.result import Confirmation, Training
from temperance.training.state import TrainingState, copy_arrays, restore_state, save_state
from temperance.training.step import Learning, Step
from temperance.training.strengths import (
    FEWEST_HELDOUT,
    MOST_PARAMETERS,
    HeldoutSequences,
    Strength,
    choose_strength,
    is_likelier,
    tabulate_strengths,
)

log = logging.getLogger(__name__)

HISTORY_COLUMNS = [
    "step", "l2_couplings", "pearson", "slope", "scale_error", "gradient_norm", "gradient_noise", "acceptance",
    "seconds",
]  # fmt: skip
# Norm of the gradient over that of its sampling noise. At the last penalty less than half of the gradient may be left
# above the noise; at a penalty on the way training goes on to the next one earlier.
_AT_NOISE, _NEAR_NOISE = 1.1, 1.5
# At the last penalty a full step may move the temperature at which the model covers its data by less than this share.
_DRIFT = 0.01
# Shares of the chains that a population of independent chains replaces: after each block of steps, and after a test
# that found the two to differ. And the share that sequences of the data replace after each block.
_MIXED, _MIXED_IN_DOUBT, _SEEDED = 0.15, 0.5, 0.05
# Most times that a penalty on the way gets another `_PATIENCE` blocks of steps, while such a test fails.
_RETRIES = 3
# Effective parameters are estimated from snapshots of the chains: sweeps between snapshots, factor by which samples
# grow where they are too few, and limit on samples times pairs of sites, which takes some seconds a penalty.
_SWEEPS_APART, _MORE_SAMPLES, _MOST_SITE_PAIRS = 20, 3, 1.2e8
# Random probes of the noise of a fit, each over two halves of the samples; and fields up to which their covariance is
# inverted in little memory.
_PROBES, _MOST_FIELDS = 2, 2000
# Blocks of steps between two tests of convergence; twice as many after each that fails.
_PATIENCE = 2


@dataclass(frozen=True)
class Plan:
    """Settings of `train`, resolved."""

    fields: bool
    l2_fields: float
    strengths: tuple[float, ...]
    choose: bool
    path_steps: int
    max_steps: int
    max_minutes: float | None
    check_every: int
    confirm_chains: int
    target: float | None
    first: Step
    warm: Step


class Run:
    """One training, from the profile model to a confirmed result.

    Parameters
    ----------
    plan : Plan
    engine : Engine
    data : Frequencies
        Of the training sequences, with the pseudocount; with uniform sites for a model without fields.
    test : ConvergenceTest
    rng : numpy.random.Generator
        Source of all randomness.
    chains : int
        Persistent chains.
    heldout : HeldoutSequences
        By which the penalty is chosen.
    checkpoint : Checkpoint
        From which it goes on.
    """

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        data: Frequencies,
        test: ConvergenceTest,
        rng: np.random.Generator,
        chains: int,
        heldout: HeldoutSequences,
        checkpoint: Checkpoint,
    ):
        self._plan, self._engine, self._data, self._test, self._rng = plan, engine, data, test, rng
        self._heldout, self._checkpoint = heldout, checkpoint
        # The profile model's chains are at equilibrium from the start.
        start = Learning(self._learner(plan.strengths[0]), draw_profile_chains(chains, data.single, rng))
        self._state = TrainingState(start, last=len(plan.strengths) == 1)
        self._confirmation: Confirmation | None = None
        self._started = time.monotonic()
        self._progress: Callable[[str], None] = log.info

    def _learner(self, strength: float) -> Learner:
        return self._engine.learner(self._data, self._plan.l2_fields, strength, self._plan.fields)

    def train(self, progress: Callable[[str], None]) -> Training:
        """Descend the path, settle at the last penalty, and compare the model with the data.

        Parameters
        ----------
        progress : callable
            Takes lines of a log.

        Returns
        -------
        Training
        """
        state = self._state
        if saved := self._checkpoint.load():
            restore_state(state, saved, self._rng, lambda position: self._learner(self._plan.strengths[position]))
        self._started, self._progress = time.monotonic() - state.seconds, progress
        while not state.last:
            self._train_strength()
            self._leave_strength()
        stopped = self._settle()
        return self._result(stopped)

    # ------------------------------------------------------------ steps

    @property
    def _patience(self) -> int:
        return _PATIENCE * self._plan.check_every

    @property
    def _strength(self) -> float:
        return self._plan.strengths[self._state.position]

    def _take_block(self, count: int) -> bool:
        """Take steps and mix in a population; return whether the gradient is down to its noise."""
        state, plan = self._state, self._plan
        step = plan.first if state.position == 0 else plan.warm
        randomness = step.draw_randomness(self._test.draw_data(count * step.probes), count, self._rng)
        with np.errstate(over="ignore", invalid="ignore"):
            learning, info = self._engine.scan(step, None, state.learning, randomness)
        if not np.isfinite(np.asarray(info.norm)).all():
            raise FloatingPointError
        norm, noise, scale, _, acceptance = (float(np.asarray(values)[-1]) for values in info)
        drift = float(np.asarray(info.drift).mean())
        agreement = learning.learner.correlation_agreement(learning.chains)
        state.step, state.total = state.step + count, state.total + count
        state.seconds = time.monotonic() - self._started
        record = (state.total, self._strength, agreement.pearson, agreement.slope, scale, norm, noise, acceptance)
        state.records.append((*record, state.seconds))
        time_left = in_words(state.seconds / state.total * self._steps_left())
        self._progress(
            f"step {state.total}, L2 {self._strength:g}: Pearson {agreement.pearson:.3f}, scale error {scale:+.3f}, "
            f"gradient {norm / noise:.2f} times its noise, drift {drift:+.4f}; {time_left} to the last step at most"
        )
        chains = len(learning.chains)
        population = self._test.population(learning.learner, max(10, round(_MIXED * chains)))
        data = self._test.draw_data(max(1, round(_SEEDED * chains)))
        mixed = self._test.mix(self._test.mix(learning.chains, population.chains), data)
        state.learning = learning._replace(chains=mixed)
        settled = abs(scale) <= SCALE_TOLERANCE
        state.near = settled and norm < _NEAR_NOISE * noise
        averaged = float(state.learning.decay_time) >= plan.warm.decay_steps
        return settled and averaged and norm < _AT_NOISE * noise and abs(drift) < _DRIFT

    def _steps_left(self) -> int:
        state, plan = self._state, self._plan
        if state.last:
            return plan.max_steps - (state.step - self._begun)
        return plan.max_steps + (len(plan.strengths) - state.position - 1) * plan.path_steps

    @property
    def _begun(self) -> int:
        """Number of steps that the model at the chosen penalty had before that was chosen."""
        tried = self._state.tried[self._state.position :]
        return tried[0].steps if tried else 0

    def _save(self) -> None:
        if self._checkpoint.due:
            self._checkpoint.save(save_state(self._state, self._rng))

    def _compare(self, population: Population, agreement: CorrelationAgreement) -> Confirmation:
        """Compare a population with the data and with the persistent chains, whose agreement with the data is known."""
        learner, chains = self._state.learning.learner, self._state.learning.chains
        energies = np.asarray(self._engine.energies(learner.prepared, chains), float)
        return self._test.confirm(learner, population, energies, agreement)

    def _late(self) -> bool:
        minutes = self._plan.max_minutes
        return minutes is not None and self._state.seconds > 60 * minutes

    # ------------------------------------------------------------ the path

    def _train_strength(self) -> None:
        state, plan = self._state, self._plan
        limit = state.more_steps or plan.path_steps
        while (state.more_steps or not state.near) and state.step < limit and not self._late():
            self._take_block(min(plan.check_every, limit - state.step))
            self._save()

    def _leave_strength(self) -> None:
        """Go on to the next penalty, or back to the chosen one if weaker ones are no longer likelier."""
        state, plan = self._state, self._plan
        at_end = state.position + 1 == len(plan.strengths)
        if plan.choose:
            strength = self._assess()
            if not strength.equilibrated and self._may_be_chosen(strength) and not self._late():
                state.retries, state.more_steps = state.retries + 1, state.step + self._patience
                return
            state.tried.append(strength)
            chosen = choose_strength(state.tried, self._heldout)
            if chosen == state.position:
                state.best = copy_arrays(state.learning)
            if chosen < state.position or at_end or self._late():
                self._return_to(chosen)
                return
        self._move_to(state.position + 1)
        state.last = not plan.choose and state.position + 1 == len(plan.strengths)

    def _may_be_chosen(self, strength: Strength) -> bool:
        """Tell whether more steps may make a strength that is not equilibrated the chosen one.

        A population that misses modes takes ln Z for too small, and its model for too likely. If even so it is not
        likelier than a stronger penalty's, it is not worth going on with.
        """
        state = self._state
        equilibrated = [tried for tried in state.tried if tried.equilibrated]
        if state.retries >= _RETRIES or not equilibrated:
            return state.retries < _RETRIES
        return is_likelier(strength, equilibrated[choose_strength(equilibrated, self._heldout)], self._heldout)

    def _assess(self) -> Strength:
        """Compute the held-out likelihood of the present model from a population of independent chains."""
        state = self._state
        learner, chains = state.learning.learner, state.learning.chains
        population = self._test.population(learner, len(chains))
        confirmation = self._compare(population, learner.correlation_agreement(chains))
        if not confirmation.equilibrated:
            state.learning = state.learning._replace(chains=self._test.mix(chains, population.chains, _MIXED_IN_DOUBT))
        capacity = float(population.energies.var())
        parameters, noise = self._noise(capacity) if confirmation.equilibrated else (float("nan"), UNKNOWN_NOISE)
        strength = Strength(
            l2_couplings=self._strength,
            steps=state.step,
            energies=np.asarray(self._engine.energies(learner.prepared, self._heldout.sequences), float),
            log_z=population.log_z,
            log_z_error=population.log_z_error,
            families=population.families,
            equilibrated=confirmation.equilibrated,
            penalty=learner.penalty(),
            effective_parameters=parameters,
            heat_capacity=capacity,
            scale_error=confirmation.scale_error,
            noise=noise,
        )
        table = self._table([strength])
        self._progress(
            f"L2 {self._strength:g}: held-out log-likelihood {table['log_likelihood'][0]:.4f} nats a site, predicted "
            f"tau_f {table['predicted_tau_f'][0]:.3f}"
        )
        return strength

    def _table(self, strengths: Sequence[Strength]) -> pd.DataFrame:
        meff, length = float(self._test.weights.sum()), self._data.single.shape[0]
        return tabulate_strengths(strengths, self._heldout, meff, length, self._strength)

    def _noise(self, capacity: float) -> tuple[float, Noise]:
        """Count the effective parameters of the present model, from as many snapshots of its chains as it takes.

        nan where that would be too many, as at every weaker penalty then, since parameters only become more. Of the
        same snapshots, where the law holds, the noise of the fit.
        """
        state, (length, q) = self._state, self._data.single.shape
        too_many = len(state.learning.chains) * length**2 > _MOST_SITE_PAIRS
        if too_many or any(tried.equilibrated and np.isnan(tried.effective_parameters) for tried in state.tried):
            return float("nan"), UNKNOWN_NOISE
        learner, chains = state.learning.learner, state.learning.chains
        samples = np.asarray(chains)
        while True:
            count = estimate_effective_parameters(
                samples, q, self._strength, self._rng, self._engine, self._plan.fields
            )
            if np.isfinite(count) or _MORE_SAMPLES * len(samples) * length**2 > _MOST_SITE_PAIRS:
                break
            snapshots = [samples]
            for _ in range((_MORE_SAMPLES - 1) * len(samples) // len(chains)):
                seed = int(self._rng.integers(2**63))
                chains = self._engine.sweep(learner.prepared, chains, 1.0, seed, _SWEEPS_APART)
                snapshots.append(np.asarray(chains))
            samples = np.concatenate(snapshots)
        lawful = count <= MOST_PARAMETERS * capacity * self._test.weights.sum()
        if not lawful or length * (q - 1) > _MOST_FIELDS:
            return count, UNKNOWN_NOISE
        energies = np.asarray(self._engine.energies(learner.prepared, samples), float)
        # A source of its own: what is reported does not change how training goes on.
        rng = np.random.default_rng([state.step, len(state.tried)])
        noise = estimate_noise(
            samples, energies, q, self._strength, rng, self._engine, self._plan.fields, probes=_PROBES
        )
        return count, noise

    def _move_to(self, position: int) -> None:
        """Change the penalty; the model and its chains stay, and steps are long again."""
        state = self._state
        arrays = copy_arrays(state.learning)
        # The old learner is as large as the new one: let go of it first.
        del state.learning
        state.begin(position)
        state.learning = Learning(self._learner(self._strength).restore(arrays), arrays["chains"])

    def _return_to(self, chosen: int) -> None:
        state = self._state
        steps, best = state.tried[chosen].steps, state.best
        self._move_to(chosen)
        if best:
            learner = state.learning.learner.restore(best)
            state.learning = Learning(learner, best["chains"], best["decay_time"][0])
        state.step, state.last, state.best = steps, True, {}

    # ------------------------------------------------------------ the last penalty

    def _settle(self) -> str:
        """Train at the last penalty until the test of convergence passes, or a limit is reached; return which."""
        state, plan = self._state, self._plan
        while (steps_left := self._begun + plan.max_steps - state.step) > 0:
            at_noise = self._take_block(min(plan.check_every, steps_left))
            if state.step >= state.attempt_at and self._passes(at_noise):
                return "converged" if at_noise else "target"
            if self._late():
                return "time"
            self._save()
        return "steps"

    def _passes(self, at_noise: bool) -> bool:
        """Tell whether independent chains confirm that training has converged, or may stop early."""
        state, plan = self._state, self._plan
        learner, chains = state.learning.learner, state.learning.chains
        agreement = learner.correlation_agreement(chains)
        early = plan.target is not None and agreement.expected_pearson(plan.confirm_chains) >= plan.target
        if not (at_noise or early):
            return False
        population = self._test.population(learner, plan.confirm_chains)
        if at_noise:
            learner, population, chains = self._test.rescale(learner, population, chains)
            state.learning = state.learning._replace(learner=learner, chains=chains)
        confirmation = self._compare(population, agreement)
        settled = confirmation.equilibrated and abs(confirmation.scale_error) <= SCALE_TOLERANCE
        reached = early and confirmation.pearson >= min(plan.target or 0.0, confirmation.ceiling)
        if settled and (at_noise or reached):
            self._confirmation = confirmation
            return True
        if not confirmation.equilibrated:
            state.learning = state.learning._replace(chains=self._test.mix(chains, population.chains, _MIXED_IN_DOUBT))
        state.patience = 2 * state.patience or self._patience
        state.attempt_at = state.step + state.patience
        return False

    def _result(self, stopped: str) -> Training:
        state, plan = self._state, self._plan
        learner, chains = state.learning.learner, state.learning.chains
        if self._confirmation is None:
            population = self._test.population(learner, plan.confirm_chains)
            self._confirmation = self._compare(population, learner.correlation_agreement(chains))
        parameters = learner.parameters
        suffices = self._heldout.weights.sum() >= FEWEST_HELDOUT
        choice = "held-out log-likelihood" if suffices else "too few held-out sequences"
        strengths = self._table(state.tried)
        records, steps, strength = state.records, state.total, self._strength
        # What learning needed is larger than the model: let go of it before that is written out in full.
        del learner, state, self._state
        model = Potts.from_pairs(*parameters).zero_sum(overwrite=True)
        if not plan.fields:
            # Couplings have been learnt in this gauge: what they leave to the fields is rounding.
            model = replace(model, fields=np.zeros_like(model.fields))
        return Training(
            model=model,
            stopped=stopped,
            steps=steps,
            l2_couplings=strength,
            l2_choice=choice if plan.choose else "fixed",
            confirmation=self._confirmation,
            history=pd.DataFrame(records, columns=HISTORY_COLUMNS),
            strengths=strengths,
            sequences=len(self._test.sequences),
            meff=float(self._test.weights.sum()),
            target=plan.target,
        )
