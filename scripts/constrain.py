"""Find the sites that constraints of designs are about."""

from temperance.stages import constrain
from temperance.workflow.job import run_stage

run_stage(constrain, snakemake)
