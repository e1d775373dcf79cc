"""Begin a job: load the module of its rule, which takes seconds, and run it."""

import signal
from importlib import import_module
from typing import Any


def run_script(name: str, snakemake: Any) -> None:
    """Run the stage of a rule. An interrupt while modules are loaded ends the process, which has nothing to say yet.

    Parameters
    ----------
    name : str
        Module of `temperance.stages`.
    snakemake : object
        The object that Snakemake passes to a script.
    """
    handler = signal.getsignal(signal.SIGINT)
    # A job that ignores interrupts, since it runs in the background, goes on doing so.
    if handler != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    stage, job = import_module(f"temperance.stages.{name}"), import_module("temperance.workflow.job")
    signal.signal(signal.SIGINT, handler)
    job.run_stage(stage, snakemake)
