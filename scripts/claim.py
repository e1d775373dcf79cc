"""Test one claim of theory on systems that are solved exactly."""

from temperance.workflow.script import run_script

run_script("claim", snakemake)
