"""Write the largest model, its samples nearest the recommended temperature, or what it sees, for other programs."""

from temperance.workflow.script import run_script

run_script("export", snakemake)
