"""Write one page over all families."""

from temperance.stages import report
from temperance.workflow.job import run_stage

run_stage(report, snakemake)
