"""Write the largest model, its samples nearest the recommended temperature, or what it sees, for other programs."""

from temperance.stages import export
from temperance.workflow.job import run_stage

run_stage(export, snakemake)
