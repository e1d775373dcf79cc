"""Every cell of the page's tables."""

from dataclasses import replace

import numpy as np
import pandas as pd

from temperance.report.tables import (
    compare_temperatures,
    describe_agreement,
    describe_best_models,
    designs_table,
    front_table,
    joint_table,
    models_table,
    optimum_table,
    points_table,
    scores_table,
    training_table,
)


def check_row(row, expected):
    """Compare the cells of a row, and the order of the columns."""
    assert list(row.items()) == list(expected.items())


def test_optima_of_a_model_are_in_its_row_with_their_intervals(evidence):
    table = optimum_table(evidence.optimum)
    # The second model: 0.02 above the first one's optima; its τ_f is not equilibrated.
    check_row(table.iloc[1], {
        "M": "100", "replicate": 2, "Meff": "50",
        "τ_f (95%)": "0.92 (0.87 to 1.02) NOT EQUILIBRATED", "τ_train (95%)": "0.82 (0.77 to 0.92)",
        "τ_r (95%)": "0.72 (0.67 to 0.82)", "τ_J (95%)": "0.87 (0.82 to 0.97)", "τ_cal (95%)": "1.12 (1.07 to 1.22)",
        "recommended τ (95%)": "0.62 (0.57 to 0.72)",
        "novelty": "0.26", "diversity": "0.74", "gain": "0.20", "pearson": "0.91", "slope": "1.01",
    })  # fmt: skip
    assert list(table["τ_f (95%)"])[::2] == ["0.90 (0.85 to 1.00)", "0.98 (0.93 to 1.08)", "1.22 (1.17 to 1.32)"]
    assert list(table["replicate"]) == [1, 2, 1, 2, 3]


def test_enumerated_optima_and_missing_columns(evidence):
    exact = evidence.optimum.assign(tau_f_exact=0.876, M=12345, Meff=1234.5, tau=np.nan)
    table = optimum_table(exact.drop(columns=["gain", "tau_r", "tau_j"]))
    assert table["τ_f enumerated"][0] == "0.88" and table["M"][0] == "12,345" and table["Meff"][0] == "1,234"
    assert table["recommended τ (95%)"][0] == "none"
    assert not {"gain", "τ_r (95%)", "τ_J (95%)"} & set(table)


def test_optima_that_agree_are_counted_and_others_listed(evidence):
    # The fourth model's τ_f, 1.08, has its root 0.5 above.
    assert describe_agreement(evidence.optimum) == (
        "Each was found twice, as a minimum and as the root of a slope; 4 of 5 agree, but not τ_f of n200-r2 (1.08 and "
        "1.58)."
    )
    two = evidence.optimum.assign(tau_f_agree=True, tau_r_agree=True, tau_r_root=1.0)
    assert describe_agreement(two).endswith("; 10 of 10 agree.")


def test_operating_points_of_the_family_are_tabulated_with_their_sides(evidence):
    table = points_table(evidence.points)
    assert table.to_numpy().tolist() == [
        ["τ_train", "0.93 (0.92 to 0.94)", "0.92", ""],
        ["τ_f", "0.95 (0.94 to 0.97)", "", "a note"],
        ["as natural by the pair judge (Potts models of parts of the natural sequences)", "0.77 (0.74 or more)",
         "0.76", ""],
        ["as natural by the profile HMM", "above all that were sampled (1.50 or more)", "", ""],
        ["as natural by the one-site profile", "", "", "not judged"],
        ["coldest above the floors", "0.60 (0.55 to 0.62)", "", ""],
    ]  # fmt: skip
    assert list(table) == ["operating point", "τ (95%)", "samples are natural up to", "note"]
    unlimited = evidence.points.assign(limit=[np.inf, 0.0, np.nan, np.nan, np.nan, np.nan, np.nan])
    assert points_table(unlimited)["samples are natural up to"][:3].tolist() == ["all sampled temperatures", "none", ""]
    cold = evidence.points.assign(value=0.0, low=0.0, high=0.456)
    assert points_table(cold)["τ (95%)"][0] == "below all that were sampled (0.46 at most)"


