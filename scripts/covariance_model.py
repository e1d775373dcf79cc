"""Build a covariance model from the held-out sequences. Output: a file of Infernal's."""

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays
from temperance.scoring.covariance_model import build_covariance_model
from temperance.workflow.job import job

with job(snakemake) as log:
    arrays, metadata = load_arrays(snakemake.input.alignment)
    heldout = load_arrays(snakemake.input.split)[0]["heldout"]
    pairs = build_covariance_model(
        arrays["sequences"][heldout], alphabet(metadata["alphabet"]), snakemake.wildcards.family, snakemake.output[0]
    )
    log.info("covariance model of %d held-out sequences, which share %d base pairs", len(heldout), pairs)
