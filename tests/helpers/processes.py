"""Processes that a test may end: those that one it has started, or a job of its own, has begun."""

import contextlib
import re
import subprocess

import psutil


def descendants(pid: int, command: str = "") -> list[psutil.Process]:
    """Processes that the one with this number has begun, and these in turn, whose command matches a pattern."""
    processes = []
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if re.search(command, " ".join(process.cmdline())):
                processes.append(process)
    return processes


def processes_of_job(number: int) -> list[psutil.Process]:
    """Slurm's own processes of a job that runs on this node, and all that they have begun."""
    listed = subprocess.run(["scontrol", "listpids", str(number)], capture_output=True, text=True, check=True).stdout
    steps = set()
    for pid in re.findall(r"^\s*(\d+)\s", listed, re.M):
        with contextlib.suppress(psutil.NoSuchProcess):
            parents = psutil.Process(int(pid)).parents()
            steps |= {parent for parent in parents if parent.name().startswith("slurmstepd")}
    return [process for step in steps for process in (step, *descendants(step.pid))]


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
