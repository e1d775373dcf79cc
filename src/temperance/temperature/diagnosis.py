"""Diagnosis of a family's models: one of six, with the measurements that decide it.

"Faithful" needs evidence: a gain over single sites, correlations of the data that the samples carry, and a covered
temperature tau_f whose interval lies near 1. Where that is lacking, the diagnosis is "cannot tell". The thresholds are
those of docs/method.md, "The verdict".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from temperance.core.files import finite_or_none
from temperance.scoring.names import short_judge_name
from temperance.stats.estimate import Estimate, pool_temperatures, pool_values

NOT_TRAINED = "not trained"
NOTHING_LEARNT = "nothing learnt beyond single sites"
OVERFITTED = "overfitted"
OVER_REGULARISED = "over-regularised"
FAITHFUL = "faithful"
CANNOT_TELL = "cannot tell"

# tau_f differs from 1 when its interval is beyond this share of 1, and equals 1 when it is within the wider one.
DIFFERENT, EQUIVALENT = 0.05, 0.10
# Nats a site of held-out log-likelihood over the independent-site model below which a gain is none.
LEAST_GAIN = 0.01
# Pearson correlation of the samples' connected correlations with the data's, over the most that so many samples can
# show: below the first a model that hit a limit of training is not trained, from the second on it may be faithful.
UNTRAINED_PEARSON, FAITHFUL_PEARSON = 0.9, 0.8
# Strength of the samples' connected correlations in units of the data's: below the first the model has shrunk them
# away, from the second on it may be faithful.
SHRUNK_SLOPE, FAITHFUL_SLOPE = 0.5, 0.7
# Share of the variance of the data's correlations that is taken to be no sampling noise, at least.
LEAST_RELIABILITY = 0.2
# Energy slope at temperature 1 above which colder samples are better: by the true energy, and by a judge, whose scale
# is its own. A judge's low slope decides nothing: it may be blind to a part of what the truth rewards.
TRUE_SLOPE, JUDGED_SLOPE = 1.0, 1.3
_LIMITS = {"steps": "its limit of steps", "time": "its limit of time"}


@dataclass(frozen=True)
class Training:
    """Hold how the training of a model ended, and how well its samples agree with the data; None: not known.

    Attributes
    ----------
    stopped : str or None
        converged, target, imported, steps or time.
    pearson, slope, ceiling : float or None
        Connected correlations of fresh samples against the data's, and the Pearson correlation that as many sequences
        of the data themselves reach.
    equilibrated : bool or None
        Whether those samples were equilibrated.
    chains, meff : float or None
        How many samples these were, and the effective number of training sequences.
    """

    stopped: str | None = None
    pearson: float | None = None
    slope: float | None = None
    ceiling: float | None = None
    equilibrated: bool | None = None
    chains: float | None = None
    meff: float | None = None

    @classmethod
    def read(cls, summary: dict) -> "Training":
        """Read the outcome from the content of a training.json.

        Parameters
        ----------
        summary : dict
            That content.

        Returns
        -------
        Training
        """
        confirmation = summary.get("confirmation") or {}
        correlations = {
            name: finite_or_none(confirmation.get(name)) for name in ("pearson", "slope", "ceiling", "chains")
        }
        meff = finite_or_none(summary.get("Meff"))
        return cls(summary.get("stopped"), **correlations, equilibrated=confirmation.get("equilibrated"), meff=meff)

    @property
    def relative_pearson(self) -> float | None:
        """Pearson correlation over its ceiling.

        Returns
        -------
        float or None
            None as well where nothing can be reached: data that are nearly all alike show no correlations.
        """
        if self.pearson is None or (self.ceiling is not None and self.ceiling <= 0):
            return None
        return self.pearson if self.ceiling is None else self.pearson / self.ceiling

    @property
    def strength(self) -> float | None:
        """Slope over the share of the data's variance that is not their own sampling noise.

        So many draws from the data have chains / Meff times less noise than the data themselves, and their ceiling says
        how much that is.

        Returns
        -------
        float or None
            The slope itself where the noise is not known.
        """
        if self.slope is None or not self.ceiling or not self.chains or not self.meff:
            return self.slope
        noise = self.chains / self.meff * (1 / self.ceiling**2 - 1)
        return self.slope / min(max(1 - noise, LEAST_RELIABILITY), 1.0)


@dataclass(frozen=True)
class Measurements:
    """Measurements of one model that a diagnosis rests on.

    Attributes
    ----------
    tau_f : Estimate
        Temperature at which held-out sequences and samples have equal mean energies.
    gain : Estimate or None
        Held-out log-likelihood over the independent-site model at the model's best temperature, nats a site.
    training : Training
        Outcome of the training.
    equilibrated_above : float
        The lowest temperature from which on all are equilibrated.
    shared : float
        Standard error of ln tau_f that the models of all training sets share; nan: not known.
    energy_slopes : mapping
        truth, or judges in its place -> slope of its energy regressed on the model's over samples at temperature 1.
    """

    tau_f: Estimate
    gain: Estimate | None
    training: Training
    equilibrated_above: float = 0.0
    shared: float = float("nan")
    energy_slopes: Mapping[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """One of the six diagnoses, and why.

    Attributes
    ----------
    name : str
    because : str
        A sentence of the measurements that decide it.
    learnt : bool
        Whether the models are shown to have learnt more than single sites; also where their gain is not known.
    sign_rule : str
        A sentence on whether colder or hotter samples than those at 1 are better, where the energy slope decides it.
    """

    name: str
    because: str
    learnt: bool = True
    sign_rule: str = ""


def diagnose(replicates: Sequence[Measurements]) -> Diagnosis:
    """Diagnose the models of one or several training sets of a size.

    Measurements are pooled by standard errors, so that more training sets have more power.

    Parameters
    ----------
    replicates : sequence of Measurements
        At least one.

    Returns
    -------
    Diagnosis
    """
    trainings = [replicate.training for replicate in replicates]
    tau_f = pool_temperatures(
        [replicate.tau_f for replicate in replicates], float(np.mean([replicate.shared for replicate in replicates]))
    )
    gains = [replicate.gain for replicate in replicates if replicate.gain is not None]
    gain = pool_values(gains) if gains else None
    lowest = max(replicate.equilibrated_above for replicate in replicates)
    for diagnosis in (
        _diagnose_untrained(trainings), _diagnose_unlearnt(gain, tau_f, lowest), _diagnose_undecidable(tau_f, lowest),
        _diagnose_tau_f(tau_f), _diagnose_shrunk(trainings),
    ):  # fmt: skip
        if diagnosis:
            break
    else:
        diagnosis = _diagnose_faithful(tau_f, gain, trainings)
    learnt = diagnosis.name == FAITHFUL or gain is None or gain.low >= LEAST_GAIN
    sign_rule = "" if diagnosis.name == NOT_TRAINED or lowest > 1 else _apply_sign_rule(replicates)
    return replace(diagnosis, learnt=learnt, sign_rule=sign_rule)


def _apply_sign_rule(replicates: Sequence[Measurements]) -> str:
    """Say whether colder or hotter samples than those at 1 are better, where intervals of energy slopes decide it."""
    sentences = []
    for name in replicates[0].energy_slopes:
        slope = pool_values([one.energy_slopes[name] for one in replicates if name in one.energy_slopes])
        if name != "truth":
            if slope.low > JUDGED_SLOPE:
                sentences.append(
                    f"At temperature 1 the score by the {short_judge_name(name)} rises by {slope} nats for each nat "
                    f"that the model's energy falls, more than the {JUDGED_SLOPE:g} that its own scale may explain: "
                    "colder samples are better by it."
                )
        elif slope.low > TRUE_SLOPE or slope.high < TRUE_SLOPE:
            comparison, side = ("more", "colder") if slope.low > TRUE_SLOPE else ("less", "hotter")
            sentences.append(
                f"At temperature 1 the true energy of samples changes by {slope} nats for each nat of the model's "
                f"energy, {comparison} than {TRUE_SLOPE:g}: {side} samples are nearer to the truth."
            )
    return " ".join(sentences)


def _diagnose_untrained(trainings: Sequence[Training]) -> Diagnosis | None:
    """Diagnose a model that ran into a limit of training before its samples carry the data's correlations."""
    for training in trainings:
        if training.stopped in _LIMITS:
            relative_pearson = training.relative_pearson
            if relative_pearson is None or relative_pearson < UNTRAINED_PEARSON:
                reached = "" if relative_pearson is None else (
                    f" at a Pearson correlation of {training.pearson:.2f} with the data's correlations, where "
                    f"{training.ceiling or 1:.2f} can be reached"
                )  # fmt: skip
                return Diagnosis(
                    NOT_TRAINED,
                    f"Not trained: training stopped at {_LIMITS[training.stopped]}{reached}; its samples do "
                    "not show what the data and the penalty imply.",
                )
    return None


