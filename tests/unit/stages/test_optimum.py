"""The stage `optimum` on files written by hand: each number of its tables, and of recommendation.json."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from subset_folder import TAUS, write_subset

from temperance.core.artefacts import JUDGED_FILES
from temperance.core.files import load_json, load_table, save_arrays, save_table
from temperance.core.settings.stages import STAGES
from temperance.stages import optimum

NAN = np.nan
# Of Student's t of two ladders, and natural logarithm of 2.
T_OF_TWO, LN2 = 12.706205, 0.6931472
SUBSETS = ["n50-r1", "n100-r1", "n100-r2"]
SETTINGS = {"optimum": {"novelty_floor": 0.25, "diversity_floor": 0.5, "bootstrap": 40}}
# ln tau_train = ln 0.9 + 0.02 and - 0.02, each with an interval of 0.05 to either side; of tau_f = 1.2 one of 0.02.
TRAIN = [tuple(0.9 * np.exp([x, x - 0.05, x + 0.05])) for x in (0.02, -0.02)]
TAU_F = tuple(1.2 * np.exp([0, -0.02, 0.02]))


def run(folder, subsets, **files):
    """Run the stage for subsets whose folders are there."""
    # Held out are 0000000000 and 1111111111 of weights 3 and 1, which differ in 1 - 9/16 - 1/16 = 3/8; sites of samples
    # that differ in a tenth are 0.2667 as varied.
    sequences = np.repeat(np.array([[0], [1], [1], [0]], np.uint8), 10, axis=1)
    save_arrays(folder / "alignment", {"sequences": sequences}, {"alphabet": "01"})
    parts = {"heldout": np.array([2, 3]), "heldout_weights": np.array([1.0, 3.0]), "training": np.array([0, 0])}
    save_arrays(folder / "split", parts, {})
    # Files of subsets come in any order.
    results = [folder / subset / file for subset in reversed(subsets) for file in reversed(JUDGED_FILES)]
    outputs = optimum.Outputs(
        folder / "optimum.tsv", folder / "points.tsv", folder / "sensitivity.tsv", folder / "recommendation.json"
    )
    inputs = optimum.Inputs(folder / "alignment", folder / "split", results, **files)
    optimum.run(inputs, outputs, STAGES["optimum"].of(SETTINGS), 7, subsets)
    return SimpleNamespace(
        table=load_table(outputs.table),
        points=load_table(outputs.points, text=["note"]),
        sensitivity=load_table(outputs.sensitivity),
        recommendation=load_json(outputs.recommendation),
        text=outputs.recommendation.read_text(),
    )


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimum")
    write_subset(
        folder / "n50-r1", M=50, Meff=30.5, tau_f=(1.5, 1.4, 1.6, 0.03), fidelity=[0.5, 0.45, 0.4, 0.35, 0.3],
        gaps={"uniform": {"gap": 1.0}, "profile": {"gap": 1.0}}, novelty=[0.1, 0.1, 0.2, 0.3, 0.5],
        tau_cal=(1.3, 1.25, 1.35, 1.4),
    )  # fmt: skip
    write_subset(folder / "n100-r1", tau_f=(*TAU_F, 0.0), tau_train=(*TRAIN[0], 0.0))
    write_subset(
        folder / "n100-r2", Meff=61.5, tau_f=(*TAU_F, 0.0), tau_train=(*TRAIN[1], 0.0),
        gaps={"uniform": {"gap": -1.0}, "profile": {"gap": -1.0}}, hmm=[75.0, 71.0, 63.0, 55.0, 40.0],
        gain={"value": 0.4, "low": 0.35, "high": 0.45}, fidelity=[0.95, 0.85, 0.75, 0.65, 0.45], trusted=False,
    )  # fmt: skip
    return run(folder, SUBSETS)


def test_models_are_tabulated_one_a_row(family):
    """Floors are met from 0.8 on by the first model, from 0.7 on by the others."""
    expected = pd.DataFrame(
        {
            "size": ["n50", "n100", "n100"], "replicate": [1, 1, 2], "M": [50, 100, 100], "Meff": [30.5, 60.5, 61.5],
            "tau_f": [1.5, 1.2, 1.2], "tau_f_low": [1.4, TAU_F[1], TAU_F[1]], "tau_f_high": [1.6, TAU_F[2], TAU_F[2]],
            "tau_f_root": [1.51, 1.21, 1.21], "tau_f_agree": [True] * 3, "tau_f_shared": [0.03, 0.0, 0.0],
            "tau_f_equilibrated": [True] * 3,
            "tau_train": [0.9, TRAIN[0][0], TRAIN[1][0]], "tau_train_low": [0.85, TRAIN[0][1], TRAIN[1][1]],
            "tau_train_high": [0.95, TRAIN[0][2], TRAIN[1][2]],
            "tau_train_root": [0.91, TRAIN[0][0] + 0.01, TRAIN[1][0] + 0.01], "tau_train_agree": [True] * 3,
            "tau_train_shared": [0.0] * 3, "tau_train_equilibrated": [True] * 3,
            "tau_cal": [1.3, 1.02, 1.02], "tau_cal_low": [1.25, 0.99, 0.99], "tau_cal_high": [1.35, 1.05, 1.05],
            "tau_ece": [1.4, 1.1, 1.1],
            "pearson": [0.9] * 3, "slope": [0.8] * 3, "ceiling": [0.95] * 3, "equilibrated_above": [0.5] * 3,
            "gain": [0.3, 0.3, 0.4], "gain_low": [0.25, 0.25, 0.35], "gain_high": [0.35, 0.35, 0.45],
            # 3 bits with an error of one bit, of two ladders.
            "energy_slope_hmm": [3 * LN2] * 3, "energy_slope_hmm_low": [(3 - T_OF_TWO) * LN2] * 3,
            "energy_slope_hmm_high": [(3 + T_OF_TWO) * LN2] * 3,
            "tau": [0.8, 0.7, 0.7], "tau_low": [0.7, 0.6, 0.6], "tau_high": [0.8**0.5, 0.56**0.5, 0.56**0.5],
            "status": ["recommended"] * 3, "feasible": [True] * 3,
            "novelty": [0.3, 0.3, 0.3], "diversity": [5 / 3.75, 4 / 3.75, 4 / 3.75], "fidelity": [0.35, 0.7, 0.75],
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(family.table, expected, check_dtype=False, rtol=1e-5)


def points_of(family, subset):
    return family.points[family.points["subset"] == subset].set_index("name")


def test_operating_points_are_those_of_the_family_and_of_each_model(family):
    assert family.points.columns.tolist() == [
        "subset", "name", "value", "low", "high", "limit", "sampled", "decides", "note"
    ]  # fmt: skip
    assert family.points["subset"].tolist() == [name for name in ["all", *SUBSETS] for _ in range(4)]
    assert family.points["name"].tolist() == ["tau_train", "tau_f", "tau_hmm", "coldest"] * 4
    for subset, train in (("n100-r1", TRAIN[0]), ("n100-r2", TRAIN[1])):
        points = points_of(family, subset)
        assert points.loc["tau_train", ["value", "low", "high"]].tolist() == pytest.approx(list(train), rel=1e-5)
        assert points.loc["tau_f", ["value", "low", "high"]].tolist() == pytest.approx(list(TAU_F), rel=1e-5)
        assert points.loc["coldest", ["value", "low", "high"]].tolist() == pytest.approx(
            [0.7, 0.6, 0.56**0.5], rel=1e-5
        )
        assert points["decides"].tolist() == [True, False, subset == "n100-r1", False]
    assert points_of(family, "n100-r2").loc["tau_hmm", "note"] == "decides nothing: it knows the model"
    assert points_of(family, "n50-r1").loc["coldest", ["value", "low", "sampled"]].tolist() == [0.8, 0.7, True]


def test_operating_points_of_the_family_are_pooled_over_its_largest_training_sets(family):
    points = points_of(family, "all")
    # Within: (0.05 / 1.95996)^2 = 0.00065079; between: 2 * 0.02^2 = 0.0008, more than is expected: Student's t of five
    # degrees of freedom, 2.570582 * ((0.0008 + 4 * 0.00065079) / 5 / 2)^(1/2) = 0.047419.
    half = 0.047419
    expected = 0.9 * np.exp([0, -half, half])
    assert points.loc["tau_train", ["value", "low", "high"]].tolist() == pytest.approx(list(expected), rel=1e-4)
    # Equal values: (4 / 5) of the variance, halved.
    expected = 1.2 * np.exp(0.02 * 0.4**0.5 * np.array([0, -1, 1]))
    assert points.loc["tau_f", ["value", "low", "high"]].tolist() == pytest.approx(list(expected), rel=1e-4)
    # Percentiles fall from 55 to 40 between 0.8 and 1 in both.
    assert points.loc["tau_hmm", "value"] == pytest.approx(0.8 * 1.25 ** (1 / 3), rel=1e-5)
    assert points["decides"].tolist() == [True, False, True, False]
    assert points.loc["tau_hmm", "note"] == "decides nothing: it knows the model"


def test_the_sensitivity_is_that_of_the_first_of_the_largest_models(family):
    table = family.sensitivity
    np.testing.assert_allclose(table["value"], [*np.arange(13) / 20, *np.arange(11) / 10])
    # A diversity of 0.5 is met at all temperatures, so that up to a novelty of 0.1 the coldest one sampled is: none.
    tau = [NAN] * 3 + [0.6] * 2 + [0.7] * 2 + [0.8] * 2 + [NAN] * 4
    # The novelty of 0.25 is met from 0.7 up, which is 4 / 3.75 as varied.
    tau += [0.7] * 11
    np.testing.assert_allclose(table["tau"], tau)
    assert table["feasible"].tolist() == np.isfinite(tau).tolist()
    hmm = {0.6: 65, 0.7: 60, 0.8: 55}
    np.testing.assert_allclose(table["percentile"], [hmm.get(t, NAN) for t in tau])
    at = [TAUS.index(t) if np.isfinite(t) else 0 if n < 3 else 3 for n, t in enumerate(tau)]
    np.testing.assert_allclose(table["novelty"], np.array([0.1, 0.2, 0.3, 0.4, 0.5])[at])
    np.testing.assert_allclose(table["diversity"], np.array([2, 3, 4, 5, 6])[at] / 3.75, rtol=1e-5)


def test_the_recommendation_is_that_of_the_first_of_the_largest_models(family):
    result = family.recommendation
    assert (result["status"], result["size"], result["diagnosis"]) == ("recommended", "n100", "overfitted")
    assert result["tau"] == {"value": 0.7, "low": 0.6, "high": pytest.approx(0.56**0.5)}
    assert result["sampling_temperature"] == 0.7
    # The lower end of the family's tau_train, which lies below that of the model to sample, 0.9 exp(-0.03).
    assert result["limit"] == pytest.approx(0.9 * np.exp(-0.047419), rel=1e-4)
    assert result["headline"] == "Sample at τ = 0.70 (95% interval 0.60 to 0.75)."
    # Two draws a ladder differ from its mean, which is what errors are of: none.
    assert result["expected"] == {
        "temperature": 0.7, "equilibrated": True, "novelty": pytest.approx(0.3), "novelty_error": 0.0,
        "diversity": pytest.approx(4 / 3.75), "diversity_error": 0.0, "energy": -8.0, "energy_error": 0.0,
        "percentiles": {"hmm": {"value": 60.0, "error": 0.0}},
    }  # fmt: skip
    assert result["limits"] == result["notes"] == []
    assert [point["name"] for point in result["operating_points"]] == ["tau_train", "tau_f", "tau_hmm", "coldest"]
    assert [point["shared"] for point in result["operating_points"]] == [0.0, 0.0, None, None]


def test_sentences_are_of_the_largest_models_and_the_landscape_of_the_first(family):
    result = family.recommendation
    assert result["sentences"] == [
        "Overfitted: the family is covered best at τ_f = 1.20 (95% interval 1.18 to 1.22), above the model's own "
        "temperature, 1.",
        "Its site conditionals do not agree: on held-out sequences they are calibrated best at τ_cal = 1.02 (0.99 to "
        "1.05).",
        "For a set that covers the family, sample at 1.20. For designs, sample at 0.70.",
        "The energy gap: held-out sequences lie 6.0 standard deviations below random ones and 2.0 standard deviations "
        "below those with shuffled columns.",
        "The sizes sampled do not tell how many more sequences would bring τ_f near 1.",
    ]
    assert result["reasons"][0].startswith(
        "It is the coldest temperature that qualifies. At τ = 0.7 samples are as new"
    )
    assert "30% of sites (floor 25%) and are 107% as varied as natural sequences (floor 50%)" in result["reasons"][0]
    assert "percentile 60 (± 0, 95% over ladders, 63 with other training sets)" in result["reasons"][2]


def test_what_the_truth_or_a_judge_says_of_colder_samples_follows_the_diagnosis(tmp_path):
    """Scores of both ladders fall by 2 bits a nat. A truth that is known takes the judge's place."""
    write_subset(tmp_path / "n100-r1", hmm_slopes=(2.0, 2.0))
    assert run(tmp_path, ["n100-r1"]).recommendation["sentences"][1] == (
        "At temperature 1 the score by the profile HMM rises by 1.39 (95% interval 1.39 to 1.39) nats for each nat "
        "that the model's energy falls, more than the 1.3 that its own scale may explain: colder samples are better "
        "by it."
    )
    quantities = {
        "kappa": {"value": 2.0, "low": 1.5, "high": 2.5},
        "energy_slope": {"value": 0.8, "low": 0.7, "high": 0.9},
    }
    write_subset(tmp_path / "n100-r2", hmm_slopes=(2.0, 2.0), sign_rule=quantities)
    with_truth = run(tmp_path, ["n100-r2"])
    assert with_truth.recommendation["sentences"][1] == (
        "At temperature 1 the true energy of samples changes by 0.80 (95% interval 0.70 to 0.90) nats for each nat of "
        "the model's energy, less than 1: hotter samples are nearer to the truth."
    )
    assert with_truth.table.loc[
        0, ["kappa", "kappa_low", "energy_slope_high", "energy_slope_hmm"]
    ].tolist() == pytest.approx([2.0, 1.5, 0.9, 2 * LN2], rel=1e-5)


