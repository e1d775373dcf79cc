"""The stages of claims, studies and coverage: what they hand on, and what they write."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from temperance.core.files import load_arrays, load_table, save_table
from temperance.stages import check_intervals, claim, coverage_table, folds, study_exact, study_sampled

# Two estimators of two systems; energy has a temperature.
PLANTED = pd.DataFrame({"system": "planted", "M": 30, "estimator": ["tau_f, root", "energy"],
                        "temperature": [np.nan, 0.5], "exact": [0.75, -2.5], "covered": [1.0, 0.5],
                        "repeats": 8})  # fmt: skip
HOPFIELD = PLANTED.assign(system="hopfield", M=100, covered=[0.875, 0.625])
ALL = "intervals hold the exact value in 75.0 % of all cases, for the worst estimate in 50 %"


def test_the_coverage_of_a_system_is_that_of_its_model_and_seed(tmp_path, monkeypatch, caplog):
    calls = []
    monkeypatch.setattr(check_intervals, "coverage", lambda *arguments: calls.append(arguments) or PLANTED)
    check_intervals.run(check_intervals.Outputs(tmp_path / "table.tsv"), "planted", "30", 8, 7, "numba")
    ((kind, size, repeats, seed, engine, progress),) = calls
    progress("planted: 1 of 8 repeats")
    assert (kind, size, repeats, seed) == ("planted", 30, 8, 7)
    assert engine.name == "numba"
    pd.testing.assert_frame_equal(load_table(tmp_path / "table.tsv"), PLANTED)
    assert caplog.messages == [ALL, "planted: 1 of 8 repeats"]


def test_coverage_is_tabulated_a_system_a_column(tmp_path, caplog):
    """Shares of 1, 1/2, 7/8 and 5/8 have the mean 3/4."""
    save_table(tmp_path / "planted.tsv", PLANTED)
    save_table(tmp_path / "hopfield.tsv", HOPFIELD)
    outputs = coverage_table.Outputs(tmp_path / "table.tsv", tmp_path / "table.md")
    coverage_table.run(coverage_table.Inputs([tmp_path / "planted.tsv", tmp_path / "hopfield.tsv"]), outputs)
    expected = pd.concat([PLANTED, HOPFIELD], ignore_index=True)
    pd.testing.assert_frame_equal(load_table(outputs.table), expected)
    assert outputs.markdown.read_text() == (
        "| | planted, M = 30 | hopfield, M = 100 | mean |\n|---|---|---|---|\n"
        "| tau_f, root | 100 | 88 | 94 |\n| energy at τ = 0.5 | 50 | 62 | 56 |\n"
    )
    assert caplog.messages == [ALL]


def test_a_claim_is_tabulated_by_the_seed_and_drawn(tmp_path, monkeypatch):
    monkeypatch.setitem(claim.CLAIMS, "scaling", lambda seed: pd.DataFrame({"seed": [seed], "scale": [2.5]}))

    def _draw(table):
        figure, axes = plt.subplots()
        axes.plot(table["seed"], table["scale"])
        tables.append(table)
        return figure

    tables = []
    monkeypatch.setitem(claim.figures_of_theory.CLAIMS, "scaling", _draw)
    outputs = claim.Outputs(tmp_path / "table.tsv", [tmp_path / "figure.svg", tmp_path / "figure.png"])
    claim.run(outputs, 5, "scaling")
    expected = pd.DataFrame({"seed": [5], "scale": [2.5]})
    pd.testing.assert_frame_equal(load_table(outputs.table), expected)
    pd.testing.assert_frame_equal(tables[0], expected)
    assert b"<svg" in outputs.figures[0].read_bytes()
    assert outputs.figures[1].read_bytes().startswith(b"\x89PNG")


def test_the_contacts_of_all_folds_are_kept_as_they_are(tmp_path, monkeypatch):
    contacts = np.array([[0, 3, 155], [1, 2, 4]], np.uint8)
    monkeypatch.setattr(folds, "all_folds", lambda: contacts)
    folds.run(folds.Outputs(tmp_path / "folds"))
    arrays, metadata = load_arrays(tmp_path / "folds")
    assert list(arrays) == ["contacts"] and arrays["contacts"].dtype == np.uint8
    np.testing.assert_array_equal(arrays["contacts"], contacts)
    assert metadata["versions"]["numpy"] == np.__version__


def test_models_of_a_study_are_named_by_their_family(tmp_path, monkeypatch):
    points = [{"family": "spins", "value": 1.5, "settings": {}}]
    models, scores = pd.DataFrame({"value": [1.5], "tau_f": [0.75]}), pd.DataFrame({"value": [1.5], "novelty": [0.25]})
    monkeypatch.setattr(study_exact, "tabulate_enumerable", lambda *arguments: calls.append(arguments) or models)
    monkeypatch.setattr(
        study_sampled, "tabulate_sampled", lambda *arguments: calls.append(arguments) or (models, scores)
    )
    calls = []
    study_exact.run(study_exact.Outputs(tmp_path / "exact.tsv"), points, 7, "spins")
    outputs = study_sampled.Outputs(tmp_path / "models.tsv", tmp_path / "scores.tsv")
    study_sampled.run(study_sampled.Inputs([]), outputs, points, [[str(tmp_path / "n30-r1")]], "spins")
    assert calls == [(points, 7), (points, [[tmp_path / "n30-r1"]])]
    for path, table in ((tmp_path / "exact.tsv", models), (outputs.models, models), (outputs.scores, scores)):
        pd.testing.assert_frame_equal(load_table(path), table.assign(family="spins"))
