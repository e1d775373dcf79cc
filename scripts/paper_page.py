"""Draw the figures of arXiv:2512.09152 anew, and write them beside its claims."""

from temperance.workflow.script import run_script

run_script("paper_page", snakemake)
