"""Compare measured sequences with what judges say of them, and calibrate the probability that one is functional."""

from temperance.stages import measured
from temperance.workflow.job import run_stage

run_stage(measured, snakemake)
