"""What the figures of training and of replica exchange draw."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from read_axes import read_error_bars, read_legend, read_line, read_lines, read_ticks

from temperance.report.figures.style import palette


def test_training_draws_a_line_a_model_and_its_independent_chains(draw):
    figure = draw("training")
    pearson, gradient = figure.axes[:2]
    curves = read_lines(pearson, "None", "-")
    diamonds = read_lines(pearson, "D")
    noise = read_lines(gradient, "None", "-")
    for n in range(5):
        assert_allclose(curves[n], [[10, 0.5 + n / 100], [20, 0.8 + n / 100]])
        # After 20 + n steps independent chains have a correlation of 0.9 + n / 100.
        assert_allclose(diamonds[n], [[20 + n, 0.9 + n / 100]])
        # 6 over 2, and 3 + n over 1.
        assert_allclose(noise[n], [[10, 3], [20, 3 + n]])
    assert pearson.get_ylabel() == "Pearson of connected correlations" and pearson.get_ylim() == (0, 1.02)
    assert gradient.get_ylabel() == "gradient / its sampling noise" and gradient.get_yscale() == "log"
    assert list(read_line(gradient, "sampling noise alone")[:, 1]) == [1, 1]
    # From 1 to 7: plain numbers.
    gradient.figure.canvas.draw()
    labels = {label.get_text() for label in gradient.yaxis.get_ticklabels(which="both")} - {""}
    assert {"1", "2", "3", "4", "6"} <= labels and not [label for label in labels if "times" in label]
    assert read_legend(figure) == [
        "M = 100", "M = 200", "independent chains", "sampling noise alone", "chosen penalty",
    ]  # fmt: skip


def test_sizes_of_training_sets_have_their_colours(draw):
    small, large = palette(2)
    for axis in draw("training").axes[:2]:
        colours = [line.get_color() for line in axis.lines if line.get_linestyle() == "-"][:5]
        assert colours == [small, small, large, large, large]


def test_the_fit_of_penalties_has_its_error_and_rings_around_the_chosen_ones(draw):
    likelihood, prediction = draw("training").axes[2:]
    for n, bars in enumerate(read_error_bars(likelihood)):
        assert_allclose(bars[:, :2], [[0.1, -2], [0.03, -1.5], [0.01, -1.6 - n]])
        assert_allclose(bars[:, 3] - bars[:, 1], [0.02, 0.03, 0.04])
    for n, curve in enumerate(read_lines(prediction, "o", "-")):
        assert_allclose(curve, [[0.1, 0.9], [0.03, 1.1], [0.01, 1.4 + n]])
    rings = [
        [line.get_xydata()[0].tolist() for line in axis.lines if line.get_ms() == 9 and len(line.get_xydata())]
        for axis in (likelihood, prediction)
    ]
    # M = 100, two replicates, chose 0.1; M = 200, three of them, 0.03.
    assert rings[0] == [[0.1, -2]] * 2 + [[0.03, -1.5]] * 3
    assert rings[1] == [[0.1, 0.9]] * 2 + [[0.03, 1.1]] * 3
    assert (likelihood.get_ylabel(), prediction.get_ylabel()) == (
        "held-out log-likelihood, nats a site", "τ_f predicted from the training data",
    )  # fmt: skip
    assert likelihood.get_xlabel() == prediction.get_xlabel() == "L2 penalty on couplings"
    # The highest prediction is 1.4 + 4.
    assert prediction.get_ylim() == pytest.approx((0, 5.5))


def test_predictions_that_are_missing_leave_gaps_and_low_ones_do_not_shrink_the_axis(draw, evidence):
    strengths = evidence.strengths[evidence.strengths["subset"] == "n200-r1"]
    missing = strengths.assign(predicted_tau_f=[0.9, 1.1, np.nan])
    axis = draw("training", replace(evidence, strengths=missing)).axes[3]
    assert_array_equal(read_lines(axis, "o", "-")[0][:, 1], [0.9, 1.1, np.nan])
    assert axis.get_ylim() == (0, 2)


def test_what_cannot_be_predicted_is_said(draw, evidence):
    unpredicted = evidence.strengths.assign(predicted_tau_f=np.nan)
    figure = draw("training", replace(evidence, strengths=unpredicted))
    (text,) = figure.axes[3].texts
    assert text.get_text() == "τ_f cannot be predicted: too many parameters\nfor the samples that can be drawn."
    assert len(read_error_bars(figure.axes[2])) == 5
    # The cleared panel can still be laid out.
    figure.canvas.draw()


def test_what_was_not_chosen_or_trained_here_is_said(draw, evidence):
    elsewhere = evidence.history.assign(gradient_norm=np.nan)
    figure = draw("training", replace(evidence, history=elsewhere, strengths=evidence.strengths.iloc[:0]))
    texts = [[text.get_text() for text in axis.texts] for axis in figure.axes]
    assert texts == [
        [], ["The model was trained elsewhere."], ["The penalty was not chosen\nby held-out sequences."], [],
    ]  # fmt: skip
    assert [axis.axison for axis in figure.axes] == [True, False, False, False]


def test_the_ladder_has_a_panel_a_diagnostic_and_a_line_a_model(draw):
    figure = draw("ladder")
    rhat, ess, acceptance = figure.axes
    # The rung at infinite temperature is left out.
    temperatures = [0.4, 1, 3]
    for n in range(5):
        assert_allclose(read_lines(rhat)[n], np.column_stack([temperatures, np.array([1.5, 1.1, 1.01]) + n]))
        assert_allclose(read_lines(ess)[n], np.column_stack([temperatures, np.array([50, 100, 200]) + n]))
        assert_allclose(read_lines(acceptance)[n], np.column_stack([temperatures, np.array([0.3, 0.4, 0.5]) + n / 100]))
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "split R-hat of the energy", "effective sample size", "exchange acceptance",
    ]  # fmt: skip
    assert [axis.get_xlabel() for axis in figure.axes] == ["rung temperature"] * 3
    assert read_legend(figure) == ["M = 100", "M = 200"]
    assert rhat.get_xlim() == pytest.approx((0.36, 3.3)) and acceptance.get_ylim() == (0, 1)
    assert read_ticks(rhat)[0.5] == "0.5" and ess.get_ylim()[0] == 0
    small, large = palette(2)
    assert [line.get_color() for line in ess.lines] == [small, small, large, large, large]


def test_a_ladder_s_hottest_rungs_are_cut_off_at_30(draw, evidence):
    hot = evidence.rungs.replace({"temperature": {3.0: 100.0}})
    assert draw("ladder", replace(evidence, rungs=hot)).axes[0].get_xlim() == pytest.approx((0.36, 30))
