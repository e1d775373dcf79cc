"""The covariance model as a judge: conserved base pairs whose letters vary are all that it can tell sequences by."""

import sys

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.scoring import rna_tools
from temperance.scoring.covariance_model import build_covariance_model, consensus_structure, covariance_judge
from temperance.scoring.rna_tools import explain_missing_infernal

LETTERS = alphabet("rna")
needs_infernal = pytest.mark.skipif(bool(explain_missing_infernal()), reason=explain_missing_infernal())


def encode(rows):
    return LETTERS.codes()[np.array([np.frombuffer(row.encode(), np.uint8) for row in rows])]


def hairpins(count, rng, paired=True):
    """A stem of seven pairs around a loop of four, and a tail; unpaired: the second strand belongs to another stem."""
    rows = []
    for _ in range(count):
        strands = [rng.choice(["GC", "CG", "AU", "UA"], 7) for _ in range(2)]
        left, right = strands[0], strands[0 if paired else 1]
        rows.append("".join(p[0] for p in left) + "GAAA" + "".join(p[1] for p in right[::-1]) + "ACACA")
    return encode(rows)


@needs_infernal
def test_shared_base_pairs_are_found():
    assert consensus_structure(hairpins(60, np.random.default_rng(1)), LETTERS) == "(((((((....)))))))....."


@needs_infernal
def test_a_covariance_model_tells_paired_from_unpaired_stems(tmp_path):
    rng = np.random.default_rng(2)
    assert build_covariance_model(hairpins(100, rng), LETTERS, "hairpin", tmp_path / "a.cm") == 7
    paired, unpaired = hairpins(50, rng), hairpins(50, rng, paired=False)
    # One-site frequencies are alike: an independent-site score differs by less than its spread.
    judge = covariance_judge(tmp_path / "a.cm", LETTERS)
    scores = judge(np.concatenate([paired, unpaired]))
    assert scores[:50].min() > scores[50:].max() + 3
    # A pair of one of four kinds, each as frequent, is worth log2(16 / 4) bits; what is conserved, 2 bits a nucleotide.
    assert scores[:50].mean() == pytest.approx(7 * 2 + 9 * 2, abs=4)
    # Order and number are those of the sequences, and each score is its own.
    assert np.array_equal(judge(unpaired[::-1]), scores[50:][::-1])
    gaps = np.full((1, paired.shape[1]), LETTERS.gap, np.uint8)
    assert judge(np.concatenate([gaps, paired[:1]]))[0] < scores.min()


@needs_infernal
def test_equal_sequences_give_equal_files_and_dna_is_rna(tmp_path):
    rng = np.random.default_rng(3)
    sequences = hairpins(30, rng)
    build_covariance_model(sequences, LETTERS, "one", tmp_path / "a.cm")
    dna = alphabet("dna")
    rows = [row.replace("U", "T") for row in LETTERS.decode(sequences)]
    encoded = dna.codes()[np.array([np.frombuffer(row.encode(), np.uint8) for row in rows])]
    build_covariance_model(encoded, dna, "one", tmp_path / "b.cm")
    assert (tmp_path / "a.cm").read_bytes() == (tmp_path / "b.cm").read_bytes()


def test_without_infernal_it_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(rna_tools.shutil, "which", lambda program: None)
    with pytest.raises(InputError, match=r"optimum.covariance: Infernal's cmbuild and cmalign not found.*bioconda"):
        build_covariance_model(hairpins(5, np.random.default_rng(1)), LETTERS, "one", tmp_path / "a.cm")
    assert not list(tmp_path.iterdir())


def test_each_tool_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(rna_tools.shutil, "which", lambda program: None if program == "cmalign" else "/bin/it")
    assert explain_missing_infernal() == ("Infernal's cmalign not found on the PATH: conda install bioconda::infernal")
    monkeypatch.setattr(rna_tools.shutil, "which", lambda program: "/bin/it")
    for spec, message in ((None, "ViennaRNA is not installed: pip install viennarna"), (1, "")):
        monkeypatch.setattr(rna_tools.importlib.util, "find_spec", lambda name, spec=spec: spec)
        assert explain_missing_infernal() == message


@needs_infernal
def test_a_file_that_is_no_covariance_model_is_refused_with_the_words_of_infernal(tmp_path):
    (tmp_path / "a.cm").write_text("no model")
    with pytest.raises(InputError, match=r"optimum\.covariance: cmalign failed with exit status 1: \w"):
        covariance_judge(tmp_path / "a.cm", LETTERS)(hairpins(2, np.random.default_rng(1)))


# A stand-in for cmalign: it keeps what it was asked, and writes Infernal's table in another order than the sequences',
# each with a hundredth of its length in bits.
CMALIGN = """
import sys
words = sys.argv[1:]
records = open(words[-1]).read().split(">")[1:]
with open(words[words.index("--sfile") + 1], "w") as table:
    print("# idx  seq name  length  cm from    cm to  trunc    bit sc  avg pp", file=table)
    for number, record in enumerate(reversed(records), 1):
        name, *lines = record.split()
        sequence = "".join(lines)
        print(number, name, len(sequence), 1, 9, "no", len(sequence) / 100, "-", file=table)
with open(words[-2] + ".asked", "w") as file:
    print(*words[:words.index("--sfile")], *(record.split()[1] for record in records), file=file)
"""


def test_bits_are_read_from_infernal_s_table_by_name(tmp_path, monkeypatch):
    program = tmp_path / "cmalign"
    program.write_text(f"#!{sys.executable}\n{CMALIGN}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    # Of -ACGT: gaps are removed, T is written as U, and a sequence of gaps is one unknown nucleotide.
    sequences = np.array([[1, 0, 4, 2], [0, 0, 0, 0], [3, 3, 3, 4]], np.uint8)
    scores = covariance_judge(tmp_path / "a.cm", alphabet("dna"), threads=3)(sequences)
    assert scores.tolist() == [0.03, 0.01, 0.04]
    arguments = (tmp_path / "a.cm.asked").read_text().split()
    assert arguments == ["-g", "--notrunc", "--cyk", "--noprob", "--mxsize", "4096", "--cpu", "3", "AUC", "N", "GGGU"]
