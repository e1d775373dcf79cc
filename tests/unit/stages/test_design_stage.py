"""The stage `design` on a family of five sequences of four sites, whose designs are counted by hand."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_table, save_arrays, save_json, save_table
from temperance.core.settings.stages import STAGES
from temperance.design.constraints import Constraints
from temperance.engines.registry import choose_engine
from temperance.laboratory.calibrated import CalibratedModel, stack_models
from temperance.potts.model import Potts
from temperance.sampling.replica_exchange import sample
from temperance.stages import design

LETTERS = alphabet("-AC")
NAMES = ["one", "two", "three", "four", "five"]
NATURAL = ["C---", "AACC", "---C", "----", "CAAA"]
TAU = 0.5
# Two or more alanines, one or more cysteines, two or more sites unlike each natural sequence:
#   AACC and CAAA themselves, and of these with one site changed CCAA, CACA, CAAC, C-AA, CA-A, CAA- (of CAAA) and AACA,
#   AAAC, AA-C, AAC- (of AACC) are not new.
DESIGNS = {"ACAA", "ACAC", "ACCA", "-CAA", "AC-A", "ACA-", "-ACA", "A-CA", "-AAC", "A-AC"}
# Counts a symbol in each sequence.
PROGRAM = """import sys
symbol, fasta, scores = sys.argv[1:]
records = [record.split("\\n")[:2] for record in open(fasta).read().split(">")[1:]]
open(scores, "w").writelines(f"{name}\\t{row.count(symbol)}\\n" for name, row in records)
"""


def encode(*rows):
    return np.array([[LETTERS.symbols.index(symbol) for symbol in row] for row in rows], np.uint8)


def model():
    """Fields of 1/2 for A and 1/4 for C at every site, and a coupling of 1/4 between A at the first and C at the
    second.
    """
    couplings = np.zeros((4, 3, 4, 3), np.float32)
    couplings[0, 1, 1, 2] = couplings[1, 2, 0, 1] = 0.25
    return Potts(np.tile(np.float32([0, 0.5, 0.25]), (4, 1)), couplings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files that the stage reads; the largest model's training set is the sequences one and five."""
    folder = tmp_path_factory.mktemp("family")
    model().save(folder / "model", LETTERS, {})
    arrays = {"sequences": encode(*NATURAL), "weights": np.array([1.0, 1, 1, 1, 96])}
    arrays["columns"] = np.array([2, 3, 5, 9], np.int32)
    save_arrays(folder / "alignment", arrays, {"alphabet": "-AC"})
    parts = {"training": np.array([0, 2, 4]), "heldout": np.array([1, 3]), "heldout_weights": np.array([3.0, 1.0])}
    save_arrays(folder / "split", parts, {})
    save_arrays(folder / "subset", {"indices": np.array([0, 4]), "weights": np.ones(2)}, {})
    save_table(folder / "sequences.parquet", pd.DataFrame({"name": NAMES, "weight": 1.0}))
    natural = pd.DataFrame(
        {"set": ["training", "heldout", "other", "other", "random"], "scale_weight": [50.0, 10, 36, 4, 0],
         "gaps": [0.25, 0.25, 0, 0.5, np.nan], "alanines": [1.0, 2, 3, 4, np.nan],
         "cysteines": [1.0, 1, 0, 0, np.nan], "profile": [-5.0, -3, -1, 0, np.nan]}
    )  # fmt: skip
    save_table(folder / "natural.parquet", natural)
    (folder / "program.py").write_text(PROGRAM)
    return folder


def program(folder, symbol, **settings):
    return {"command": [sys.executable, str(folder / "program.py"), symbol, "{fasta}", "{scores}"], **settings}