def test_scores_of_the_model_that_designs_come_from_are_tabulated_by_temperature(evidence):
    table = scores_table(evidence)
    assert list(table["temperature"]) == ["0.25", "0.5", "0.7", "1", "2"]
    # The third model, n = 2, at 0.5.
    check_row(table.iloc[1], {
        "temperature": "0.5", "fidelity": "0.900", "novelty": "0.250", "diversity": "5.333", "energy": "-14.0",
        "entropy": "4.0", "heat_capacity": "9.5", "log_likelihood": "-3.950", "percentile_hmm": "90.0",
        "effective_share": "0.61", "identical": "1.2%", "pearson_single": "0.987", "pearson_pair": "0.876",
        "pearson_triple": "0.765", "ess": "252", "rhat": "1.012", "drift": "+0.05", "ln Z (MBAR)": "22.50 ± 0.11",
        "ln Z (AIS)": "22.80 ± 0.22", "equilibrated": "yes",
    })  # fmt: skip
    assert list(table["equilibrated"]) == ["NO", "yes", "yes", "yes", "yes"]


def test_the_share_of_functional_samples_is_tabulated_where_a_truth_forbids_sequences(evidence):
    assert "functional" not in scores_table(evidence)
    scores = evidence.scores.assign(functional=np.linspace(0, 1, len(evidence.scores)))
    expected = scores[scores["subset"] == evidence.largest]["functional"].map("{:.1%}".format)
    assert scores_table(replace(evidence, scores=scores))["functional"].tolist() == expected.tolist()


def test_percentiles_are_those_of_the_judge_of_fidelity(evidence):
    settings = evidence.settings.model_copy(
        update={"optimum": evidence.settings.optimum.model_copy(update={"fidelity": "potts"})}
    )
    table = scores_table(replace(evidence, settings=settings))
    # 50 times a fidelity of 0.9.
    assert table["percentile_potts"][1] == "45.0" and "percentile_hmm" not in table


# ---------------------------------------------------------------- models


def test_models_are_tabulated_at_their_best_by_size_and_name(evidence):
    table = models_table(evidence)
    assert list(table["model"]) == ["potts", "potts", "sites", "sites"] + ["potts"] * 3 + ["sites"] * 3
    assert list(table["M"]) == ["100"] * 4 + ["200"] * 6
    # The third own model, and the fourth of the other kind.
    interval = "coldest τ above the floors and as good as nature (95%)"
    check_row(table.iloc[4], {
        "model": "potts", "M": "200", interval: "0.68 (0.63 to 0.78)", "fidelity": "0.600", "novelty": "0.270",
        "diversity": "0.73", "log_likelihood": "-3.800",
    })  # fmt: skip
    assert table.iloc[8][[interval, "fidelity", "novelty", "diversity", "log_likelihood"]].tolist() == [
        "0.99 (0.80 to 1.20)", "0.325", "0.350", "0.65", "-4.300",
    ]  # fmt: skip
    alone = replace(evidence, compared=evidence.compared[evidence.compared["model"] == "potts"])
    assert models_table(alone).empty


def test_the_best_models_are_named_at_each_size():
    table = pd.DataFrame(
        [
            (1000, "a", 0.9, -1.0, False), (1000, "b", 0.5, -3.0, True), (1000, "c", 0.6, np.nan, True),
            (100, "a", 0.8, -2.0, True), (100, "a", 0.2, -2.5, True), (100, "b", 0.6, -2.0, True),
            (100, "b", 0.6, -2.1, True), (100, "c", 0.7, -3.0, True), (100, "c", 0.9, -3.0, False),
        ],
        columns=["M", "model", "fidelity", "log_likelihood", "feasible"],
    )  # fmt: skip
    # At 100: a has 0.5 on average, b 0.6; c, with 0.8, has no such temperature in one replicate. At 1000 a has none.
    # Likelihoods at 100: -2.25, -2.05 and -3.
    assert describe_best_models(table) == [
        "Most faithful where there is such a temperature: b with 100, c with 1,000.",
        "Likeliest for held-out sequences: b with 100, a with 1,000.",
    ]
    assert describe_best_models(table.assign(feasible=False)) == [
        "Likeliest for held-out sequences: b with 100, a with 1,000."
    ]


