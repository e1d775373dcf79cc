"""Build a covariance model from the held-out sequences of an RNA family."""

from temperance.workflow.script import run_script

run_script("covariance_model", snakemake)
