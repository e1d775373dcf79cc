"""Get an alignment from InterPro's servers."""

from temperance.workflow.script import run_script

run_script("fetch", snakemake)
