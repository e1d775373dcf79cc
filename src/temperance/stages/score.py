"""Score tempered samples, and calibrate the model's site conditionals on held-out sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.core.settings.stages import ScoreStage
from temperance.msa.clusters import label_clusters
from temperance.potts.enumeration import energies_of_all
from temperance.potts.model import Potts, load
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.names import judge_name
from temperance.scoring.tables import (
    Family,
    judge_standings,
    judges,
    score_natural,
    score_orders,
    score_samples,
    score_temperatures,
)
from temperance.stats.estimate import estimate_columns
from temperance.temperature.calibration import calibrate
from temperance.temperature.levels import enumerate_levels, estimate_levels
from temperance.truth import Truth, load_truth

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    model : Path
        Potts model of the training set, from `train`.
    subset : Path
        Indices and weights of the training set, from `subsample`.
    samples, ladder : Path
        Tempered samples, and diagnostics of every rung, from `sample`.
    states : Path
        Thermodynamics at each temperature, from `thermodynamics`.
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    judge : Path
        Cross-fitted Potts judge, from `judge`.
    programs : list of Path
        Programs and scripts of the user's judges; inputs so that a change of one is noticed.
    hmm, covariance : Path, optional
        Profile HMM and covariance model of the held-out sequences, where the family has these judges.
    truth : Path, optional
        True distribution, where the family was drawn from one.
    """

    model: Path
    subset: Path
    samples: Path
    ladder: Path
    states: Path
    alignment: Path
    split: Path
    judge: Path
    programs: list[Path]
    hmm: Path | None = None
    covariance: Path | None = None
    truth: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    scores, samples, natural : Path
        Scores, one row a temperature, a sample, and a natural sequence.
    judges : Path
        Assessment of each judge, as JSON: whether it may decide, and why.
    orders : Path
        Agreement of the frequencies of two and more sites with held-out sequences, by temperature.
    levels : Path
        Probability, and parts of divergences, of levels of the true energy, or of the pair judge's, by temperature.
    calibration, reliability : Path
        Calibration of the site conditionals by temperature, and reliability diagrams.
    calibrated : Path
        Temperatures at which the site conditionals are calibrated best.
    """

    scores: Path
    samples: Path
    natural: Path
    judges: Path
    orders: Path
    levels: Path
    calibration: Path
    reliability: Path
    calibrated: Path


def run(inputs: Inputs, outputs: Outputs, settings: ScoreStage, seed: int, threads: int) -> None:
    """Score the samples of a model, assess the judges, and calibrate the site conditionals.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : ScoreStage
        Judges, and the number of bootstrap draws.
    seed : int
        Random seed of the job.
    threads : int
        Threads of the judges' programs.

    Raises
    ------
    InputError
        If a judge's program fails, or its package is missing.
    """
    rng = np.random.default_rng(seed)
    model, alphabet, _ = load(inputs.model)
    family = Family.load(inputs.alignment, inputs.split, inputs.subset)
    samples = load_arrays(inputs.samples)[0]
    panel = judges(inputs._asdict(), settings.judges, family, alphabet, threads, settings.folding)
    pair_judge = panel["potts"]
    assert isinstance(pair_judge, CrossFittedJudge)
    clusters = pair_judge.clusters
    truth = load_truth(inputs.truth) if inputs.truth else None
    natural = score_natural(model, family, panel, rng, clusters, truth)
    sample_scores = score_samples(model, family, panel, samples, natural, settings.fidelity, truth)
    orders, reference = score_orders(family, samples, model.q, rng)
    ladder, states = load_table(inputs.ladder), load_table(inputs.states)
    scores = score_temperatures(sample_scores, samples, ladder, states, orders, reference, panel)
    calibration = calibrate(
        model, family.heldout, family.heldout_weights, samples["temperatures"], rng, settings.bootstrap,
        label_clusters(family.heldout),
    )  # fmt: skip
    standings = judge_standings(scores, family, panel, rng, clusters)
    save_json(outputs.judges, standings | {"provenance": provenance(settings.configured(), seed)})
    save_table(outputs.natural, natural)
    save_table(outputs.samples, sample_scores)
    save_table(outputs.scores, scores)
    save_table(outputs.orders, orders)
    log_z = dict(zip(samples["temperatures"], states["log_z"], strict=True))
    save_table(outputs.levels, tabulate_levels(model, natural, sample_scores, log_z, truth))
    save_table(outputs.calibration, calibration.table)
    save_table(outputs.reliability, calibration.reliability)
    row = estimate_columns("tau_cal", calibration.tau_cal) | {"tau_ece": calibration.tau_ece}
    save_table(outputs.calibrated, pd.DataFrame([row]))
    for judge in standings["judges"]:
        decides = "is trusted" if judge["trusted"] else "is not trusted"
        log.info("%s %s: %s", judge_name(judge["name"]), decides, judge["why"])
    log.info("%s", describe_scores(scores))
    log.info(
        "site conditionals are calibrated best at τ_cal = %s, with the smallest calibration error at %.2f",
        calibration.tau_cal.brief(), calibration.tau_ece,
    )  # fmt: skip


def describe_scores(scores: pd.DataFrame) -> str:
    """Describe how fidelity and novelty change from the coldest sampled temperature to the hottest.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a temperature: temperature, fidelity, novelty.

    Returns
    -------
    str
    """
    coldest, hottest = scores.loc[scores["temperature"].idxmin()], scores.loc[scores["temperature"].idxmax()]
    changes = [f"{name} goes from {coldest[name]:.2f} to {hottest[name]:.2f}" for name in ("fidelity", "novelty")]
    return (
        f"from the coldest to the hottest of {len(scores)} sampled temperatures, {coldest['temperature']:.3g} to "
        f"{hottest['temperature']:.3g}, {' and '.join(changes)}"
    )


def tabulate_levels(
    model: Potts, natural: pd.DataFrame, samples: pd.DataFrame, log_z: dict[float, float], truth: Truth | None
) -> pd.DataFrame:
    """Tabulate what levels of the true energy, or of the pair judge's, have of the model's probability and divergences.

    Parameters
    ----------
    model : Potts
        The model that was sampled.
    natural, samples : pandas.DataFrame
        Of `score_natural` and `score_samples`.
    log_z : dict
        Temperature -> ln Z of the model.
    truth : Truth or None
        True distribution, where it is known.

    Returns
    -------
    pandas.DataFrame
        As of `temperance.temperature.levels.estimate_levels`; exact values where all sequences can be enumerated.
    """
    if truth is None:
        natural, samples = (table.assign(judge_energy=-table["potts"]) for table in (natural, samples))
        return estimate_levels(natural, samples, "judge_energy")
    if truth.all_energies is not None:
        return enumerate_levels(truth.all_energies, energies_of_all(model), np.array(list(log_z)))
    return estimate_levels(natural, samples, "true_energy", log_z, truth.log_z[0] if truth.log_z else np.nan)
