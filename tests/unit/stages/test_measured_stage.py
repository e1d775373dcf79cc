"""The stage `measured` on a family of five sequences of four sites, whose results are counted by hand."""

import itertools
import json
import logging
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.files import load_arrays, load_table, save_arrays, save_json, save_table
from temperance.core.settings.stages import STAGES
from temperance.laboratory.calibrated import CalibratedModel
from temperance.potts.model import Potts
from temperance.scoring.judges import profile_judge
from temperance.stages import measured

LETTERS = alphabet("-AC")
NATURAL = ["C---", "AACC", "---C", "----", "CAAA"]
# Two temperatures, two ladders, two draws.
SAMPLES = [[["AAAA", "AACC"], ["CCCC", "A---"]], [["CAAC", "CCA-"], ["CCCA", "ACCC"]]]


def encode(*rows):
    return np.array([[LETTERS.symbols.index(symbol) for symbol in row] for row in rows], np.uint8)


def distance(row):
    return min(sum(a != b for a, b in zip(row, other, strict=True)) for other in NATURAL if other != row) / 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the stage reads. A field of 1/2 for A at every site; of six columns two were dropped."""
    folder = tmp_path_factory.mktemp("family")
    model = Potts(np.tile(np.float32([0, 0.5, 0]), (4, 1)), np.zeros((4, 3, 4, 3), np.float32))
    model.save(folder / "model", LETTERS, {})
    arrays = {"sequences": encode(*NATURAL), "weights": np.ones(5), "columns": np.array([1, 2, 4, 6], np.int32)}
    save_arrays(folder / "alignment", arrays, {"alphabet": "-AC"})
    save_json(folder / "summary", {"columns_read": 6})
    parts = {"training": np.array([0, 2, 4]), "heldout": np.array([1, 3]), "heldout_weights": np.array([3.0, 1.0])}
    save_arrays(folder / "split", parts, {})
    save_arrays(folder / "subset", {"indices": np.array([0, 4]), "weights": np.ones(2)}, {})
    sequences = np.array([[encode(*ladder) for ladder in rung] for rung in SAMPLES])
    save_arrays(folder / "samples", {"temperatures": np.array([0.5, 1.0]), "sequences": sequences}, {})
    flat = [row for rung in SAMPLES for ladder in rung for row in ladder]
    profile = profile_judge(encode("AACC", "----"), np.array([3.0, 1.0]), 3)
    scores = {
        "temperature": np.repeat([0.5, 1.0], 4), "ladder": np.tile([0, 0, 1, 1], 2),
        "distance_natural": [0.25, 0.0, 0.5, 0.25, 0.5, 0.5, 0.75, 0.25], "profile": profile(encode(*flat)),
    }  # fmt: skip
    save_table(folder / "scores.parquet", pd.DataFrame(scores))
    save_table(folder / "states.tsv", pd.DataFrame({"temperature": [0.5, 1.0], "equilibrated": [False, True]}))
    return folder


def run(folder, tmp_path, *tables, number=96, **options):
    """Run the stage with the tables; its outputs."""
    paths = []
    for count, content in enumerate(tables):
        paths.append(tmp_path / f"table{count}.tsv")
        paths[-1].write_text(content)
    names = ["model", "subset", "samples", "scores.parquet", "states.tsv", "alignment", "summary", "split"]
    inputs = measured.Inputs(paths, *(folder / name for name in names), None, [])
    names = ("m.tsv", "m.json", "t.tsv", "calibrated")
    outputs = measured.Outputs(*(tmp_path / name for name in names))
    settings = STAGES["measured"].of(
        {
            "measured": options, "judges": {}, "design": {"number": number},
            "optimum": {"folding": False, "bootstrap": 20, "novelty_floor": 0.5},
        }
    )  # fmt: skip
    measured.run(inputs, outputs, settings, 3, 1)
    return SimpleNamespace(
        table=load_table(outputs.table, text=["aligned", "group"]), summary=json.loads(outputs.summary.read_text()),
        expected=load_table(outputs.temperatures), model=CalibratedModel.load(outputs.calibrated),
        arrays=load_arrays(outputs.calibrated),
    )  # fmt: skip


DESIGNS = "name\tsequence\tt\tscore\nd1\tAAAA\t0.5\t0.9\nd2\tA-AA\t0.5\t0.8\nd3\tCCCC\t1.0\t0.1\nd4\tCC-C\t1\t0.7\n"


def test_few_results_are_tabulated_and_decide_nothing(folder, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    # Of six columns, the third and the fifth are dropped.
    natural = "sequence\tscore\nAA-C-C\t1\nCA-A-A\t0\n"
    done = run(folder, tmp_path, natural, DESIGNS, threshold=0.5, groups=["t"])
    table = done.table
    assert table["name"].tolist() == ["table0:2", "table0:3", "d1", "d2", "d3", "d4"]
    assert table["kind"].tolist() == ["natural"] * 2 + ["design"] * 4
    assert table["group"].tolist() == ["", "", "t 0.5", "t 0.5", "t 1", "t 1"]
    assert table["aligned"].tolist() == ["AACC", "CAAA", "AAAA", "A-AA", "CCCC", "CC-C"]
    assert table["functional"].tolist() == [True, False, True, True, False, True]
    assert table["distance_natural"].tolist() == [distance(row) for row in table["aligned"]]
    # Half a nat an alanine.
    assert table["energy"].tolist() == [-1, -1.5, -2, -1.5, 0, 0]
    # Four sites: 80 % of them are all.
    assert table["cluster"].tolist() == [0, 1, 2, 3, 4, 5]
    summary = done.summary
    assert (summary["results"], summary["clusters"]) == (6, 6)
    assert summary["threshold"] == {"value": 0.5, "why": "The threshold of 0.5 was given.", "evidence": None}
    groups = {row["group"]: row for row in summary["groups"]}
    assert {name: row["functional"] for name, row in groups.items()} == {"": 0.5, "t 0.5": 1, "t 1": 0.5}
    assert groups["t 1"]["minus_energy"] == 0
    names = {row["predictor"] for row in summary["predictors"]}
    assert names == {"profile", "minus_energy", "identity_natural", "p_functional"}
    energy = next(row for row in summary["predictors"] if (row["predictor"], row["group"]) == ("minus_energy", "all")
                  and row["kind"] == "design")  # fmt: skip
    # 2, 1.5 and 0 are functional and 0 is not: 2.5 of 3 pairs.
    assert energy["auc"] == pytest.approx(2.5 / 3)
    calibration = summary["calibration"]
    assert not calibration["decides"] and "of either to decide" in calibration["why"]
    assert "6 measured sequences in 6 clusters of relatives: 2 natural, 4 designs" in caplog.text
    assert "the calibrated probability does not decide" in caplog.text


def all_results():
    """Every sequence of A and C and gaps, functional with A at the first site."""
    rows = ["".join(row) for row in itertools.product("-AC", repeat=4)]
    return "sequence\tscore\n" + "".join(f"{row}\t{int(row[0] == 'A')}\n" for row in rows)


def test_enough_results_say_which_samples_work(folder, tmp_path):
    done = run(folder, tmp_path, all_results(), threshold=0.5, number=8)
    # Natural are those that the alignment has.
    assert set(done.table["aligned"][done.table["kind"] == "natural"]) == set(NATURAL)
    calibration = done.summary["calibration"]
    assert calibration["decides"] and calibration["quoted"] == "design" and not calibration["extrapolates"]
    assert calibration["auc"] == 1 and calibration["auc_low"] > 0.9
    assert done.arrays[1]["decides"] and not done.arrays[1]["extrapolates"] and done.arrays[1]["known"]
    # At 0.5 three of four samples begin with A, and at 1 one does; none of these is new enough.
    expected = done.expected
    probability = done.model.probabilities(
        encode("AAAA", "AACC", "CCCC", "A---", "CAAC", "CCA-", "CCCA", "ACCC"),
        load_table(folder / "scores.parquet")[["profile"]].to_numpy(),
    )
    assert probability[[0, 1, 3, 7]].min() > 0.7 > 0.3 > probability[[2, 4, 5, 6]].max()
    assert expected["functional"].tolist() == pytest.approx([probability[:4].mean(), probability[4:].mean()], rel=1e-5)
    useful = [8 * probability[2] / 4, 8 * probability[[4, 5, 6]].sum() / 4]
    assert expected["useful"].tolist() == pytest.approx(useful, rel=1e-4)
    for name in ("functional", "useful"):
        assert (expected[f"{name}_low"] <= expected[name]).all() and (expected[name] <= expected[f"{name}_high"]).all()
    assert expected["equilibrated"].tolist() == [False, True]
    # All sequences were measured.
    assert expected["distance_measured"].tolist() == [0, 0]
    assert done.arrays[0]["useful"].shape == (101, 2)
    reliability = pd.DataFrame(done.summary["reliability"])
    assert reliability["results"].sum() == 76 and calibration["error"] < 0.3


def test_natural_results_alone_are_an_extrapolation(folder, tmp_path):
    done = run(folder, tmp_path, "sequence\tscore\n" + "".join(f"{row}\t{n}\n" for n, row in enumerate(NATURAL)),
               threshold=1.5)  # fmt: skip
    calibration = done.summary["calibration"]
    assert (calibration["quoted"], calibration["extrapolates"], calibration["decides"]) == ("natural", True, False)
    # CC-- is 2 of 4 from C---.
    assert done.expected["distance_measured"][0] == pytest.approx((0.25 + 0 + 0.5 + 0.25) / 4)


def test_scores_of_one_mode_are_correlated_and_nothing_is_calibrated(folder, tmp_path):
    done = run(folder, tmp_path, DESIGNS, groups=["t"])
    assert done.summary["threshold"]["value"] is None
    assert done.summary["calibration"] == {
        "decides": False, "extrapolates": False, "needed": None,
        "why": "4 scores do not show two modes; give the threshold in measured.threshold.",
    }  # fmt: skip
    assert done.table["functional"].isna().all() and done.table["p_functional"].isna().all()
    assert done.summary["learning"] == done.summary["reliability"] == [] and done.expected.empty
    energy = next(row for row in done.summary["predictors"] if row["predictor"] == "minus_energy")
    # Ranks 4, 3, 1.5 and 1.5 against 4, 3, 1 and 2: 4.5 / sqrt(4.5 * 5).
    assert energy["auc"] is None and energy["spearman"] == pytest.approx(4.5 / 22.5**0.5)
    assert not done.arrays[1]["known"] and not done.arrays[1]["decides"]


def test_a_faulty_table_is_refused_by_line(folder, tmp_path):
    with pytest.raises(InputError, match=r"table0\.tsv, line 2: the sequence has 'X' at position 2"):
        run(folder, tmp_path, "sequence\tscore\nAXAA\t1\n", threshold=0.5)
