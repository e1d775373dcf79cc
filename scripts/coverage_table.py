"""Put the coverage of all systems together."""

from temperance.workflow.script import run_script

run_script("coverage_table", snakemake)
