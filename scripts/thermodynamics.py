"""Compute the thermodynamics of a model over its ladder, its divergence from the truth, and its landscape."""

from temperance.workflow.script import run_script

run_script("thermodynamics", snakemake)
