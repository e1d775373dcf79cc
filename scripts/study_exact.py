"""Train and analyse every model of a study's family that can be listed in full, without sampling."""

from temperance.stages import study_exact
from temperance.workflow.job import run_stage

run_stage(study_exact, snakemake)
