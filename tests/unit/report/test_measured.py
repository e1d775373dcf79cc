"""The part of a page on measured sequences, on results written out."""

from dataclasses import replace

import pandas as pd
from numpy.testing import assert_allclose
from read_axes import read_bands, read_error_bars

from temperance.report.measured import describe_measured, measured_tables

GROUP = {"kind": "design", "group": "t 0.5", "results": 1200, "clusters": 34, "functional": 0.25,
         "functional_low": 0.125, "functional_high": 0.5, "distance_natural": 0.333}  # fmt: skip
PREDICTOR = {"predictor": "hmm", "kind": "natural", "group": "all", "results": 10, "auc": 0.75, "auc_low": 0.5,
             "auc_high": 1.0, "spearman": None, "spearman_low": -1.0, "spearman_high": 1.0,
             "calibration_error": 0.125}  # fmt: skip
SUMMARY = {
    "results": 1300, "clusters": 40, "threshold": {"value": 0.4, "why": "The scores have two modes.", "evidence": 30.0},
    "groups": [GROUP, GROUP | {"kind": "natural", "group": "", "functional": None}],
    "predictors": [PREDICTOR, PREDICTOR | {"predictor": "minus_energy", "calibration_error": None}],
    "learning": [{"learnt": "natural", "tested": "design", "folds": "none", "results": 1200, "auc": 0.875,
                  "auc_low": 0.8, "auc_high": 0.95, "functional": 0.25, "expected": 0.5}],
    "reliability": [
        {"expected": 0.1, "functional": 0.2, "functional_low": 0.05, "functional_high": 0.4, "results": 10},
        {"expected": 0.8, "functional": 0.7, "functional_low": 0.4, "functional_high": 0.9, "results": 10},
    ],
    "calibration": {"decides": True, "extrapolates": False, "needed": 1200, "why": "It ranks them."},
}  # fmt: skip
EXPECTED = pd.DataFrame(
    {"temperature": [0.5, 1.0], "functional": [0.5, 0.25], "functional_low": [0.4, 0.2], "functional_high": [0.6, 0.3],
     "useful": [30.4, 20.0], "useful_low": [20.0, 10.0], "useful_high": [40.0, 30.0], "distance_measured": [0.1, 0.2],
     "equilibrated": [False, True]}
)  # fmt: skip


def test_sentences_say_what_decides_and_what_is_an_extrapolation():
    counted, verdict, folds = describe_measured(SUMMARY)
    assert counted == "1,300 measured sequences in 40 clusters of relatives (80% identity). The scores have two modes."
    assert verdict.endswith("is functional decides on the temperature. It ranks them.") and "look better" in folds
    calibration = SUMMARY["calibration"] | {"decides": False, "extrapolates": True}
    _, verdict, extrapolation, _ = describe_measured(SUMMARY | {"calibration": calibration})
    assert "decides nothing. It ranks them." in verdict and "is an extrapolation" in extrapolation
    # What decides nothing has not been found to hold for any sequences.
    assert extrapolation.startswith("It was assessed by natural sequences only.")
    sentences = list(describe_measured(SUMMARY | {"threshold": {"value": None, "why": "One mode."}}))
    assert len(sentences) == 2 and "nothing is calibrated" in sentences[1]


FEEDBACK = {
    "strength": 0.3, "why": "It gains 0.1.",
    "strengths": [{"strength": 0.0, "kind": "design", "results": 1200, "auc": 0.75, "auc_low": 0.5, "auc_high": 1.0},
                  {"strength": 0.3, "kind": "natural", "results": 20, "auc": 0.5, "auc_low": 0.25, "auc_high": 0.75}],
}  # fmt: skip


def test_of_what_use_results_are_to_a_model_is_said_and_tabulated():
    *_, sentence = describe_measured(SUMMARY | {"feedback": FEEDBACK})
    assert "with strength 0.3, natural sequences counting as 1. It gains 0.1. Sample it" in sentence
    *_, sentence = describe_measured(SUMMARY | {"feedback": FEEDBACK | {"strength": 0, "why": "By chance."}})
    assert sentence.startswith("No model learns from the results") and sentence.endswith("By chance.")
    tables = dict(measured_tables(SUMMARY | {"feedback": FEEDBACK}, EXPECTED, 96))
    (table,) = [table for title, table in tables.items() if "models that learn from results" in title]
    assert table.to_numpy().tolist() == [
        ["0", "designs", "1,200", "0.75 (0.50 to 1.00)"], ["0.3", "natural sequences", "20", "0.50 (0.25 to 0.75)"],
    ]  # fmt: skip


def test_tables_have_values_with_intervals():
    titles, tables = zip(*measured_tables(SUMMARY, EXPECTED, 96), strict=True)
    assert titles[-1] == "expected of samples, by temperature, and among 96"
    groups, predictors, learning, expected = (table.to_numpy().tolist() for table in tables)
    assert groups[0] == ["designs", "t 0.5", "1,200", "34", "0.25 (0.12 to 0.50)", "0.33"]
    assert groups[1][:2] == ["natural sequences", "all"] and groups[1][4] == "-"
    assert predictors[0] == ["profile HMM", "natural sequences", "all", "10", "0.75 (0.50 to 1.00)", "-", "0.12"]
    assert predictors[1][0] == "model's energy (minus)" and predictors[1][-1] == "-"
    assert learning == [
        ["natural sequences", "designs", "none of them", "1,200", "0.88 (0.80 to 0.95)", "0.25", "0.50"]
    ]
    assert expected[0] == ["0.5", "0.50 (0.40 to 0.60)", "30 (20 to 40)", "0.10", "NO"]
    assert [title for title, _ in measured_tables(SUMMARY, EXPECTED.iloc[:0], 96)] == list(titles[:3])


def test_the_figure_draws_reliability_and_expectation(draw, evidence):
    reliability, temperatures = draw("measured", replace(evidence, measured=SUMMARY, expected=EXPECTED)).axes
    assert reliability.lines[1].get_xydata().tolist() == [[0.1, 0.2], [0.8, 0.7]]
    assert_allclose(read_error_bars(reliability), [[[0.1, 0.2, 0.05, 0.4], [0.8, 0.7, 0.4, 0.9]]])
    assert_allclose(read_bands(temperatures), [[[0.5, 0.4, 0.6], [1, 0.2, 0.3]]])
    assert (reliability.get_xlabel(), reliability.get_ylabel()) == (
        "probability that was expected", "share that was functional",
    )  # fmt: skip
    assert temperatures.lines[0].get_xydata().tolist() == [[0.5, 0.5], [1.0, 0.25]]
    # The first temperature is not equilibrated.
    assert temperatures.lines[1].get_xydata().tolist() == [[0.5, 0.5]]


def test_without_results_the_figure_says_so(draw, evidence):
    for summary, text in ((None, "No sequences were measured."), (SUMMARY | {"reliability": []}, "No probability was")):
        left, _ = draw("measured", replace(evidence, measured=summary, expected=EXPECTED.iloc[:0])).axes
        assert left.texts[0].get_text().startswith(text)
