"""Draw the figures of arXiv:2512.09152 anew, and write them beside its claims."""

from temperance.stages import paper_page
from temperance.workflow.job import run_stage

run_stage(paper_page, snakemake)
