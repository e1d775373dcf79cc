"""Draw a family from its true distribution."""

from temperance.workflow.script import run_script

run_script("truth", snakemake)
