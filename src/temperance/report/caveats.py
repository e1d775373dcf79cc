"""Warnings to read before the answer is trusted, and notes that do not touch it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.words import join_words
from temperance.report.results import Evidence
from temperance.scoring.names import short_judge_name

_FEW_HELDOUT = 50
# Share of sites that the sweeps of a step change, below which chains stand still.
_FROZEN = 0.01
# Share of sites by which samples have more gaps than natural sequences, from which they are fragments.
_MANY_GAPS = 0.1
_MOST_RHAT = 1.05
_NOT_CONVERGED = {
    "steps": ("its limit of steps", "Raise train.max_steps, or train.l2_couplings where sequences are few."),
    "time": ("its time limit", "Raise train.max_minutes."),
}


def warnings(evidence: Evidence) -> list[str]:
    """Everything that a reader has to know before trusting the answer."""
    return [
        *evidence.best["limits"],
        *_of_path(evidence, concerned=True),
        *_of_imported(evidence.settings["model"]),
        *_of_training(evidence.training, evidence.ingest["L"]),
        *_of_chains(evidence.history),
        *_of_sampling(_not_equilibrated(evidence, concerned=True), evidence.designs),
        *_of_gaps(evidence, concerned=True),
        *_of_data(evidence),
    ]


def notes(evidence: Evidence) -> list[str]:
    """List the sentences that do not touch the recommendation, which the page folds away.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    list of str
    """
    flagged = _not_equilibrated(evidence, concerned=False)
    aside = [f"{_listed_rungs(flagged)} They do not touch the recommended temperature itself."] if len(flagged) else []
    return [
        *evidence.best.get("notes", []),
        *_of_path(evidence, concerned=False),
        *_of_gaps(evidence, concerned=False),
        *aside,
    ]


def _of_path(evidence: Evidence, concerned: bool) -> Iterator[str]:
    """Say where the chosen penalty is the path's weakest: of the largest training sets (concerned), or of others."""
    tried, path = evidence.strengths, evidence.settings["train"]["l2_path"]
    at_end = tried[tried["chosen"].astype(bool) & (tried["l2_couplings"] <= min(path))]
    at_end = at_end[(at_end["M"] == evidence.training["M"].max()) == concerned]
    if len(at_end):
        listed = ", ".join(f"{row.subset} {row.l2_couplings:g}" for row in at_end.itertuples())
        yield (
            f"The weakest penalty that was tried makes held-out sequences likeliest ({listed}): weaker ones may do so "
            "even more, and their recommended temperature may be another. Add them to train.l2_path; models with them "
            "take longer and are harder to sample."
        )


def _not_equilibrated(evidence: Evidence, concerned: bool) -> pd.DataFrame:
    """Rows of temperatures that are not equilibrated, and concern the recommended one or do not.

    Those do that are as hot or hotter, of the training sets that are as large as that of the model to be sampled; all
    of these sets where no temperature is recommended.
    """
    scores = evidence.scores[~evidence.scores["equilibrated"]]
    touched = (scores["M"] == evidence.training["M"].max()) & (scores["temperature"] > _coldest_concerned(evidence))
    return scores[touched == concerned]


def _coldest_concerned(evidence: Evidence) -> float:
    """Temperature, hardly below the recommended one, above which all concern it; 0 where none is recommended."""
    return evidence.temperature * (1 - 1e-9) if evidence.best["status"] == "recommended" else 0.0


def _of_imported(model: str) -> Iterator[str]:
    if model:
        yield (
            f"The model {Path(model).name} was learnt elsewhere, perhaps from the sequences held out here too: "
            "fidelity and τ_f then flatter it."
        )


def _of_training(training: pd.DataFrame, length: int) -> Iterator[str]:
    for stopped, (limit, remedy) in _NOT_CONVERGED.items():
        short = training[training["stopped"] == stopped]
        if len(short):
            yield (
                f"Training reached {limit} before it had converged: {', '.join(short['subset'])}. The temperatures of "
                f"such a model hold what training left undone. {remedy}"
            )
    early = training[training["stopped"] == "target"]
    if len(early):
        yield (
            f"Training was stopped early, as configured, at a Pearson correlation of {early['target'].iloc[0]:.2f}. "
            "That regularises a model beyond its L2 penalty, so its temperatures do not diagnose the penalty."
        )
    uncertain = training[~training["equilibrated"]]
    if len(uncertain):
        yield (
            "Independent chains do not agree with those that the model was trained with, so it has modes that are hard "
            f"to sample: {', '.join(uncertain['subset'])}. A larger train.l2_couplings makes it easier."
        )
    few = training[training["l2_choice"] == "too few held-out sequences"]
    if len(few):
        yield "Too few sequences are held out to choose the L2 penalty by them: the choice is a guess."
    most = training["Meff"].max()
    if most < length:
        yield (
            f"The largest training set has Meff {most:.0f}, less than one effective sequence a column (L = {length}): "
            "the couplings are hardly determined."
        )


