"""Contacts, single mutants and conservation, against direct counts and made-up structures."""

import gzip

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from small_systems import random_potts
from structures import cif, pdb

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.msa.conservation import information_content, residue_frequencies, tabulate_conservation
from temperance.predict.contacts import apc, contact_table, coupling_scores, precision, structure_distances
from temperance.predict.mutants import read_measured, reference_states, score_measured, single_mutants, spearman
from temperance.predict.structures import polymer_chains, read_structure

LETTERS = alphabet("protein")


def columns_of(residues: str, first: int = 1) -> pd.DataFrame:
    count = len(residues)
    held = np.array([residue != "-" for residue in residues])
    numbers = pd.Series(np.where(held, held.cumsum() + first - 1, np.nan))
    symbols = [residue if residue != "-" else "" for residue in residues]
    return pd.DataFrame(
        {"site": np.arange(count) + 1, "column": np.arange(count) + 1, "residue": symbols, "number": numbers}
    )


@pytest.fixture
def fold():
    residues = "MKTAYIAKQRGISFVKSHFSRQ"
    return residues, np.random.default_rng(0).uniform(0, 30, (len(residues), 3)).round(3)


def test_scores_are_corrected_norms_without_gaps():
    model = random_potts(5, 21, 0)
    scores = coupling_scores(model, LETTERS)
    zero = model.zero_sum().couplings[:, 1:, :, 1:].astype(float)
    norms = np.sqrt((zero**2).sum(axis=(1, 3)))
    np.fill_diagonal(norms, 0)
    mean = norms.sum(axis=1) / 4
    expected = norms - np.outer(mean, mean) / (norms.sum() / 20)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    assert not apc(np.zeros((3, 3))).any()


@pytest.mark.parametrize("form", ["pdb", "pdb.gz", "cif"])
def test_distances_are_those_of_residues_in_columns(form, fold, tmp_path):
    residues, points = fold
    path = tmp_path / f"structure.{form}"
    text = cif(residues, points) if form == "cif" else pdb(residues, points)
    path.write_bytes(gzip.compress(text.encode()) if form.endswith("gz") else text.encode())
    # The alignment has columns that the reference has nothing in, and begins after the structure does.
    reference = residues[3:10] + "--" + residues[10:]
    distances, sites, same = structure_distances(path, "", "cb", columns_of(reference), LETTERS)
    assert sites == len(residues) - 3 and same == 1
    held = np.array([residue != "-" for residue in reference])
    assert np.isnan(distances[~held]).all()
    expected = np.sqrt(((points[3:, None] - points[None, 3:]) ** 2).sum(axis=2))
    np.testing.assert_allclose(distances[np.ix_(held, held)], expected, atol=1e-3)


def test_heavy_atoms_are_nearer_than_beta_carbons(fold, tmp_path):
    """Each residue but glycine has an alpha carbon 0.5 angstroms along x from its beta carbon."""
    residues, points = fold
    path = tmp_path / "a.pdb"
    path.write_text(pdb(residues, points))
    beta, heavy = (structure_distances(path, "A", atoms, columns_of(residues), LETTERS)[0] for atoms in ("cb", "heavy"))
    alpha = points + np.array([0.5, 0, 0])
    atoms = [[points[n]] if residue == "G" else [points[n], alpha[n]] for n, residue in enumerate(residues)]
    expected = [[min(np.linalg.norm(a - b) for a in one for b in other) for other in atoms] for one in atoms]
    np.testing.assert_allclose(heavy, expected, atol=1e-3)
    assert not np.allclose(beta, heavy, atol=0.1)


