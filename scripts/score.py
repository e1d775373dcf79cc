"""Score a model. Outputs: a row a temperature, a sample, a natural sequence; calibration of its site conditionals."""

import numpy as np
import pandas as pd

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.msa.clusters import label_clusters
from temperance.potts.model import load
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
from temperance.workflow.job import job

with job(snakemake) as log:
    model, letters, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    drawn = load_arrays(snakemake.input.samples)[0]
    settings = snakemake.params.settings
    panel = judges(
        dict(snakemake.input.items()), settings["judges"], family, letters, snakemake.threads,
        settings["optimum"]["folding"],
    )  # fmt: skip
    rng = np.random.default_rng(snakemake.params.seed)
    natural = score_natural(model, family, panel, rng, panel["potts"].clusters)
    samples = score_samples(model, family, panel, drawn, natural, settings["optimum"])
    ladder = load_table(snakemake.input.ladder)
    states = load_table(snakemake.input.states)
    orders, reference = score_orders(family, drawn, model.q, rng)
    scores = score_temperatures(samples, drawn, ladder, states, orders, reference, panel)
    found = calibrate(
        model,
        family.heldout,
        family.heldout_weights,
        drawn["temperatures"],
        rng,
        settings["optimum"]["bootstrap"],
        label_clusters(family.heldout),
    )
    standings = judge_standings(scores, family, panel, rng, panel["potts"].clusters)
    save_json(snakemake.output.judges, standings | {"provenance": provenance(settings, snakemake.params.seed)})
    for judge in standings["judges"]:
        decides = "is trusted" if judge["trusted"] else "decides nothing"
        log.info("judge %s %s: %s", judge["name"], decides, judge["why"])
    save_table(snakemake.output.natural, natural)
    save_table(snakemake.output.samples, samples)
    save_table(snakemake.output.scores, scores)
    log.info(
        "fidelity %s, novelty %s at temperatures %s",
        *(", ".join(f"{value:.2f}" for value in scores[c]) for c in ("fidelity", "novelty", "temperature")),
    )
    save_table(snakemake.output.orders, orders)
    save_table(snakemake.output.calibration, found.table)
    save_table(snakemake.output.reliability, found.reliability)
    save_table(
        snakemake.output.calibrated,
        pd.DataFrame([estimate_columns("tau_cal", found.tau_cal) | {"tau_ece": found.tau_ece}]),
    )
    log.info("tau_cal %.3f [%.3f, %.3f], tau_ece %.3f", *vars(found.tau_cal).values(), found.tau_ece)
