"""Hold out sequences that no training sequence resembles. Output: indices and held-out weights."""

import numpy as np

from temperance.core.files import load_arrays, provenance, save_arrays
from temperance.core.sizes import resolve_size
from temperance.msa.split import split
from temperance.msa.weights import sequence_weights
from temperance.workflow.job import job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings, snakemake.params.seed
    sequences = load_arrays(snakemake.input[0])[0]["sequences"]
    parts = split(sequences, np.random.default_rng(seed), **settings["heldout"])
    # Before anything is trained. Not a parameter of the rule, since another size must not draw the split anew.
    family = snakemake.wildcards.family
    for size in snakemake.config["sizes"][family]:
        resolve_size(size, len(parts.training), family)
    arrays = {
        "training": parts.training,
        "heldout": parts.heldout,
        "discarded": parts.discarded,
        "heldout_weights": sequence_weights(sequences[parts.heldout], settings["weights"]["identity"]),
    }
    save_arrays(snakemake.output[0], arrays, provenance(settings, seed))
    log.info("%d for training, %d held out, %d discarded", *(len(arrays[k]) for k in list(arrays)[:3]))
