"""Draw a training set of one size, and weigh its sequences."""

from temperance.stages import subsample
from temperance.workflow.job import run_stage

run_stage(subsample, snakemake)
