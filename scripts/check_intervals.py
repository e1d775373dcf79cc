"""Sample one model of an enumerable truth many times, and count how often intervals hold the exact value."""

from temperance.workflow.script import run_script

run_script("check_intervals", snakemake)
