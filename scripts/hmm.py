"""Build a profile HMM from the held-out sequences. Output: a HMMER file."""

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays
from temperance.msa.hmmer import build_hmm
from temperance.workflow.job import job

with job(snakemake) as log:
    arrays, metadata = load_arrays(snakemake.input.alignment)
    heldout = load_arrays(snakemake.input.split)[0]["heldout"]
    build_hmm(
        arrays["sequences"][heldout], alphabet(metadata["alphabet"]), snakemake.wildcards.family, snakemake.output[0]
    )
    log.info("profile HMM of %d held-out sequences", len(heldout))
