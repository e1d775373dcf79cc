"""Score tempered samples, and calibrate the model's site conditionals on held-out sequences."""

from temperance.stages import score
from temperance.workflow.job import run_stage

run_stage(score, snakemake)
