"""Why a job failed: in a line on the terminal, in the log of the job, and in a table of families that are not done."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from temperance.core.logs import ERROR, last_error


def install_error_reporter() -> None:
    """Have executors tell why a job failed.

    Snakemake 9 drops what a scheduler has said: of a job's message the words, of a group's all of it.
    """
    # The environments of jobs have no Snakemake.
    from snakemake.logging import logger
    from snakemake_interface_executor_plugins.executors.base import AbstractExecutor

    shown = AbstractExecutor.print_job_error
    # Ends of attempts that are told of, by log: a later attempt that never began has left the log as it was.
    told: dict[str, int] = {}

    def print_job_error(self: Any, info: Any, msg: str | None = None, **others: Any) -> None:
        if msg:
            words = _words(msg, others.get("aux_logs") or [])
            jobs = getattr(info.job, "jobs", [info.job])
            reasons = {job: last_error(log for log in job.log if _changed(log) != told.get(log)) for job in jobs}
            # What a job says of itself is more than what the scheduler does.
            if not any(reasons.values()):
                for job in jobs:
                    _note(job.log, words)
            for job in jobs:
                if reasons[job] or not any(reasons.values()):
                    label = " ".join([job.rule.name, *map(str, job.wildcards)])
                    logger.error(f"{label}: {ERROR}{reasons[job] or words} (attempt {job.attempt})")
            told.update({log: _changed(log) for job in jobs for log in job.log})
        shown(self, info, msg, **others)

    AbstractExecutor.print_job_error = print_job_error


def _changed(log: str) -> int:
    """When a file was last written, in nanoseconds; 0 if there is none."""
    return Path(log).stat().st_mtime_ns if Path(log).is_file() else 0


def _words(message: str, logs: Iterable[str]) -> str:
    """Take the first and the last of what a message calls errors, and what Slurm has written of the job's end.

    Between them sbatch tells of every time that it has tried.
    """
    lines = message.splitlines()
    errors = [line.strip(" '") for line in lines[1:] if ERROR in line]
    said = " ".join([lines[0], *errors[-1:]])
    for log in filter(Path.is_file, map(Path, logs)):
        ends = re.findall(r"^(?:slurmstepd|srun|slurmd): error: (.*)$", log.read_text(errors="replace"), re.M)
        said = " ".join([said, *dict.fromkeys(ends[-2:])])
    return said


def _note(logs: Iterable[str], words: str) -> None:
    for log in map(Path, logs):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{ERROR}{words}\n")
