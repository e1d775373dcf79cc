"""Structures of complexes, of homologues and of unrelated chains, and files that are damaged."""

import gzip
import logging
import os

import numpy as np
import pandas as pd
import pytest
from Bio.Align import substitution_matrices
from structures import cif, pdb

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.predict import structures
from temperance.predict.contacts import structure_distances, structure_trace
from temperance.predict.resemblance import chance, match, resembles

PROTEIN = alphabet("protein")
ALPHA = (
    "VLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSHGSAQVKGHGKKVADALTNAVAHVDDMPNALSALSDLHAHKLRVDPVNFKLLSHCLLVTLAA"
    "HLPAEFTPAVHASLDKFLASVSTVLTSKYR"
)
BETA = (
    "VHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLV"
    "CVLAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)
MYOGLOBIN = (
    "VLSEGEWQLVLHVWAKVEADVAGHGQDILIRLFKSHPETLEKFDRFKHLKTEAEMKASEDLKKHGVTVLTALGAILKKKGHHEAELKPLAQSHATKHKIPIKYLEFISEAI"
    "IHVLHSRHPGDFGADAQGAMNKALELFRKDIAAKYKELGYQG"
)
UNRELATED = [
    "KVFGRCELAAAMKRHGLDNYRGYSLGNWVCAAKFESNFNTQATNRNTDGSTDYGILQINSRWWCNDGRTPGSRNLCNIPCSALLSSDITASVNCAKKIVSDGNGMNAWVAW"
    "RNRCKGTDVQAWIRGCRL",
    "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG",
    "RPDFCLEPPYTGPCKARIIRYFYNAKAGLCQTFVYGGCRAKRNNFKSAEDCMRTCGGA",
    "AQSVPYGVSQIKAPALHSQGYTGSNVKVAVIDSGIDSSHPDLKVAGGASMVPSETNPFQDNNSHGTHVAGTVAALNNSIGVLGVAPSASLYAVKVLGADGSGQYSWIINGI",
    "GEEEE" * 20,
]
# Frequencies of amino acids in proteins (Robinson and Robinson, 1991), in %.
BACKGROUND = {
    "A": 7.8, "C": 1.9, "D": 5.4, "E": 6.3, "F": 3.9, "G": 7.4, "H": 2.2, "I": 5.1, "K": 5.7, "L": 9.0, "M": 2.2,
    "N": 4.5, "P": 5.2, "Q": 4.3, "R": 5.1, "S": 7.1, "T": 5.8, "V": 6.4, "W": 1.3, "Y": 3.2,
}  # fmt: skip


def columns_of(residues):
    numbers = np.arange(len(residues)) + 1
    return pd.DataFrame({"column": numbers, "residue": list(residues), "number": numbers})


def points(count, seed=0):
    return np.random.default_rng(seed).uniform(0, 30, (count, 3)).round(3)


def probability(reference, chain):
    return chance(reference, chain, PROTEIN, match(reference, chain, PROTEIN).score)


def random_chain(rng, length):
    weights = np.array(list(BACKGROUND.values()))
    return "".join(rng.choice(list(BACKGROUND), length, p=weights / weights.sum()))


def homologue(rng, reference, identity):
    """Replace residues by the frequencies of substitutions on which BLOSUM62 is founded, p_a p_b exp(0.3176 S_ab)."""
    matrix, kept = substitution_matrices.load("BLOSUM62"), rng.permutation(len(reference)) < identity * len(reference)
    chain = []
    for residue, is_kept in zip(reference, kept, strict=True):
        others = [other for other in BACKGROUND if other != residue]
        weights = np.array([BACKGROUND[other] * np.exp(0.3176 * matrix[residue][other]) for other in others])
        chain.append(residue if is_kept else rng.choice(others, p=weights / weights.sum()))
    return "".join(chain)


@pytest.mark.parametrize("reference", [ALPHA, MYOGLOBIN[:40], UNRELATED[1]])
def test_unrelated_chains_do_not_resemble_the_reference(reference):
    rng = np.random.default_rng(0)
    chains = [chain for chain in UNRELATED if chain != reference]
    chains += [random_chain(rng, length) for length in rng.integers(30, 300, 30)]
    assert not [chain for chain in chains if resembles(probability(reference, chain), 1)]


def test_homologues_resemble_the_reference_however_far_their_identity_has_fallen():
    # Of 141 residues of alpha globin 43 % are those of beta globin and about 27 % those of myoglobin.
    for chain, identity in ((BETA, 0.43), (MYOGLOBIN, 0.27)):
        assert match(ALPHA, chain, PROTEIN).identity == pytest.approx(identity, abs=0.03)
        assert probability(ALPHA, chain) < 1e-6
    rng = np.random.default_rng(1)
    for length in (60, 120):
        for _ in range(10):
            reference = random_chain(rng, length)
            assert resembles(probability(reference, homologue(rng, reference, identity=0.3)), 1)


def test_chance_is_that_of_the_extreme_value_distribution():
    # The alignments of shuffled chains themselves: about one in ten is above the score whose probability is 0.1.
    rng = np.random.default_rng(0)
    reference, chain = ALPHA[:50], BETA[:50]
    shuffled = ["".join(rng.permutation(list(chain))) for _ in range(200)]
    values = np.array([chance(reference, chain, PROTEIN, match(reference, one, PROTEIN).score) for one in shuffled])
    assert 0.04 < (values < 0.1).mean() < 0.2 and 0.35 < (values < 0.5).mean() < 0.65
    assert resembles(4.9e-4, 2) and not resembles(5.1e-4, 2) and resembles(9.9e-4, 1)


def complex_of(tmp_path, *chains):
    """Write a complex of chains (name, sequence, seed of their coordinates)."""
    text = "".join(pdb(sequence, points(len(sequence), seed), name) for name, sequence, seed in chains)
    path = tmp_path / "complex.pdb"
    path.write_text(text.replace("END\n", "TER\n") + "END\n")
    return path


def test_the_chain_that_resembles_the_reference_best_is_used_and_told(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = complex_of(tmp_path, ("L", UNRELATED[0], 1), ("B", BETA, 2), ("A", ALPHA, 3), ("C", ALPHA[5:], 4))
    distances, sites, identity = structure_distances(path, "", "cb", columns_of(ALPHA), PROTEIN)
    where = points(len(ALPHA), 3)
    np.testing.assert_allclose(distances[7, 31], np.linalg.norm(where[7] - where[31]), atol=1e-3)
    assert (sites, identity) == (141, 1) and "chain A covers 141 of 141 sites, 100 % identical" in caplog.text
    _, sites, identity = structure_distances(path, "B", "cb", columns_of(ALPHA), PROTEIN)
    assert sites > 130 and 0.4 < identity < 0.5 and "chain B covers" in caplog.text
    with pytest.raises(
        InputError, match=r"chain L \(.*\) does not resemble .* \(p = .*\); chain A \(141 residues aligned, 100% "
    ):
        structure_distances(path, "L", "cb", columns_of(ALPHA), PROTEIN)
    with pytest.raises(InputError, match="no chain Z; its chains are A, B, C, L"):
        structure_distances(path, "Z", "cb", columns_of(ALPHA), PROTEIN)


def test_the_trace_has_the_whole_chain_and_the_sites_of_what_the_reference_has(tmp_path):
    """The reference begins with the chain's sixth residue, and lacks one in the middle, at a site without residue."""
    path = complex_of(tmp_path, ("L", UNRELATED[0], 1), ("A", ALPHA, 3))
    columns = columns_of(ALPHA[5:])
    columns.loc[40, "residue"] = "-"
    # The forty-first site is the forty-sixth residue of the chain. The tenth residue lost its alpha carbon.
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not ("CA " in line and line[21:26] == "A  10")))
    trace = structure_trace(path, "", columns, PROTEIN)
    assert "".join(trace["residue"]) == ALPHA[:9] + ALPHA[10:] and len(trace) == 140
    by_number = trace.set_index("number")
    assert by_number.index[[0, 8, 9]].tolist() == ["1", "9", "11"]
    assert by_number["site"][["6", "45", "47", "141"]].tolist() == [1, 40, 42, 136]
    assert by_number["site"][["1", "5", "46"]].isna().all()
    # Alpha carbons are half an angstrom beside the beta carbons, those of glycine where these would be.
    shift = np.array([residue != "G" for residue in trace["residue"]]) * 0.5
    where = np.delete(points(len(ALPHA), 3), 9, axis=0)
    np.testing.assert_allclose(trace[["x", "y", "z"]], where + np.outer(shift, [1, 0, 0]), atol=1e-3)


