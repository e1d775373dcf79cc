"""What is read of a subset's folder, and what is decided from one or several."""

import numpy as np
import pandas as pd
import pytest
from subset_folder import TAUS, write_subset

from temperance.core.artefacts import JUDGED_FILES
from temperance.core.errors import InputError
from temperance.core.files import load_table, save_table
from temperance.stats.estimate import Estimate
from temperance.temperature.diagnosis import FAITHFUL, NOT_TRAINED, NOTHING_LEARNT, OVERFITTED, Diagnosis, Training
from temperance.temperature.explanation import explain
from temperance.temperature.family import SubsetResults, decide, points_of_all, read_judges, untrained_because

FLOORS = (0.25, 0.5)
# The scale of a judge of 10^4 sequences: 1.95996 * 28.8675 / 100 percentiles.
SCALE = 0.56579
# Of Student's t of two ladders, and natural logarithm of 2.
T_OF_TWO, LN2 = 12.706205, 0.6931472


def read(folder):
    return SubsetResults.read(folder, FLOORS, 0.5, 2)


@pytest.fixture(scope="module")
def subset(tmp_path_factory):
    return write_subset(tmp_path_factory.mktemp("family") / "f0.5-r3")


@pytest.fixture(scope="module")
def results(subset):
    return read(subset)


def choose(results, draws=3):
    return decide(results, FLOORS, np.random.default_rng(0), draws)


def test_a_subset_is_made_of_the_files_that_its_rule_has(subset):
    assert sorted(path.name for path in subset.iterdir()) == sorted(JUDGED_FILES)


def test_the_folder_has_size_and_replicate_in_its_name(results):
    assert (results.size, results.replicate, results.subset) == ("f0.5", 3, "f0.5-r3")


def test_scores_are_in_the_order_of_temperatures(results):
    assert results.rungs.temperatures.tolist() == TAUS
    assert results.rungs.equilibrated.tolist() == [True] * 5
    np.testing.assert_allclose(results.rungs.novelty, np.tile([[0.1], [0.2], [0.3], [0.4], [0.5]], 2))
    np.testing.assert_allclose(results.rungs.energy[:, 0], [-10, -9, -8, -7, -5])
    # 2 to 6 of ten sites, in units of a natural diversity of 1/2.
    np.testing.assert_allclose(results.rungs.diversity, np.tile([[0.4], [0.6], [0.8], [1.0], [1.2]], 2))
    assert results.scores["temperature"].tolist() == TAUS


def test_flags_are_those_of_their_temperatures(tmp_path):
    flags = [False, True, False, True, True]
    results = read(write_subset(tmp_path / "n9-r1", equilibrated=flags))
    assert results.rungs.equilibrated.tolist() == flags
    assert results.row["equilibrated_above"] == results.measurements.equilibrated_above == 0.8


def test_a_table_of_an_older_version_is_refused_in_one_line(tmp_path):
    folder = write_subset(tmp_path / "n9-r1")
    save_table(folder / "optima.tsv", load_table(folder / "optima.tsv").drop(columns="shared"))
    with pytest.raises(InputError, match=r"optima\.tsv: has no column shared, so it was written by an older version"):
        read(folder)


def test_points_are_those_of_the_files(results):
    # The mean percentile falls from 55 to 40 between 0.8 and 1: by a third at 50, by two thirds at 45, less and more by
    # the scale.
    def between(share):
        return pytest.approx(0.8 * 1.25**share, rel=1e-4)

    train, tau_f, hmm, coldest = results.points
    assert (train.name, train.value, train.low, train.high, train.shared) == ("tau_train", 0.9, 0.85, 0.95, 0)
    assert (tau_f.name, tau_f.value, tau_f.low, tau_f.high, tau_f.shared) == ("tau_f", 1.0, 0.96, 1.04, 0.02)
    assert (hmm.name, hmm.value, hmm.low, hmm.high, hmm.tolerated, hmm.decides) == (
        "tau_hmm", between(1 / 3), between((5 - SCALE) / 15), between((5 + SCALE) / 15),
        between((10 - SCALE) / 15), True,
    )  # fmt: skip
    assert (coldest.value, coldest.low) == (0.7, 0.6)


def test_measurements_are_those_of_the_files(results):
    measured = results.measurements
    assert measured.tau_f == Estimate(1.0, 0.96, 1.04)
    assert measured.gain == Estimate(0.3, 0.25, 0.35)
    assert measured.training == Training("converged", 0.9, 0.8, 0.95, True, None, 60.5)
    assert (measured.equilibrated_above, measured.shared) == (0.5, 0.02)


