"""Draw the figures of one family."""

from temperance.stages import figures
from temperance.workflow.job import run_stage

run_stage(figures, snakemake)
