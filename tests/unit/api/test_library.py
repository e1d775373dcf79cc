"""The library as a notebook uses it."""

import dataclasses
import doctest
import importlib
import os
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from workflow_run import ROOT, fasta, planted_rows

import temperance
from temperance import api
from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts
from temperance.scoring.scale import NaturalScale


def test_an_alignment_becomes_designs_in_under_ten_lines(tmp_path):
    path = tmp_path / "family.fasta"
    path.write_text(fasta(planted_rows(alphabet("protein"), length=12)))
    small = {"ladders": 8, "max_sweeps": 4}
    family = temperance.read_family(path, max_column_gaps=0.6)
    trained = family.train(200, chains=200, max_steps=30, path_steps=10, confirm_chains=400)
    samples = family.sample(trained.model, [0.5, 1.0, 2.0], sequences=64, **small)
    scored = family.score(trained.model, samples, learnt_from=family.subset(200))
    best = scored.recommend(novelty_floor=0.1, diversity_floor=0.5, draws=50)
    tau = best.sampling_temperature
    designs = family.design(trained.model, scored, tau, 5, candidates=64, novelty_floor=0.1, **small)
    assert tau in (0.5, 1.0, 2.0) and best.recommended == (best.tau is not None) and best.expected["novelty"] >= 0
    # The other two are edges of the ladder.
    assert not best.recommended or best.tau.value == 1.0
    assert 0.2 < scored.tau_train.value < 2
    assert scored.judge == "potts"
    assert 0 < len(designs) <= 5 and (designs["potts"] >= scored.threshold).all()
    assert set(designs["nearest_natural"]) <= set(family.names)
    assert len(family.contacts(trained.model)) == 66 and len(family.mutants(trained.model)) > 100
    # Nothing that judges has been learnt from.
    assert not set(family.training) & set(family.heldout)


def test_results_choose_designs_and_train_a_model(tmp_path):
    """Functional is what begins with 1, as half of the samples do."""
    family = temperance.example_family()
    model = Potts(np.zeros((12, 2), np.float32), np.zeros((12, 2, 12, 2), np.float32))
    path = tmp_path / "results.csv"
    rows = [f"{number:012b},{number // 2048}" for number in range(0, 4096, 37)]
    path.write_text("\n".join(["sequence,score", *rows]))
    small = {"ladders": 8, "max_sweeps": 4}
    samples = family.sample(model, [0.9, 1.0], sequences=64, **small)
    scored = dataclasses.replace(family.score(model, samples), threshold=-np.inf)
    measured = family.measure(model, path, threshold=0.5)
    assert measured.calibration.decides and len(measured.resampled) == 100
    assert measured.table["functional"].tolist() == [number >= 2048 for number in range(0, 4096, 37)]
    kinds = measured.table.groupby("kind")["functional"].mean().to_dict()
    assert measured.groups.set_index("kind")["functional"].to_dict() == pytest.approx(kinds)
    assert set(measured.learning["tested"]) >= {"design"}
    plan = {"number": 20, "candidates": 256, "novelty_floor": 0, "measured": measured, **small}
    functional = {}
    for objective in ("diversity", "success", "learning"):
        designs = family.design(model, scored, 1.0, objective=objective, **plan)
        assert (designs["p_functional_low"] <= designs["p_functional_high"]).all() and len(designs) == 20
        functional[objective] = designs["aligned"].str.startswith("1").sum()
    assert functional["diversity"] < 16 < functional["learning"] and functional["success"] == 20
    with pytest.raises(InputError, match="objective: success needs results"):
        family.design(model, scored, 1.0, objective="success", **small)
    with pytest.raises(InputError, match="measured: judged by profile, samples by potts"):
        other = family.measure(model, path, judge="profile", threshold=0.5)
        family.design(model, scored, 1.0, candidates=64, measured=other, **small)
    training = family.train(l2_couplings=0.3, chains=200, max_steps=10, confirm_chains=100)
    learnt, summary = family.learn_from_results(training, measured, 0.5, chains=200, path_steps=10, draws=50)
    assert summary["strength"] == 0.5 and summary["plain"] < 0.6 < summary["auc_low"]
    assert learnt.energies(np.eye(12, dtype=np.uint8)[:1]) < learnt.energies(np.zeros((1, 12), np.uint8))
    with pytest.raises(InputError, match="nothing says what is functional"):
        path.write_text("sequence,score\n000000000000,1\n111111111111,2\n")
        family.learn_from_results(training, family.measure(model, path))


def test_other_alphabets_are_judged_as_well(tmp_path):
    path = tmp_path / "spins.fasta"
    path.write_text(fasta(planted_rows(alphabet("01"), length=12)))
    family = temperance.read_family(path, "01", identity=None, duplicates="keep")
    model = Potts(np.zeros((12, 2), np.float32), np.zeros((12, 2, 12, 2), np.float32))
    samples = family.sample(model, [1.0, 2.0], sequences=64, ladders=8, max_sweeps=4)
    assert family.score(model, samples).judge == "potts"
    with pytest.raises(InputError, match="size"):
        family.subset(10_000)


def test_sequences_of_any_source_are_placed_among_natural_ones(tmp_path):
    path = tmp_path / "family.fasta"
    rows = planted_rows(alphabet("protein"), length=12)
    # A column of gaps is dropped; sequences of the file's columns and of those kept are placed alike.
    path.write_text(fasta([row[:5] + "-" + row[5:] for row in rows]))
    family = temperance.read_family(path, max_sequence_gaps=0.9)
    whole = [row[:5] + "-" + row[5:] for row in family.alphabet.decode(family.sequences)]
    natural = family.percentiles(family.sequences)
    np.testing.assert_array_equal(family.percentiles(whole), natural)
    # The judge has learnt from them, and rates them higher than its scale does.
    judge = family.judge
    scale = NaturalScale.measure(judge.natural_scores, family.weights)
    np.testing.assert_allclose(natural, scale.percentiles(judge(family.sequences)))
    assert np.average(scale.percentiles(judge.natural_scores), weights=family.weights) == pytest.approx(50)
    assert natural.mean() > 60
    shuffled = np.random.default_rng(0).permuted(family.sequences, axis=0)
    assert family.percentiles(shuffled).mean() < 40
    with pytest.raises(InputError, match=r"11 columns; expected 13 .* or 12"):
        family.percentiles(["A" * 11])


def test_everything_that_notebooks_call_has_an_example():
    members = {name: member for kind in api.Family.__mro__[-2::-1] for name, member in vars(kind).items()}
    methods = {name: member for name, member in members.items() if not name.startswith("_")}
    functions = [api.read_family, api.example_family, *(methods[name] for name in methods.keys() - ATTRIBUTES)]
    assert len(functions) >= 10
    assert not [function for function in functions if ">>> " not in function.__doc__]


ATTRIBUTES = {field.name for field in dataclasses.fields(api.Family)}
MODULES = [
    module.name for module in pkgutil.walk_packages(temperance.__path__, "temperance.") if "__main__" not in module.name
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_package_is_light_until_it_is_used():
    code = "import sys, temperance; assert 'jax' not in sys.modules and 'pandas' not in sys.modules; temperance.nothing"
    place = {"PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | place)
    assert run.returncode == 1 and "has no attribute 'nothing'" in run.stderr
