"""Train and analyse every model of a study's family that can be listed in full, without sampling."""

from temperance.workflow.script import run_script

run_script("study_exact", snakemake)
