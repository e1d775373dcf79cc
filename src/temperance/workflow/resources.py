"""Estimate the memory and time that jobs request from a cluster.

docs/scale.md compares the formulas with what jobs have used.
"""

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from temperance.core.errors import InputError
from temperance.core.opening import compression
from temperance.core.settings.run import FamilySettings


class Size(NamedTuple):
    """Size of a family's alignment.

    Attributes
    ----------
    M, L, q : int
        Numbers of sequences, columns and states of a site.
    """

    M: int
    L: int
    q: int

    @property
    def couplings(self) -> float:
        """Compute the size of full single-precision couplings.

        Returns
        -------
        float
            Megabytes.
        """
        return 4 * (self.L * self.q) ** 2 / 1e6

    @property
    def alignment(self) -> float:
        """Compute the size of the encoded alignment.

        Returns
        -------
        float
            Megabytes.
        """
        return self.M * self.L / 1e6


# Assumed as long as a family's files do not exist: a large family.
_DEFAULT_SIZE = Size(50_000, 300, 21)
# Bytes at the beginning of a file from which the length of sequences is estimated, and the ratio of the sizes of a file
# and of the same compressed.
_BYTES_READ, _COMPRESSION, _COMPRESSED = 1 << 20, 6, (".gz", ".bz2", ".xz")
# Mean bytes of a sequence in a database, its title included.
_BYTES_PER_PROTEIN = 400
# Megabytes of an idle process with Numba's kernels, of one with the context of a card, and of Snakemake's processes
# that a cluster adds to a job's: one of the submission and one of its step.
_IDLE_MEMORY, _CARD_MEMORY, SNAKEMAKE_MEMORY = 260, 3500, 400
# Smallest request in minutes, in general and for rules with many short jobs; and factor from the estimated to the
# requested time, since nodes may be slower than the computer on which the formulas were fitted.
_LEAST_MINUTES, _SHORT_MINUTES, _SAFETY_FACTOR = 10, {"hmm": 5, "subsample": 2}, 3
# Sweeps of a population from infinite temperature to 1, divided by the square root of the number of sites.
_ANNEALING_SWEEPS = 15
# Training with the reference engine (jax without an accelerator) takes so many times the full couplings.
_REFERENCE_COUPLINGS = 22
# Memory by stage: multiples of the full couplings, of the alignment and of the samples of all temperatures, and a
# constant in megabytes.
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
    "measured": (4.5, 6, 10, 500),
    "feedback": (6.7, 6, 0, 100),
    "predict": (4, 4, 0, 200),
    "figures": (1, 6, 5, 250),
}
MEMORY_STAGES = tuple(_MEMORY)


def alignment_size(summary: str, family: FamilySettings) -> Size:
    """Read the size of a family that `ingest` has measured, or estimate it from the files that the family is made from.

    Parameters
    ----------
    summary : str
        Path of `ingest.json`, which may not exist yet.
    family : FamilySettings
        Every setting of the family.

    Returns
    -------
    Size
        Size of the alignment; that of a large family where there is no file yet.
    """
    try:
        counts = json.loads(Path(summary).read_text(encoding="utf-8"))
        return Size(counts["M"], counts["L"], counts["q"])
    except (OSError, ValueError, KeyError):
        if alignment := family.alignment:
            return _estimate_size(alignment)
        if query := family.query or family.seed:
            # As many columns as the query or seed has, and no more sequences than the database.
            sequences = _unpacked_bytes(family.database or "") // _BYTES_PER_PROTEIN + 1
            return _estimate_size(query)._replace(M=min(sequences, _DEFAULT_SIZE.M))
        return _DEFAULT_SIZE


