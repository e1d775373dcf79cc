"""Constraints of a family's designs, by site. Output: allowed states, the seed, and how many mutations it may have."""

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, load_json, load_table
from temperance.design.constraints import Constraints
from temperance.workflow.job import job

with job(snakemake) as log:
    arrays, metadata = load_arrays(snakemake.input.alignment)
    kept = Constraints.of(
        snakemake.params.settings["constraints"], arrays["columns"], load_json(snakemake.input.summary)["columns_read"],
        alphabet(metadata["alphabet"]), load_table(snakemake.input.sequences)["name"].to_numpy(), arrays["sequences"],
    )  # fmt: skip
    kept.save(snakemake.output[0])
    log.info("%d of %d states allowed, seed: %s", kept.allowed.sum(), kept.allowed.size, kept.seed is not None)
