"""Learn a model to compare with on one subset, sample it, and score its samples."""

from temperance.stages import compare
from temperance.workflow.job import run_stage

run_stage(compare, snakemake)
