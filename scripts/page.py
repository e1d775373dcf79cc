"""Write the page of one family: the answer first, then the evidence."""

from temperance.stages import page
from temperance.workflow.job import run_stage

run_stage(page, snakemake)
