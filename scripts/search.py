"""Find a family in a database of sequences, beginning with one sequence or with a seed alignment."""

from temperance.workflow.script import run_script

run_script("search", snakemake)
