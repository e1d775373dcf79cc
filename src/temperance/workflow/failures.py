"""Report why jobs on a cluster failed: in a line on the terminal, and in the log of the job."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from temperance.core.logs import ERROR, last_error


class FailureReporter(logging.Handler):
    """Add to the errors in Snakemake's log the last message of the failed job, or of its scheduler.

    Snakemake names the logs of a failed job and, for a job on a cluster, repeats the scheduler's message; for a group
    of jobs it names the logs only. Jobs on this computer have written their errors to the terminal already.

    Parameters
    ----------
    logger : logging.Logger
        Logger that receives the errors: Snakemake's own.
    """

    def __init__(self, logger: logging.Logger):
        super().__init__(logging.ERROR)
        self._logger = logger
        self._attempts: Counter[str] = Counter()
        # Time of change of each log when it was reported: an attempt that never began has left its log unchanged.
        self._reported: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Report a log record, if it is the error of a job or of a group of jobs on a cluster.

        Parameters
        ----------
        record : logging.LogRecord
            Record as Snakemake's interface for logger plugins describes it: `event`, `rule_name`, `rule_msg`, `log` and
            `aux`, or `job_error_info` and `aux_logs`.
        """
        fields = vars(record)
        event = getattr(fields.get("event"), "name", "")
        if event == "JOB_ERROR" and fields.get("rule_msg"):
            self._report([fields], fields["rule_msg"], fields["log"])
        elif event == "GROUP_ERROR":
            self._report(fields["job_error_info"], "the job on the cluster failed", fields["aux_logs"])

    def _report(self, jobs: Iterable[Mapping[str, Any]], message: str, logs: Iterable[str]) -> None:
        """Report jobs that were submitted together."""
        jobs, summary = list(jobs), _summarise(message, logs)
        errors = {job["log"][0]: last_error([job["log"][0]]) for job in jobs if job["log"]}
        reasons = {log: error for log, error in errors.items() if _modified(log) != self._reported.get(log)}
        # The error in a job's log says more than the scheduler's message.
        explained = any(reasons.values())
        for job in jobs:
            log = job["log"][0] if job["log"] else ""
            self._attempts[log] += 1
            if log and not explained:
                _append_error(log, summary)
            if reason := reasons.get(log) or ("" if explained else summary):
                self._logger.error(f"{job['rule_name']} ({log}): {ERROR}{reason} (attempt {self._attempts[log]})")
            self._reported[log] = _modified(log)


def install_failure_reporter() -> None:
    """Add a `FailureReporter` to Snakemake's logger, unless it has one."""
    # Imported here: the environments of jobs have no Snakemake.
    from snakemake.logging import logger

    if not any(isinstance(handler, FailureReporter) for handler in logger.handlers):
        logger.addHandler(FailureReporter(logger))


def _modified(log: str) -> int:
    """Return when a file was last changed, in nanoseconds; 0 if it does not exist."""
    return Path(log).stat().st_mtime_ns if Path(log).is_file() else 0


def _summarise(message: str, logs: Iterable[str]) -> str:
    """Extract the first line and the last error of a scheduler's message, and what Slurm wrote at the end of the job.

    In between sbatch lists each of its attempts.
    """
    lines = message.splitlines()
    errors = [line.strip(" '") for line in lines[1:] if ERROR in line]
    summary = " ".join([lines[0], *errors[-1:]])
    for log in filter(Path.is_file, map(Path, logs)):
        ends = re.findall(r"^(?:slurmstepd|srun|slurmd): error: (.*)$", log.read_text(errors="replace"), re.M)
        summary = " ".join([summary, *dict.fromkeys(ends[-2:])])
    return summary


def _append_error(path: str, message: str) -> None:
    """Append the reason of a failure to the log of a job."""
    log = Path(path)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{ERROR}{message}\n")
