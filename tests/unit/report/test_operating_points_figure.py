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


def test_rows_are_the_familys_finite_points_from_the_coldest():
    rows = figures.operating_point_rows(POINTS)
    assert list(rows["name"]) == ["coldest", "tau_potts", "tau_train", "tau_f"]
    assert list(rows["label"])[:2] == ["coldest above the floors", "as natural by the pair judge"]
    # An interval without an end is drawn up to its value.
    assert rows.set_index("name").loc["tau_potts", "high"] == 0.77


def test_the_window_ends_at_the_least_limit_and_may_be_empty():
    rows = figures.operating_point_rows(POINTS)
    assert figures.best_window(rows) == pytest.approx((0.6, 0.74))
    hotter = POINTS.replace({"value": {0.6: 0.8}})
    assert figures.best_window(figures.operating_point_rows(hotter)) is None
    assert figures.best_window(rows[rows["name"] != "coldest"]) is None


def test_the_recommended_temperature_and_the_window_are_drawn():
    best = {"tau": {"value": 0.6, "low": 0.55, "high": 0.62}}
    figure = figures.operating_points(POINTS, best, np.array([0.5, 0.6, 0.7]))
    (axis,) = figure.axes
    lines = {line.get_label(): line for line in axis.lines}
    assert list(lines["recommended"].get_xdata()) == [0.6, 0.6]
    assert list(lines["sampled"].get_xdata()) == [0.5, 0.6, 0.7]
    spans = sorted(
        patch.get_extents().transformed(axis.transData.inverted()).intervalx.tolist() for patch in axis.patches
    )
    assert spans[0] == pytest.approx([0.55, 0.62]) and spans[1] == pytest.approx([0.6, 0.74])


def test_labels_of_neighbouring_temperatures_do_not_cover_each_other():
    points = np.array([[0.0, 0.0], [0.03, 0.04], [0.06, 0.08], [0.5, 0.5]])
    assert figures.spread_out(points, 0.07).tolist() == [True, False, True, True]
    assert figures.spread_out(points, 0.2).tolist() == [False, False, True, True]
