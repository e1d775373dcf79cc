"""Compare measured sequences with what judges say of them, and calibrate the probability that one is functional."""

from temperance.workflow.script import run_script

run_script("measured", snakemake)
