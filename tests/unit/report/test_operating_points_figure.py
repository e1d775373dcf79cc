"""What the figure of operating points draws."""

import numpy as np
import pandas as pd
import pytest

from temperance.report import figures

POINTS = pd.DataFrame(
    [
        ("all", "tau_train", 0.93, 0.92, 0.94, True),
        ("all", "tau_f", 0.95, 0.94, 0.97, False),
        ("all", "tau_potts", 0.77, 0.74, np.inf, True),
        ("all", "tau_hmm", np.inf, 1.5, np.inf, False),
        ("all", "coldest", 0.6, 0.55, 0.62, False),
        ("f1-r1", "tau_train", 0.5, 0.4, 0.6, True),
    ],
    columns=["subset", "name", "value", "low", "high", "decides"],
)


BEST = {"tau": {"value": 0.6, "low": 0.55, "high": 0.62}, "limit": 0.74, "sampling_temperature": 0.6}
NONE = {"tau": None, "limit": 0.0, "sampling_temperature": 0.6}


def test_rows_are_the_familys_points_from_the_coldest():
    rows = figures.operating_point_rows(POINTS)
    assert list(rows["name"]) == ["coldest", "tau_potts", "tau_train", "tau_f"]
    assert list(rows["label"])[:2] == ["coldest above the floors", "as natural by the pair judge"]
    # An interval without an end is drawn up to its value.
    assert rows.set_index("name").loc["tau_potts", "high"] == 0.77


def test_a_judge_that_no_temperature_satisfies_comes_first():
    refusing = pd.DataFrame([("all", "tau_folding", 0.0, 0.0, 0.64, True)], columns=POINTS.columns)
    rows = figures.operating_point_rows(pd.concat([POINTS, refusing]))
    assert rows.iloc[0][["label", "value", "high"]].tolist() == ["as natural by the RNA folding energy", 0.0, 0.64]
    figure = figures.operating_points(pd.concat([POINTS, refusing]), NONE, np.array([0.5, 0.6, 0.7]))
    (axis,) = figure.axes
    (arrow,) = [line for line in axis.lines if line.get_marker() == "<"]
    assert arrow.get_xdata()[0] == axis.get_xlim()[0] == pytest.approx(0.5 / 1.08)
    assert not axis.patches


def test_the_window_ends_at_the_limit_of_the_recommendation_and_may_be_empty():
    rows = figures.operating_point_rows(POINTS)
    assert figures.best_window(rows, BEST) == (0.6, 0.74)
    assert figures.best_window(rows, BEST | {"limit": 0.59}) is None
    assert figures.best_window(rows, NONE | {"limit": 0.74}) is None
    assert figures.best_window(rows[rows["name"] != "coldest"], BEST) is None


def test_the_recommended_temperature_and_the_window_are_drawn():
    figure = figures.operating_points(POINTS, BEST, np.array([0.5, 0.6, 0.7, 1.0]))
    (axis,) = figure.axes
    lines = {line.get_label(): line for line in axis.lines}
    assert list(lines["recommended"].get_xdata()) == [0.6, 0.6]
    assert list(lines["sampled"].get_xdata()) == [0.5, 0.6, 0.7, 1.0]
    spans = sorted(
        patch.get_extents().transformed(axis.transData.inverted()).intervalx.tolist() for patch in axis.patches
    )
    assert spans[0] == pytest.approx([0.55, 0.62]) and spans[1] == pytest.approx([0.6, 0.74])


def test_labels_of_neighbouring_temperatures_do_not_cover_each_other():
    points = np.array([[0.0, 0.0], [0.03, 0.04], [0.06, 0.08], [0.5, 0.5]])
    assert figures.spread_out(points, 0.07).tolist() == [True, False, True, True]
    assert figures.spread_out(points, 0.2).tolist() == [False, False, True, True]


def test_the_chosen_temperature_is_drawn_though_one_replicate_alone_was_sampled_there():
    columns = ["M", "replicate", "temperature", "fidelity", "novelty", "diversity", "equilibrated"]
    rows = [(100, 1, 0.5, 0.8, 0.1), (100, 1, 0.6, 0.7, 0.25), (100, 2, 0.5, 0.6, 0.3), (100, 1, 1.0, 0.2, 0.5),
            (100, 2, 1.0, 0.3, 0.5)]  # fmt: skip
    scores = pd.DataFrame([(*row, 0.9, True) for row in rows], columns=columns)
    natural = {"novelty": 0.3, "fidelity": 0.5, "diversity": 0.6}
    figure = figures.novelty_fidelity(scores, natural, BEST, "potts", {"novelty_floor": 0.2})
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["recommended, τ = 0.60"].get_xydata().tolist() == [[0.25, 0.7]]
    # Means are of both replicates: 0.5 and 1.
    np.testing.assert_allclose(lines["M = 100"].get_xydata(), [[0.2, 0.7], [0.5, 0.25]])
