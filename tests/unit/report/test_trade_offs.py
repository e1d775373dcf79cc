"""What the figures of fidelity, novelty and diversity draw."""

from dataclasses import replace

import numpy as np
import pytest
import small_family
from numpy.testing import assert_allclose
from read_axes import find_line, read_bands, read_error_bars, read_legend, read_line, read_lines, read_spans, read_ticks

from temperance.report.figures.trade_offs import other_judges, spread_out

# Means of two replicates of M = 100 and of three of M = 200, at the temperatures of all: 0.5, 1 and 2.
FIDELITY = {"M = 100": [0.72, 0.55, 0.15], "M = 200": [0.7, 0.5, 0.2]}
NOVELTY = {"M = 100": [0.15, 0.33, 0.55], "M = 200": [0.15, 0.3, 0.65]}
# In units of the mean distance of held-out sequences, 3 / 32; see `test_results.py`.
DIVERSITY = {
    "M = 100": [0.25 * 32 / 3, 0.45 * 32 / 3, 0.6 * 32 / 3],
    "M = 200": [0.3 * 32 / 3, 0.4 * 32 / 3, 0.6 * 32 / 3],
}
NATURAL = {"fidelity": 0.79166667, "novelty": 0.4375, "diversity": 1.0}


def test_each_panel_draws_means_of_its_own_score_over_temperature(draw):
    axes = draw("trade_off").axes
    for axis, curves in zip(axes, (FIDELITY, NOVELTY, DIVERSITY), strict=True):
        for label, means in curves.items():
            assert_allclose(read_line(axis, label), np.column_stack([[0.5, 1, 2], means]))
        assert axis.get_xscale() == "log"
        assert read_ticks(axis) == {0.5: "0.5", 1: "1", 2: "2"} and axis.get_ylim()[0] == -0.02
    assert [axis.get_ylim()[1] for axis in axes[:2]] == [1.02, 1.02] and axes[2].get_ylim()[1] > 0.6 * 32 / 3
    assert [axis.get_ylabel() for axis in axes] == [
        "fidelity: mean percentile / 100 (profile HMM)", "novelty: distance to nearest natural",
        "diversity: mean distance, natural = 1",
    ]  # fmt: skip


def test_bands_reach_from_the_least_to_the_most_replicate(draw):
    small, large = read_bands(draw("trade_off").axes[0])
    assert_allclose(small, [[0.5, 0.6, 0.84], [1, 0.5, 0.6], [2, 0.1, 0.2]])
    assert_allclose(large, [[0.5, 0.6, 0.9], [1, 0.4, 0.7], [2, 0.1, 0.4]])


def test_error_bars_are_the_mean_s_95_percent_interval(draw):
    # Errors are 0.03 and 0.04, of three replicates 0.12 besides: sqrt of the sum of squares is 0.05 and 0.13.
    for axis, scale in zip(draw("trade_off").axes, (1, 0.1, 0.2 * 32 / 3), strict=True):
        for bars, half in zip(read_error_bars(axis), (1.96 * 0.05 / 2, 1.96 * 0.13 / 3), strict=True):
            assert_allclose(bars[:, 3] - bars[:, 1], scale * half)
            assert_allclose(bars[:, 1] - bars[:, 2], scale * half)


def test_natural_values_floors_and_the_recommendation_are_drawn_in_each_panel(draw):
    axes = draw("trade_off").axes
    for axis, natural in zip(axes, NATURAL.values(), strict=True):
        assert_allclose(find_line(axis, "held-out natural").get_ydata(), natural)
        assert list(find_line(axis, "recommended").get_xdata()) == [0.7, 0.7]
        assert_allclose(read_spans(axis), [[0.6, 0.8]])
    floors = [[line.get_ydata()[0] for line in axis.lines if line.get_label() == "floor"] for axis in axes]
    # The novelty floor, and 0.5 of the natural diversity.
    assert floors == [[], [0.2], [0.5]]


def test_where_none_is_recommended_the_temperature_that_misses_least_is_dashed(draw, refused):
    for axis in draw("trade_off", refused).axes:
        line = find_line(axis, "not recommended")
        assert list(line.get_xdata()) == [0.7, 0.7] and line.get_linestyle() == "--"
        assert read_spans(axis) == []


def test_other_judges_that_decide_are_drawn_beside_fidelity(draw, evidence):
    # The pair judge's percentiles are 50 times the fidelity; of largest models at 0.5 it is 0.9, 0.6 and 0.6.
    (label,) = other_judges(evidence.scores, evidence.best, "hmm")
    axes = draw("trade_off").axes
    assert label == "pair judge, largest M"
    points = read_line(axes[0], label)
    assert_allclose(points[points[:, 0] == 0.5], [[0.5, 0.35]])
    assert_allclose(points[points[:, 0] == 2], [[2, 0.1]])
    assert not any(line.get_label() == label for axis in axes[1:] for line in axis.lines)
    # Beside the pair judge, the profile HMM is one of the others.
    assert list(other_judges(evidence.scores, evidence.best, "potts")) == ["profile HMM, largest M"]


