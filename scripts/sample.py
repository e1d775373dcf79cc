"""Sample a model at all temperatures by replica exchange."""

from temperance.workflow.script import run_script

run_script("sample", snakemake)
