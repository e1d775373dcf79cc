"""Learn the judge that sees pairs from parts of the natural sequences."""

from temperance.workflow.script import run_script

run_script("judge", snakemake)
