"""Tabulate models of the sector, the truth of the forerunner of arXiv:2512.09152, at one temperature."""

from temperance.stages import paper_sector
from temperance.workflow.job import run_stage

run_stage(paper_sector, snakemake)