def _diagnose_unlearnt(gain: Estimate | None, tau_f: Estimate, lowest: float) -> Diagnosis | None:
    """Diagnose a model for which no gain over single sites is shown, and none of a size that matters is likely."""
    if gain is None or max(lowest, 0.0) > 1.0 + DIFFERENT:
        return None
    if gain.high < LEAST_GAIN or (gain.low <= 0 and gain.value < LEAST_GAIN):
        noise = "; its couplings are noise" if tau_f.low > 1 + DIFFERENT else ""
        return Diagnosis(
            NOTHING_LEARNT,
            f"Nothing learnt beyond single sites: held-out sequences are {gain.value:+.3f} nats a site "
            f"({gain.low:+.3f} to {gain.high:+.3f}) likelier than under independent sites{noise}.",
        )
    return None


def _diagnose_undecidable(tau_f: Estimate, lowest: float) -> Diagnosis | None:
    if not 0 < tau_f.value < np.inf:
        return Diagnosis(
            CANNOT_TELL,
            "Cannot tell: the energies of held-out sequences lie outside those that samples of any temperature have.",
        )
    if tau_f.value < lowest:
        where = "at hotter temperatures" if lowest == np.inf else f"between it and τ = {lowest:.2f}"
        return Diagnosis(CANNOT_TELL, f"Cannot tell: τ_f = {tau_f}, but not all samples {where} are equilibrated.")
    return None


