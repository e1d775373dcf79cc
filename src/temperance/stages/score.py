"""Score tempered samples, and calibrate the model's site conditionals on held-out sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.core.settings.stages import ScoreStage
from temperance.msa.clusters import label_clusters
from temperance.potts.model import load
from temperance.scoring.cross_fitted import CrossFittedJudge
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

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `train`, `subsample`, `sample`, `thermodynamics`, `ingest` and `split`; and files of judges."""

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
    """A row a temperature, a sample, a natural sequence; judges' standings; orders; calibration."""

    scores: Path
    samples: Path
    natural: Path
    judges: Path
    orders: Path
    calibration: Path
    reliability: Path
    calibrated: Path


def run(inputs: Inputs, outputs: Outputs, settings: ScoreStage, seed: int, threads: int) -> None:
    """Score the samples of a model."""
    rng = np.random.default_rng(seed)
    model, letters, _ = load(inputs.model)
    family = Family.load(inputs.alignment, inputs.split, inputs.subset)
    drawn = load_arrays(inputs.samples)[0]
    panel = judges(inputs._asdict(), settings.judges, family, letters, threads, settings.folding)
    pair_judge = panel["potts"]
    assert isinstance(pair_judge, CrossFittedJudge)
    clusters = pair_judge.clusters
    natural = score_natural(model, family, panel, rng, clusters)
    samples = score_samples(model, family, panel, drawn, natural, settings.fidelity)
    orders, reference = score_orders(family, drawn, model.q, rng)
    ladder, states = load_table(inputs.ladder), load_table(inputs.states)
    scores = score_temperatures(samples, drawn, ladder, states, orders, reference, panel)
    calibration = calibrate(
        model, family.heldout, family.heldout_weights, drawn["temperatures"], rng, settings.bootstrap,
        label_clusters(family.heldout),
    )  # fmt: skip
    standings = judge_standings(scores, family, panel, rng, clusters)
    save_json(outputs.judges, standings | {"provenance": provenance(settings.configured(), seed)})
    save_table(outputs.natural, natural)
    save_table(outputs.samples, samples)
    save_table(outputs.scores, scores)
    save_table(outputs.orders, orders)
    save_table(outputs.calibration, calibration.table)
    save_table(outputs.reliability, calibration.reliability)
    row = estimate_columns("tau_cal", calibration.tau_cal) | {"tau_ece": calibration.tau_ece}
    save_table(outputs.calibrated, pd.DataFrame([row]))
    for judge in standings["judges"]:
        decides = "is trusted" if judge["trusted"] else "decides nothing"
        log.info("judge %s %s: %s", judge["name"], decides, judge["why"])
    log.info(
        "fidelity %s, novelty %s at temperatures %s",
        *(", ".join(f"{value:.2f}" for value in scores[c]) for c in ("fidelity", "novelty", "temperature")),
    )
    log.info("tau_cal %.3f [%.3f, %.3f], tau_ece %.3f", *vars(calibration.tau_cal).values(), calibration.tau_ece)
