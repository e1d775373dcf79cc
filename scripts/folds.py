"""All compact folds of the 3 x 3 x 3 lattice. Output: contacts (103346, 28)."""

from temperance.core.files import provenance, save_arrays
from temperance.truth.lattice import all_folds
from temperance.workflow.job import job

with job(snakemake) as log:
    contacts = all_folds()
    save_arrays(snakemake.output[0], {"contacts": contacts}, provenance({}))
    log.info("%d folds", len(contacts))