def run(folder, tmp_path, constraints=None, status="recommended", states=(True, True), calibrated=None, **options):
    """Run the stage; its table, summary and texts."""
    points = [
        {"name": "tau_train", "decides": True}, {"name": "tau_profile", "decides": False},
        {"name": "tau_cysteines", "decides": True},
    ]  # fmt: skip
    save_json(
        tmp_path / "recommendation",
        {"sampling_temperature": TAU, "status": status, "headline": "Sample at 0.5.", "operating_points": points},
    )
    save_table(tmp_path / "states.tsv", pd.DataFrame({"temperature": [0.4, 0.6], "equilibrated": states}))
    if constraints:
        constraints.save(tmp_path / "constraints")
    inputs = design.Inputs(
        tmp_path / "recommendation", tmp_path / "states.tsv", folder / "model", folder / "natural.parquet",
        folder / "subset", folder / "alignment", folder / "sequences.parquet", folder / "split", None, [],
        constraints=tmp_path / "constraints" if constraints else None, calibrated=calibrated,
    )  # fmt: skip
    outputs = design.Outputs(*(tmp_path / name for name in ("a.fasta", "b.fasta", "plates.csv", "t.tsv", "s.json")))
    judges = {
        "alanines": program(folder, "A"),
        "cysteines": program(folder, "C"),
        # Scores some sequences of a set only, so the designs alone, and the fewer gaps the better.
        "few_gaps": program(folder, "-", aligned=True, higher=False, sequences=5),
    }
    settings = STAGES["design"].of(
        {
            "sample": PLAN, "judges": judges,
            "optimum": {"fidelity": "alanines", "folding": False, "novelty_floor": options.pop("novelty_floor", 0.5)},
            "design": {"candidates": 1000, "percentile": 60} | options,
        }
    )  # fmt: skip
    checkpoint = tmp_path / ".checkpoint"
    design.run(inputs, outputs, settings, 7, "fam", "numba", 1, lambda task: Checkpoint(checkpoint, task))
    assert not checkpoint.exists()
    return SimpleNamespace(
        table=load_table(outputs.table, text=["aligned", "sequence"]),
        summary=json.loads(outputs.summary.read_text()),
        fasta=outputs.fasta.read_text().splitlines(),
        aligned=outputs.aligned.read_text().splitlines(),
        plates=outputs.plates.read_text().splitlines(),
    )


PLAN = {"temperatures": [0.4, 1.5], "ladders": 20, "sweeps": 3, "max_sweeps": 12, "sequences": 64}


@pytest.fixture(scope="module")
def all_designs(folder, tmp_path_factory):
    """A run that wants more designs than there are."""
    return run(folder, tmp_path_factory.mktemp("all"), number=96)


def test_designs_are_all_sequences_that_are_new_and_natural_enough(all_designs):
    table = all_designs.table
    assert set(table["aligned"]) == DESIGNS and len(table) == len(DESIGNS)
    assert (table["sequence"] == table["aligned"].str.replace("-", "")).all()
    # ACAA alone has three alanines.
    assert table["aligned"][0] == "ACAA"
    assert all_designs.aligned[1::2] == table["aligned"].tolist()
    assert all_designs.fasta[1::2] == table["sequence"].tolist()
    assert all_designs.fasta[0] == ">fam_design_001 temperature=0.5 energy=-2.00 novelty=0.500"
    assert all_designs.plates[0] == "plate,well,name,sequence,recommended,length"
    assert all_designs.plates[1:] == [
        f"1,A{n + 1},fam_design_{n + 1:03d},{row},True,{len(row)}" for n, row in enumerate(table["sequence"])
    ]


def test_the_summary_says_how_designs_were_chosen(all_designs):
    """Scores and gaps of natural sequences, by weight of 100: one alanine 50, two 60, three 96; no cysteine 40, one
    100; no gap 36, one 96. At percentile 60 a design has two alanines and a cysteine; 95 % have a gap or none.
    """
    summary = all_designs.summary
    provenance = summary.pop("provenance")
    plan = {**provenance["settings"]}
    assert (plan["temperatures"], plan["spacing"], plan["sequences"], plan["engine"]) == ([TAU], None, 1000, "numba")
    assert provenance["seed"] == 7
    plan.pop("engine")
    samples = sample(model(), choose_engine("numba"), 7, starts=encode("C---", "CAAA"), **plan)
    (rung,) = samples.rungs[samples.rungs["requested"]].itertuples()
    assert summary == {
        "temperature": TAU, "recommended": True, "why": "Sample at 0.5.", "candidates": 1000, "designs": 10,
        "wanted": 96, "objective": "diversity", "judge": "alanines", "judges": ["alanines", "cysteines"],
        "least_scores": {"alanines": 2.0, "cysteines": 1.0}, "most_gaps": 0.25, "novelty_floor": 0.5,
        "within_constraints": 1.0, "rhat": rung.rhat, "ess": rung.ess, "drift": rung.drift, "equilibrated": True,
    }  # fmt: skip


def test_few_designs_are_the_most_faithful_and_those_farthest_from_them(folder, tmp_path, caplog):
    """A quarter of the sites is new enough, and there are no gaps: AAAC, AACA and ACAA have three alanines, and the
    first of them comes first. From AAAC, ACCA is the first of those at three sites.
    """
    few = run(
        folder, tmp_path, status="none", states=(True, False), number=2, novelty_floor=0.25, max_gaps=0,
    )  # fmt: skip
    assert few.table["aligned"].tolist() == ["AAAC", "ACCA"]
    assert few.table["recommended"].tolist() == [False, False]
    assert "designs are sampled at temperature 0.50, which is not recommended. Sample at 0.5." in caplog.text
    assert few.fasta[0] == ">fam_design_001 temperature=0.5 NOT-RECOMMENDED energy=-1.75 novelty=0.250"
    summary = few.summary
    assert (summary["designs"], summary["wanted"], summary["recommended"]) == (2, 2, False)
    assert (summary["novelty_floor"], summary["most_gaps"]) == (0.25, 0)
    # 0.5 lies between 0.4, which is equilibrated, and 0.6, which is not.
    assert summary["equilibrated"] is False


