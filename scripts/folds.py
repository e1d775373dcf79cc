"""List all compact folds of the 3 x 3 x 3 lattice."""

from temperance.stages import folds
from temperance.workflow.job import run_stage

run_stage(folds, snakemake)
