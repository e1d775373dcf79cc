"""Gather every model of a study's family that went through the whole chain."""

from temperance.workflow.script import run_script

run_script("study_sampled", snakemake)