def test_a_chain_is_chosen_by_name_or_is_the_first(tmp_path):
    """Chain A is half as far apart as B; hydrogens, water and other models do not count."""
    residues = "MKTAYIAKQR"
    line = np.outer(np.arange(10), [4.0, 0, 0])
    chains = [pdb(residues, scale * line, chain).replace("END\n", "TER\n") for chain, scale in (("A", 1), ("B", 2))]
    water = "HETATM  999  O   HOH A 900      99.000  99.000  99.000  1.00  0.00           O\n"
    hydrogen = "ATOM    998  H   MET A   1       3.900   0.000   0.000  1.00  0.00           H\n"
    path = tmp_path / "a.pdb"
    path.write_text(hydrogen + "".join(chains) + water + "END\n")

    def distance(chain, atoms="cb"):
        distances, sites, identity = structure_distances(path, chain, atoms, columns_of(residues), LETTERS)
        assert (sites, identity) == (10, 1)
        return distances[0, 1]

    assert [distance(chain) for chain in ("", "A", "B")] == pytest.approx([4, 4, 8])
    # From an alpha carbon at 0.5 to a beta carbon at 4; the hydrogen at 3.9 is none of the heavy atoms.
    assert distance("A", "heavy") == pytest.approx(3.5)


def test_residues_that_differ_from_the_reference_are_counted(fold, tmp_path):
    """Of 22 residues two are replaced by similar ones: 20/22 are the reference's, whose other residues do not count."""
    residues, points = fold
    path = tmp_path / "a.pdb"
    path.write_text(pdb(residues, points))
    reference = residues.replace("I", "V", 1).replace("F", "Y", 1) + "WWWW"
    _, sites, identity = structure_distances(path, "", "cb", columns_of(reference), LETTERS)
    assert sites == 22 and identity == pytest.approx(20 / 22)


def test_nucleotides_are_located_by_their_c3_carbons(tmp_path):
    names = ["C3'", "P"]
    lines = [
        f"ATOM  {2 * n + k + 1:5d}  {atom:3s}   {base} A{n + 1:4d}    {5.0 * n:8.3f}{9.0 * k:8.3f}{0.0:8.3f}"
        "  1.00  0.00           C"
        for n, base in enumerate("ACGUACGU") for k, atom in enumerate(names)
    ]  # fmt: skip
    path = tmp_path / "a.pdb"
    path.write_text("\n".join([*lines, "END", ""]))
    distances, sites, identity = structure_distances(path, "", "cb", columns_of("ACGUACGU"), alphabet("rna"))
    assert (sites, identity) == (8, 1)
    np.testing.assert_allclose(distances[0], 5 * np.arange(8))


def test_structures_that_do_not_fit_are_refused(fold, tmp_path):
    residues, points = fold
    path = tmp_path / "a.pdb"
    path.write_text(pdb(residues, points))
    for chain, reference, content, message in (
        ("Z", residues, None, "no chain Z; its chains are A"),
        ("", "WWWWWWWWWWWW", None, "does not resemble the reference"),
        ("", "------", None, "has no residue"),
        ("", residues, "hello", "not a PDB or mmCIF"),
        ("", residues, "data_x\nloop_\n", r"not a complete mmCIF file \(line 3: parse error\)"),
    ):
        if content:
            path.write_text(content)
        with pytest.raises(InputError, match=message):
            structure_distances(path, chain, "cb", columns_of(reference), LETTERS)


def test_pairs_are_ranked_and_numbered():
    scores = np.zeros((4, 4))
    scores[0, 2] = scores[2, 0] = 3
    scores[1, 3] = scores[3, 1] = 5
    scores[0, 1] = scores[1, 0] = -1
    distances = np.arange(16.0).reshape(4, 4)
    columns = columns_of("A-CD", 40).assign(column=[2, 3, 7, 9])
    table = contact_table(scores, columns, distances)
    # By score, and as they are listed where scores are equal.
    assert table[["i", "j", "score", "distance"]].to_numpy().tolist() == [
        [2, 4, 5, 7], [1, 3, 3, 2], [1, 4, 0, 3], [2, 3, 0, 6], [3, 4, 0, 11], [1, 2, -1, 1],
    ]  # fmt: skip
    # Numbers are 40, none, 41 and 42; without a number columns are counted: 9 - 3, 7 - 3, 3 - 2.
    assert table["separation"].tolist() == [6, 1, 2, 4, 1, 1]
    assert table.loc[1, ["column_i", "column_j", "residue_i", "residue_j", "number_i", "number_j"]].tolist() == [
        2, 7, "A", "C", 40, 41,
    ]  # fmt: skip
    assert "distance" not in contact_table(scores, columns)


