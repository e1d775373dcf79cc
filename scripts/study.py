"""Draw the phase diagram of a study."""

from temperance.workflow.script import run_script

run_script("study", snakemake)
