"""Why a job failed: in a line on the terminal, in the log of the job, and in a table of families that are not done."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

_SAID = "error: "


def announce() -> None:
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
            reasons = {job: _last_error(log for log in job.log if _changed(log) != told.get(log)) for job in jobs}
            # What a job says of itself is more than what the scheduler does.
            if not any(reasons.values()):
                for job in jobs:
                    _note(job.log, words)
            for job in jobs:
                if reasons[job] or not any(reasons.values()):
                    label = " ".join([job.rule.name, *map(str, job.wildcards)])
                    logger.error(f"{label}: {_SAID}{reasons[job] or words} (attempt {job.attempt})")
            told.update({log: _changed(log) for job in jobs for log in job.log})
        shown(self, info, msg, **others)

    AbstractExecutor.print_job_error = print_job_error


def _changed(log: str) -> int:
    """When a file was last written, in nanoseconds; 0 if there is none."""
    return Path(log).stat().st_mtime_ns if Path(log).is_file() else 0


def _words(message: str, logs: Iterable[str]) -> str:
    """The first and the last of what a message calls errors, and what Slurm has written of the job's end.

    Between them sbatch tells of every time that it has tried.
    """
    lines = message.splitlines()
    errors = [line.strip(" '") for line in lines[1:] if _SAID in line]
    said = " ".join([lines[0], *errors[-1:]])
    for log in filter(Path.is_file, map(Path, logs)):
        ends = re.findall(r"^(?:slurmstepd|srun|slurmd): error: (.*)$", log.read_text(errors="replace"), re.M)
        said = " ".join([said, *dict.fromkeys(ends[-2:])])
    return said


def _last_error(logs: Iterable[str]) -> str | None:
    """The last error of a job's log, which every attempt that begins writes anew."""
    for log in filter(Path.is_file, map(Path, logs)):
        said = [line for line in log.read_text(errors="replace").splitlines() if _SAID in line]
        if said:
            return said[-1].split(_SAID, 1)[1]
    return None


def _note(logs: Iterable[str], words: str) -> None:
    for log in map(Path, logs):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{_SAID}{words}\n")


def unfinished(results: str, families: Iterable[str]) -> pd.DataFrame:
    """Families that are not done: family, job, reason, a row for each job whose log ends in an error."""
    rows = []
    for family in families:
        failed = {log: _last_error([str(log)]) for log in sorted(Path(results, family, "logs").glob("*.log"))}
        found = [(family, log.stem, reason) for log, reason in failed.items() if reason]
        rows += found or [(family, "", "not finished")]
    return pd.DataFrame(rows, columns=["family", "job", "reason"])
