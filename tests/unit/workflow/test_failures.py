"""What is reported of a job that failed."""

import logging
import os

import pytest
from snakemake.logging import logger as snakemake_logger
from snakemake_interface_logger_plugins.common import LogEvent

from temperance.workflow.failures import FailureReporter, install_failure_reporter

REFUSED = """SLURM sbatch failed. The error message was 'sbatch: error: unable to accept job, retrying (attempt 1)
sbatch: error: unable to accept job, retrying (attempt 2)
sbatch: error: Batch job submission failed: Requested node configuration is not available'"""


@pytest.fixture
def reported():
    """Messages of a log with a reporter, beside those that it is given, and that log."""
    logger, messages = logging.getLogger("failures"), []
    logger.handlers, logger.propagate = [FailureReporter(logger)], False

    class Messages(logging.Handler):
        def emit(self, record):
            if not hasattr(record, "event"):
                messages.append(record.getMessage())

    logger.addHandler(Messages())
    return messages, logger


def fail(reported, log, message):
    """Log the error of a job as Snakemake does."""
    messages, logger = reported
    fields = {"event": LogEvent.JOB_ERROR, "rule_name": "train", "rule_msg": message, "log": [str(log)], "aux": {}}
    logger.error("Error in rule train", extra=fields)
    return messages[-1] if messages else None


def test_a_job_s_own_error_is_reported_and_an_attempt_that_never_began_has_none(reported, tmp_path):
    log = tmp_path / "train.log"
    log.write_text("12:00:00 step 10\n12:00:01 error: out of memory\n")
    assert fail(reported, log, "SLURM job '7' failed") == f"train ({log}): error: out of memory (attempt 1)"
    refused = fail(reported, log, REFUSED)
    assert "Requested node configuration is not available" in refused
    assert "attempt 2)\n" not in refused
    assert "out of memory" not in refused
    assert refused.endswith("(attempt 2)")


def test_the_scheduler_s_words_are_in_the_log_of_a_job_that_left_none(reported, tmp_path):
    log = tmp_path / "logs" / "train.log"
    fail(reported, log, REFUSED)
    assert "Requested node configuration is not available" in log.read_text()


def test_each_attempt_is_counted_and_only_the_last_error_of_the_scheduler_is_repeated(reported, tmp_path):
    log = tmp_path / "train.log"
    for attempt in (1, 2, 3):
        log.write_text(f"12:00:0{attempt} error: out of memory {attempt}\n")
        os.utime(log, ns=(attempt, attempt))
        message = fail(reported, log, REFUSED)
        assert message == f"train ({log}): error: out of memory {attempt} (attempt {attempt})"
    other = tmp_path / "other.log"
    assert fail(reported, other, REFUSED) == (
        f"train ({other}): error: SLURM sbatch failed. The error message was 'sbatch: error: unable to accept job, "
        "retrying (attempt 1) sbatch: error: Batch job submission failed: Requested node configuration is not "
        "available (attempt 1)"
    )


def test_messages_that_are_no_errors_of_jobs_are_passed_over(reported):
    messages, logger = reported
    logger.error("x", extra={"event": LogEvent.JOB_INFO, "rule_name": "train", "rule_msg": "m", "log": ["x"]})
    logger.error("y")
    assert messages == ["y"]


def test_a_job_on_this_computer_has_said_itself_what_was_wrong(reported, tmp_path):
    assert fail(reported, tmp_path / "train.log", None) is None


def test_of_a_group_the_job_that_failed_is_reported_or_what_slurm_wrote(reported, tmp_path):
    messages, logger = reported
    logs = [tmp_path / "train.log", tmp_path / "sample.log"]
    jobs = [{"rule_name": log.stem, "log": [str(log)]} for log in logs]
    slurm = tmp_path / "7.log"
    slurm.write_text("slurmstepd: error: *** JOB 7 ON node CANCELLED DUE TO TIME LIMIT ***\n")
    fields = {"event": LogEvent.GROUP_ERROR, "groupid": "g", "job_error_info": jobs, "aux_logs": [str(slurm)]}
    logs[1].write_text("12:00:01 error: no room\n")
    logger.error("Error in group g", extra=fields)
    assert messages == [f"sample ({logs[1]}): error: no room (attempt 1)"]
    logger.error("Error in group g", extra=fields)
    words = "error: the job on the cluster failed *** JOB 7 ON node CANCELLED DUE TO TIME LIMIT *** (attempt 2)"
    assert messages[1:] == [f"train ({logs[0]}): {words}", f"sample ({logs[1]}): {words}"]
    assert "TIME LIMIT" in logs[0].read_text()


def test_a_workflow_within_another_has_one_reporter():
    for _ in range(2):
        install_failure_reporter()
    assert [type(handler) for handler in snakemake_logger.handlers].count(FailureReporter) == 1
