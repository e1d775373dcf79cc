"""What jobs ask a cluster for."""

import gzip
import json

import pytest

from temperance.core.settings.run import FamilySettings
from temperance.workflow.configuration import configure
from temperance.workflow.resources import Size, alignment_size, database_memory, memory, minutes

FAMILY = configure({"alignment": "a"})["families"]["a"]
STAGES = ("ingest", "split", "hmm", "subsample", "train", "sample", "thermodynamics", "score", "optimum",
          "design", "figures", "compare", "predict")  # fmt: skip


@pytest.mark.parametrize("stage", STAGES)
def test_more_is_asked_for_larger_families(stage):
    small, long, deep = Size(1000, 50, 21), Size(1000, 500, 21), Size(100_000, 50, 21)
    for larger in (long, deep):
        assert memory(stage, larger, FAMILY) >= memory(stage, small, FAMILY) > 0
        assert minutes(stage, larger, FAMILY, 2) >= minutes(stage, small, FAMILY, 2) > 0
    assert minutes(stage, long, FAMILY, 1) >= minutes(stage, long, FAMILY, 2)
    assert memory(stage, small, FAMILY, gpu=True) > memory(stage, small, FAMILY)


def test_the_size_is_what_ingest_found_or_else_what_the_file_begins_with(tmp_path):
    summary, fasta, psicov = tmp_path / "ingest.json", tmp_path / "a.fasta", tmp_path / "a.aln"
    fasta.write_text(">name\nACDEF\nGHIKL\n" * 1000)
    psicov.write_text("ACDEFGHIKL\n" * 1000)
    for path in (fasta, psicov):
        guess = alignment_size(str(summary), FamilySettings(alignment=str(path)))
        assert guess.L in (10, 11)
        assert 900 < guess.M < 1200
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(fasta.read_bytes()))
    assert alignment_size(str(summary), FamilySettings(alignment=str(packed))).L > 10
    assert alignment_size(str(summary), FamilySettings(alignment=str(tmp_path / "none"))) == alignment_size(
        str(summary), FamilySettings(pfam="PF00014")
    )
    (tmp_path / "query").write_text(">q\nACDEFGHIKL\n")
    searched = alignment_size(str(summary), FamilySettings(query=str(tmp_path / "query"), database=str(fasta)))
    assert searched.L in (10, 11) and searched.M < 100 < database_memory(str(packed))
    summary.write_text(json.dumps({"M": 7, "L": 8, "q": 9, "Meff": 3}))
    assert alignment_size(str(summary), FamilySettings(alignment=str(fasta))) == Size(7, 8, 9)


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
        asked = memory("train", Size(2000, length, 21), FAMILY) - 400
        assert used < asked < 1.5 * used
