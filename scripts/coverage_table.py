"""Put the coverage of all systems together."""

from temperance.stages import coverage_table
from temperance.workflow.job import run_stage

run_stage(coverage_table, snakemake)
