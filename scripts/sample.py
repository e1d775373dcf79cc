"""Sample a model at all temperatures by replica exchange."""

from temperance.stages import sample
from temperance.workflow.job import run_stage

run_stage(sample, snakemake)
