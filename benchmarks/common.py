"""What the benchmarks share: measuring in turn, the peer's process, and where tables lie."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.alphabet import alphabet
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

HERE = Path(__file__).parent
MEASURED = HERE / "measured"
REPEATS = 3


def save(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write measured rows as measured/{name}.tsv."""
    MEASURED.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(MEASURED / f"{name}.tsv", sep="\t", index=False, float_format="%.6g")


def in_turn(contestants: Mapping[str, Callable[[], float]], repeats: int = REPEATS) -> dict[str, float]:
    """Median seconds of each contestant, all measured once in every round; a first round does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(repeats + 1):
        for name, measure in contestants.items():
            duration = measure()
            if repeat:
                seconds[name].append(duration)
    return {name: statistics.median(durations) for name, durations in seconds.items()}


def clocked(action: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


class Process:
    """A command that has ended, well or at its limit: seconds that it took, peak memory in bytes."""

    def __init__(self, command: Sequence[str | Path], limit: float | None = None, log: Path | None = None):
        started, self.peak, stopped = time.perf_counter(), 0, False
        output = log.open("w") if log else subprocess.DEVNULL
        child = subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.STDOUT)
        while child.poll() is None:
            if limit and time.perf_counter() - started > limit and not stopped:
                stopped = True
                child.terminate()
            # Asked while it runs: the account after its end includes the memory of the process that forked it.
            status = Path(f"/proc/{child.pid}/status").read_text()
            self.peak = max(
                [self.peak, *(int(line.split()[1]) * 1024 for line in status.splitlines() if "VmHWM" in line)]
            )
            time.sleep(0.01)
        self.seconds = time.perf_counter() - started
        if child.returncode and not stopped:
            end = f": {log.read_text()[-2000:]}" if log else ""
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {child.returncode}{end}")


class Peer:
    """The peer's interpreter running peer_worker.py: a request a line, an answer a line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(peer_program("python")), str(HERE / "peer_worker.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, **request: Any) -> float:
        """The number that it answers with."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


def peer_program(name: str) -> Path:
    """A program of the folder that the peer is installed in."""
    return Path(os.environ["PEER"]) / "bin" / name


def random_potts(length: int, q: int, rng: np.random.Generator) -> Potts:
    """Normal couplings that give local fields a standard deviation of a half; and fields of one."""
    left, _ = pairs_of_sites(length)
    couplings = rng.normal(0, 0.5 / length**0.5, (len(left), q, q)).astype(np.float32)
    return Potts.from_pairs(rng.normal(0, 1, (length, q)).astype(np.float32), couplings)


def write_fasta(path: Path, sequences: np.ndarray) -> None:
    rows = alphabet("protein").decode(sequences)
    path.write_text("".join(f">s{n}\n{row}\n" for n, row in enumerate(rows)))


def rule_seconds(results: Path) -> pd.DataFrame:
    """Rule, seconds and peak memory (MB) of every job that left its benchmark in a folder of results."""
    rows = []
    for file in sorted(results.rglob("benchmarks/*.tsv")):
        job = pd.read_csv(file, sep="\t").iloc[0]
        rows.append({"rule": file.stem.split("-")[0], "seconds": job["s"], "memory": job["max_rss"]})
    return pd.DataFrame(rows)


def machine() -> str:
    """Processor, cores and memory in a line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "unknown processor",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"