def test_precision_counts_contacts_among_the_highest_scores():
    """Eleven pairs, of which one has no distance and two are too near in the sequence: eight are ranked."""
    table = pd.DataFrame(
        {"separation": [6, 5, 7, 9, 6, 8, 6, 6, 6, 6, 3], "distance": [7.9, 1, 8, np.nan, 3, 3, 20, 7, 30, 30, 2]}
    )
    by_rank = precision(table, 6, 8, 6).set_index("rank")
    # Contacts of the eight: 1, 0 (8 is not below 8), 1, 1, 0, 1, 0, 0. Ranks of 6 sites: 1, 3, 6, and all for 12.
    assert by_rank["pairs"].to_dict() == {"L/5": 1, "L/2": 3, "L": 6, "2L": 8}
    assert by_rank["precision"].to_dict() == pytest.approx({"L/5": 1, "L/2": 2 / 3, "L": 4 / 6, "2L": 4 / 8})
    assert by_rank["error"].to_dict() == pytest.approx(
        {"L/5": 0, "L/2": (2 / 9 / 3) ** 0.5, "L": (2 / 9 / 6) ** 0.5, "2L": (1 / 4 / 8) ** 0.5}
    )
    assert set(by_rank["expected"]) == {0.5}
    # At least one pair, of two sites, and none where all are too near.
    assert precision(table, 2, 8, 6)["pairs"].tolist() == [1, 1, 2, 4]
    none = precision(table, 6, 8, 10)
    assert none["pairs"].tolist() == [0] * 4 and none["precision"].isna().all()


def test_mutants_score_by_the_difference_of_energies():
    model = random_potts(4, 21, 2)
    sequence = np.array([1, 0, 4, 20], np.uint8)
    columns = columns_of("A-EY", 7)
    table = single_mutants(model, sequence, columns, LETTERS)
    # Three residues, each with 19 others; gaps are left as they are.
    letters = "ACDEFGHIKLMNPQRSTVWY"
    assert table["mutant"].tolist() == [
        f"{wild}{new}" for wild in ("A7", "E8", "Y9") for new in letters if new != wild[0]
    ]
    assert table["site"].unique().tolist() == [1, 3, 4] and table["column"].unique().tolist() == [1, 3, 4]
    assert (table["wild"] + table["number"].astype(int).astype(str) + table["mutated"]).equals(table["mutant"])
    for row in table.itertuples():
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
    ("content", "message"),
    [
        ("", "line 1"),
        ("variants\tscore\n", "line 1: its columns are variants, score; expected a header with the columns mutant and"),
        ("mutant\tscore\nA7C\n", "line 2"),
        ("mutant\tscore\nA7C\tx\n", "line 2"),
        ("mutant\tscore\nA7C\t1\nseven\t1\n", "line 3: 'seven'; expected A12V"),
        ("mutant\tscore\nC7A\t1\n", "line 2: C7A, but residue 7 of the reference is A"),
    ],
)
def test_mutants_that_do_not_fit_are_refused(content, message, tmp_path):
    path = tmp_path / "dms.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        score_measured(
            read_measured(path),
            random_potts(4, 21, 2),
            np.array([1, 0, 4, 20], np.uint8),
            columns_of("A-EY", 7),
            LETTERS,
            path,
        )


def test_a_reference_is_encoded_or_else_a_gap_or_the_commonest_state():
    family = np.array([[1, 1, 2], [0, 1, 2], [1, 0, 0]], np.uint8)
    columns = pd.DataFrame({"residue": ["", "X", "C"]})
    assert reference_states(columns, family, LETTERS).tolist() == [0, 0, 2]
    # Without a gap: 1 has two of three sequences at the first site, and 1 at the second.
    digits = pd.DataFrame({"residue": ["", "", "0"]})
    assert reference_states(digits, family, alphabet("012")).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("content", "measured"),
    [
        ("Variant\tDMS_score\nA7C\t1\n", [1]), ("mutations,fitness\nA7C,-1e-3\n", [-0.001]),
        ("x,effect,mutation\n1,2,A7C\n", [2]), ("mutant,score\nA7C,NA\nA7D,1\n", [1]),
    ],
)  # fmt: skip
def test_columns_of_measured_mutants_have_several_names(content, measured, tmp_path):
    (tmp_path / "dms").write_text(content)
    assert read_measured(tmp_path / "dms")["measured"].tolist() == measured