@cache
def _estimate_size(alignment: str) -> Size:
    """Estimate the size of an alignment from the beginning of its file."""
    try:
        is_compressed = bool(compression(alignment, "an alignment"))
        with Path(alignment).open("rb") as file:
            total, beginning = Path(alignment).stat().st_size, file.read(_BYTES_READ)
    except (OSError, InputError):
        return _DEFAULT_SIZE
    if is_compressed:
        return Size(_COMPRESSION * total // _DEFAULT_SIZE.L + 1, _DEFAULT_SIZE.L, _DEFAULT_SIZE.q)
    if not beginning.startswith(b">"):
        length = max(map(len, beginning.split()), default=1)
        return Size(total // length + 1, length, _DEFAULT_SIZE.q)
    records = beginning.split(b">")[1:]
    length = max(sum(map(len, record.splitlines()[1:])) for record in records)
    return Size(total * len(records) // len(beginning) + 1, length, _DEFAULT_SIZE.q)


def database_memory(path: str) -> int:
    """Estimate the largest memory of a search of a database; a compressed one is unpacked in memory.

    Parameters
    ----------
    path : str
        Database.

    Returns
    -------
    int
        Megabytes.
    """
    in_memory = 2.5 * _unpacked_bytes(path) / 1e6 if path.endswith(_COMPRESSED) else 0
    return round(_IDLE_MEMORY + SNAKEMAKE_MEMORY + 500 + in_memory)


def _unpacked_bytes(path: str) -> int:
    """Estimate the size of a file in bytes, that of a compressed one before compression."""
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    return size * _COMPRESSION if path.endswith(_COMPRESSED) else size


def memory(stage: str, size: Size, family: FamilySettings, engine: str = "auto", gpu: bool = False) -> int:
    """Estimate the largest memory that a job of a stage takes, without that of an accelerator.

    Couplings dominate for long families, the alignment for deep ones.

    Parameters
    ----------
    stage : str
        Name of the stage.
    size : Size
        Size of the family.
    family : FamilySettings
        Every setting of the family.
    engine : str
        Gibbs sampler, `engine` of the configuration.
    gpu : bool
        Whether the job runs on an accelerator.

    Returns
    -------
    int
        Megabytes.
    """
    models, alignments, samples, constant = _MEMORY[stage]
    if stage == "train" and engine == "jax" and not gpu:
        models = _REFERENCE_COUPLINGS
    chains = family.train.confirm_chains * size.L / 1e6 if stage == "train" else 0
    idle = (_CARD_MEMORY if gpu else _IDLE_MEMORY) + SNAKEMAKE_MEMORY
    sampled = _count_temperatures(family) * family.sample.sequences * size.L / 1e6
    # Reduced energies of all samples at all rungs, for MBAR.
    reweighted = 8e-6 * family.sample.sequences * _count_rungs(size, family) ** 2 if stage == "thermodynamics" else 0
    constant += samples * sampled + 3 * reweighted
    return round(idle + constant + models * (size.couplings + chains) + alignments * size.alignment)


def minutes(stage: str, size: Size, family: FamilySettings, threads: int) -> int:
    """Estimate the longest time of a job of a stage, on processors a third as fast as those of docs/scale.md.

    Parameters
    ----------
    stage : str
        Name of the stage.
    size : Size
        Size of the family.
    family : FamilySettings
        Every setting of the family.
    threads : int
        Threads of the job.

    Returns
    -------
    int
        Minutes.
    """
    return round(
        _SHORT_MINUTES.get(stage, _LEAST_MINUTES) + _SAFETY_FACTOR * expected_seconds(stage, size, family, threads) / 60
    )


def expected_seconds(stage: str, size: Size, family: FamilySettings, threads: int) -> float:
    """Estimate the time of a job of a stage on processors as those of docs/scale.md, without that in which it starts.

    Parameters
    ----------
    stage : str
        Name of the stage, or any other name of a rule.
    size : Size
        Size of the family.
    family : FamilySettings
        Every setting of the family.
    threads : int
        Threads of the job.

    Returns
    -------
    float
        Seconds; of training at most.
    """
    seconds = _SECONDS[stage](size, family) * 2 / threads if stage in _SECONDS else 0.0
    return seconds + size.M**2 * size.L / 1e11


def _sweep_seconds(size: Size, count: float) -> float:
    """Estimate the seconds of `count` sweeps of a chain; each update reads couplings to every other site."""
    return count * size.L * (20 + 0.5 * size.L * size.q / 21) * 1e-9


def _count_added_temperatures(family: FamilySettings) -> float:
    """Estimate the largest number of temperatures that are added to those listed: from 1.1 down to 0.1."""
    spacing = family.sample.spacing
    return math.log(11) / -math.log1p(-spacing) if spacing else 0


def _count_temperatures(family: FamilySettings) -> float:
    return len(family.sample.temperatures) + _count_added_temperatures(family)


def _count_rungs(size: Size, family: FamilySettings) -> float:
    return 10 + 4 * size.L**0.5 + _count_added_temperatures(family)


def _training_seconds(size: Size, family: FamilySettings) -> float:
    plan = family.train
    steps = plan.max_steps + len(plan.l2_path) * plan.path_steps
    # Population annealing: a share of the chains at each check, all at each penalty, and two confirmations.
    annealed = (0.15 * steps / plan.check_every + len(plan.l2_path)) * plan.chains + 2 * plan.confirm_chains
    seconds = 2 * _sweep_seconds(size, steps * plan.chains * plan.sweeps + annealed * _ANNEALING_SWEEPS * size.L**0.5)
    return min(seconds, 60 * plan.max_minutes + seconds / 2) if plan.max_minutes else seconds


def _feedback_seconds(size: Size, family: FamilySettings) -> float:
    plan = family.train
    # Five folds at three strengths, and the training with all results; each replaces chains by annealed ones.
    chains = 15 * min(plan.chains, 1000) + 3 * plan.chains
    sweeps = plan.path_steps * (plan.sweeps + 0.15 * _ANNEALING_SWEEPS * size.L**0.5 / plan.check_every)
    return 2 * _sweep_seconds(size, chains * sweeps)


def _sampling_seconds(size: Size, family: FamilySettings) -> float:
    plan = family.sample
    draws = max(1, plan.sequences / plan.ladders)
    # Survey, and draws that are repeated at four times the spacing, up to max_sweeps.
    sweeps = draws * (2 * plan.sweeps + 1.5 * plan.max_sweeps)
    return 1.5 * _sweep_seconds(size, sweeps * plan.ladders * _count_rungs(size, family))


def _design_seconds(size: Size, family: FamilySettings) -> float:
    plan = family.sample.model_copy(update={"spacing": None, "sequences": family.design.candidates})
    return _sampling_seconds(size, family.model_copy(update={"sample": plan})) + 60


def _scoring_seconds(size: Size, family: FamilySettings) -> float:
    return 20 + 6 * _count_temperatures(family) + size.M * size.L / 1e5 + size.M * size.L**2 / 1e8


def _thermodynamics_seconds(size: Size, family: FamilySettings) -> float:
    plan = family.annealing
    return 4 * _sweep_seconds(size, plan.chains * plan.steps * 10) + 1e-3 * size.L * size.q * _count_rungs(size, family)


def _comparison_seconds(size: Size, family: FamilySettings) -> float:
    # A hundred gradients of every site's softmax.
    gradients = 100 * 4 * size.M * (size.L * size.q) ** 2 / 3e10
    return _training_seconds(size, family) + _sampling_seconds(size, family) + gradients + 60


_SECONDS: dict[str, Callable[[Size, FamilySettings], float]] = {
    "train": _training_seconds,
    "sample": _sampling_seconds,
    "thermodynamics": _thermodynamics_seconds,
    # Inversions of the covariance matrix.
    "judge": lambda size, family: 1e-9 * (size.L * size.q) ** 3 + size.M * size.L**2 / 1e7,
    "score": _scoring_seconds,
    "compare": _comparison_seconds,
    "design": _design_seconds,
    # Two hundred fits to results, of which there are a thousand or so.
    "measured": lambda size, family: 120 + _scoring_seconds(size, family),
    "feedback": _feedback_seconds,
}
