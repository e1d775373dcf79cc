"""Judges of single sequences: the profile, HMMER's bits, and the truth."""

import numpy as np
import pyhmmer
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.files import save_arrays
from temperance.msa.hmmer import build_hmm
from temperance.scoring.judges import hmm_judge, profile_judge, truth_judge
from temperance.truth.lattice import Ensemble

RNG = np.random.default_rng(0)


# ---------------------------------------------------------------- profile


def test_the_profile_judge_is_the_log_odds_of_weighted_site_frequencies():
    """Weights 1, 1, 2 and one for the uniform distribution, five in all: site 0 has 2 + 1/3 of state 0, and so on."""
    heldout, weights = np.array([[0, 1], [0, 2], [1, 2]], np.uint8), np.array([1.0, 1.0, 2.0])
    judge = profile_judge(heldout, weights, 3)
    odds = 3 * np.array([[7 / 3, 7 / 3, 1 / 3], [1 / 3, 4 / 3, 10 / 3]]) / 5
    scores = judge(np.array([[0, 1], [2, 0], [1, 2]], np.uint8))
    assert scores == pytest.approx(np.log([odds[0, 0] * odds[1, 1], odds[0, 2] * odds[1, 0], odds[0, 1] * odds[1, 2]]))


# ---------------------------------------------------------------- profile HMM


@pytest.mark.parametrize(("name", "q"), [("protein", 21), ("rna", 5), ("dna", 5)])
def test_the_hmm_prefers_the_family(tmp_path, name, q):
    letters = alphabet(name)
    consensus = RNG.integers(1, q, 40)
    family = np.where(RNG.random((120, 40)) < 0.3, RNG.integers(0, q, (120, 40)), consensus).astype(np.uint8)
    path = tmp_path / "family.hmm"
    build_hmm(family[:60], letters, "family", path)
    score = hmm_judge(path, letters)
    others = RNG.integers(1, q, (60, 40), dtype=np.uint8)
    natural, random = score(family[60:]), score(others)
    assert np.quantile(natural, 0.1) > np.quantile(random, 0.95)


@pytest.fixture(scope="module")
def conserved(tmp_path_factory):
    """Forty columns, each with its residue in nine of ten sequences; the file of their HMM, and the residues."""
    rng, consensus = np.random.default_rng(1), np.tile(np.arange(1, 21), 2)
    family = np.where(rng.random((200, 40)) < 0.1, rng.integers(1, 21, (200, 40)), consensus).astype(np.uint8)
    path = tmp_path_factory.mktemp("hmm") / "family.hmm"
    build_hmm(family, alphabet("protein"), "family", path)
    return path, consensus.astype(np.uint8)


def test_a_residue_changes_the_score_by_its_log_odds_in_bits(conserved):
    """HMMER sums over alignments; of a conserved family the one without gaps has all but a hundredth of the weight."""
    path, consensus = conserved
    judge = hmm_judge(path, alphabet("protein"))
    with pyhmmer.plan7.HMMFile(str(path)) as file:
        hmm = file.read()
    # Of column 20, whose residue is the first; a row of the state before the first comes first.
    shares = np.array(hmm.match_emissions)[21] / np.array(pyhmmer.plan7.Background(hmm.alphabet).residue_frequencies)
    mutants = np.tile(consensus, (3, 1))
    mutants[1, 20], mutants[2, 20] = 5, 18
    scores = judge(mutants)
    assert scores[0] - scores[1] == pytest.approx(np.log2(shares[0] / shares[4]), abs=0.02)
    assert scores[1] - scores[2] == pytest.approx(np.log2(shares[4] / shares[17]), abs=0.02)
    assert scores[0] - scores[1] > 3


def test_scores_are_of_the_sequences_in_their_order_and_minus_ten_of_none(conserved):
    path, consensus = conserved
    judge = hmm_judge(path, alphabet("protein"))
    rows = np.zeros((4, 40), np.uint8)
    rows[1], rows[3, :20] = consensus, consensus[:20]
    scores = judge(rows)
    assert scores[0] == scores[2] == -10
    assert scores[1] == judge(rows[1:2])[0] > scores[3] == judge(rows[3:])[0] > 10
    # Gaps are removed before sequences are scored: where they stand does not matter.
    moved = np.zeros((1, 40), np.uint8)
    moved[0, 20:] = consensus[:20]
    assert judge(moved)[0] == scores[3]


def test_an_alphabet_without_hmm_is_refused(tmp_path):
    with pytest.raises(InputError, match="HMMER supports protein, rna and dna, not 01"):
        build_hmm(np.zeros((4, 4), np.uint8), alphabet("01"), "x", tmp_path / "x.hmm")


# ---------------------------------------------------------------- truth


def test_the_truth_is_minus_the_true_energy(tmp_path):
    metadata = {"kind": "enumerable", "q": 2, "log_z": 0.0}
    save_arrays(tmp_path / "truth", {"energies": np.array([1.0, 4.0, -2.0, 0.5])}, metadata)
    judge = truth_judge(tmp_path / "truth")
    assert list(judge) == ["truth"]
    # Energies of 00, 01, 10, 11.
    assert judge["truth"](np.array([[1, 0], [0, 1], [1, 1]], np.uint8)).tolist() == [2, -4, -0.5]


def test_the_truth_of_a_lattice_protein_is_its_probability_among_all_folds(tmp_path):
    """The native fold comes first; the family was drawn among two folds, but is judged among three."""
    rng = np.random.default_rng(0)
    folds = np.array([rng.choice(156, 28, replace=False) for _ in range(3)], np.uint8)
    arrays = {"contacts": folds[:2], "all_folds": folds}
    save_arrays(tmp_path / "truth", arrays, {"kind": "lattice", "gamma": 1.0})
    judge, sequences = truth_judge(tmp_path / "truth"), rng.integers(0, 20, (5, 27), dtype=np.uint8)
    assert list(judge) == ["p_nat"]
    np.testing.assert_allclose(judge["p_nat"](sequences), np.exp(Ensemble(folds).log_p_nat(sequences)))
