"""Train the Potts models of all subsets of a family in one job, one after the other."""

from temperance.workflow.script import run_script

run_script("train_together", snakemake)
