"""Train a second model that learns from results, and compare it with the one of natural sequences alone."""

from temperance.workflow.script import run_script

run_script("feedback", snakemake)
