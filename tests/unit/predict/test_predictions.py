"""Contacts, single mutants and conservation, against direct counts and made-up structures."""

import gzip

import numpy as np
import pandas as pd
import pytest
from small_systems import random_potts
from structures import cif, pdb

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.msa.conservation import information_content, residue_frequencies, tabulate_conservation
from temperance.predict.contacts import apc, contact_table, coupling_scores, precision, structure_distances
from temperance.predict.mutants import read_measured, score_measured, single_mutants, spearman

LETTERS = alphabet("protein")


def columns_of(residues: str, first: int = 1) -> pd.DataFrame:
    count = len(residues)
    held = np.array([residue != "-" for residue in residues])
    numbers = pd.Series(np.where(held, held.cumsum() + first - 1, np.nan))
    shown = [residue if residue != "-" else "" for residue in residues]
    return pd.DataFrame(
        {"site": np.arange(count) + 1, "column": np.arange(count) + 1, "residue": shown, "number": numbers}
    )


@pytest.fixture
def fold():
    residues = "MKTAYIAKQRGISFVKSHFSRQ"
    return residues, np.random.default_rng(0).uniform(0, 30, (len(residues), 3)).round(3)


def test_scores_are_corrected_norms_without_gaps():
    model = random_potts(5, 21, 0)
    found = coupling_scores(model, LETTERS)
    zero = model.zero_sum().couplings[:, 1:, :, 1:].astype(float)
    norms = np.sqrt((zero**2).sum(axis=(1, 3)))
    np.fill_diagonal(norms, 0)
    mean = norms.sum(axis=1) / 4
    expected = norms - np.outer(mean, mean) / (norms.sum() / 20)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert not apc(np.zeros((3, 3))).any()


@pytest.mark.parametrize("form", ["pdb", "pdb.gz", "cif"])
def test_distances_are_those_of_residues_in_columns(form, fold, tmp_path):
    residues, points = fold
    path = tmp_path / f"structure.{form}"
    text = cif(residues, points) if form == "cif" else pdb(residues, points)
    path.write_bytes(gzip.compress(text.encode()) if form.endswith("gz") else text.encode())
    # The alignment has columns that the reference has nothing in, and begins after the structure does.
    reference = residues[3:10] + "--" + residues[10:]
    found, sites, same = structure_distances(path, "", "cb", columns_of(reference), LETTERS)
    assert sites == len(residues) - 3 and same == 1
    held = np.array([residue != "-" for residue in reference])
    assert np.isnan(found[~held]).all()
    expected = np.sqrt(((points[3:, None] - points[None, 3:]) ** 2).sum(axis=2))
    np.testing.assert_allclose(found[np.ix_(held, held)], expected, atol=1e-3)


def test_heavy_atoms_are_nearer_than_beta_carbons(fold, tmp_path):
    residues, points = fold
    path = tmp_path / "a.pdb"
    path.write_text(pdb(residues, points))
    beta, heavy = (structure_distances(path, "A", atoms, columns_of(residues), LETTERS)[0] for atoms in ("cb", "heavy"))
    assert (heavy <= beta + 1e-4).all() and (heavy < beta - 0.01).any()


def test_structures_that_do_not_fit_are_told_of(fold, tmp_path):
    residues, points = fold
    path = tmp_path / "a.pdb"
    path.write_text(pdb(residues, points))
    for chain, reference, content, said in (
        ("Z", residues, None, "no chain Z; its chains are A"),
        ("", "WWWWWWWWWWWW", None, "does not resemble the reference"),
        ("", "------", None, "has no residue"),
        ("", residues, "hello", "has no chain|not a PDB or mmCIF"),
        ("", residues, "data_x\nloop_\n", "not a PDB or mmCIF"),
    ):
        if content:
            path.write_text(content)
        with pytest.raises(InputError, match=said):
            structure_distances(path, chain, "cb", columns_of(reference), LETTERS)


def test_precision_counts_contacts_among_the_highest_scores(fold):
    residues, points = fold
    length = len(residues)
    distances = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    table = contact_table(-distances, columns_of(residues, 40), distances)
    assert table["number_i"].min() == 40 and (table["separation"] == table["j"] - table["i"]).all()
    found = precision(table, length, 12.0, 3).set_index("rank")
    far = [distances[i, j] for i in range(length) for j in range(i + 3, length)]
    contacts = sum(distance < 12 for distance in far)
    assert found["pairs"]["L/2"] == 11 and found["precision"]["L/5"] == 1
    assert found["precision"]["2L"] == pytest.approx(min(contacts, 44) / 44)
    assert found["expected"]["L"] == pytest.approx(contacts / len(far))


