"""Score tempered samples. Outputs: a row a temperature, a row a sample, a row a natural sequence for reference."""

import numpy as np

from temperance.job import job
from temperance.potts import load
from temperance.score import Family, judges, score_natural, score_samples, score_temperatures
from temperance.store import load_arrays, load_table, save_table

with job(snakemake) as log:
    model, letters, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    drawn = load_arrays(snakemake.input.samples)[0]
    settings = snakemake.params.settings
    panel = judges(dict(snakemake.input.items()), family, letters, snakemake.threads)
    rng = np.random.default_rng(snakemake.params.seed)
    natural = score_natural(model, family, panel, rng)
    samples = score_samples(model, family, panel, drawn, natural, settings["optimum"]["fidelity"])
    ladder = load_table(snakemake.input.ladder)
    states = load_table(snakemake.input.states)
    scores = score_temperatures(samples, drawn, ladder, states, family, model.q)
    save_table(snakemake.output.natural, natural)
    save_table(snakemake.output.samples, samples)
    save_table(snakemake.output.scores, scores)
    log.info(
        "fidelity %s, novelty %s at temperatures %s",
        *(", ".join(f"{value:.2f}" for value in scores[c]) for c in ("fidelity", "novelty", "temperature")),
    )
