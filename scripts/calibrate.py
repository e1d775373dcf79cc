"""Calibration of a model's site conditionals on held-out sequences. Outputs: a row a temperature, diagrams, tau_cal."""

import numpy as np
import pandas as pd

from temperance.calibration import calibrate
from temperance.job import job
from temperance.optimum import columns
from temperance.potts import load
from temperance.score import Family
from temperance.store import save_table

with job(snakemake) as log:
    settings = snakemake.params.settings
    model, _, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    rng = np.random.default_rng(snakemake.params.seed)
    temperatures = np.sort(settings["sample"]["temperatures"])
    found = calibrate(
        model, family.heldout, family.heldout_weights, temperatures, rng, settings["optimum"]["bootstrap"]
    )
    save_table(snakemake.output.table, found.table)
    save_table(snakemake.output.reliability, found.reliability)
    save_table(snakemake.output.optimum, pd.DataFrame([columns("tau_cal", found.tau_cal) | {"tau_ece": found.tau_ece}]))
    log.info("tau_cal %.3f [%.3f, %.3f], tau_ece %.3f", *vars(found.tau_cal).values(), found.tau_ece)