def test_the_trace_of_nucleotides_is_of_their_sugars(tmp_path):
    residues, where = "GGCACUUCGGUGCCAAUUGCAGC", points(23)
    rows = [
        f"ATOM  {n:5d}  {atom} {residue:>3} B{n:4d}A   {x + shift:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00           C"
        for n, (residue, (x, y, z)) in enumerate(zip(residues, where, strict=True), 1)
        for atom, shift in (("C4'", 1), ("C3'", 0))
    ]
    (tmp_path / "x.pdb").write_text("\n".join(rows) + "\n")
    trace = structure_trace(tmp_path / "x.pdb", "B", columns_of(residues), alphabet("rna"))
    np.testing.assert_allclose(trace[["x", "y", "z"]], where, atol=1e-3)
    # Insertion codes belong to the number.
    assert trace["number"].tolist()[:2] == ["1A", "2A"] and trace["site"].tolist() == list(range(1, 24))


def test_a_complex_of_two_paralogues_needs_the_name_of_the_chain(tmp_path):
    # The second differs at every fifth residue.
    other = "".join("S" if n % 5 == 2 else residue for n, residue in enumerate(ALPHA))
    reference = "".join("Y" if n % 5 == 2 else residue for n, residue in enumerate(ALPHA))
    path = complex_of(tmp_path, ("A", ALPHA, 0), ("B", other, 1))
    with pytest.raises(
        InputError, match=r"structure.chain: .*: chain . \(.*\) and chain . \(.*\) resemble the reference; give"
    ):
        structure_distances(path, "", "cb", columns_of(reference), PROTEIN)
    assert structure_distances(path, "B", "cb", columns_of(reference), PROTEIN)[1] == 141


