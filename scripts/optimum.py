"""Find the temperatures that a family's models call for, and recommend one."""

from temperance.workflow.script import run_script

run_script("optimum", snakemake)
