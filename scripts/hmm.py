"""Build a profile HMM from the held-out sequences. Output: a HMMER file."""

from temperance.alphabet import alphabet
from temperance.fidelity import build_hmm
from temperance.job import job
from temperance.store import load_arrays

with job(snakemake) as log:
    arrays, metadata = load_arrays(snakemake.input.alignment)
    heldout = load_arrays(snakemake.input.split)[0]["heldout"]
    build_hmm(
        arrays["sequences"][heldout], alphabet(metadata["alphabet"]), snakemake.wildcards.family, snakemake.output[0]
    )
    log.info("profile HMM of %d held-out sequences", len(heldout))