def test_modified_residues_have_their_parents_and_ligands_are_left_out(tmp_path):
    residues = "MKTAYIAKQRGISFVKSHFSRQ"
    text = pdb(residues, points(len(residues)))
    lines = [
        # Selenomethionine and phosphoserine are HETATM; histidine as molecular dynamics names it.
        line.replace("ATOM  ", "HETATM").replace("MET A   1", "MSE A   1").replace("SER A  13", "SEP A  13")
        if line[22:26].strip() in ("1", "13") else line.replace("HIS", "HIE")
        for line in text.splitlines()
    ]  # fmt: skip
    free = pdb("ALA", points(3, 5)).replace("ATOM  ", "HETATM").replace("END\n", "")
    (tmp_path / "x.pdb").write_text(free + "\n".join(lines))
    _, sites, identity = structure_distances(tmp_path / "x.pdb", "", "heavy", columns_of(residues), PROTEIN)
    assert (sites, identity) == (22, 1)


def test_chains_of_nucleotides_are_not_taken_for_proteins_and_thymine_is_uracil(tmp_path):
    sequence, where = "GGCACUUCGGUGCCAAUUGCAGC", points(23)
    rows = [
        f"ATOM  {n:5d}  C3' {name} B{n:4d}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00           C"
        for n, (name, (x, y, z)) in enumerate(zip(
            [" DT" if c == "U" and n == 6 else f"  {c}" for n, c in enumerate(sequence, 1)], where, strict=True), 1)
    ]  # fmt: skip
    path = tmp_path / "x.pdb"
    path.write_text("\n".join(rows) + "\n")
    distances, sites, identity = structure_distances(path, "", "cb", columns_of(sequence), alphabet("rna"))
    assert (sites, identity) == (23, 1)
    np.testing.assert_allclose(distances[2, 9], np.linalg.norm(where[2] - where[9]), atol=1e-3)
    dna = columns_of(sequence.replace("U", "T"))
    assert structure_distances(path, "", "cb", dna, alphabet("dna"))[1:] == (23, 1)
    with pytest.raises(InputError, match="no chain has residues of protein"):
        structure_distances(path, "", "cb", columns_of(ALPHA), PROTEIN)


