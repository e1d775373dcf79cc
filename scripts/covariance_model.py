"""Build a covariance model from the held-out sequences of an RNA family."""

from temperance.stages import covariance_model
from temperance.workflow.job import run_stage

run_stage(covariance_model, snakemake)
