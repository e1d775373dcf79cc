"""Build a profile HMM from the held-out sequences."""

from temperance.workflow.script import run_script

run_script("hmm", snakemake)
