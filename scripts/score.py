"""Score tempered samples, and calibrate the model's site conditionals on held-out sequences."""

from temperance.workflow.script import run_script

run_script("score", snakemake)