ROW = {
    "size": "f0.5", "replicate": 3, "M": 100, "Meff": 60.5,
    "tau_f": 1.0, "tau_f_low": 0.96, "tau_f_high": 1.04, "tau_f_root": 1.01, "tau_f_agree": True, "tau_f_shared": 0.02,
    "tau_f_equilibrated": True,
    "tau_train": 0.9, "tau_train_low": 0.85, "tau_train_high": 0.95, "tau_train_root": 0.91, "tau_train_agree": True,
    "tau_train_shared": 0.0, "tau_train_equilibrated": True,
    "tau_cal": 1.02, "tau_cal_low": 0.99, "tau_cal_high": 1.05, "tau_ece": 1.1,
    "pearson": 0.9, "slope": 0.8, "ceiling": 0.95, "equilibrated_above": 0.5,
    "gain": 0.3, "gain_low": 0.25, "gain_high": 0.35,
    # Scores of the two ladders fall by 2 and 4 bits a nat, by 3 on average; the jackknife error is one bit.
    "energy_slope_hmm": pytest.approx(3 * LN2), "energy_slope_hmm_low": pytest.approx((3 - T_OF_TWO) * LN2),
    "energy_slope_hmm_high": pytest.approx((3 + T_OF_TWO) * LN2),
}  # fmt: skip


def test_the_row_of_a_model_has_each_number_in_its_column(results):
    assert results.row == ROW


def test_the_row_gets_the_recommendation_with_the_fidelity_of_its_samples(results):
    best, _ = choose([results])
    added = {
        "tau": 0.7, "tau_low": 0.6, "tau_high": pytest.approx(0.56**0.5), "status": "recommended", "feasible": True,
        "novelty": pytest.approx(0.3), "diversity": pytest.approx(0.8), "fidelity": 0.7,
    }  # fmt: skip
    assert results.row_with(best) == ROW | added


def test_the_energy_slope_of_the_truth_or_of_a_trusted_judge_may_decide(tmp_path, results):
    assert list(results.measurements.energy_slopes) == ["hmm"]
    assert results.measurements.energy_slopes["hmm"].value == pytest.approx(3 * LN2)
    assert choose([results])[1].sign_rule == ""
    doubtful = read(write_subset(tmp_path / "n9-r1", hmm_slopes=(2.0, 2.0), trusted=False))
    assert doubtful.row["energy_slope_hmm_low"] == pytest.approx(2 * LN2)
    assert doubtful.measurements.energy_slopes == {}
    slope = {"value": 0.8, "low": 0.7, "high": 0.9, "exact": 0.75}
    with_truth = read(write_subset(tmp_path / "n9-r2", sign_rule={"energy_slope": slope}))
    assert with_truth.measurements.energy_slopes == {"truth": Estimate(0.8, 0.7, 0.9)}
    row = [with_truth.row[f"energy_slope{suffix}"] for suffix in ("", "_low", "_high", "_exact")]
    assert row == [0.8, 0.7, 0.9, 0.75]


def test_without_a_recommendation_there_is_no_fidelity(tmp_path):
    results = read(write_subset(tmp_path / "n9-r1", gain=None, novelty=[0.1] * 5))
    best, _ = choose([results])
    row = results.row_with(best)
    assert np.isnan([row["fidelity"], row["tau"]]).all()
    assert (row["status"], row["feasible"]) == ("none", False)
    assert results.measurements.gain is None
    assert "gain" not in row


def test_a_judge_is_read_by_its_name(subset):
    assert read_judges(subset / "judges.json") == {
        "hmm": {"name": "hmm", "saturated": False, "trusted": True, "why": "It knows the model."}
    }


# ---------------------------------------------------------------- decisions


def test_the_first_model_is_sampled_and_all_are_diagnosed(tmp_path):
    """The second training set meets the floor from 0.8 on, has a tau_train of 0.95, and a tau_f far above 1."""
    first = read(write_subset(tmp_path / "n9-r1", tau_f=(1.3, 1.25, 1.35, 0.01)))
    second = read(
        write_subset(
            tmp_path / "n9-r2", novelty=[0.1, 0.1, 0.2, 0.3, 0.4], tau_train=(0.95, 0.9, 1.0, 0.0),
            tau_f=(1.2, 1.15, 1.25, 0.01), hmm=[80.0, 75.0, 66.0, 55.0, 40.0],
        )
    )  # fmt: skip
    best, diagnosis = choose([first, second], 50)
    assert diagnosis.name == OVERFITTED
    assert f"τ_f = {(1.3 * 1.2) ** 0.5:.2f} (" in diagnosis.because
    assert (best.tau.value, best.tau.low, best.tau.high) == (0.7, 0.6, 0.8)
    assert "percentile 60 (± 0, 95% over ladders, 66 with other training sets)" in best.reasons[2]
    (train,) = [point for point in best.operating_points if point.name == "tau_train"]
    assert train.value == pytest.approx((0.9 * 0.95) ** 0.5)
    swapped, _ = choose([second, first], 50)
    assert (swapped.tau.value, swapped.tau.low) == (0.8, 0.7)