def test_samples_that_are_not_equilibrated_are_crossed_out(draw):
    # The second replicate of M = 100 at 0.5; that at 0.25 is of one replicate alone and not drawn.
    crosses = [read_line(axis, "not equilibrated").tolist() for axis in draw("trade_off").axes]
    assert crosses == [[[0.5, 0.6]], [[0.5, 0.2]], [[0.5, pytest.approx(3.2)]]]


def test_the_plane_has_novelty_to_the_right_and_fidelity_upwards(draw):
    figure = draw("novelty_fidelity")
    (axis,) = figure.axes
    for label in FIDELITY:
        assert_allclose(read_line(axis, label), np.column_stack([NOVELTY[label], FIDELITY[label]]))
    assert axis.get_xlabel() == "novelty: distance to nearest natural" and axis.get_ylim() == (-0.02, 1.04)
    assert axis.get_ylabel() == "fidelity: mean percentile / 100 (profile HMM)"
    # Two sizes, each with the ranges of novelty and of fidelity.
    small_across, small_up, large_across, large_up = [band.get_segments() for band in axis.collections]
    assert_allclose(small_across[0], [[0.1, 0.72], [0.2, 0.72]])
    assert_allclose(small_up[0], [[0.15, 0.6], [0.15, 0.84]])
    assert_allclose(large_across[2], [[0.6, 0.2], [0.75, 0.2]])
    assert_allclose(large_up[2], [[0.65, 0.1], [0.65, 0.4]])
    assert "recommended, τ = 0.70" in read_legend(figure)


def test_the_plane_marks_the_front_natural_sequences_the_floor_and_the_chosen_temperature(draw, refused):
    (axis,) = draw("novelty_fidelity").axes
    # Nothing is both newer and more faithful: M = 100 at 0.5 and at 1, and M = 200 at 2.
    assert_allclose(read_line(axis, "Pareto front"), [[0.15, 0.72], [0.33, 0.55], [0.65, 0.2]])
    assert_allclose(read_line(axis, "held-out natural"), [[0.4375, 0.79166667]])
    assert list(find_line(axis, "novelty floor").get_xdata()) == [0.2, 0.2]
    # Only the first replicate of M = 200 was sampled there.
    assert read_line(axis, "recommended, τ = 0.70").tolist() == [[0.3, 0.8]]
    labels = {text.get_text(): list(text.xy) for text in axis.texts}
    assert labels.keys() == {"0.5", "1", "2"}
    assert_allclose(labels["1"], [0.3, 0.5])
    (axis,) = draw("novelty_fidelity", refused).axes
    assert read_line(axis, "not recommended, τ = 0.70").tolist() == [[0.3, 0.8]]


def test_labels_of_neighbouring_temperatures_do_not_cover_each_other():
    points = np.array([[0.0, 0.0], [0.03, 0.04], [0.06, 0.08], [0.5, 0.5]])
    assert spread_out(points, 0.07).tolist() == [True, False, True, True]
    assert spread_out(points, 0.2).tolist() == [False, False, True, True]
    # At the least distance itself both are labelled; what is not finite is not.
    assert spread_out(np.array([[0.0, 0.0], [0.5, 0.0]]), 0.5).tolist() == [True, True]
    assert spread_out(np.array([[0.0, 0.0], [np.nan, 0.0]]), 0.5).tolist() == [True, False]


def test_a_floor_s_recommendations_stand_above_the_percentiles_there(draw):
    figure = draw("sensitivity")
    (novelty, diversity), (novelty_below, diversity_below) = np.reshape(figure.axes, (2, 2))
    assert read_lines(novelty, "o")[0].tolist() == [[0.1, 0.5], [0.2, 0.7]]
    assert read_lines(novelty_below, "o")[0].tolist() == [[0.1, 71], [0.2, 62]]
    assert read_lines(diversity, "o")[0].tolist() == [[0.25, 0.6], [0.5, 0.7]]
    assert read_lines(diversity_below, "o")[0].tolist() == [[0.25, 65], [0.5, 62]]
    assert_allclose(read_bands(novelty)[0], [[0.1, 0.45, 0.6], [0.2, 0.6, 0.8]])
    assert_allclose(read_bands(diversity)[0], [[0.25, 0.55, 0.65], [0.5, 0.6, 1.0]])
    # At a novelty floor of 0.3 none is recommended.
    assert read_line(novelty, "none recommended").tolist() == [[0.3, 0]]
    assert read_lines(diversity, "x") == []
    floors = [[line[0, 0] for line in read_lines(axis, style=":")] for axis in figure.axes]
    assert floors == [[0.2], [0.5], [0.2], [0.5]]
    assert [axis.get_xlabel() for axis in figure.axes[2:]] == ["novelty floor", "diversity floor, natural = 1"]
    assert [axis.get_ylabel() for axis in figure.axes[::2]] == ["recommended τ", "lowest mean percentile there"]
    assert novelty_below.get_ylim() == (0, 100)
    # The highest end of an interval is 1.
    assert novelty.get_ylim() == pytest.approx((0, 1.1))
    assert read_legend(figure) == ["none recommended"]


