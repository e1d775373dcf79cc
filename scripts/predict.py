"""Predict contacts and effects of mutations from the largest model, and measure conservation of the family."""

from temperance.stages import predict
from temperance.workflow.job import run_stage

run_stage(predict, snakemake)
