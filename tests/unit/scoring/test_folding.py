import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.scoring import folding, rna_tools


def test_a_hairpin_is_more_stable_than_what_cannot_pair():
    pytest.importorskip("RNA")
    letters = alphabet("rna")
    rows = ["GGGGGAAAACCCCC", "GGGGAAAAGGGGGG", "GG-GGGAAAACCC-CC", "----------------"]
    codes = letters.codes()
    scores = [folding.fold_scores(codes[np.frombuffer(row.encode(), np.uint8)][None], letters)[0] for row in rows]
    assert scores[0] > 0.5 and scores[1] == 0 and scores[2] == scores[0] and scores[3] == 0


def test_without_the_package_it_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(rna_tools.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install viennarna"):
        folding.fold_scores(np.zeros((1, 4), np.uint8), alphabet("rna"))
