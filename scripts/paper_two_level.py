"""Tabulate the two-level models of arXiv:2512.09152."""

from temperance.workflow.script import run_script

run_script("paper_two_level", snakemake)
