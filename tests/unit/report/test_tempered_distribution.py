"""What the figures of divergences, thermodynamics, calibration and energies draw."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from read_axes import (
    find_line,
    read_band,
    read_bands,
    read_error_bars,
    read_legend,
    read_line,
    read_lines,
    read_spans,
    read_ticks,
)

from temperance.report.figures.tempered_distribution import (
    _round_numbers,
    locate_minimum,
    scale_density,
    select_first_curves,
)


def test_curves_are_of_first_replicates_between_the_sampled_temperatures():
    curves = pd.DataFrame(
        {"replicate": [1, 1, 1, 1, 2, 1], "temperature": [2.0, 0.5, 0.4, 2.1, 1.0, 1.0], "forward": range(6)}
    )
    # 0.4 and 2.1 are outside 0.5 to 2; the fifth is of the second replicate.
    assert select_first_curves(curves, np.array([0.5, 2.0]))["forward"].tolist() == [1, 5, 0]


def test_a_minimum_lies_on_its_curve_with_an_interval_within_the_sampled_temperatures():
    best = pd.Series(
        {"tau_f": 0.75, "tau_f_low": 0.2, "tau_f_high": 3.0, "tau_r": 1.0, "tau_r_low": 0.9, "tau_r_high": 1.5}
    )
    curve = pd.Series([0.5, 1.0, 2.0]), pd.Series([3.0, 1.0, 5.0])
    # Halfway between 3 and 1.
    assert locate_minimum(best, "tau_f", *curve, np.array([0.5, 1.0, 2.0])) == (0.5, 2.0, 2.0)
    assert locate_minimum(best, "tau_r", *curve, np.array([0.5, 1.0, 2.0])) == (0.9, 1.5, 1.0)


def test_each_panel_draws_its_own_divergence_with_its_interval(draw):
    figure = draw("divergence")
    taus = np.array([0.5, 1, 2])
    for axis, least in zip(figure.axes, (1.0, 0.6, 0.8), strict=True):
        # Of n200-r1, the third model, the least value is 1 + 2; the sampled temperatures are 0.25 to 2.
        for label, lowest in {"M = 100": 1, "M = 200": 3}.items():
            values = lowest + (taus - least) ** 2
            assert_allclose(read_line(axis, label), np.column_stack([taus, values]))
        assert_allclose(read_bands(axis)[1], np.column_stack([taus, values - 0.2, values + 0.4]))
        assert read_ticks(axis) == {0.25: "0.25", 0.5: "0.5", 0.7: "0.7", 1: "1", 2: "2"}
        # The tallest value drawn is that of M = 200 at 2.
        assert axis.get_ylim() == pytest.approx((0, 1.05 * values[-1]))
    assert [axis.get_title() for axis in figure.axes] == [
        "forward KL(P || Q_τ)", "reverse KL(Q_τ || P)", "Jeffreys: their sum",
    ]  # fmt: skip
    assert [axis.get_ylabel() for axis in figure.axes] == ["nats", "nats above the least", "nats"]
    assert read_legend(figure) == ["M = 100", "M = 200"]


def test_each_divergence_marks_its_own_optimum(draw):
    figure = draw("divergence")
    # Of n200-r1: 0.08 above the first model's 0.9, 0.7 and 0.85, from -0.05 to +0.1.
    for axis, tau, least in zip(figure.axes, (0.98, 0.78, 0.93), (1.0, 0.6, 0.8), strict=True):
        at_half, at_1 = 3 + (np.array([0.5, 1]) - least) ** 2
        height = at_half + (tau - 0.5) / 0.5 * (at_1 - at_half)
        dots = read_lines(axis, "o")
        assert len(dots) == 2
        assert_allclose(dots[1], [[tau, height]])
        thick = [line.get_xydata() for line in axis.lines if line.get_linewidth() == 5]
        assert_allclose(thick[1], [[tau - 0.05, height], [tau + 0.1, height]])


def test_an_optimum_outside_the_sampled_temperatures_is_not_marked(draw, evidence):
    outside = evidence.optimum.assign(tau_f=[2.1, 0, 0.2, 0, 0], tau_r=[0.25, 0, 2.0, 0, 0])
    axes = draw("divergence", replace(evidence, optimum=outside)).axes
    assert [len(read_lines(axis, "o")) for axis in axes] == [0, 2, 2]
    only_forward = evidence.divergence[
        ["M", "replicate", "temperature", *(f"forward{end}" for end in ("", "_low", "_high", "_absolute"))]
    ]
    assert len(draw("divergence", replace(evidence, divergence=only_forward)).axes) == 1


def test_ticks_of_divergences_are_1_and_3_times_powers_of_ten():
    # More than 20 / 150 = 0.13, less than 20; and the maximum itself has no tick.
    assert _round_numbers(20) == pytest.approx([0, 0.3, 1, 3, 10])
    assert _round_numbers(3) == pytest.approx([0, 0.03, 0.1, 0.3, 1])


# ---------------------------------------------------------------- thermodynamics


def test_each_panel_draws_its_own_quantity_a_site_with_the_95_percent_interval(draw):
    axes = draw("thermodynamics").axes
    tau = np.array([0.5, 1, 2])
    # n200-r2 is the fourth series of each panel, n = 3; values are divided by four sites.
    quantities = [(-6 * tau - 3, 0.2), (-8 / tau + 3, 0.4), (4 * tau + 3, 0.8), (9 - tau, 1.2)]
    for axis, (values, error) in zip(axes, quantities, strict=False):
        bars = read_error_bars(axis)
        assert len(bars) == 5
        assert_allclose(bars[3][:, :2], np.column_stack([tau, values / 4]))
        assert_allclose(bars[3][:, 3] - bars[3][:, 1], 1.96 * error * 4 / 4)
        assert_allclose(bars[3][:, 1] - bars[3][:, 2], 1.96 * error * 4 / 4)
        assert read_ticks(axis) == {0.25: "0.25", 0.5: "0.5", 0.7: "0.7", 1: "1", 2: "2"}
    # Not equilibrated: n100-r2 at 0.5 (n = 1), and n200-r1 at 0.25 (n = 2).
    crosses = [read_line(axis, "not equilibrated") for axis in axes[:4]]
    assert_allclose(crosses[0], [[0.5, (-3 - 1) / 4], [0.25, (-1.5 - 2) / 4]])
    assert_allclose(crosses[1], [[0.5, (-16 + 1) / 4], [0.25, (-32 + 2) / 4]])
    assert_allclose(crosses[2], [[0.5, (2 + 1) / 4], [0.25, (1 + 2) / 4]])
    assert_allclose(crosses[3], [[0.5, (12 - 1 - 0.5) / 4], [0.25, (12 - 2 - 0.25) / 4]])
    assert [axis.get_ylabel() for axis in axes if axis.axison] == [
        "free energy F = E − τ S, nats a site", "mean energy E, nats a site", "entropy S, nats a site",
        "heat capacity a site", "ln number of sequences",
    ]  # fmt: skip


def test_each_size_is_once_in_the_legend(draw):
    assert read_legend(draw("thermodynamics")) == [
        "not equilibrated", "M = 100", "M = 200", "random", "shuffled columns", "training", "held out", "lowest found",
    ]  # fmt: skip


def test_the_density_of_states_has_a_band_of_two_errors_and_marks_sets_of_sequences(draw):
    axis = draw("thermodynamics").axes[4]
    assert read_lines(axis)[0].tolist() == [[-10, 1], [-5, 4], [0, 5.5]]
    assert_allclose(read_band(axis.collections[0]), [[-10, 0, 2], [-5, 3.5, 4.5], [0, 5.3, 5.7]])
    means = {"random": 0.5, "shuffled columns": -3.0, "training": -8.0, "held out": -4.5, "lowest found": -11.23}
    assert {label: find_line(axis, label).get_xdata()[0] for label in means} == means
    # Each of the four sets is as wide as its standard deviation on both sides; those of samples are not drawn.
    assert_allclose(read_spans(axis), [[-0.5, 1.5], [-3.9, -2.1], [-8.8, -7.2], [-5.2, -3.8]])
    assert axis.get_ylim()[0] == 0


# ---------------------------------------------------------------- calibration


def test_calibration_is_drawn_over_temperature_with_its_error_and_optimum(draw):
    npll, ece, _ = draw("calibration").axes
    bars = read_error_bars(npll)
    for n, points in enumerate(bars):
        assert_allclose(points[:, :2], [[0.5, 1.5 + n], [1, 1.2 + n], [2, 1.8 + n]])
        half = 1.96 * (np.array([0.1, 0.2, 0.3]) + n)
        assert_allclose(points[:, 3] - points[:, 1], half)
    assert len(bars) == len(read_error_bars(ece)) == 5
    for n, points in enumerate(read_error_bars(ece)):
        # The calibration error has no error bars.
        assert_allclose(points, [[0.5, 0.2 + n / 10], [1, 0.1 + n / 10], [2, 0.3 + n / 10]])
    # tau_cal of each model, 1.1 + 0.02 n n, as a dotted line in the first panel only.
    dotted = [line[0, 0] for line in read_lines(npll, style=":")]
    assert_allclose(dotted, [1.1, 1.12, 1.18, 1.28, 1.42])
    assert read_lines(ece, style=":") == []
    assert (npll.get_ylabel(), ece.get_ylabel()) == (
        "negative pseudo-log-likelihood, nats a site", "expected calibration error",
    )  # fmt: skip
    assert ece.get_ylim()[0] == 0 and read_ticks(npll) == {0.5: "0.5", 1: "1", 2: "2"}


def test_an_optimum_outside_the_calibrated_temperatures_has_no_line(draw, evidence):
    outside = replace(evidence, optimum=evidence.optimum.assign(tau_cal=[0.49, 0.5, 2.0, 2.01, np.nan]))
    dotted = [line[0, 0] for line in read_lines(draw("calibration", outside).axes[0], style=":")]
    assert dotted == [0.5, 2.0]


def test_a_reliability_diagram_has_confidence_to_the_right_and_dots_by_share(draw):
    axis = draw("calibration").axes[2]
    first, second = axis.collections
    assert first.get_offsets().tolist() == [[0.3, 0.2], [0.8, 0.7]]
    assert second.get_offsets().tolist() == [[0.4, 0.45], [0.9, 0.95]]
    # 8 + 250 times the shares 0.25 and 0.75.
    assert_allclose(first.get_sizes(), [70.5, 195.5])
    assert [dots.get_label() for dots in axis.collections] == ["largest model, τ = 1.00", "largest model, τ = 1.10"]
    diagonal, *curves = read_lines(axis)
    assert diagonal.tolist() == [[0, 0], [1, 1]]
    assert [curve.tolist() for curve in curves] == [[[0.3, 0.2], [0.8, 0.7]], [[0.4, 0.45], [0.9, 0.95]]]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("confidence of the likeliest state", "how often it is right")
    assert axis.get_xlim() == axis.get_ylim() == (0, 1)


# ---------------------------------------------------------------- energies


def test_a_density_is_1_at_its_highest_and_ends_a_standard_deviation_beyond_its_values():
    # Mean 0, sample variance (4 + 4) / 2 = 4: from -2 - 2 to 2 + 2.
    grid, density = scale_density(pd.Series([-2.0, 0.0, 2.0]))
    assert (grid[0], grid[-1], len(grid)) == (-4, 4, 400)
    assert density.max() == 1
    assert_allclose(density, density[::-1], atol=1e-9)
    # Between 199 and 200 is the middle, where three equal kernels add up to the most.
    assert density.argmax() in (199, 200)


def test_each_set_of_sequences_has_its_own_density(draw, evidence):
    axis = draw("energies").axes[0]
    random, training, heldout = axis.collections
    natural = evidence.natural
    for band, name, label in (
        (random, "random", "random"),
        (training, "training", "training"),
        (heldout, "heldout", "held out"),
    ):
        grid, density = scale_density(natural.loc[natural["set"] == name, "energy"])
        assert band.get_label() == label
        assert_allclose(read_band(band)[[0, 200, 399]][:, [0, 2]], np.column_stack([grid, density])[[0, 200, 399]])
    # Samples at 0.5, 0.7, 1 and 2 have mean energies -4 / tau + 1.125.
    for tau in (0.5, 0.7, 1.0, 2.0):
        energies = pd.Series(-4 / tau + np.array([0, 0.5, 1, 3]))
        assert_allclose(read_line(axis, f"samples, τ = {tau:g}"), np.column_stack(scale_density(energies)))
    assert axis.get_xlabel() == "energy (nats at τ = 1)" and axis.get_ylim() == (0, 1.05)


def test_equal_energies_are_a_line(draw, evidence):
    cold = evidence.samples["temperature"] == 0.5
    samples = evidence.samples.assign(energy=evidence.samples["energy"].where(~cold, -8.0))
    axis = draw("energies", replace(evidence, samples=samples)).axes[0]
    assert list(find_line(axis, "samples, τ = 0.5").get_xdata()) == [-8, -8]