def test_mutants_score_by_the_difference_of_energies():
    model = random_potts(4, 21, 2)
    sequence = np.array([1, 0, 4, 20], np.uint8)
    columns = columns_of("A-EY", 7)
    table = single_mutants(model, sequence, columns, LETTERS)
    assert len(table) == 3 * 19 and table["mutant"][0] == "A7C" and "E8Y" in set(table["mutant"])
    for row in table.sample(20, random_state=0).itertuples():
        mutant = sequence.copy()
        mutant[row.site - 1] = LETTERS.symbols.index(row.mutated)
        assert row.score == pytest.approx(np.diff(-model.energies(np.stack([sequence, mutant])))[0], abs=1e-4)


def test_measured_mutants_are_scored_by_number(tmp_path):
    model, sequence, columns = random_potts(4, 21, 2), np.array([1, 0, 4, 20], np.uint8), columns_of("A-EY", 7)
    path = tmp_path / "dms.csv"
    path.write_text("mutant,DMS_score,other\nA7C,1.5,x\nA7C:E8K,0.5,x\nM1A,3,x\nY9F,nan,x\n\n")
    table = read_measured(path)
    assert table["measured"].tolist() == [1.5, 0.5, 3.0]
    scored = score_measured(table, model, sequence, columns, LETTERS, path)
    both = sequence.copy()
    both[[0, 2]] = LETTERS.symbols.index("C"), LETTERS.symbols.index("K")
    assert scored["score"][1] == pytest.approx(np.diff(-model.energies(np.stack([sequence, both])))[0])
    assert np.isnan(scored["score"][2])  # before the first column
    # Number 2 is the third column's: the second has a gap there, and none.
    third = pd.DataFrame({"mutant": ["E2K"], "measured": [1.0], "line": [2]})
    numbered = score_measured(third, model, sequence, columns_of("A-EY", 1), LETTERS, path)
    changed = sequence.copy()
    changed[2] = LETTERS.symbols.index("K")
    assert numbered["score"][0] == pytest.approx(np.diff(-model.energies(np.stack([sequence, changed])))[0])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1"),
        ("variants\tscore\n", "line 1: .*columns mutant and score"),
        ("mutant\tscore\nA7C\n", "line 2"),
        ("mutant\tscore\nA7C\tx\n", "line 2"),
        ("mutant\tscore\nA7C\t1\nseven\t1\n", "line 3: 'seven'; expected A12V"),
        ("mutant\tscore\nC7A\t1\n", "do not fit the reference, C7A for example"),
    ],
)
def test_mutants_that_do_not_fit_are_told_of(content, said, tmp_path):
    path = tmp_path / "dms.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        score_measured(
            read_measured(path),
            random_potts(4, 21, 2),
            np.array([1, 0, 4, 20], np.uint8),
            columns_of("A-EY", 7),
            LETTERS,
            path,
        )


def test_ranks_are_compared_with_an_interval():
    rng = np.random.default_rng(0)
    one = rng.normal(size=300)
    found = spearman(one, one + rng.normal(size=300), rng, 300)
    assert found["low"] < found["value"] < found["high"] and 0.55 < found["value"] < 0.75 and found["pairs"] == 300
    assert spearman(one, np.exp(one), rng, 20)["value"] == pytest.approx(1)
    assert np.isnan(spearman([1, 2, np.nan], [1, 2, 3], rng, 20)["value"])


def test_conservation_leaves_gaps_out():
    sequences = np.array([[1, 0, 2], [1, 0, 3], [1, 4, 2], [1, 4, 3]], np.uint8)
    frequencies, gaps = residue_frequencies(sequences, np.ones(4), LETTERS)
    np.testing.assert_allclose(gaps, [0, 0.5, 0])
    np.testing.assert_allclose(information_content(frequencies, LETTERS), [np.log2(20), np.log2(20), np.log2(20) - 1])
    table = tabulate_conservation(sequences, np.ones(4), columns_of("A-C"), LETTERS)
    assert table["consensus"].tolist() == ["A", "E", "C"] and table["share"].tolist() == [1, 1, 0.5]