def test_every_column_of_the_table_has_its_value(folder, tmp_path):
    """Without gaps there are three designs: ACAA, ACAC, ACCA."""
    without_gaps = Constraints(np.tile([False, True, True], (4, 1)))
    table = run(folder, tmp_path, without_gaps).table
    assert sorted(table.pop("cluster")) == [1, 2, 3]  # a site of four is more than 20 %
    # Of the held-out AACC (weight 3) and ---- (1), a share of 1/5 is mixed with the uniform distribution: at every
    # site the symbol of AACC has 3 (4/5 * 3/4 + 1/15) = 2 times the uniform frequency, and one of neither 3/15 = 1/5.
    profile = np.log([2 * 0.2**3, 2 * 2 * 0.2**2, 2 * 2 * 0.2**2])
    expected = pd.DataFrame(
        {
            "name": ["fam_design_001", "fam_design_002", "fam_design_003"],
            "temperature": TAU,
            "recommended": True,
            # Three alanines, a cysteine and the coupling: 3/2 + 1/4 + 1/4; two and two: 1 + 1/2 + 1/4.
            "energy": [-2.0, -1.75, -1.75],
            "gaps": 0.0,
            # Sites unlike CAAA, the nearest of C--- and CAAA: 2, 3, 3.
            "distance_training": [0.5, 0.75, 0.75],
            "distance_natural": 0.5,
            "profile": profile,
            # ln 0.016 = -4.1 is above -5 (weight 50 of 100), ln 0.16 = -1.8 above -3, too (60).
            "percentile_profile": [50.0, 60.0, 60.0],
            "alanines": [3, 2, 2],
            # Three: 60 below, 36 equal; two: 50 below, 10 equal.
            "percentile_alanines": [78.0, 55.0, 55.0],
            "cysteines": [1, 2, 2],
            # One: 40 below, 60 equal; two: above all.
            "percentile_cysteines": [70.0, 100.0, 100.0],
            "nearest_natural": ["five", "two", "two"],
            "nearest_training": ["five", "five", "five"],
            "few_gaps": 0.0,
            # Nearly all of the weight is CAAA's, at columns 2, 3, 5 and 9.
            "lost": ["C2A A3C", "C2A A3C A9C", "C2A A3C A5C"],
            "aligned": ["ACAA", "ACAC", "ACCA"],
            "sequence": ["ACAA", "ACAC", "ACCA"],
        }
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False, rtol=1e-5)


def test_designs_of_another_judge_are_scored_once_they_are_chosen(all_designs):
    table = all_designs.table
    assert table["few_gaps"].tolist() == [-row.count("-") for row in table["aligned"]]
    assert table.columns[-5:].tolist() == ["few_gaps", "cluster", "lost", "aligned", "sequence"]


def test_mutants_of_a_seed_need_not_be_new_and_their_mutations_are_listed(folder, tmp_path):
    """Within one mutation of CAAA, with two alanines and a cysteine; AAAA and -AAA have none; it is no design."""
    constraints = Constraints(np.ones((4, 3), bool), encode("CAAA")[0], 1)
    mutants = run(folder, tmp_path, constraints)
    table = mutants.table.set_index("aligned")
    # Sites are columns 2, 3, 5 and 9 of the alignment.
    assert table["mutations"].fillna("").to_dict() == {
        "CCAA": "A3C", "CACA": "A5C", "CAAC": "A9C", "C-AA": "A3-", "CA-A": "A5-", "CAA-": "A9-",
    }  # fmt: skip
    assert table.columns[-2:].tolist() == ["mutations", "sequence"]
    assert mutants.summary["novelty_floor"] == 0
    # Chains are pulled to 0.85 mutations in the mean: if sites mutate alike, binomially, one or none has
    # probability 0.79^4 + 4 * 0.79^3 * 0.21 = 0.80.
    assert mutants.summary["within_constraints"] == pytest.approx(0.8, abs=0.08)


def test_no_design_qualifies_where_the_floor_is_out_of_reach(folder, tmp_path):
    none = run(folder, tmp_path, novelty_floor=1.0)
    assert (len(none.table), none.summary["designs"], none.fasta) == (0, 0, [])
    assert none.plates == ["plate,well,name,sequence,recommended,length"]