def test_tempering_of_sites_and_of_the_joint_distribution_are_compared():
    models = pd.DataFrame(
        [
            ("ar", 1000, 2, 1.0, -10.04, -11.16, 0.123, 0.0567),
            ("ar", 1000, 1, 0.5, -20.0, -22.0, 1.5, 0.5),
            ("potts", 1000, 1, 0.5, -30.0, np.nan, np.nan, np.nan),
        ],
        columns=["model", "M", "replicate", "temperature", "energy", "joint_energy", "joint_divergence", "joint_share"],
    )
    table = joint_table(models)
    assert list(table)[:3] == ["model", "replicate", "M"] and list(table)[-1] == "effective share"
    assert table.to_dict("records") == [
        {"model": "ar", "replicate": 1, "M": "1,000", "temperature": "0.5", "energy, sites": "-20.0",
         "energy, joint": "-22.0", "divergence, nats": "1.50", "effective share": "50.0%"},
        {"model": "ar", "replicate": 2, "M": "1,000", "temperature": "1", "energy, sites": "-10.0",
         "energy, joint": "-11.2", "divergence, nats": "0.12", "effective share": "5.7%"},
    ]  # fmt: skip
    assert joint_table(models.drop(columns="joint_energy")).empty


def test_the_front_is_tabulated_with_its_models(evidence):
    # Points of both kinds that nothing exceeds, the most faithful first; see `test_trade_offs.py`.
    table = front_table(evidence.models)
    assert table.iloc[:3].to_numpy().tolist() == [
        ["potts", "100", "0.5", "0.720", "0.150", "2.667", "NO"],
        ["sites", "100", "0.5", "0.670", "0.350", "2.667", "yes"],
        ["sites", "200", "0.5", "0.650", "0.400", "3.200", "yes"],
    ]
    assert list(table) == ["model", "M", "temperature", "fidelity", "novelty", "diversity", "equilibrated"]
    alone = evidence.models[evidence.models["model"] == "potts"]
    assert "model" not in front_table(alone)


# ---------------------------------------------------------------- training and designs


def test_training_is_tabulated_with_how_it_ended(evidence):
    training = evidence.training.assign(stopped=["converged", "target", "imported", "steps", "time"])
    training.loc[2, "l2_couplings"] = np.nan
    table = training_table(training, evidence.strengths)
    assert list(table["training"]) == ["converged", "stopped early", "imported", "NOT CONVERGED", "NOT CONVERGED"]
    assert list(table["L2 on couplings"]) == ["0.1", "0.1", "-", "0.03", "0.03"]
    counts = "Meff for τ_f, τ_r within 0.1 of 1 (± a quarter of the first)"
    # The fifth model, n = 4.
    check_row(table.iloc[4], {
        "M": "200", "replicate": 3, "L2 on couplings": "0.03", "training": "NOT CONVERGED", "steps": 24,
        "Pearson, independent chains": "0.940 ± 0.016", "slope": "0.60", "ceiling": "0.950", "scale error": "+3.0%",
        "independent families": "1,004", counts: "1,400, never (L2)",
    })  # fmt: skip
    assert table["scale error"][0] == "-1.0%"
    # Of the first model the strongest penalty was chosen, of which the chains were too few to say.
    assert table[counts][0] == "-, 90"
    assert set(training_table(training, pd.DataFrame())[counts]) == {"-"}


