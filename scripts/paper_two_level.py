"""Tabulate the two-level models of arXiv:2512.09152."""

from temperance.stages import paper_two_level
from temperance.workflow.job import run_stage

run_stage(paper_two_level, snakemake)
