"""What a run tells on the terminal, from records as Snakemake writes them."""

import logging
import sys
import time

import pytest
from snakemake.logging import ColorizingTextHandler
from snakemake.logging import logger as snakemake_logger
from snakemake_interface_logger_plugins.common import LogEvent

from temperance.workflow import console
from temperance.workflow.console import Console, Filter, explain_interrupt, install_console

JOBS = [
    (1, "train", {"family": "f", "subset": "n5-r1"}),
    (2, "sample", {"family": "f"}),
    (3, "report", {}),
    (0, "all", {}),
]
ANOTHER = (4, "train", {"family": "f", "subset": "n9-r1"})
# Expected seconds by rule.
SECONDS = {"train": 60.0, "sample": 30.0, "report": 10.0, "all": 0.0}


@pytest.fixture
def run(request, monkeypatch):
    """A console at a clock that is set by hand, the messages that reach the terminal, and a function that logs."""
    logger, messages, now = logging.getLogger("console"), [], [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Terminal(logging.Handler):
        def emit(self, record):
            messages.append(record.getMessage())

    terminal, known = Terminal(), dict(SECONDS)
    terminal.addFilter(Filter())
    told = Console(logger, lambda rule, wildcards: known.get(rule))
    logger.handlers, logger.propagate, logger.level = [terminal, told], False, logging.INFO
    jobs = getattr(request, "param", JOBS)
    told.plan(jobs)

    def log(message, event=None, at=None, **fields):
        now[0] = now[0] if at is None else 100.0 + at
        logger.info(message, extra=fields | ({"event": event} if event else {}))

    def begin(number, at):
        _, rule, wildcards = next(job for job in jobs if job[0] == number)
        log("rule", LogEvent.JOB_STARTED, at, jobs=[number])
        log("rule", LogEvent.RUN_INFO, at)
        log("rule", LogEvent.JOB_INFO, at, jobid=number, rule_name=rule, wildcards=wildcards)

    def end(number, done, at):
        log("Finished jobid", LogEvent.JOB_FINISHED, at, job_id=number)
        log(None, LogEvent.PROGRESS, at, done=done, total=4)

    def told_messages():
        return [message for message in messages if message != "rule"]

    return told_messages, log, begin, end, known


def test_a_job_has_a_line_when_it_begins_and_one_when_it_ends_with_the_time_to_go(run):
    """Of 100 expected seconds 60 are done after 30, so 20 are to go; of 90 after 63, 7."""
    messages, _, begin, end, _ = run
    begin(1, at=0)
    assert messages() == ["train f n5-r1: started"]
    end(1, 1, at=30)
    begin(2, at=40)
    end(2, 2, at=63)
    begin(3, at=63)
    end(3, 3, at=64)
    end(0, 4, at=64)
    assert messages()[1:] == [
        "train f n5-r1: finished in 30 s; 1 of 4 steps done, about 20 s to go",
        "sample f: started",
        "sample f: finished in 23 s; 2 of 4 steps done, about 7 s to go",
        "report: started",
        "report: finished in 1 s; 3 of 4 steps done, about 0 s to go",
        "4 of 4 steps done",
    ]


@pytest.mark.parametrize("run", [[*JOBS, ANOTHER]], indirect=True)
def test_jobs_are_expected_to_take_what_others_of_their_rule_took(run):
    """A report took the 10 s expected, a training 6 of 60: the next takes 6 s, a sampling 30 s x 16 / 70 = 6.9 s."""
    messages, _, begin, end, _ = run
    begin(3, at=0)
    end(3, 1, at=10)
    begin(1, at=10)
    end(1, 2, at=16)
    begin(4, at=16)
    assert messages()[3] == "train f n5-r1: finished in 6 s; 2 of 4 steps done, about 13 s to go"
    begin(2, at=16)
    end(4, 3, at=36)
    # Left is the sampling, 30 s x 36 / 130 = 8.3 s; 36 s of jobs took 36 s.
    assert messages()[-1] == "train f n9-r1: finished in 20 s; 3 of 4 steps done, about 8 s to go"


def test_no_time_is_told_before_sizes_are_known_and_a_fiftieth_is_done(run):
    messages, _, begin, end, known = run
    del known["train"]
    begin(2, at=0)
    end(2, 1, at=10)
    known["train"] = 5000.0
    begin(3, at=10)
    end(3, 2, at=20)
    # 40 of 5,040 seconds are less than a fiftieth.
    assert messages()[1] == "sample f: finished in 10 s; 1 of 4 steps done"
    assert messages()[3] == "report: finished in 10 s; 2 of 4 steps done"


def test_what_the_console_tells_in_other_words_is_not_told_twice(run):
    messages, log, *_ = run
    log("Select jobs to execute...")
    log("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[1])
    log("Building DAG of jobs...")
    log("RuleException:\nin file x")
    assert messages() == ["Building DAG of jobs...", "RuleException:\nin file x"]


def test_an_interrupt_is_one_line_and_what_follows_from_it_none(run):
    messages, log, *_ = run
    log("Terminating processes on user request, this might take some time.")
    log("RuleException:\nCalledProcessError in file x, line 31")
    log("Elapsed time: 0:00:01")
    log("WorkflowError:\nAt least one job did not complete successfully.")
    assert messages() == ["stopping: running jobs are ended", "Elapsed time: 0:00:01"]


def test_a_run_that_is_asked_to_end_says_once_what_it_waits_for(run):
    messages, log, *_ = run
    for _ in range(3):
        log("Will exit after finishing currently running jobs (scheduler).")
    assert messages() == ["stopping: running jobs are finished first; Ctrl-C ends them at once"]


def test_a_dry_run_beside_a_run_is_warned_not_refused(run):
    messages, log, *_ = run
    log("Error: Directory cannot be locked. Another Snakemake instance is running.")
    assert messages() == ["warning: another run is at work in this folder; what it has not finished yet is listed, too"]


def test_an_interrupt_of_the_plan_has_no_traceback_and_faults_have(capsys):
    explain_interrupt(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == "stopped before the first job; the same command begins again\n"
    explain_interrupt(ValueError, ValueError("x"), None)
    assert capsys.readouterr().err == "ValueError: x\n"


def test_one_console_is_installed_beside_snakemakes_own_stream_alone(monkeypatch):
    monkeypatch.setattr(snakemake_logger, "handlers", [])
    assert install_console(SECONDS.get, False) is None and snakemake_logger.handlers == []
    stream = ColorizingTextHandler(stream=sys.stderr)
    snakemake_logger.handlers.append(stream)
    assert install_console(SECONDS.get, True) is None and len(stream.filters) == 1
    first = install_console(SECONDS.get, False)
    assert install_console(SECONDS.get, False) is first is not None
    assert snakemake_logger.handlers == [stream, first] and len(stream.filters) == 1
    assert console.Console is type(first)
