from types import SimpleNamespace

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.scoring import folding, rna_tools


def test_a_hairpin_is_more_stable_than_what_cannot_pair():
    rna = pytest.importorskip("RNA")
    letters = alphabet("rna")
    rows = ["GGGGGAAAACCCCC", "GGGGAAAAGGGGGG", "GG-GGGAAAACCC-CC", "----------------"]
    codes = letters.codes()
    scores = [folding.fold_scores(codes[np.frombuffer(row.encode(), np.uint8)][None], letters)[0] for row in rows]
    # Minus the free energy of the best fold, for each of fourteen nucleotides.
    assert scores[0] == pytest.approx(-rna.fold("GGGGGAAAACCCCC")[1] / 14)
    assert scores[0] > 0.5
    assert scores[1] == 0 and scores[2] == scores[0] and scores[3] == 0


def test_energies_are_per_nucleotide_without_gaps(monkeypatch):
    """Free energies of -1 and -0.5 kcal/mol of three and four nucleotides, by a stand-in for ViennaRNA."""
    energies = {"ACG": -1.0, "GGUG": -0.5}
    monkeypatch.setattr(folding, "explain_missing_folding", str)
    monkeypatch.setattr(
        folding.importlib, "import_module", lambda name: SimpleNamespace(fold=lambda row: ("...", energies[row]))
    )
    # Of -ACGU.
    sequences = np.array([[1, 0, 2, 3], [3, 3, 4, 3], [0, 0, 0, 0]], np.uint8)
    assert folding.fold_scores(sequences, alphabet("rna")).tolist() == [pytest.approx(1 / 3), 0.125, 0]


def test_without_the_package_it_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(rna_tools.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install viennarna"):
        folding.fold_scores(np.zeros((1, 4), np.uint8), alphabet("rna"))