def test_designs_have_about_four_digits_and_the_sequence_last():
    designs = pd.DataFrame(
        {
            "name": ["d1", "d2"], "temperature": 0.7, "recommended": True, "energy": [-123.456, 7.0],
            "distance_natural": [0.25, 9.99], "percentile_hmm": [43.218, 10.0], "score": [100.0, 5.0],
            "other_score": [10.0, 5.0], "cluster": [1, 2], "aligned": ["AC-U", "GCGA"], "sequence": ["ACU", "GCGA"],
        }
    )  # fmt: skip
    table = designs_table(designs)
    # 123.456 has one decimal, from 10 on two, below 10 three; the largest of a column decides.
    assert table.to_dict("records") == [
        {"name": "d1", "energy": "-123.5", "distance natural": "0.250", "percentile hmm": "43.22", "score": "100.0",
         "other score": "10.00", "cluster": 1, "sequence": "ACU"},
        {"name": "d2", "energy": "7.0", "distance natural": "9.990", "percentile hmm": "10.00", "score": "5.0",
         "other score": "5.00", "cluster": 2, "sequence": "GCGA"},
    ]  # fmt: skip
    assert list(table)[-1] == "sequence"


def test_thermodynamics_are_joined_by_temperature(evidence):
    backwards = replace(evidence, thermodynamics=evidence.thermodynamics[::-1].reset_index(drop=True))
    pd.testing.assert_frame_equal(scores_table(backwards), scores_table(evidence))


# Three sampled temperatures of a model, and points by which the pair judge decides and the profile HMM does not.
SAMPLED = pd.DataFrame({
    "temperature": [0.5, 0.7, 1.0], "percentile_potts": [61.6, 55.5, 31.4], "percentile_hmm": [70.0, 60.0, 50.0],
    "novelty": [0.111, 0.222, 0.333], "diversity": [0.444, 0.555, 0.666], "equilibrated": [False, True, True],
})  # fmt: skip
POINTS = pd.DataFrame({
    "subset": ["n100-r1", "all", "all", "all"], "name": ["tau_train", "tau_train", "tau_potts", "tau_hmm"],
    "value": [0.5, 0.65, 0.6, 0.9], "decides": [True, True, True, False],
})  # fmt: skip


def test_samples_at_1_at_tau_train_and_as_recommended_are_those_of_the_nearest_sampled_temperatures():
    """0.65 is nearer to 0.7 than to 0.5; and 0.59, nearer to 0.5 by difference, is nearer to 0.7 by ratio."""
    best = {"status": "recommended", "sampling_temperature": 0.595}
    table = compare_temperatures(SAMPLED, POINTS, best)
    judge = "percentile by the pair judge"
    columns = ["sampling at", "τ", "sampled τ", judge, "novelty", "diversity", "equilibrated"]
    assert table.columns.tolist() == columns
    assert table.to_numpy().tolist() == [
        ["1, as trained", "1.00", "1", "31", "0.33", "0.67", "yes"],
        ["τ_train", "0.65", "0.7", "56", "0.22", "0.56", "yes"],
        ["recommended", "0.59", "0.7", "56", "0.22", "0.56", "yes"],
    ]
    cold = compare_temperatures(SAMPLED, POINTS, {"status": "none", "sampling_temperature": 0.58})
    assert cold.iloc[2].tolist() == [
        "nearest to what you ask, NOT recommended", "0.58", "0.5", "62", "0.11", "0.44", "NO",
    ]  # fmt: skip


def test_of_temperatures_outside_those_sampled_nothing_is_said():
    best = {"status": "recommended", "sampling_temperature": 0.5}
    beyond = {0.4: "0.40", 1.2: "1.20", 0.0: "below all sampled", np.inf: "above all sampled", np.nan: "not known"}
    for tau_train, shown in beyond.items():
        row = compare_temperatures(SAMPLED, POINTS.assign(value=tau_train), best).iloc[1]
        assert row.tolist() == ["τ_train", shown, "none there", "-", "-", "-", "-"]
    # A hundredth beyond the hottest is as good as it; and no judge decides.
    row = compare_temperatures(SAMPLED, POINTS.assign(value=1.009, decides=[True, True, False, False]), best).iloc[1]
    assert row.to_dict() == {
        "sampling at": "τ_train", "τ": "1.01", "sampled τ": "1", "novelty": "0.33", "diversity": "0.67",
        "equilibrated": "yes",
    }  # fmt: skip
