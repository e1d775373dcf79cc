"""Compute the thermodynamics of a model over its ladder, its divergence from the truth, and its landscape."""

from temperance.stages import thermodynamics
from temperance.workflow.job import run_stage

run_stage(thermodynamics, snakemake)
