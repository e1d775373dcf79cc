"""Axes, labels and files that the figures share."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from read_axes import find_line, read_legend, read_line, read_spans, read_ticks

from temperance.report import figures
from temperance.report.figures.style import (
    _marker_values,
    _spaced,
    add_legend,
    cross_out,
    fidelity_label,
    mark_temperature,
    palette,
    set_temperature_axis,
    write_instead,
)


@pytest.fixture
def axis():
    figure, axis = plt.subplots()
    yield axis
    plt.close(figure)


def test_more_data_look_brighter():
    colours = palette(3)
    # Viridis at 0.1, 0.45 and 0.8, whose luminance rises.
    brightness = [np.dot(colour, (0.299, 0.587, 0.114)) for colour in colours]
    assert brightness == sorted(brightness) and len(set(colours)) == 3
    assert colours == [plt.get_cmap("viridis")(x)[:3] for x in (0.1, 0.45, 0.8)]
    assert palette(1) == [(0.13, 0.44, 0.71)]


def test_ticks_of_temperatures_keep_a_twelfth_of_the_axis_and_both_ends():
    # From 1 to e^12 the least distance is a factor of e.
    temperatures = np.exp([0, 0.9, 1.0, 1.9, 11.1, 12.0])
    assert np.log(_spaced(temperatures)).round(6).tolist() == [0, 1, 12]
    # Of two that are too near to each other, 1 is labelled.
    assert _spaced(np.exp([-6, -0.5, 0, 0.5, 6])).round(6).tolist() == np.exp([-6, 0, 6]).round(6).tolist()
    assert _spaced(np.array([0.7])).tolist() == [0.7]
    assert _spaced(np.array([0.5, 1.0])).tolist() == [0.5, 1.0]


def test_an_axis_of_temperatures_is_logarithmic_with_their_values(axis):
    set_temperature_axis(axis, np.array([2.0, 0.5, 1.0]))
    assert axis.get_xscale() == "log" and axis.get_xlabel() == "sampling temperature τ"
    assert read_ticks(axis) == {0.5: "0.5", 1: "1", 2: "2"}
    assert axis.get_xticklabels()[0].get_rotation() == 0
    # A gap below a seventh of the axis turns labels: from 1 to e^7 a factor of e has room, and one of e^0.99 has not.
    for gap, rotation in ((1.01, 0), (0.99, 60)):
        set_temperature_axis(axis, np.exp([0, gap, 7]))
        assert axis.get_xticklabels()[0].get_rotation() == rotation
        axis.clear()
    set_temperature_axis(axis, np.geomspace(0.1, 10, 9), "rung temperature")
    assert axis.get_xticklabels()[0].get_rotation() == 60 and axis.get_xlabel() == "rung temperature"


def test_fidelity_is_named_after_its_judge():
    assert fidelity_label("p_nat") == "fidelity: mean p_nat"
    assert fidelity_label("potts") == "fidelity: mean percentile / 100 (pair judge)"


def test_a_recommended_temperature_has_its_interval(axis):
    mark_temperature(axis, {"tau": {"value": 0.7, "low": 0.6, "high": 0.9}, "sampling_temperature": 0.5})
    assert list(find_line(axis, "recommended").get_xdata()) == [0.7, 0.7]
    assert read_spans(axis) == [[pytest.approx(0.6), pytest.approx(0.9)]]


def test_the_temperature_that_misses_least_is_dashed(axis):
    mark_temperature(axis, {"tau": None, "sampling_temperature": 0.5})
    line = find_line(axis, "not recommended")
    assert list(line.get_xdata()) == [0.5, 0.5] and line.get_linestyle() == "--" and read_spans(axis) == []


def test_what_is_not_equilibrated_is_crossed_out_at_its_height(axis):
    states = pd.DataFrame({"temperature": [0.5, 1.0, 2.0], "equilibrated": [False, True, False]})
    cross_out(axis, states, pd.Series([5.0, 6.0, 7.0]))
    assert read_line(axis, "not equilibrated").tolist() == [[0.5, 5], [2, 7]]
    assert axis.lines[0].get_marker() == "x"


def test_without_crosses_the_legend_does_not_explain_them(axis):
    states = pd.DataFrame({"temperature": [0.5], "equilibrated": [True]})
    cross_out(axis, states, pd.Series([5.0]))
    assert axis.get_legend_handles_labels() == ([], [])


def test_a_legend_has_each_label_of_all_panels_once():
    figure, axes = plt.subplots(1, 2)
    for axis, labels in zip(axes, (("a", "b"), ("b", "c")), strict=True):
        for label in labels:
            axis.plot([0], [0], label=label)
    add_legend(figure, axes)
    plt.close(figure)
    assert read_legend(figure) == ["a", "b", "c"]


def test_a_text_stands_for_a_panel(axis):
    write_instead(axis, "Nothing was measured.")
    assert not axis.axison and axis.texts[0].get_text() == "Nothing was measured."


def test_markers_have_their_values_as_titles(tmp_path):
    figure, axis = plt.subplots()
    axis.errorbar([1, 2], [3, 4], [0.1, 0.1], marker="o", label="M = 100")
    axis.plot([1, np.nan, 3], [5, 6, 7], "s")
    axis.plot([1, 2], [1, 2], label="no markers")
    axis.set(xlabel="temperature", ylabel="fidelity", xlim=(0, 5), ylim=(0, 8))
    values = list(_marker_values(figure).values())
    assert values == [
        ["M = 100; temperature 1; fidelity 3", "M = 100; temperature 2; fidelity 4"],
        ["temperature 1; fidelity 5", "temperature 3; fidelity 7"],
    ]
    figures.save(figure, [tmp_path / "small.svg", tmp_path / "small.png"])
    text = (tmp_path / "small.svg").read_text()
    places = {
        title: (float(x), float(y))
        for x, y, title in re.findall(r'<use [^>]*x="(.*?)" y="(.*?)".*?<title>(.*?)</title>', text)
    }
    first, second, third, fourth = (places[title] for titles in values for title in titles)
    assert len(places) == 4 and first[0] == third[0] < second[0] < fourth[0]
    # Down the page, fidelity falls: 7, 5, 4, 3.
    assert fourth[1] < third[1] < second[1] < first[1]
    assert "<dc:date>" not in text
    assert (tmp_path / "small.png").read_bytes().startswith(b"\x89PNG")
    assert not plt.fignum_exists(figure.number)


def test_symbols_in_all_texts_of_a_figure_are_drawn_with_subscripts(tmp_path, axis):
    axis.plot([1], [1], "o", label="τ_train: as good as nature")
    axis.set(title="KL(P || Q_τ)", xlabel="τ_f, p_nat")
    legend = axis.legend()
    figures.save(axis.figure, [tmp_path / "figure.svg"])
    assert legend.get_texts()[0].get_text() == r"$\mathrm{τ}_{\mathrm{train}}$: as good as nature"
    assert axis.get_title() == r"KL(P || $\mathrm{Q}_{\mathrm{τ}}$)"
    svg = (tmp_path / "figure.svg").read_text()
    # What a browser shows under the pointer can have none.
    assert "<title>τ_train: as good as nature; τ_f, p_nat 1; KL(P || Q_τ) 1</title>" in svg


def test_markers_that_are_not_drawn_leave_the_others_without_titles(tmp_path):
    """Which of the values those that are drawn have is then not known."""
    figure, axis = plt.subplots()
    # Of many sorted points matplotlib draws those near the axes only.
    axis.plot(np.arange(2000), np.arange(2000), "o", label="points")
    axis.set(xlim=(0, 5))
    figures.save(figure, [tmp_path / "cut.svg"])
    assert "<title>" not in (tmp_path / "cut.svg").read_text()


def test_a_style_ends_with_its_context():
    before = plt.rcParams["axes.spines.top"]
    with figures.theme():
        assert not plt.rcParams["axes.spines.top"] and plt.rcParams["svg.hashsalt"] == "temperance"
    assert plt.rcParams["axes.spines.top"] == before


def test_every_figure_is_called_as_its_function():
    assert [name for name, function in figures.FIGURES.items() if function.__name__ != name] == []
    assert len(figures.FIGURES) == 21