@pytest.mark.parametrize(("available", "same"), [(100, True), (101, False), (None, False)])
def test_training_sets_of_all_sequences_are_one(tmp_path, available, same):
    """Of 100 sequences each."""
    results = [read(write_subset(tmp_path / f"n9-r{n}")) for n in (1, 2)]
    best, _ = decide(results, FLOORS, np.random.default_rng(0), 3, available)
    assert ("One training set" in best.headline) == same
    assert ("60 trained again on the same sequences" in best.reasons[2]) == same


def test_a_model_that_is_not_trained_is_not_recommended(tmp_path):
    confirmation = {"pearson": 0.5, "slope": 0.8, "ceiling": 0.95}
    best, diagnosis = choose([read(write_subset(tmp_path / "n9-r1", stopped="steps", confirmation=confirmation))])
    assert diagnosis.name == NOT_TRAINED
    assert best.headline == (
        "No temperature can be recommended: the model is not trained (training stopped at its limit of steps at a "
        "Pearson correlation of 0.50 with the data's correlations, where 0.95 can be reached; its samples do not show "
        "what the data and the penalty imply)."
    )


def test_only_what_is_not_trained_is_refused_for_that():
    assert untrained_because(Diagnosis(FAITHFUL, "Faithful.")) == ""
    assert untrained_because(Diagnosis(NOT_TRAINED, "Not trained: why.")) == "the model is not trained (why)."


def test_a_model_of_single_sites_is_a_trade(tmp_path):
    nothing = read(write_subset(tmp_path / "n9-r1", gain={"value": 0.0, "low": -0.005, "high": 0.005}))
    best, diagnosis = choose([nothing])
    assert diagnosis.name == NOTHING_LEARNT
    assert best.headline == (
        "The model has learnt nothing beyond single sites, so cooling it is a trade. Colder samples are nearer to the "
        "consensus and less varied; the coldest that qualifies by your floors is τ = 0.70 (95% interval 0.60 to 0.75). "
        "One training set: how much another one would change this is not known."
    )
    assert best.tau.value == 0.7
    colder = decide([nothing], (0.9, 0.5), np.random.default_rng(0), 3)[0]
    assert colder.headline.startswith("No temperature can be recommended: ")


@pytest.mark.parametrize(
    ("low", "trusted", "certain"),
    [(0.0099, False, False), (0.01, False, True), (0.0099, True, True), (-0.1, True, True)],
)
def test_cooling_is_advised_if_a_gain_of_couplings_or_a_judge_shows_that_there_is_something_to_gain(
    tmp_path, low, trusted, certain
):
    """Fields of few sequences are overfitted, too: that says nothing of what couplings have learnt."""
    gain = {"value": 0.0127, "low": low, "high": 0.025}
    overfitted = (1.3, 1.25, 1.35, 0.01)
    best, diagnosis = choose([read(write_subset(tmp_path / "n9-r1", tau_f=overfitted, gain=gain, trusted=trusted))])
    assert (diagnosis.name, diagnosis.learnt) == (OVERFITTED, certain)
    uncertain = (
        "It is not certain that the model has learnt anything beyond single sites, nor, therefore, that colder samples "
        "are better. Colder samples are nearer to the consensus and less varied; the coldest that qualifies by your "
        "floors is τ = 0.70 (95% interval"
    )
    assert best.headline.startswith("Sample at τ = 0.70" if certain else uncertain)
    landscape = {"gaps": {"uniform": {"gap": None}, "profile": {"gap": None}}}
    row = {"M": 9, "tau_f": 1.3, "tau_f_low": 1.25, "tau_f_high": 1.35}
    advice = explain(diagnosis, pd.DataFrame([row]), landscape, best)[1]
    assert advice == "For a set that covers the family, sample at 1.30." + " For designs, sample at 0.70." * certain


def test_points_of_the_family_come_before_those_of_its_models(results):
    best, _ = choose([results])
    table = points_of_all([results], best.operating_points[:1])
    assert table.columns.tolist() == ["subset", "name", "value", "low", "high", "limit", "sampled", "decides", "note"]
    assert table["subset"].tolist() == ["all", *["f0.5-r3"] * 4]
    assert table["name"].tolist() == ["tau_train", "tau_train", "tau_f", "tau_hmm", "coldest"]
    assert table.loc[0, ["value", "low", "high", "sampled", "decides", "note"]].tolist() == [
        0.9, 0.85, 0.95, False, True, ""
    ]  # fmt: skip
