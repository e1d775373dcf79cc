"""List all compact folds of the 3 x 3 x 3 lattice."""

from temperance.workflow.script import run_script

run_script("folds", snakemake)
