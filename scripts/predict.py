"""Predict contacts and effects of mutations from the largest model, and measure conservation of the family."""

from temperance.workflow.script import run_script

run_script("predict", snakemake)
