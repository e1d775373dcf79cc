"""Train the Potts models of all subsets of a family in one job, one after the other."""

from temperance.stages import train_together
from temperance.workflow.job import run_stage

run_stage(train_together, snakemake)
