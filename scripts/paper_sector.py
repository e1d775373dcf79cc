"""Tabulate models of the sector, the truth of the forerunner of arXiv:2512.09152, at one temperature."""

from temperance.workflow.script import run_script

run_script("paper_sector", snakemake)
