"""Draw a family from its true distribution."""

from temperance.stages import truth
from temperance.workflow.job import run_stage

run_stage(truth, snakemake)
