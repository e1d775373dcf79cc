"""Hold out sequences that no training sequence resembles."""

from temperance.workflow.script import run_script

run_script("split", snakemake)
