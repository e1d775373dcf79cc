"""Test one claim of theory on systems that are solved exactly."""

from temperance.stages import claim
from temperance.workflow.job import run_stage

run_stage(claim, snakemake)