def test_ranks_are_compared_with_an_interval():
    rng = np.random.default_rng(0)
    one = rng.normal(size=300)
    two = one + rng.normal(size=300)
    correlation = spearman(one, two, rng, 300)
    assert correlation["value"] == pytest.approx(spearmanr(one, two).statistic) and correlation["pairs"] == 300
    # Fisher's transform of a rank correlation r has a standard error of sqrt((1 + r^2 / 2) / (n - 3)) (Bonett, Wright).
    half = 1.96 * ((1 + correlation["value"] ** 2 / 2) / 297) ** 0.5
    low, high = np.tanh(np.arctanh(correlation["value"]) + half * np.array([-1, 1]))
    assert correlation["low"] == pytest.approx(low, abs=0.03) and correlation["high"] == pytest.approx(high, abs=0.03)
    # The same draws: of 95 % of them it is the ends.
    draws = np.random.default_rng(3)
    rows = [draws.integers(0, 40, 40) for _ in range(100)]
    values = [spearmanr(one[chosen], two[chosen]).statistic for chosen in rows]
    few = spearman(one[:40], two[:40], np.random.default_rng(3), 100)
    assert (few["low"], few["high"]) == pytest.approx(np.percentile(values, [2.5, 97.5]))
    # 1 2 3 against 2 1 3: 1 - 6 (1 + 1) / (3 * 8) = 1/2; the pair without a value is left out.
    half = spearman([1, 2, 3, np.inf], [20, 10, 30, 0], rng, 20)
    assert half["value"] == pytest.approx(0.5) and half["pairs"] == 3
    assert spearman(one, np.exp(one), rng, 20)["value"] == pytest.approx(1)
    assert np.isnan(spearman([1, 2, np.nan], [1, 2, 3], rng, 20)["value"])


def test_conservation_leaves_gaps_out():
    sequences = np.array([[1, 0, 2], [1, 0, 3], [1, 4, 2], [1, 4, 3]], np.uint8)
    weighted = tabulate_conservation(sequences, np.array([5.0, 1, 1, 1]), columns_of("A-C"), LETTERS)
    # C in the third column has weights 5 and 1 of 8, gaps in the second 5 and 1.
    assert weighted["share"].tolist() == [1, 1, 0.75] and weighted["gaps"].tolist() == [0, 0.75, 0]
    frequencies, gaps = residue_frequencies(sequences, np.ones(4), LETTERS)
    np.testing.assert_allclose(gaps, [0, 0.5, 0])
    np.testing.assert_allclose(information_content(frequencies, LETTERS), [np.log2(20), np.log2(20), np.log2(20) - 1])
    table = tabulate_conservation(sequences, np.ones(4), columns_of("A-C"), LETTERS)
    assert table["consensus"].tolist() == ["A", "E", "C"] and table["share"].tolist() == [1, 1, 0.5]


def test_the_first_model_and_the_first_of_alternative_residues_count(fold, tmp_path):
    """A second model is twice as large; the fifth residue, a tyrosine, is a threonine as well."""
    residues, points = fold
    path, (first, second) = (
        tmp_path / "a.pdb",
        (pdb(residues, scale * points).removesuffix("END\n") for scale in (1, 2)),
    )
    tyrosine = [line for line in first.splitlines() if line[17:20] == "TYR"]
    both = [line[:16] + names + line[20:] for names in ("ATYR", "BTHR") for line in tyrosine]
    first = first.replace("\n".join(tyrosine), "\n".join(both))
    path.write_text(f"MODEL        1\n{first}ENDMDL\nMODEL        2\n{second}ENDMDL\nEND\n")
    (chain,) = polymer_chains(read_structure(path), LETTERS)
    assert chain.sequence == residues
    distances, _, _ = structure_distances(path, "", "cb", columns_of(residues), LETTERS)
    np.testing.assert_allclose(distances[2, 9], np.linalg.norm(points[2] - points[9]), atol=1e-3)
