"""Get an alignment from InterPro's servers."""

from temperance.stages import fetch
from temperance.workflow.job import run_stage

run_stage(fetch, snakemake)
