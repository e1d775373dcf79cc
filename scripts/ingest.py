"""Read, encode, filter and weigh an alignment."""

from temperance.stages import ingest
from temperance.workflow.job import run_stage

run_stage(ingest, snakemake)
