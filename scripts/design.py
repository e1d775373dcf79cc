"""Sample the largest model at the recommended temperature, or the one that misses least, and choose designs."""

from temperance.stages import design
from temperance.workflow.job import run_stage

run_stage(design, snakemake)
