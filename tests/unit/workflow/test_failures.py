"""What is told of a job that failed."""

from types import SimpleNamespace

import pytest
from snakemake.logging import logger
from snakemake_interface_executor_plugins.executors.base import AbstractExecutor

from temperance.workflow.failures import install_error_reporter

REFUSED = """SLURM sbatch failed. The error message was 'sbatch: error: unable to accept job, retrying (attempt 1)
sbatch: error: unable to accept job, retrying (attempt 2)
sbatch: error: Batch job submission failed: Requested node configuration is not available'"""


@pytest.fixture
def told(monkeypatch):
    """What is said on the terminal, and how to have a job fail."""
    monkeypatch.setattr(AbstractExecutor, "print_job_error", lambda *arguments, **named: None)
    said = []
    monkeypatch.setattr(logger, "error", said.append)
    install_error_reporter()

    def fail(job, message):
        AbstractExecutor.print_job_error(None, SimpleNamespace(job=job), message)
        return said[-1]

    return fail


class Job(SimpleNamespace):
    __hash__ = object.__hash__


def job(log, attempt=1):
    return Job(rule=SimpleNamespace(name="train"), wildcards=["ww", "f1-r1"], log=[str(log)], attempt=attempt)


def test_a_job_s_own_error_is_told_and_an_attempt_that_never_began_has_none(told, tmp_path):
    log = tmp_path / "train.log"
    log.write_text("12:00:00 step 10\n12:00:01 error: out of memory\n")
    assert told(job(log), "SLURM job '7' failed") == "train ww f1-r1: error: out of memory (attempt 1)"
    refused = told(job(log, 2), REFUSED)
    assert "Requested node configuration is not available" in refused
    assert "attempt 2)\n" not in refused
    assert "out of memory" not in refused
    assert refused.endswith("(attempt 2)")


def test_the_scheduler_s_words_are_in_the_log_of_a_job_that_left_none(told, tmp_path):
    log = tmp_path / "logs" / "train.log"
    told(job(log), REFUSED)
    assert "Requested node configuration is not available" in log.read_text()