def _diagnose_tau_f(tau_f: Estimate) -> Diagnosis | None:
    if tau_f.low > 1 + DIFFERENT:
        return Diagnosis(
            OVERFITTED,
            f"Overfitted: the family is covered best at τ_f = {tau_f}, above the model's own temperature, 1.",
        )
    if tau_f.high < 1 - DIFFERENT:
        return Diagnosis(
            OVER_REGULARISED,
            f"Over-regularised: the family is covered best at τ_f = {tau_f}; at 1 the model spreads over too many "
            "sequences.",
        )
    return None


def _diagnose_shrunk(trainings: Sequence[Training]) -> Diagnosis | None:
    """Diagnose correlations that a strong penalty has shrunk: with free fields tau_f returns to 1 under one."""
    slope = _mean([training.strength for training in trainings])
    if slope is None or slope >= SHRUNK_SLOPE:
        return None
    return Diagnosis(
        OVER_REGULARISED,
        f"Over-regularised: the correlations of the model's samples are {slope:.2f} times as strong as those of the "
        "data; the penalty has shrunk them.",
    )


def _diagnose_faithful(tau_f: Estimate, gain: Estimate | None, trainings: Sequence[Training]) -> Diagnosis:
    """Diagnose a faithful model if all the evidence is there, else name the first evidence that is missing."""
    slope = _mean([training.strength for training in trainings])
    pearson = _mean([training.relative_pearson for training in trainings])
    if tau_f.low < 1 - EQUIVALENT or tau_f.high > 1 + EQUIVALENT:
        missing_evidence = (
            f"τ_f = {tau_f} neither lies within {EQUIVALENT:.0%} of 1 nor differs from it by more than {DIFFERENT:.0%} "
            "for certain; more held-out sequences or more training sets would tell"
        )
    elif gain is None:
        missing_evidence = "what the model gains over independent sites is not known"
    elif gain.low <= 0:
        missing_evidence = (
            f"held-out sequences are {gain.value:+.3f} nats a site likelier than under independent sites, but the "
            f"interval ({gain.low:+.3f} to {gain.high:+.3f}) reaches zero"
        )
    elif pearson is None or slope is None:
        missing_evidence = "how far samples carry the data's correlations is not known"
    elif pearson < FAITHFUL_PEARSON:
        missing_evidence = (
            f"samples carry the data's correlations only in part (Pearson {pearson:.2f} of what can be reached)"
        )
    elif slope < FAITHFUL_SLOPE:
        missing_evidence = f"the correlations of samples are only {slope:.2f} times as strong as the data's"
    elif limit := next((_LIMITS[t.stopped] for t in trainings if t.stopped in _LIMITS), None):
        missing_evidence = f"training stopped at {limit} before it converged"
    else:
        return Diagnosis(
            FAITHFUL,
            f"Faithful to the data: the family is covered best at τ_f = {tau_f}, held-out sequences are "
            f"{gain.value:.2f} nats a site likelier than under independent sites ({gain.low:.2f} to {gain.high:.2f}), "
            "and samples carry "
            f"the data's correlations (Pearson {pearson:.2f} of what can be reached, strength {slope:.2f}).",
        )
    return Diagnosis(CANNOT_TELL, f"Cannot tell: {missing_evidence}.")


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None]
    return float(np.mean(finite)) if finite else None
