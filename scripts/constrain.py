"""Find the sites that constraints of designs are about."""

from temperance.workflow.script import run_script

run_script("constrain", snakemake)
