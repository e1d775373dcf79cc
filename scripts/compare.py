"""Learn a model to compare with on one subset, sample it, and score its samples."""

from temperance.workflow.script import run_script

run_script("compare", snakemake)
