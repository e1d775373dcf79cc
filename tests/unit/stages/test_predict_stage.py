"""The stage `predict` on a family of five sequences, a model of one coupling, a structure and measured mutants."""

import json

import numpy as np
import pandas as pd
import pytest
from structures import pdb

from temperance.core.alphabet import alphabet
from temperance.core.files import load_table, save_arrays, save_table
from temperance.core.settings.stages import STAGES
from temperance.potts.model import Potts
from temperance.report.figures.structure import mutants as draw_mutants
from temperance.stages import predict

LETTERS = alphabet("protein")
# The reference has nothing in the second column, and begins with residue 11.
REFERENCE = "A-KLMNQR"
COLUMNS = [1, 2, 4, 5, 6, 7, 8, 9]
A, D, K = (LETTERS.symbols.index(symbol) for symbol in "ADK")


def model():
    """A field of 3/4 for D at the first site; a coupling of 2 between A there and K at the third."""
    fields, couplings = np.zeros((8, 21), np.float32), np.zeros((8, 21, 8, 21), np.float32)
    fields[0, D] = 0.75
    couplings[0, A, 2, K] = couplings[2, K, 0, A] = 2
    return Potts(fields, couplings)


@pytest.fixture
def inputs(tmp_path):
    model().save(tmp_path / "model", LETTERS, {})
    rows = [REFERENCE, "DDKLMNQR", "D-KLMNQR", "KKKKKKKK", "DDDDDDDD"]
    sequences = np.array([[LETTERS.symbols.index(symbol) for symbol in row] for row in rows], np.uint8)
    weights = np.array([1.0, 2.0, 1.0, 9.0, 9.0])
    save_arrays(tmp_path / "alignment", {"sequences": sequences, "weights": weights}, {"alphabet": "protein"})
    # The last two are held out, and discarded.
    save_arrays(tmp_path / "split", {"training": np.arange(3), "heldout": np.array([3])}, {})
    numbers = pd.array([11, None, 12, 13, 14, 15, 16, 17], dtype="Int64")
    columns = {"site": np.arange(8) + 1, "column": COLUMNS, "residue": list(REFERENCE.replace("-", " ")),
               "number": numbers}  # fmt: skip
    save_table(tmp_path / "columns.tsv", pd.DataFrame(columns).replace(" ", ""))
    return predict.Inputs(*(tmp_path / name for name in ("model", "alignment", "columns.tsv", "split")))


def run(inputs, tmp_path, bootstrap=50, **structure):
    names = ("contacts.tsv", "mutants.tsv", "cons.tsv", "chain.tsv", "s")
    outputs = predict.Outputs(*(tmp_path / f"out-{name}" for name in names))
    settings = STAGES["predict"].of({"structure": structure, "optimum": {"bootstrap": bootstrap}})
    predict.run(inputs, outputs, settings, 5)
    contacts, mutants, conservation = map(load_table, outputs[:3])
    return contacts, mutants, conservation, json.loads(outputs.summary.read_text())


def test_pairs_mutants_and_columns_have_their_values(inputs, tmp_path):
    contacts, mutants, conservation, summary = run(inputs, tmp_path, separation=3)
    # 28 pairs of 8 sites; the coupled one comes first.
    assert len(contacts) == 28
    first = contacts.iloc[0]
    assert first[["i", "j", "column_i", "column_j", "residue_i", "residue_j", "number_i", "number_j"]].tolist() == [
        1, 3, 1, 4, "A", "K", 11, 12,
    ]  # fmt: skip
    # In zero-sum gauge the coupling is 2 (1_A - 1/21) (1_K - 1/21), and its norm without gaps 2 (1 - 2/21 + 20/21^2)
    # = 2 * 419/441. Of the means, n/7 at its two sites and 2n/56 over all, (n/7)^2 / (n/28) = 4/7 n is subtracted.
    norm = 2 * ((1 - 1 / 21) ** 2 + 19 / 21**2)
    assert first["score"] == pytest.approx(norm * 3 / 7, rel=1e-4)
    assert (contacts["score"][1:].abs() < 1e-6).all()
    # 1 and 4 are 3 columns apart but numbers 11 and 12 of the reference; the second site has no number.
    assert first["separation"] == 1
    assert contacts.set_index(["i", "j"])["separation"][1, 2] == 1
    assert contacts.set_index(["i", "j"])["separation"][2, 8] == 7
    assert summary.pop("provenance")["settings"]["optimum"] == {"bootstrap": 50}
    assert summary == {"separation": 3}

    # Without a structure there is no chain.
    assert (tmp_path / "out-chain.tsv").read_text() == "residue\tnumber\tsite\tx\ty\tz\n"

    # Seven residues, each with 19 others.
    assert mutants.shape == (7 * 19, 7)
    scores = mutants.set_index("mutant")["score"]
    # Without A at the first site the coupling is lost: -2; D gains a field of 3/4.
    assert scores["A11C"] == -2 and scores["A11D"] == -1.25 and scores["K12D"] == -2 and scores["L13C"] == 0
    assert mutants["mutant"].tolist()[:3] == ["A11C", "A11D", "A11E"]

    # Of the training sequences, weight 4: A 1, D 3 at the first site; D 2 and gaps 2 at the second.
    assert conservation["consensus"].tolist() == list("DDKLMNQR")
    assert conservation["share"].tolist() == [0.75, *[1] * 7]
    assert conservation["gaps"].tolist() == [0, 0.5, *[0] * 6]
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    assert conservation["information"][0] == pytest.approx(np.log2(20) - entropy, rel=1e-5)
    assert conservation["column"].tolist() == COLUMNS