FOLD = "MKTAYIAKQRGISFVKSHFSRQ"
WHOLE = {"pdb": pdb(FOLD, points(22)), "cif": cif(FOLD, points(22))}
HEADER = "# AlphaFold\n#\n\n# header of a download\n"


@pytest.mark.parametrize(
    "content",
    [
        WHOLE["pdb"],
        WHOLE["pdb"].replace("\n", "\r\n"),
        "HEADER    HYDROLASE\n" + WHOLE["pdb"].replace("END\n", ""),
        HEADER + WHOLE["cif"],
        "\ufeff" + WHOLE["cif"],
        WHOLE["cif"].replace("data_x", "DATA_AF-P69905-F1"),
        "data_global\n_audit.revision_id 1\n" + WHOLE["cif"],
    ],
    ids=["pdb", "windows", "without an end", "comments", "byte order mark", "capitals", "two blocks"],
)
def test_structures_are_read_as_programs_write_them(content, tmp_path):
    path = tmp_path / "x"
    for packed in (content.encode(), gzip.compress(content.encode())):
        path.write_bytes(packed)
        distances, sites, identity = structure_distances(path, "", "cb", columns_of(FOLD), PROTEIN)
        assert (sites, identity) == (22, 1)
        where = points(22)
        np.testing.assert_allclose(distances[3, 17], np.linalg.norm(where[3] - where[17]), atol=1e-3)


