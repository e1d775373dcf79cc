"""What jobs ask of a cluster: memory and time, by formulas that docs/scale.md compares with what jobs took."""

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Settings = Mapping[str, Any]


class Size(NamedTuple):
    """Sequences, columns and states of a family."""

    M: int
    L: int
    q: int

    @property
    def couplings(self) -> float:
        """Megabytes of full single-precision couplings."""
        return 4 * (self.L * self.q) ** 2 / 1e6

    @property
    def alignment(self) -> float:
        """Megabytes of the encoded alignment."""
        return self.M * self.L / 1e6


# Where nothing is known of a family yet: a large one.
_UNKNOWN = Size(50_000, 300, 21)
# Bytes of a file that tell how long its first sequences are, and how much shorter than text a gzipped file is.
_LOOK, _PACKED = 1 << 20, 6
# Bytes of a sequence in a database, its title included.
_OF_A_PROTEIN = 400
# Megabytes of an idle program with Numba's kernels, of one with the context of a card, and of the processes of
# Snakemake that a cluster counts with a job: that of the submission and that of its step.
_IDLE, _CARD, SNAKEMAKE = 260, 3500, 400
# Least minutes of a job, and of those that are many and short; and how many times the estimate is asked for, since
# nodes are slower than the one it was fitted to.
_LEAST, _SHORT, _MARGIN = 10, {"hmm": 5, "subsample": 2}, 3


def known_size(summary: str, family: Settings) -> Size:
    """Read the size that `ingest` found, or estimate it from the beginnings of the files that it is made from."""
    try:
        found = json.loads(Path(summary).read_text(encoding="utf-8"))
        return Size(found["M"], found["L"], found["q"])
    except (OSError, ValueError, KeyError):
        if alignment := family.get("alignment"):
            return _looked_at(alignment)
        if begins := family.get("query") or family.get("seed"):
            # As long as what the search begins with, and no more sequences than there are to find.
            sequences = _unpacked(family["database"]) // _OF_A_PROTEIN + 1
            return _looked_at(begins)._replace(M=min(sequences, _UNKNOWN.M))
        return _UNKNOWN