def test_without_judges_novelty_is_drawn_below_the_recommendations(draw, evidence):
    table = evidence.sensitivity.assign(percentile=np.nan)
    figure = draw("sensitivity", replace(evidence, sensitivity=table))
    assert read_lines(figure.axes[2], "o")[0].tolist() == [[0.1, 0.11], [0.2, 0.22]]
    assert figure.axes[2].get_ylabel() == "novelty there"


def test_without_any_recommendation_a_sentence_stands_for_the_figure(draw, evidence):
    figure = draw("sensitivity", replace(evidence, sensitivity=evidence.sensitivity.assign(feasible=False)))
    (text,) = figure.axes[0].texts
    assert text.get_text() == "No temperature can be recommended at any novelty or diversity floor."
    # Where all floors allow one, there is no legend of crosses.
    everywhere = evidence.sensitivity[evidence.sensitivity["feasible"]]
    assert draw("sensitivity", replace(evidence, sensitivity=everywhere)).legends == []


def test_models_are_compared_in_the_plane_at_the_largest_size(draw):
    plane = draw("models").axes[0]
    # The family's own at all temperatures of its first replicate; those of the other are newer by 0.25 and less
    # faithful by 0.05.
    assert_allclose(
        read_line(plane, "potts"), [[0.05, 0.95], [0.15, 0.7], [0.3, 0.8], [0.3, 0.5], [0.65, 0.2]]
    )  # fmt: skip
    assert_allclose(read_line(plane, "sites"), [[0.4, 0.65], [0.55, 0.45], [0.9, 0.15]])
    # M = 200 of the front over both sizes and models; `potts` at 0.5 is exceeded by M = 100.
    assert_allclose(read_line(plane, "Pareto front"), [[0.4, 0.65], [0.55, 0.45], [0.65, 0.2], [0.9, 0.15]])
    assert_allclose(read_line(plane, "held-out natural"), [[0.4375, 0.79166667]])
    assert list(find_line(plane, "novelty floor").get_xdata()) == [0.2, 0.2]
    assert plane.get_title() == "M = 200, along temperature"


def test_models_at_their_best_are_averaged_over_replicates(draw):
    axes = draw("models").axes[1:]
    # Own models: fidelity 0.5 + n n / 40, tau 0.6 + n n / 50, log-likelihood -1.8 - n, of n = 0, 1 and n = 2, 3, 4.
    own = [(0.5125, 2.225 / 3), (0.61, 2.38 / 3), (-2.3, -4.8)]
    # Of the other: 0.1 + n n / 40, 0.9 + n n / 100, -4 - n / 10.
    other = [(0.1125, 1.025 / 3), (0.905, 2.99 / 3), (-4.05, -4.3)]
    for axis, mine, theirs in zip(axes, own, other, strict=True):
        (first,), (second,) = (read_lines(axis, marker, "-") for marker in ("o", "s"))
        assert_allclose(first, np.column_stack([[100, 200], mine]))
        assert_allclose(second, np.column_stack([[100, 200], theirs]))
        assert read_ticks(axis) == {100: "100", 200: "200"}
    assert_allclose(axes[0].collections[0].get_offsets()[:3], [[100, 0.5], [100, 0.525], [200, 0.6]])
    assert [axis.get_ylabel() for axis in axes] == [
        "fidelity at that τ", "coldest τ above the floors, as good as nature", "held-out ln likelihood a site",
    ]  # fmt: skip


def test_models_without_such_a_temperature_are_ringed(draw, evidence):
    figure = draw("models")
    # The second own model, and the fifth of the other kind.
    rings = [[line.tolist() for line in read_lines(axis, "o", "None")] for axis in figure.axes[1:]]
    assert rings[0] == [[[100, 0.525]], [[200, 0.5]]]
    assert rings[1] == [[[100, 0.62]], [[200, 1.06]]]
    assert rings[2] == []
    assert "no such τ" in read_legend(figure)
    feasible = replace(evidence, compared=evidence.compared.assign(feasible=True))
    assert "no such τ" not in read_legend(draw("models", feasible))


def test_the_small_family_has_the_floors_that_are_drawn(evidence):
    assert evidence.figure_arguments()["trade_off"][-1] == small_family.FLOORS
