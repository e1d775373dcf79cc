"""Build a profile HMM from the held-out sequences."""

from temperance.stages import hmm
from temperance.workflow.job import run_stage

run_stage(hmm, snakemake)
