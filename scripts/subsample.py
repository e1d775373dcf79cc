"""Draw a training set of one size. Output: indices into the alignment and their weights within the subset."""

import numpy as np

from temperance.core.files import load_arrays, provenance, save_arrays
from temperance.core.sizes import resolve_size
from temperance.msa.split import subset
from temperance.msa.weights import sequence_weights
from temperance.workflow.job import job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings, snakemake.params.seed
    sequences = load_arrays(snakemake.input.alignment)[0]["sequences"]
    training = load_arrays(snakemake.input.split)[0]["training"]
    size = resolve_size(snakemake.params.size[0], len(training), snakemake.wildcards.family)
    chosen = subset(training, size, np.random.default_rng(seed))
    weights = sequence_weights(sequences[chosen], settings["weights"]["identity"])
    save_arrays(snakemake.output[0], {"indices": chosen, "weights": weights}, provenance(settings, seed))
    log.info("%d sequences, Meff %.0f", size, weights.sum())
