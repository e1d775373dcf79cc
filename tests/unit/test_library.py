"""The library as a notebook uses it."""

import os
import subprocess
import sys

import numpy as np
import pytest
from workflow_run import ROOT, fasta, planted_rows

import temperance
from temperance.alphabet import alphabet
from temperance.errors import InputError
from temperance.potts import Potts


def test_an_alignment_becomes_designs_in_under_ten_lines(tmp_path):
    path = tmp_path / "family.fasta"
    path.write_text(fasta(planted_rows(alphabet("protein"), length=12)))
    small = {"ladders": 8, "max_sweeps": 4}
    family = temperance.read_family(path, max_column_gaps=0.6)
    trained = family.train(200, chains=200, max_steps=30, path_steps=10, confirm_chains=400)
    drawn = family.sample(trained.model, [0.5, 1.0, 2.0], sequences=64, **small)
    scored = family.score(trained.model, drawn)
    best = scored.recommend(novelty_floor=0.1, diversity_floor=0.5, draws=50)
    designs = family.design(trained.model, scored, best.tau.value, 5, candidates=64, novelty_floor=0.1, **small)
    assert scored.judge == "hmm" and 0.5 <= best.tau.value <= 2 and best.feasible
    assert 0 < len(designs) <= 5 and (designs["hmm"] >= scored.threshold).all()
    assert set(designs["nearest_natural"]) <= set(family.names)
    assert len(family.contacts(trained.model)) == 66 and len(family.mutants(trained.model)) > 100
    # Nothing that judges has been learnt from.
    assert not set(family.training) & set(family.heldout)


def test_other_alphabets_are_judged_by_their_profile(tmp_path):
    path = tmp_path / "spins.fasta"
    path.write_text(fasta(planted_rows(alphabet("01"), length=12)))
    family = temperance.read_family(path, "01", identity=None, duplicates="keep")
    model = Potts(np.zeros((12, 2), np.float32), np.zeros((12, 2, 12, 2), np.float32))
    drawn = family.sample(model, [1.0, 2.0], sequences=64, ladders=8, max_sweeps=4)
    assert family.score(model, drawn).judge == "profile"
    with pytest.raises(InputError, match="size"):
        family.subset(10_000)


def test_the_package_is_light_until_it_is_used():
    code = "import sys, temperance; assert 'jax' not in sys.modules and 'pandas' not in sys.modules; temperance.nothing"
    place = {"PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | place)
    assert run.returncode == 1 and "has no attribute 'nothing'" in run.stderr
