"""Train a Potts model on one subset."""

from temperance.workflow.script import run_script

run_script("train", snakemake)