def test_contacts_are_compared_with_those_of_the_structure(inputs, tmp_path, caplog):
    """Seven residues on a line, 4 angstroms apart: 8 apart are not below a cutoff of 8, and at 8.5 they are."""
    residues = REFERENCE.replace("-", "")
    structure = tmp_path / "structure.pdb"
    structure.write_text(pdb(residues, np.outer(np.arange(7), [4.0, 0, 0])))
    inputs = inputs._replace(structure=structure)
    for cutoff, separation, pairs, contacts in (
        # Of 7 residues 21 pairs; 6 are 4 angstroms apart and 5 are 8 apart.
        (8, 1, 21, 6), (8.5, 1, 21, 11), (8.5, 2, 15, 5), (8.5, 3, 10, 0),
    ):  # fmt: skip
        table, _, _, summary = run(inputs, tmp_path, cutoff=cutoff, separation=separation)
        assert summary["separation"] == separation
        assert summary["structure"] == {"sites": 7, "identity": 1, "cutoff": cutoff}
        precision = {row["rank"]: row for row in summary["precision"]}
        # Of 8 sites.
        assert {rank: row["pairs"] for rank, row in precision.items()} == {
            "L/5": min(2, pairs), "L/2": min(4, pairs), "L": min(8, pairs), "2L": min(16, pairs),
        }  # fmt: skip
        assert precision["L"]["expected"] == pytest.approx(contacts / pairs)
    # No pair that far apart is in contact.
    none = "precision of the highest-scoring contacts: 0.00 of L/5, 0.00 of L/2, 0.00 of L, 0.00 of 2L"
    assert caplog.messages.count(none) == 1 and caplog.messages[-1] == none
    distances = table.set_index(["i", "j"])["distance"]
    assert (distances[1, 3], distances[1, 8]) == (4, 24) and np.isnan(distances[1, 2])
    # The second site has no residue; alpha carbons are half an angstrom from the beta carbons.
    chain = load_table(tmp_path / "out-chain.tsv")
    assert "".join(chain["residue"]) == residues and chain["number"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert chain["site"].tolist() == [1, 3, 4, 5, 6, 7, 8] and chain["x"].tolist() == [0.5 + 4 * n for n in range(7)]


def test_scores_are_compared_with_measured_mutants(inputs, tmp_path):
    measured = tmp_path / "measured.csv"
    # Scores of the model: -2, -1.25, 0, and 0 again.
    measured.write_text("mutant,score\nA11C,1\nA11D,2\nL13C,3\nL13D,5\nM14C:N15C,4\n")
    _, mutants, _, summary = run(inputs._replace(measured=measured), tmp_path)
    # Ranks 1 2 3 5 4 and 1 2 4 4 4, around their mean 3: (-2)(-2) + (-1)(-1) + 0 + 2 * 1 + 1 * 1 = 8,
    # of squares 4 + 1 + 0 + 4 + 1 = 10 and 4 + 1 + 1 + 1 + 1 = 8.
    assert summary["mutants"]["value"] == pytest.approx(8 / 80**0.5)
    assert (summary["mutants"]["pairs"], summary["mutants"]["measured"]) == (5, 5)
    assert -1 <= summary["mutants"]["low"] <= summary["mutants"]["value"] <= summary["mutants"]["high"] <= 1
    values = mutants.set_index("mutant")["measured"].dropna()
    # One of two sites has no row.
    assert values.to_dict() == {"A11C": 1, "A11D": 2, "L13C": 3, "L13D": 5}


def test_what_cannot_be_compared_is_left_out_of_the_summary(inputs, tmp_path):
    """Two mutants have no rank correlation, and of seven residues no two are 9 apart."""
    measured, structure = tmp_path / "measured.csv", tmp_path / "structure.pdb"
    measured.write_text("mutant,score\nA11C,1\nA11D,2\n")
    structure.write_text(pdb(REFERENCE.replace("-", ""), np.outer(np.arange(7), [4.0, 0, 0])))
    _, mutants, _, summary = run(inputs._replace(measured=measured, structure=structure), tmp_path, separation=9)
    assert summary.keys() == {"separation", "structure", "provenance"}
    assert mutants["measured"].notna().sum() == 2
    # The figure has no correlation in its title.
    (_, scatter, *_) = draw_mutants(mutants, summary, LETTERS).axes
    assert scatter.get_title() == "" and len(scatter.lines[0].get_xdata()) == 2