def test_too_few_candidates_for_an_r_hat_are_designs_that_are_not_equilibrated(folder, tmp_path):
    """Forty candidates are two draws of each of twenty ladders."""
    few = run(folder, tmp_path, candidates=40)
    assert (few.summary["candidates"], few.summary["rhat"], few.summary["equilibrated"]) == (40, None, False)


def test_designs_have_the_probability_of_a_calibrated_model(folder, tmp_path):
    """Log-odds of an alanine at the first site 2, of each cysteine, by the judge, 1: from -3; measured was AAAA."""
    residues = np.zeros((4, 3))
    residues[0, 1] = 2
    model = CalibratedModel(residues, ["cysteines"], np.ones(1), np.zeros(1), np.ones(1), -3.0)
    # Models of resampled results add 0 or 1 to the log-odds, a hundred each: the ends of the interval.
    others = [replace(model, intercept=model.intercept + number % 2) for number in range(200)]
    measured = {"useful": np.zeros((2, 1)), "sequences": encode("AAAA")} | stack_models(others)
    model.save(tmp_path / "calibrated", {"known": True, "decides": True}, measured)
    done = run(folder, tmp_path, calibrated=tmp_path / "calibrated")
    for row in done.table.itertuples():
        odds = -3 + 2 * (row.aligned[0] == "A") + row.aligned.count("C")
        assert row.p_functional == pytest.approx(1 / (1 + np.exp(-odds)), rel=1e-5)
        assert row.p_functional_low == pytest.approx(row.p_functional, rel=1e-5)
        assert row.p_functional_high == pytest.approx(1 / (1 + np.exp(-odds - 1)), rel=1e-5)
        assert row.distance_measured == sum(symbol != "A" for symbol in row.aligned) / 4
    for end in ("", "_low", "_high"):
        expected = pytest.approx(done.table[f"p_functional{end}"].sum(), rel=1e-5)
        assert done.summary[f"expected_functional{end}"] == expected
    model.save(tmp_path / "calibrated", {"known": False, "decides": False}, measured)
    without = run(folder, tmp_path, calibrated=tmp_path / "calibrated")
    assert "p_functional" not in without.table and "expected_functional" not in without.summary


def save_calibrated(path, *weights, **metadata):
    """A model, and those of resampled results, each with its log-odds of a gap, A and C at the first site."""
    models = []
    for first in weights:
        residues = np.zeros((4, 3))
        residues[0] = first
        models.append(CalibratedModel(residues, [], np.zeros(0), np.zeros(0), np.ones(0), 0.0))
    arrays = {"useful": np.zeros((2, 1)), "sequences": encode("AAAA")} | stack_models(models[1:])
    models[0].save(path, metadata, arrays)
    return path


def test_designs_are_chosen_for_success_or_for_learning(folder, tmp_path, caplog):
    """Of the ten designs seven begin with A, the others with a gap; the first in either part has the most alanines."""
    calibrated, gap, alanine = tmp_path / "calibrated", [4, 0, 0], [0, 4, 0]
    path = save_calibrated(calibrated, [0.5, 1, 0], gap, alanine, known=True, decides=True)
    success = run(folder, tmp_path, calibrated=path, objective="success", spread=0, number=7)
    assert success.summary["objective"] == "success"
    assert set(success.table["aligned"]) == {row for row in DESIGNS if row[0] == "A"}
    assert success.table["p_functional"].tolist() == pytest.approx([1 / (1 + np.exp(-1))] * 7, rel=1e-5)
    spread = run(folder, tmp_path, calibrated=path, objective="success", spread=0.5).table["aligned"]
    assert spread[0] == "ACAA"
    rows = encode(*spread)
    assert min((a != b).sum() for n, a in enumerate(rows) for b in rows[:n]) >= 2
    # By turns, whatever the model of all results expects, and whether or not it decides.
    path = save_calibrated(calibrated, [0, 1, 0], alanine, gap, known=True, decides=False)
    learning = run(folder, tmp_path, calibrated=path, objective="learning", spread=0, number=4)
    assert learning.summary["objective"] == "learning"
    assert [row[0] for row in learning.table["aligned"]] == ["A", "-", "A", "-"]
    # What decides nothing is not chosen by; what knows nothing is not, either.
    default = run(folder, tmp_path, number=4).table["aligned"].tolist()
    undecided = run(folder, tmp_path, calibrated=path, objective="success", number=4)
    assert undecided.table["aligned"].tolist() == default and undecided.summary["objective"] == "diversity"
    assert "the calibrated probability decides nothing yet" in caplog.text
    path = save_calibrated(calibrated, [0, 1, 0], known=False, decides=False)
    unknown = run(folder, tmp_path, calibrated=path, objective="learning", number=4)
    assert unknown.table["aligned"].tolist() == default and unknown.summary["objective"] == "diversity"
    assert "too little was measured for learning" in caplog.text
