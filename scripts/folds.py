"""All compact folds of the 3 x 3 x 3 lattice. Output: contacts (103346, 28)."""

from temperance.job import job
from temperance.store import provenance, save_arrays
from temperance.truth.lattice import all_folds

with job(snakemake) as log:
    contacts = all_folds()
    save_arrays(snakemake.output[0], {"contacts": contacts}, provenance({}))
    log.info("%d folds", len(contacts))
