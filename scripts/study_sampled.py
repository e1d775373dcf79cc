"""Gather every model of a study's family that went through the whole chain."""

from temperance.stages import study_sampled
from temperance.workflow.job import run_stage

run_stage(study_sampled, snakemake)
