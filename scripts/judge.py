"""Learn the judge that sees pairs from parts of the natural sequences."""

from temperance.stages import judge
from temperance.workflow.job import run_stage

run_stage(judge, snakemake)
