"""Sample the largest model at the recommended temperature, or the one that misses least, and choose designs."""

from temperance.workflow.script import run_script

run_script("design", snakemake)
