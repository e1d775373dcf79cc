"""Find the temperatures that a family's models call for, and recommend one."""

from temperance.stages import optimum
from temperance.workflow.job import run_stage

run_stage(optimum, snakemake)
