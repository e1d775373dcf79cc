"""What jobs ask a cluster for."""

import bz2
import gzip
import json
import lzma
import os

import pytest

from temperance.core.settings.run import FamilySettings
from temperance.workflow.configuration import configure
from temperance.workflow.resources import Size, alignment_size, database_memory, memory, minutes

FAMILY = configure({"alignment": "a"})["families"]["a"]
# 20,000 sequences of 200 columns: megabytes of couplings and of the alignment, and seconds of an update on two cores.
SIZE = Size(20_000, 200, 21)
J, A, UPDATE = 4 * 4200**2 / 1e6, 4.0, 120e-9
# Temperatures that a spacing of 8 % adds from 1.1 down to 0.1, all of them, and rungs.
ADDED = 28.758
TEMPERATURES, RUNGS = 7 + ADDED, 10 + 4 * 200**0.5 + ADDED
S = TEMPERATURES * 1024 * 200 / 1e6
# Of a process of its own 260 MB, and of Snakemake's 400.
IDLE = 660
# Confirmation takes 10,000 chains.
CHAINS = 10_000 * 200 / 1e6
MEGABYTES = {
    "ingest": 100 + 12 * A, "split": 100 + 6 * A, "hmm": 4 * A, "covariance_model": 200 + 4 * A,
    "judge": 100 + 7 * J + 8 * A, "subsample": 6 * A, "train": 4.7 * (J + CHAINS) + 2 * A,
    "sample": 100 + 3 * J + 2 * A + 5 * S,
    "thermodynamics": 450 + 4.5 * J + 20 * A + 5 * S + 24e-6 * RUNGS**2 * 1024,
    "score": 150 + 4.5 * J + 16 * A + 10 * S, "compare": 500 + 7 * J + 300 * A + 15 * S,
    "optimum": 200 + 4 * A + 5 * S, "design": 250 + 4.5 * J + 6 * A, "predict": 200 + 4 * J + 4 * A,
    "measured": 500 + 4.5 * J + 6 * A + 10 * S, "feedback": 100 + 6.7 * J + 6 * A, "figures": 250 + J + 6 * A + 5 * S,
}  # fmt: skip
# 600 steps at the last penalty and 60 at each of seven before it, of 4,000 chains and ten sweeps; annealed are a share
# of 0.15 of the chains at each check of ten steps, all at each penalty, and two confirmations, over 15 sqrt(L) sweeps.
STEPS = 600 + 7 * 60
TRAIN = 2 * UPDATE * 200 * (
    STEPS * 4000 * 10 + ((0.15 * STEPS / 10 + 7) * 4000 + 2 * 10_000) * 15 * 200**0.5
)  # fmt: skip
# 1,024 sequences, of 32 ladders: 32 draws, first 16 sweeps apart and at most 256.
SAMPLE = 1.5 * UPDATE * 200 * RUNGS * 1024 * (2 * 16 + 1.5 * 256)
SECONDS = {
    "judge": 4200**3 / 1e9 + 20_000 * 200**2 / 1e7, "train": TRAIN, "sample": SAMPLE,
    "thermodynamics": 40 * UPDATE * 200 * 500 * 1000 + RUNGS * 4200 / 1000,
    "score": 20 + 6 * TEMPERATURES + 20_000 * 200 / 1e5 + 20_000 * 200**2 / 1e8,
    "measured": 140 + 6 * TEMPERATURES + 20_000 * 200 / 1e5 + 20_000 * 200**2 / 1e8,
    # Three strengths in five folds with 1,000 chains, and 180 steps with 4,000; 60 steps each, and every ten of them a
    # share of 0.15 of the chains is annealed.
    "feedback": 2 * UPDATE * 200 * (15 * 1000 + 3 * 4000) * 60 * (10 + 0.15 * 15 * 200**0.5 / 10),
    "compare": TRAIN + SAMPLE + 400 * 20_000 * 4200**2 / 3e10 + 60,
    # 2,048 candidates at one temperature; the rungs of the list alone.
    "design": SAMPLE / RUNGS * (RUNGS - ADDED) * 2 + 60,
}  # fmt: skip
LEAST = {"hmm": 5, "subsample": 2}


@pytest.mark.parametrize("stage", MEGABYTES)
def test_memory_and_time_are_those_of_the_formulas(stage):
    """The formulas of docs/scale.md; time is three times the estimate, and comparing all sequences adds 0.8 s."""
    assert memory(stage, SIZE, FAMILY) == round(IDLE + MEGABYTES[stage])
    # The context of a card takes 3,500 MB instead of 260.
    assert memory(stage, SIZE, FAMILY, gpu=True) == round(IDLE + 3240 + MEGABYTES[stage])
    for threads in (1, 2, 4):
        seconds = SECONDS.get(stage, 0) * 2 / threads + 0.8
        expected = LEAST.get(stage, 10) + 3 * seconds / 60
        assert minutes(stage, SIZE, FAMILY, threads) == pytest.approx(expected, abs=0.51), threads


def test_comparing_half_a_million_sequences_takes_minutes():
    """All pairs of 200 columns: 500 seconds, three times of which are asked for beside ten minutes."""
    assert minutes("split", Size(500_000, 200, 21), FAMILY, 1) == 10 + 25


