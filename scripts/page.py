"""Write the page of one family: the answer first, then the evidence."""

from temperance.workflow.script import run_script

run_script("page", snakemake)
