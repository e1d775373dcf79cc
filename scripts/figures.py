"""Draw the figures of one family."""

from temperance.workflow.script import run_script

run_script("figures", snakemake)
