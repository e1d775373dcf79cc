"""Write one page over all families."""

from temperance.workflow.script import run_script

run_script("report", snakemake)
