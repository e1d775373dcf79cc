"""What the figures of optimal temperatures and of operating points draw."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from read_axes import find_line, read_error_bars, read_legend, read_line, read_lines, read_spans, read_ticks

from temperance.report import figures
from temperance.report.figures.operating_temperatures import optimum_points

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
    assert list(rows["label"]) == [
        "coldest above the floors", "as natural by the pair judge", "mean energy of training sequences",
        "mean energy of held-out sequences",
    ]  # fmt: skip
    assert list(rows["value"]) == [0.6, 0.77, 0.93, 0.95]
    assert list(rows["low"]) == [0.55, 0.74, 0.92, 0.94]
    # Of one colder than all sampled temperatures an interval without an end stays so, and is drawn to the edge.
    cold = pd.DataFrame([("all", "tau_hmm", 0.0, 0.0, np.inf, True)], columns=POINTS.columns)
    assert figures.operating_point_rows(pd.concat([POINTS, cold]))["high"].tolist()[:2] == [np.inf, 0.62]
    # Without a value there is nothing to draw, whether it decides or not.
    unknown = pd.DataFrame([("all", "tau_hmm", np.nan, np.nan, np.nan, True)], columns=POINTS.columns)
    assert len(figures.operating_point_rows(pd.concat([POINTS, unknown]))) == 4
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
    # None is recommended: the temperature that misses least is dashed.
    assert find_line(axis, "not recommended").get_linestyle() == "--"


def test_a_limit_hotter_than_all_sampled_temperatures_is_an_arrow_to_the_right():
    limit = pd.DataFrame([("all", "tau_hmm", np.inf, 0.66, np.inf, True)], columns=POINTS.columns)
    (axis,) = figures.operating_points(pd.concat([POINTS, limit]), BEST, np.array([0.5, 0.6, 0.7])).axes
    # It is the hottest, below the four others; the axis ends at 0.7 * 1.08.
    assert_allclose(read_lines(axis, ">"), [[[0.756, 4]]])
    assert_allclose(read_lines(axis, "None", "-")[4], [[0.66, 4], [0.756, 4]])


def test_every_point_is_drawn_in_its_row_with_its_interval():
    (axis,) = figures.operating_points(POINTS, BEST, np.array([0.5, 0.6, 0.7, 1.0])).axes
    assert [point.tolist() for point in read_lines(axis, "o")] == [[[0.6, 0]], [[0.77, 1]], [[0.93, 2]], [[0.95, 3]]]
    intervals = [line[:, 0].tolist() for line in read_lines(axis, "None", "-")[:4]]
    assert intervals == [[0.55, 0.62], [0.74, 0.77], [0.92, 0.94], [0.94, 0.97]]
    # What decides is blue; the coldest is green; what does not decide is grey.
    assert [line.get_color() for line in axis.lines if line.get_marker() == "o"] == [
        "#009e73", "#0072b2", "#0072b2", "0.6",
    ]  # fmt: skip
    assert [label.get_text() for label in axis.get_yticklabels()] == list(figures.operating_point_rows(POINTS)["label"])
    assert axis.get_xlim() == pytest.approx((0.5 / 1.08, 1.08))
    # The coldest is on top.
    assert axis.get_ylim() == (4, -0.6)


def test_the_window_ends_at_the_limit_of_the_recommendation_and_may_be_empty():
    rows = figures.operating_point_rows(POINTS)
    assert figures.best_window(rows, BEST) == (0.6, 0.74)
    # A window of one temperature is one; a limit below it leaves none.
    assert figures.best_window(rows, BEST | {"limit": 0.6}) == (0.6, 0.6)
    assert figures.best_window(rows, BEST | {"limit": 0.59}) is None
    assert figures.best_window(rows, NONE | {"limit": 0.74}) is None
    assert figures.best_window(rows[rows["name"] != "coldest"], BEST) is None


def test_the_recommended_temperature_and_the_window_are_drawn():
    figure = figures.operating_points(POINTS, BEST, np.array([0.5, 0.6, 0.7, 1.0]))
    (axis,) = figure.axes
    lines = {line.get_label(): line for line in axis.lines}
    assert list(lines["recommended"].get_xdata()) == [0.6, 0.6]
    assert list(lines["sampled"].get_xdata()) == [0.5, 0.6, 0.7, 1.0]
    assert_allclose(sorted(read_spans(axis)), [[0.55, 0.62], [0.6, 0.74]])


# ---------------------------------------------------------------- optimum


def test_an_optimum_s_error_bars_reach_to_its_interval():
    table = pd.DataFrame(
        [
            (100, 1, 0.9, 0.8, 1.2, True),
            (100, 2, np.inf, 1.0, np.inf, False),
            (200, 1, 0.0, 0.0, 0.5, True),
            (200, 2, 0.7, 0.7, np.inf, True),
            (200, 3, 0.7, 0.75, 0.65, True),
        ],
        columns=["M", "replicate", "tau_f", "tau_f_low", "tau_f_high", "tau_f_equilibrated"],
    )
    points = optimum_points(table, "tau_f")
    assert_array_equal(points["tau"], [0.9, np.nan, np.nan, 0.7, 0.7])
    # An interval that does not hold its value, by rounding, has no length on that side.
    assert_allclose(points["below"], [0.1, np.nan, np.nan, 0, 0])
    assert_allclose(points["above"], [0.3, np.nan, np.nan, np.nan, 0])
    assert list(points["equilibrated"]) == [True, False, True, True, True]
    assert list(points["M"]) == [100, 100, 200, 200, 200] and list(points["replicate"]) == [1, 2, 1, 2, 3]
    assert optimum_points(table.drop(columns="tau_f_equilibrated"), "tau_f")["equilibrated"].all()


def test_every_optimum_is_drawn_beside_the_others_at_its_size(draw):
    figure = draw("optimum")
    (axis,) = figure.axes
    # Six optima side by side from 0.94 to 1.06 times M; values are those of the first model plus 0.02 n n.
    shifts = np.geomspace(0.94, 1.06, 6)
    firsts = {
        "τ_f: covers the family": 0.9, "τ_r: accepted by the truth": 0.7, "τ_J: both": 0.85,
        "τ_train: as good as nature": 0.8, "τ_cal: calibrated site conditionals": 1.1,
        "recommended: as good as nature, new and varied": 0.6,
    }  # fmt: skip
    bars = read_error_bars(axis)
    for (label, first), shift, points in zip(firsts.items(), shifts, bars, strict=True):
        # Means of 0 and 0.02, and of 0.08, 0.18 and 0.32.
        expected = [[100 * shift, first + 0.01], [200 * shift, first + 0.58 / 3]]
        assert_allclose(read_line(axis, label), expected)
        assert_allclose(points[:, 1], first + np.array([0, 0.02, 0.08, 0.18, 0.32]))
        assert_allclose(points[:, 1] - points[:, 2], 0.05)
        assert_allclose(points[:, 3] - points[:, 1], 0.1)
        # Replicates 1, 2 and 1, 2, 3, of mean 1.8, are 3 % apart.
        spread = 1 + 0.03 * (np.array([1, 2, 1, 2, 3]) - 1.8)
        assert_allclose(points[:, 0], np.array([100, 100, 200, 200, 200]) * shift * spread)
    assert read_legend(figure) == [*firsts, "not equilibrated"]
    # τ_f of the second model is not equilibrated.
    (cross,) = read_lines(axis, "x")
    assert_allclose(cross, [[100 * 0.94 * (1 + 0.03 * 0.2), 0.92]])
    assert read_ticks(axis) == {100: "100", 200: "200"}
    assert axis.get_xlim() == pytest.approx((100 / 1.5, 300)) and axis.get_ylim()[0] == 0
