"""Why a job on a cluster failed: in a line on the terminal, and in the log of the job."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from temperance.core.logs import ERROR, last_error


class FailureReporter(logging.Handler):
    """A handler of Snakemake's log that adds to the errors of jobs what they, or their scheduler, said last.

    Snakemake tells where the logs of a failed job are, of a job on a cluster the scheduler's words too, of a group of
    jobs nothing more. Jobs on this computer have said on the terminal what was wrong.

    Parameters
    ----------
    logger : logging.Logger
        Where errors go: Snakemake's own.
    """

    def __init__(self, logger: logging.Logger):
        super().__init__(logging.ERROR)
        self._logger = logger
        self._attempts: Counter[str] = Counter()
        # Ends of attempts that are told of, by log: a later attempt that never began has left the log as it was.
        self._told: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Report a record of Snakemake's log, if it is the error of a job or of a group of jobs on a cluster.

        Parameters
        ----------
        record : logging.LogRecord
            As Snakemake's interface for logger plugins describes it: `event`, `rule_name`, `rule_msg`, `log` and `aux`,
            or `job_error_info` and `aux_logs`.
        """
        fields = vars(record)
        event = getattr(fields.get("event"), "name", "")
        if event == "JOB_ERROR" and fields.get("rule_msg"):
            self._report([fields], fields["rule_msg"], fields["log"])
        elif event == "GROUP_ERROR":
            self._report(fields["job_error_info"], "the job on the cluster failed", fields["aux_logs"])

    def _report(self, jobs: Iterable[Mapping[str, Any]], message: str, logs: Iterable[str]) -> None:
        """Report jobs that were submitted as one."""
        jobs, words = list(jobs), _words(message, logs)
        own = {job["log"][0]: last_error([job["log"][0]]) for job in jobs if job["log"]}
        reasons = {log: reason for log, reason in own.items() if _changed(log) != self._told.get(log)}
        # What a job says of itself is more than what the scheduler does.
        explained = any(reasons.values())
        for job in jobs:
            log = job["log"][0] if job["log"] else ""
            self._attempts[log] += 1
            if log and not explained:
                _note(log, words)
            if reason := reasons.get(log) or ("" if explained else words):
                self._logger.error(f"{job['rule_name']} ({log}): {ERROR}{reason} (attempt {self._attempts[log]})")
            self._told[log] = _changed(log)


def install_failure_reporter() -> None:
    """Have Snakemake's log report why jobs failed, once."""
    # The environments of jobs have no Snakemake.
    from snakemake.logging import logger

    if not any(isinstance(handler, FailureReporter) for handler in logger.handlers):
        logger.addHandler(FailureReporter(logger))


def _changed(log: str) -> int:
    """When a file was last written, in nanoseconds; 0 if there is none."""
    return Path(log).stat().st_mtime_ns if Path(log).is_file() else 0


def _words(message: str, logs: Iterable[str]) -> str:
    """Take the first and the last of what a message calls errors, and what Slurm has written of the job's end.

    Between them sbatch tells of every time that it has tried.
    """
    lines = message.splitlines()
    errors = [line.strip(" '") for line in lines[1:] if ERROR in line]
    words = " ".join([lines[0], *errors[-1:]])
    for log in filter(Path.is_file, map(Path, logs)):
        ends = re.findall(r"^(?:slurmstepd|srun|slurmd): error: (.*)$", log.read_text(errors="replace"), re.M)
        words = " ".join([words, *dict.fromkeys(ends[-2:])])
    return words


def _note(path: str, words: str) -> None:
    """Write why a job failed into its log."""
    log = Path(path)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{ERROR}{words}\n")
