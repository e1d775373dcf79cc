"""Draw the phase diagram of a study."""

from temperance.stages import study
from temperance.workflow.job import run_stage

run_stage(study, snakemake)
