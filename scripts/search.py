"""Find a family in a database of sequences, beginning with one sequence or with a seed alignment."""

from temperance.stages import search
from temperance.workflow.job import run_stage

run_stage(search, snakemake)