def third_line(columns):
    """Replace columns 31 to 54 of the third line."""
    lines = WHOLE["pdb"].splitlines()
    lines[2] = lines[2][:30] + columns + lines[2][54:]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<!DOCTYPE html>\n<html>404</html>", "is a web page; expected the structure itself"),
        ("", "is not a PDB or mmCIF file"),
        ("hello\n", r"is not a PDB or mmCIF file \(it begins with 'hello'\)"),
        ("data_x\nloop_\n_atom_site.group_PDB\n_atom_site.id\n", "has no atoms"),
        ("data_x\n_cell.length_a 1\n", "has no atoms"),
        (WHOLE["cif"][:-40], "not a complete mmCIF file"),
        (
            WHOLE["cif"].replace(f"{points(22)[5, 0]:.3f}", "nan"),
            "a coordinate of ILE 6 of chain B, atom CB, is not a finite number",
        ),
        (WHOLE["cif"].replace(f"{points(22)[5, 0]:.3f}", "1,5"), "a coordinate of ILE 6 of chain B"),
        (
            WHOLE["pdb"][: WHOLE["pdb"].index("ATOM      5") + 45],
            "line 5: coordinates '.*'; expected three numbers",
        ),
        (third_line("     nan   0.000   0.000"), "line 3: coordinates '     nan   0.000   0.000'; expected three"),
        (third_line("           0.000   0.000"), "line 3: coordinates"),
        (third_line("     1_0   0.000   0.000"), "line 3: coordinates"),
        (WHOLE["pdb"].replace("ATOM  ", "HETATM"), "no chain has residues of protein"),
        (
            WHOLE["pdb"].replace(" CA ", " XX ").replace(" CB ", " YY "),
            "chain A has 0 residues with an atom CB, CA or C3'; give a structure that has at least 2 of them",
        ),
    ],
)
def test_a_structure_that_is_cut_or_damaged_is_refused(content, message, tmp_path):
    path = tmp_path / "x.pdb"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        structure_distances(path, "", "cb", columns_of(FOLD), PROTEIN)
    assert str(error.value).startswith(f"structure.path: {path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize("atoms", ["cb", "heavy"])
def test_residues_at_one_point_are_refused(atoms, tmp_path):
    # As programs write residues that they could not place: the third, a threonine, and the last, a glutamine.
    where = points(22)
    where[[2, 21]] = 0
    path = tmp_path / "x.pdb"
    path.write_text(pdb(FOLD, where))
    with pytest.raises(InputError) as raised:
        structure_distances(path, "", atoms, columns_of(FOLD), PROTEIN)
    assert str(raised.value) == (
        f"structure.path: {path}: THR 3 and GLN 22 of chain A have atoms at the same point; remove residues that are "
        "not resolved"
    )


def test_structures_that_are_not_read_are_told(tmp_path, caplog):
    other = points(22, 1)
    after_end = WHOLE["pdb"] + pdb(FOLD, other)
    second = cif(FOLD, other).replace("data_x", "data_y")
    end = WHOLE["pdb"].count("\n")
    for content, told in (
        (after_end, f"atoms after END, line {end}, are not read"),
        (WHOLE["cif"] + second, "of its 2 structures the first, x, is read"),
        (WHOLE["pdb"].replace("END\n", "ENDMDL\nMODEL        2\n") + pdb(FOLD, other), ""),
        ("data_global\n_audit.revision_id 1\n" + WHOLE["cif"], ""),
    ):
        caplog.clear()
        path = tmp_path / "x"
        path.write_text(content)
        distances, _, _ = structure_distances(path, "", "cb", columns_of(FOLD), PROTEIN)
        np.testing.assert_allclose(distances[3, 17], np.linalg.norm(points(22)[3] - points(22)[17]), atol=1e-3)
        warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert warnings == [f"warning: structure.path: {path}: {told}"] * bool(told)


def test_residues_without_an_atom_are_not_covered(tmp_path):
    lines = WHOLE["pdb"].splitlines()
    (tmp_path / "x.pdb").write_text(
        "\n".join(line[:77] + "H" if line[22:26].strip() == "4" else line for line in lines)
    )
    distances, sites, identity = structure_distances(tmp_path / "x.pdb", "", "heavy", columns_of(FOLD), PROTEIN)
    assert (sites, identity) == (21, 1) and np.isnan(distances[3]).all() and np.isfinite(distances[4, 5])
    (tmp_path / "x.pdb").write_text("\n".join(line[:77] + "H" if line.startswith("ATOM") else line for line in lines))
    with pytest.raises(InputError, match="chain A has 0 residues with an atom other than hydrogen"):
        structure_distances(tmp_path / "x.pdb", "", "heavy", columns_of(FOLD), PROTEIN)


def test_distances_between_heavy_atoms_are_the_least(tmp_path):
    rows, residues = [], "MKTAYIAK"
    for n, residue in enumerate(residues):
        for atom, element, x in (("CA", "C", 10 * n * n), ("CB", "C", 10 * n * n + 3), ("HB", "H", 10 * n * n - 2)):
            rows.append(
                f"ATOM  {len(rows):5d}  {atom:3s} {pdb(residue, points(1))[17:20]} A{n:4d}    {x:8.3f}{0:8.3f}{0:8.3f}"
                f"  1.00  0.00           {element}"
            )
    (tmp_path / "x.pdb").write_text("\n".join(rows))
    heavy, beta = (
        structure_distances(tmp_path / "x.pdb", "", atoms, columns_of(residues), PROTEIN)[0]
        for atoms in ("heavy", "cb")
    )
    # At 0 and 3, 10 and 13, 40 and 43: 10 - 3, 40 - 3, 40 - 13; beta carbons at 3, 13, 43; hydrogens do not count.
    assert heavy[:3, :3].round(3).tolist() == [[0, 7, 37], [7, 0, 27], [37, 27, 0]]
    assert beta[:3, :3].round(3).tolist() == [[0, 10, 40], [10, 0, 30], [40, 30, 0]]


def test_structures_that_fill_the_memory_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.pdb"
    path.write_text(WHOLE["pdb"])
    os.truncate(path, 2**40)  # takes no room on the disk
    with pytest.raises(InputError, match="larger than 128 MB; give the chain alone"):
        structure_distances(path, "", "cb", columns_of(FOLD), PROTEIN)
    path.write_text(WHOLE["pdb"])
    monkeypatch.setattr(structures, "_LONGEST_CHAIN", 21)
    with pytest.raises(InputError, match="chain A has 22 residues; expected 21 at most"):
        structure_distances(path, "", "cb", columns_of(FOLD), PROTEIN)
