"""Read, encode, filter and weigh an alignment."""

from temperance.workflow.script import run_script

run_script("ingest", snakemake)