@cache
def _looked_at(alignment: str) -> Size:
    try:
        with Path(alignment).open("rb") as file:
            total, beginning = Path(alignment).stat().st_size, file.read(_LOOK)
    except OSError:
        return _UNKNOWN
    if beginning[:2] == b"\x1f\x8b":
        return Size(_PACKED * total // _UNKNOWN.L + 1, _UNKNOWN.L, _UNKNOWN.q)
    if not beginning.startswith(b">"):
        length = max(map(len, beginning.split()), default=1)
        return Size(total // length + 1, length, _UNKNOWN.q)
    records = beginning.split(b">")[1:]
    length = max(sum(map(len, record.splitlines()[1:])) for record in records)
    return Size(total * len(records) // len(beginning) + 1, length, _UNKNOWN.q)


def database_memory(path: str) -> int:
    """Megabytes that a search of a database takes at most; a gzipped one lies unpacked in memory."""
    in_memory = 2.5 * _unpacked(path) / 1e6 if path.endswith(".gz") else 0
    return round(_IDLE + SNAKEMAKE + 500 + in_memory)


def _unpacked(path: str) -> int:
    """Bytes of a file, a gzipped one as it was before."""
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    return size * _PACKED if path.endswith(".gz") else size


def memory(stage: str, size: Size, family: Settings, engine: str = "auto", gpu: bool = False) -> int:
    """Megabytes of a computer's own memory that a job of this stage takes at most.

    Couplings decide for long families, the alignment for deep ones.
    """
    models, alignments, samples, more = _MEMORY[stage]
    if stage == "train" and engine == "jax" and not gpu:
        models = _REFERENCE
    chains = family["train"]["confirm_chains"] * size.L / 1e6 if stage == "train" else 0
    idle = (_CARD if gpu else _IDLE) + SNAKEMAKE
    kept = _temperatures(family) * family["sample"]["sequences"] * size.L / 1e6
    # Energies of all samples at all rungs, as reweighting takes them.
    reweighted = 8e-6 * family["sample"]["sequences"] * _rungs(size, family) ** 2 if stage == "thermodynamics" else 0
    more += samples * kept + 3 * reweighted
    return round(idle + more + models * (size.couplings + chains) + alignments * size.alignment)


# Full couplings that training takes with the reference engine, which does not spare memory.
_REFERENCE = 22
# Full couplings, alignments, samples of all temperatures, and megabytes beside them.
_MEMORY: dict[str, tuple[float, float, float, float]] = {
    "ingest": (0, 12, 0, 100),
    "split": (0, 6, 0, 100),
    "hmm": (0, 4, 0, 0),
    "covariance_model": (0, 4, 0, 200),
    "judge": (7, 8, 0, 100),
    "subsample": (0, 6, 0, 0),
    "train": (4.7, 2, 0, 0),
    "sample": (3, 2, 5, 100),
    "thermodynamics": (4.5, 20, 5, 450),
    "score": (4.5, 16, 10, 150),
    "compare": (7, 300, 15, 500),
    "optimum": (0, 4, 5, 200),
    "design": (4.5, 6, 0, 250),
    "predict": (4, 4, 0, 200),
    "figures": (1, 6, 5, 250),
}


def minutes(stage: str, size: Size, family: Settings, threads: int) -> int:
    """Minutes that a job of this stage takes at most, on processors a third as fast as those of docs/scale.md."""
    seconds = _SECONDS[stage](size, family) * 2 / threads if stage in _SECONDS else 0.0
    return round(_SHORT.get(stage, _LEAST) + _MARGIN * (seconds + size.M**2 * size.L / 1e11) / 60)


def _updates(size: Size, count: float) -> float:
    """Seconds of so many sweeps of a chain: an update reads a row of every other site's couplings."""
    return count * size.L * (20 + 0.5 * size.L * size.q / 21) * 1e-9


def _added(family: Settings) -> float:
    """Temperatures that are added to those that were asked for, at most: a window from 1.1 down to 0.1."""
    spacing = family["sample"]["spacing"]
    return math.log(11) / -math.log1p(-spacing) if spacing else 0


def _temperatures(family: Settings) -> float:
    return len(family["sample"]["temperatures"]) + _added(family)


def _rungs(size: Size, family: Settings) -> float:
    return 10 + 4 * size.L**0.5 + _added(family)


def _train(size: Size, family: Settings) -> float:
    plan = family["train"]
    steps = plan["max_steps"] + len(plan["l2_path"]) * plan["path_steps"]
    # Populations: a part of the chains after every block of steps, all of them at each strength, and two confirmations.
    annealed = (0.15 * steps / plan["check_every"] + len(plan["l2_path"])) * plan["chains"] + 2 * plan["confirm_chains"]
    seconds = 2 * _updates(size, steps * plan["chains"] * plan["sweeps"] + annealed * _ANNEALING_SWEEPS * size.L**0.5)
    return min(seconds, 60 * plan["max_minutes"] + seconds / 2) if plan["max_minutes"] else seconds


# Sweeps that a population takes from infinite temperature to 1, over the square root of the number of sites.
_ANNEALING_SWEEPS = 15


def _sample(size: Size, family: Settings) -> float:
    plan = family["sample"]
    draws = max(1, plan["sequences"] / plan["ladders"])
    # Survey, and draws that are taken again four times as far apart up to the most.
    sweeps = draws * (2 * plan["sweeps"] + 1.5 * plan["max_sweeps"])
    return 1.5 * _updates(size, sweeps * plan["ladders"] * _rungs(size, family))


def _design(size: Size, family: Settings) -> float:
    plan = family["sample"] | {"spacing": None, "sequences": family["design"]["candidates"]}
    return _sample(size, {"sample": plan}) + 60


def _score(size: Size, family: Settings) -> float:
    return 20 + 6 * _temperatures(family) + size.M * size.L / 1e5 + size.M * size.L**2 / 1e8


def _thermodynamics(size: Size, family: Settings) -> float:
    plan = family["annealing"]
    return 4 * _updates(size, plan["chains"] * plan["steps"] * 10) + 1e-3 * size.L * size.q * _rungs(size, family)


def _conditionals(size: Size) -> float:
    """Estimate the seconds of a hundred gradients of every site's softmax."""
    return 100 * 4 * size.M * (size.L * size.q) ** 2 / 3e10


_SECONDS: dict[str, Callable[[Size, Settings], float]] = {
    "train": _train,
    "sample": _sample,
    "thermodynamics": _thermodynamics,
    # An inversion of the covariances for each half.
    "judge": lambda size, family: 1e-9 * (size.L * size.q) ** 3 + size.M * size.L**2 / 1e7,
    "score": _score,
    "compare": lambda size, family: _train(size, family) + _sample(size, family) + _conditionals(size) + 60,
    "design": _design,
}
