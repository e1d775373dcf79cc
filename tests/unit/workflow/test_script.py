"""The beginning of a job."""

import subprocess
import sys

import pytest

LOAD = """
import signal
from types import SimpleNamespace
from temperance.workflow import script

def load(name):
    print(name, signal.getsignal(signal.SIGINT).__repr__())
    return SimpleNamespace(name=name, run_stage=run_stage)

def run_stage(stage, snakemake):
    print(stage.name, snakemake, signal.getsignal(signal.SIGINT) is before)

script.import_module = load
signal.signal(signal.SIGINT, {})
before = signal.getsignal(signal.SIGINT)
script.run_script("train", 7)
"""


@pytest.mark.parametrize(
    ("before", "loading"), [("signal.default_int_handler", "SIG_DFL"), ("signal.SIG_IGN", "SIG_IGN")]
)
def test_an_interrupt_while_modules_are_loaded_ends_a_job_that_does_not_ignore_it(before, loading):
    run = subprocess.run([sys.executable, "-c", LOAD.format(before)], capture_output=True, text=True, check=True)
    stage, job, last = run.stdout.splitlines()
    assert stage.startswith("temperance.stages.train ") and loading in stage
    assert job.startswith("temperance.workflow.job ") and loading in job
    assert last == "temperance.stages.train 7 True"
