"""Hold out sequences that no training sequence resembles."""

from temperance.stages import split
from temperance.workflow.job import run_stage

run_stage(split, snakemake)