def test_the_file_has_what_makes_it_again(family):
    provenance = family.recommendation["provenance"]
    assert provenance["settings"] == {"novelty_floor": 0.25, "diversity_floor": 0.5, "bootstrap": 40}
    assert provenance["seed"] == 7
    assert json.loads(family.text) == family.recommendation


def test_models_that_are_not_trained_have_no_temperature_at_any_floor(tmp_path):
    confirmation = {"pearson": 0.5, "slope": 0.8, "ceiling": 0.95}
    write_subset(tmp_path / "n100-r1", stopped="steps", confirmation=confirmation)
    untrained = run(tmp_path, ["n100-r1"])
    assert untrained.recommendation["diagnosis"] == "not trained"
    assert untrained.recommendation["status"] == "none"
    assert untrained.recommendation["tau"] is None
    assert untrained.table["status"].tolist() == ["none"]
    assert not untrained.sensitivity["feasible"].any()
    assert untrained.sensitivity["tau"].isna().all()


def test_results_of_the_laboratory_decide_where_they_may(tmp_path):
    """Floors are met from 0.7 on; of these 0.8 promises the most; without results 0.7 is recommended."""
    for subset in SUBSETS[1:]:
        write_subset(tmp_path / subset, tau_f=(*TAU_F, 0.0), tau_train=(*TRAIN[0], 0.0))
    useful = np.array([[0.9, 0.8, 0.3, 0.5, 0.1]] * 3)
    expected = pd.DataFrame({"temperature": TAUS})
    for name in ("functional", "useful"):
        for end in ("", "_low", "_high"):
            expected[f"{name}{end}"] = useful[0] * (1 if name == "functional" else 96)
    save_table(tmp_path / "expected.tsv", expected)
    files = {"calibrated": tmp_path / "calibrated", "expected": tmp_path / "expected.tsv"}
    for decides, tau in ((True, 0.8), (False, 0.7)):
        save_arrays(files["calibrated"], {"useful": useful}, {"decides": decides, "extrapolates": False, "number": 96})
        found = run(tmp_path, SUBSETS[1:], **files).recommendation
        assert (found["status"], found["sampling_temperature"], found["tau"]["value"]) == ("recommended", tau, tau)
        assert ("useful" in found["expected"]) == decides
        assert (found["reasons"][-1].startswith("Without the results: Sample at τ = 0.70")) == decides