def test_the_reference_engine_takes_more_memory_in_training_on_a_cpu():
    more = (22 - 4.7) * (J + CHAINS)
    assert memory("train", SIZE, FAMILY, "jax") == round(IDLE + MEGABYTES["train"] + more)
    assert memory("train", SIZE, FAMILY, "jax", gpu=True) == memory("train", SIZE, FAMILY, gpu=True)
    assert memory("sample", SIZE, FAMILY, "jax") == memory("sample", SIZE, FAMILY)


def test_a_limit_on_the_time_of_training_limits_what_is_asked_for():
    """At the limit training ends, and is confirmed, which may take half of the rest."""
    limited = FAMILY.model_copy(update={"train": FAMILY.train.model_copy(update={"max_minutes": 1.0})})
    assert minutes("train", SIZE, limited, 2) == round(10 + 3 * (60 + TRAIN / 2 + 0.8) / 60)
    free = FAMILY.model_copy(update={"train": FAMILY.train.model_copy(update={"max_minutes": 1e4})})
    assert minutes("train", SIZE, free, 2) == minutes("train", SIZE, FAMILY, 2)


def test_the_size_is_what_ingest_measured(tmp_path):
    summary = tmp_path / "ingest.json"
    summary.write_text(json.dumps({"M": 7, "L": 8, "q": 9, "Meff": 3}))
    assert alignment_size(str(summary), FamilySettings(alignment="none")) == Size(7, 8, 9)
    assert (Size(7, 8, 9).couplings, Size(7, 8, 9).alignment) == (4 * 72**2 / 1e6, 56 / 1e6)
    summary.write_text("{")
    assert alignment_size(str(summary), FamilySettings(alignment="none")) == Size(50_000, 300, 21)


def test_the_size_is_estimated_from_what_a_file_begins_with(tmp_path):
    def size(**source):
        return alignment_size("none", FamilySettings(**{name: str(path) for name, path in source.items()}))

    fasta, psicov, packed, query = (tmp_path / name for name in ("a.fasta", "a.aln", "a.gz", "query"))
    fasta.write_text(">name\nACDEF\nGHIKL\n" * 1000)
    psicov.write_text("ACDEFGHIKL\n" * 1000)
    packed.write_bytes(gzip.compress(fasta.read_bytes()))
    query.write_text(">q\nACDEFGHIKL\n")
    assert size(alignment=fasta) == Size(1001, 10, 21)
    # 11,000 bytes of 10 residues each, line ends counted with them.
    assert size(alignment=psicov) == Size(1101, 10, 21)
    # Six times its bytes, in sequences of 300.
    for name, pack in (("a.bz2", bz2.compress), ("a.xz", lzma.compress), ("a.gz", gzip.compress)):
        (tmp_path / name).write_bytes(pack(fasta.read_bytes()))
        assert size(alignment=tmp_path / name) == Size(6 * (tmp_path / name).stat().st_size // 300 + 1, 300, 21)
    large = Size(50_000, 300, 21)
    os.mkfifo(tmp_path / "pipe")
    assert size(alignment=tmp_path / "pipe") == large
    assert size(alignment=tmp_path / "none") == size(pfam="PF00014") == large
    # A database of 18,000 bytes has 45 proteins of 400, whose columns are the query's; six times as many if packed.
    assert fasta.stat().st_size == 18_000
    assert size(query=query, database=fasta) == size(seed=query, database=fasta) == Size(46, 10, 21)
    assert 6 * packed.stat().st_size // 400 + 1 == size(query=query, database=packed).M
    assert size(query=query, database=tmp_path / "none").M == 1
    with (tmp_path / "large").open("wb") as file:
        file.truncate(400 * 60_000)
    assert size(query=query, database=tmp_path / "large").M == 50_000


def test_a_packed_database_is_unpacked_in_memory(tmp_path):
    for ending, unpacked in (("", 0), (".gz", 60), (".bz2", 60), (".xz", 60)):
        path = tmp_path / f"db.fasta{ending}"
        with path.open("wb") as file:
            file.truncate(10_000_000)
        assert database_memory(str(path)) == 260 + 400 + 500 + 2.5 * unpacked


def with_sample(family, **settings):
    return family.model_copy(update={"sample": family.sample.model_copy(update=settings)})


def test_more_is_asked_for_temperatures_that_are_added():
    """From 1.1 to 0.1 in steps of 8 %: ln 11 / -ln 0.92 = 28.8."""
    size = Size(1000, 100, 21)
    alone = with_sample(FAMILY, spacing=None)
    rungs = (50 + 28.8) / 50
    # Beyond 10 minutes, and what the number of sequences takes anyway.
    few, many = (minutes("sample", size, with_sample(plan, sequences=10**6), 2) - 10
                 for plan in (alone, FAMILY))  # fmt: skip
    assert many / few == pytest.approx(rungs, rel=0.02)
    for stage in ("sample", "thermodynamics", "score"):
        assert memory(stage, size, FAMILY) > memory(stage, size, alone)
    assert minutes("score", size, FAMILY, 1) > minutes("score", size, alone, 1)
    assert minutes("design", size, FAMILY, 2) == minutes("design", size, alone, 2)


def test_training_is_asked_for_what_it_was_seen_to_take():
    """Peaks at L 100, 200 and 400 while a penalty is chosen, and no more than a half above them."""
    for length, used in ((100, 340), (200, 550), (400, 1414)):
        requested = memory("train", Size(2000, length, 21), FAMILY) - 400
        assert used < requested < 1.5 * used