def _of_chains(history: pd.DataFrame) -> Iterator[str]:
    last = history.groupby("subset", sort=False)["acceptance"].last()
    frozen = last[last < _FROZEN]
    if len(frozen):
        listed = ", ".join(f"{subset} {share:.2%}" for subset, share in frozen.items())
        yield (
            "Chains hardly moved at the end of training; the sweeps of a step changed so many of their sites: "
            f"{listed}. Raise train.l2_couplings or train.sweeps."
        )


def _listed_rungs(flagged: pd.DataFrame) -> str:
    listed = "; ".join(
        f"{subset} at τ = {', '.join(f'{t:g}' for t in sorted(of_subset['temperature']))}"
        for subset, of_subset in flagged.groupby("subset", sort=False)
    )
    return (
        f"Samples are not equilibrated (crosses in figures over temperature): {listed}. R-hat is up to "
        f"{flagged['rhat'].max():.2f}, the effective sample size down to {flagged['ess'].min():.0f}; where these "
        "are good, the ladders' energies still drift, a group of sequences (usually around a training sequence) is so "
        "probable that the sampler should have found it, and it has not, or a hotter temperature is not equilibrated."
    )


def _of_sampling(flagged: pd.DataFrame, designs: dict[str, Any]) -> Iterator[str]:
    if len(flagged):
        yield _listed_rungs(flagged)
    if not designs["equilibrated"]:
        yield (
            f"The designs' own samples are not equilibrated (R-hat {designs['rhat']:.2f}, effective sample size "
            f"{designs['ess']:.0f}, drift of the mean energy {designs['drift']:+.2f} standard deviations). Raise "
            "sample.max_sweeps."
        )


def _of_gaps(evidence: Evidence, concerned: bool) -> Iterator[str]:
    """Say up to which temperature samples are fragments, if designs are (concerned) or are not among them."""
    real = evidence.natural[evidence.natural["set"] != "random"]
    natural = float(np.average(real["gaps"], weights=real["scale_weight"]))
    scores = evidence.scores[evidence.scores["M"] == evidence.training["M"].max()]
    many = scores[scores["gaps"] > natural + _MANY_GAPS]
    if len(many):
        up_to = many.loc[many["temperature"].idxmax()]
        if (up_to["temperature"] > _coldest_concerned(evidence)) == concerned:
            yield (
                f"Up to τ = {up_to['temperature']:.3g} samples have gaps at {up_to['gaps']:.0%} of sites or more, "
                f"natural sequences at {natural:.0%}: the model prefers fragments to whole sequences. Fragments among "
                "the natural sequences teach it to; leave them out by a lower filter.max_sequence_gaps "
                f"({evidence.settings['filter']['max_sequence_gaps']:g})."
            )


def _of_data(evidence: Evidence) -> Iterator[str]:
    if evidence.truth and evidence.truth.get("rhat", 1) > _MOST_RHAT:
        yield f"The truth's own draws are not equilibrated (R-hat {evidence.truth['rhat']:.3f})."
    designs = evidence.designs
    if designs["designs"] < designs["wanted"]:
        judges = join_words(map(short_judge_name, designs["judges"]))
        yield (
            f"Only {designs['designs']} of {designs['wanted']} designs were found that are as new as the novelty floor "
            f"asks, as natural by the {judges} as design.percentile asks, "
            f"and have gaps at no more than {designs['most_gaps']:.0%} of sites. "
            + (
                "Raise design.candidates."
                if designs["recommended"]
                else "They are sampled where no temperature is recommended."
            )
        )
    heldout = int((evidence.natural["set"] == "heldout").sum())
    if heldout < _FEW_HELDOUT:
        yield f"Only {heldout} sequences are held out: thresholds and τ_f rest on few data."
    for row in evidence.optimum.itertuples():
        if not np.isfinite(row.tau_f) or row.tau_f == 0:
            side = "above every temperature" if row.tau_f else "below the coldest rung"
            yield f"τ_f of {row.size}-r{row.replicate} lies {side}: held-out and sampled energies do not meet."
