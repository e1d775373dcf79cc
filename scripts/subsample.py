"""Draw a training set of one size, and weigh its sequences."""

from temperance.workflow.script import run_script

run_script("subsample", snakemake)
