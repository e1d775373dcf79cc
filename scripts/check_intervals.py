"""Sample one model of an enumerable truth many times, and count how often intervals hold the exact value."""

from temperance.stages import check_intervals
from temperance.workflow.job import run_stage

run_stage(check_intervals, snakemake)
