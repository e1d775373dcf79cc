"""Tabulate models of the Ising lattice of arXiv:2512.09152 at one temperature."""

from temperance.stages import paper_ising
from temperance.workflow.job import run_stage

run_stage(paper_ising, snakemake)
