"""Warnings to read before the answer is trusted, and notes that do not touch it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.words import join_words
from temperance.report.results import Evidence
from temperance.scoring.names import short_judge_name

# Held-out sequences below which thresholds are uncertain.
_FEW_HELDOUT = 50
# Sequences of a training set below which its model says little of the family.
_FEW_TRAINING = 50
# Share of sites changed by the sweeps of a training step, below which chains are frozen.
_FROZEN = 0.01
# Excess of the share of gaps over that of natural sequences, above which samples are fragments.
_MANY_GAPS = 0.1
# Split R-hat above which the draws of a truth are not equilibrated.
_MOST_RHAT = 1.05
# Limits that stopped training before it converged: what they are called, and what to do.
_NOT_CONVERGED = {
    "steps": ("its limit of steps", "Raise train.max_steps, or train.l2_couplings where sequences are few."),
    "time": ("its time limit", "Raise train.max_minutes."),
}


def warnings(evidence: Evidence) -> list[str]:
    """List everything that a reader has to know before trusting the recommendation.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    list of str
        A few sentences each.
    """
    return [
        *evidence.best["limits"],
        *_check_penalties(evidence, concerned=True),
        *_check_imported(evidence.settings.model),
        *_check_training(evidence.training, evidence.ingest["L"]),
        *_check_chains(evidence.history),
        *_check_sampling(_unequilibrated_rows(evidence, concerned=True), evidence.designs),
        *_check_gaps(evidence, concerned=True),
        *_check_data(evidence),
    ]


def notes(evidence: Evidence) -> list[str]:
    """List caveats that do not concern the recommendation, which the page folds away.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    list of str
        A few sentences each.
    """
    flagged = _unequilibrated_rows(evidence, concerned=False)
    sampling = (
        [f"{_describe_unequilibrated(flagged)} This does not affect the recommended temperature."]
        if len(flagged)
        else []
    )
    return [
        *evidence.best.get("notes", []),
        *_check_penalties(evidence, concerned=False),
        *_check_gaps(evidence, concerned=False),
        *_check_sizes(evidence.training),
        *sampling,
    ]


def _check_penalties(evidence: Evidence, concerned: bool) -> Iterator[str]:
    """Warn where the chosen penalty is the path's weakest: of the largest training sets (concerned), or of others."""
    strengths, path = evidence.strengths, evidence.settings.train.l2_path
    at_end = strengths[strengths["chosen"].astype(bool) & (strengths["l2_couplings"] <= min(path))]
    at_end = at_end[(at_end["M"] == evidence.training["M"].max()) == concerned]
    if len(at_end):
        listed = ", ".join(f"{row.subset} {row.l2_couplings:g}" for row in at_end.itertuples())
        yield (
            f"Held-out sequences are likeliest under the weakest L2 penalty that was tried ({listed}): a weaker one "
            "may be better still, and lead to another recommended temperature. Add weaker ones to train.l2_path; their "
            "models take longer to train and are harder to sample."
        )


def _unequilibrated_rows(evidence: Evidence, concerned: bool) -> pd.DataFrame:
    """Select the scores at temperatures that are not equilibrated, and concern the recommended one or do not.

    Temperatures concern it that are as hot or hotter, of the training sets that are as large as that of the model to be
    sampled; where none is recommended, all temperatures of these sets do.
    """
    scores = evidence.scores[~evidence.scores["equilibrated"]]
    concerning = (scores["M"] == evidence.training["M"].max()) & (scores["temperature"] > _coldest_concerned(evidence))
    return scores[concerning == concerned]


def _coldest_concerned(evidence: Evidence) -> float:
    """Return a temperature just below the recommended one, above which all concern it; 0 where none is recommended."""
    return evidence.temperature * (1 - 1e-9) if evidence.best["status"] == "recommended" else 0.0


def _check_imported(model: str) -> Iterator[str]:
    """Warn of an imported model, which may have been trained on the held-out sequences."""
    if model:
        yield (
            f"The model {Path(model).name} was trained elsewhere, perhaps on the sequences that are held out here: "
            "fidelity and τ_f would then make it look better than it is."
        )


def _check_training(training: pd.DataFrame, length: int) -> Iterator[str]:
    """Warn of training that has not converged, was stopped early or rests on few sequences."""
    for stopped, (limit, remedy) in _NOT_CONVERGED.items():
        unconverged = training[training["stopped"] == stopped]
        if len(unconverged):
            yield (
                f"Training reached {limit} before it had converged: {', '.join(unconverged['subset'])}. The "
                f"temperatures of such a model also reflect unfinished training. {remedy}"
            )
    early = training[training["stopped"] == "target"]
    if len(early):
        yield (
            f"Training was stopped early, as configured, at a Pearson correlation of {early['target'].iloc[0]:.2f}. "
            "That regularises a model beyond its L2 penalty, so its temperatures do not tell whether the penalty "
            "is right."
        )
    uncertain = training[~training["equilibrated"]]
    if len(uncertain):
        yield (
            "Independent chains do not agree with those that the model was trained with, so it has modes that are hard "
            f"to sample: {', '.join(uncertain['subset'])}. A larger train.l2_couplings makes it easier."
        )
    guesses = training[training["l2_choice"] == "too few held-out sequences"]
    if len(guesses):
        yield "The L2 penalty is a guess: too few sequences are held out to choose it by their likelihood."
    largest = training["Meff"].max()
    if largest < length:
        yield (
            f"The largest training set has Meff {largest:.0f}, less than one effective sequence per column (L = "
            f"{length}): the data hardly determine the couplings."
        )


