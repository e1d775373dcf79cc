"""Train a Potts model on one subset."""

from temperance.stages import train
from temperance.workflow.job import run_stage

run_stage(train, snakemake)
