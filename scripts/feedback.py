"""Train a second model that learns from results, and compare it with the one of natural sequences alone."""

from temperance.stages import feedback
from temperance.workflow.job import run_stage

run_stage(feedback, snakemake)