def _check_sizes(training: pd.DataFrame) -> Iterator[str]:
    """Note the training sets that are too small for a model, but for the largest, which has a warning of its own."""
    few = training[(training["M"] < _FEW_TRAINING) & (training["M"] < training["M"].max())]
    if len(few):
        listed = join_words([f"{row.subset} {row.M:,}" for row in few.itertuples()])
        yield (
            f"Training sets of fewer than {_FEW_TRAINING} sequences ({listed}) hardly determine a model: their "
            "temperatures show what so few sequences do, and decide nothing."
        )


def _check_chains(history: pd.DataFrame) -> Iterator[str]:
    """Warn of models whose chains hardly changed at the end of training."""
    last = history.groupby("subset", sort=False)["acceptance"].last()
    frozen = last[last < _FROZEN]
    if len(frozen):
        listed = ", ".join(f"{subset} {share:.2%}" for subset, share in frozen.items())
        yield (
            "Chains hardly moved at the end of training; share of sites that the Gibbs sweeps of a step changed: "
            f"{listed}. Raise train.l2_couplings or train.sweeps."
        )


def _describe_unequilibrated(flagged: pd.DataFrame) -> str:
    """List the temperatures that are not equilibrated, with the reasons there can be."""
    listed = "; ".join(
        f"{subset} at τ = {', '.join(f'{t:g}' for t in sorted(rows['temperature']))}"
        for subset, rows in flagged.groupby("subset", sort=False)
    )
    return (
        f"Samples are not equilibrated (crosses in figures over temperature): {listed}. R-hat is up to "
        f"{flagged['rhat'].max():.2f}, the effective sample size down to {flagged['ess'].min():.0f}. Where both are "
        "good, the cause is another (thermodynamics.tsv): ladders hold different sequences (rhat_sequences); their "
        "energies still drift; or samples leave out sequences that have more than 10% of the probability, as annealing "
        "shows (missing). A larger sample.sweeps may help."
    )


def _check_sampling(flagged: pd.DataFrame, designs: dict[str, Any]) -> Iterator[str]:
    """Warn of temperatures, and of designs, whose samples are not equilibrated."""
    if len(flagged):
        yield _describe_unequilibrated(flagged)
    if not designs["equilibrated"]:
        yield (
            f"The designs' own samples are not equilibrated (R-hat {designs['rhat']:.2f}, effective sample size "
            f"{designs['ess']:.0f}, drift of the mean energy {designs['drift']:+.2f} standard deviations). Raise "
            "sample.max_sweeps."
        )


def _check_gaps(evidence: Evidence, concerned: bool) -> Iterator[str]:
    """Warn up to which temperature samples are fragments, if that concerns the recommended one, or if it does not."""
    real = evidence.natural[evidence.natural["set"] != "random"]
    natural = float(np.average(real["gaps"], weights=real["scale_weight"]))
    scores = evidence.scores[evidence.scores["M"] == evidence.training["M"].max()]
    fragments = scores[scores["gaps"] > natural + _MANY_GAPS]
    if len(fragments):
        hottest = fragments.loc[fragments["temperature"].idxmax()]
        if (hottest["temperature"] > _coldest_concerned(evidence)) == concerned:
            yield (
                f"Up to τ = {hottest['temperature']:.3g} samples have gaps at {hottest['gaps']:.0%} of sites or more, "
                f"natural sequences at {natural:.0%}: the model prefers fragments to whole sequences. It learns "
                "that from fragments in the alignment; drop them by a filter.max_sequence_gaps below "
                f"{evidence.settings.filter.max_sequence_gaps:g}."
            )


def _check_data(evidence: Evidence) -> Iterator[str]:
    """Warn of a truth that is not equilibrated, of few designs or held-out sequences, and of τ_f without a value."""
    if evidence.truth and evidence.truth.get("rhat", 1) > _MOST_RHAT:
        yield f"The samples of the truth are not equilibrated (R-hat {evidence.truth['rhat']:.3f})."
    designs = evidence.designs
    if designs["designs"] < designs["wanted"]:
        judges = join_words(map(short_judge_name, designs["judges"]))
        yield (
            f"Only {designs['designs']} of {designs['wanted']} designs were found that meet the novelty floor, reach "
            f"design.percentile by the {judges}, and have gaps at no more than {designs['most_gaps']:.0%} of sites. "
            + (
                "Raise design.candidates."
                if designs["recommended"]
                else "They are sampled at a temperature that is not recommended."
            )
        )
    heldout = int((evidence.natural["set"] == "heldout").sum())
    if heldout < _FEW_HELDOUT:
        yield f"Only {heldout} sequences are held out: τ_f and the scales of judges are uncertain."
    for row in evidence.optimum.itertuples():
        if not np.isfinite(row.tau_f) or row.tau_f == 0:
            side, energy = ("above every temperature", "higher") if row.tau_f else ("below all sampled", "lower")
            yield (
                f"τ_f of {row.size}-r{row.replicate} lies {side}: held-out sequences have a {energy} mean energy than "
                "samples at any temperature."
            )
