"""What the figures of sequences draw: components, correlations, orders, distances and logos."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose
from read_axes import (
    find_line,
    read_band,
    read_error_bars,
    read_legend,
    read_line,
    read_lines,
    read_spans,
    read_ticks,
)

from temperance.core.alphabet import alphabet
from temperance.report import figures
from temperance.report.figures.sequence_statistics import (
    logo_heights,
    marginals,
    principal_components,
    site_entropies,
)
from temperance.report.figures.sequences import _residue_colours


@pytest.fixture(scope="module")
def sequences(evidence):
    """Natural sequences, samples at 0.5, 0.7, 1 and 2, and the number of states."""
    return evidence.figure_arguments()["pca"]


def test_each_panel_has_the_samples_of_its_temperature_over_all_natural_sequences(draw, sequences):
    figure = draw("pca")
    background, samples, shares = principal_components(*sequences)
    for axis, (tau, points) in zip(figure.axes, samples.items(), strict=True):
        natural, sampled_points = axis.collections
        assert axis.get_title() == f"τ = {tau:g}"
        assert_allclose(natural.get_offsets(), background)
        assert_allclose(sampled_points.get_offsets(), points)
        assert axis.get_xlabel() == f"PC 1 ({shares[0]:.1%})"
    assert list(samples) == [0.5, 0.7, 1.0, 2.0]
    assert figure.axes[0].get_ylabel() == f"PC 2 ({shares[1]:.1%})"
    assert read_legend(figure) == ["natural", "samples"]


def test_correlations_have_natural_values_to_the_right_and_those_of_samples_upwards(draw, evidence):
    figure = draw("correlations")
    natural, weights, sets, tau, q = evidence.figure_arguments()["correlations"]
    statistics = marginals(natural, weights, sets, tau, q)
    # Rows for 0.7, the chosen temperature, and for 1; columns for one, two and three sites.
    axes = np.reshape(figure.axes, (2, 3))
    # Natural sequences vary at two sites only, so no three are correlated, and there is nothing to agree with.
    assert [np.ptp(statistic.natural) > 0 for statistic in statistics] == [True, True, False]
    for column, statistic in zip(axes.T, statistics, strict=True):
        for axis, (temperature, values) in zip(column, statistic.samples.items(), strict=True):
            agreement = ""
            if np.ptp(statistic.natural):
                pearson = np.corrcoef(statistic.natural, values)[0, 1]
                slope = np.polyfit(statistic.natural, values, 1)[0]
                agreement = f"\nPearson {pearson:.3f}, slope {slope:.2f}"
            assert axis.get_title() == statistic.title + agreement
            assert (axis.get_xlabel(), axis.get_ylabel()) == ("natural", f"samples, τ = {temperature:g}")
            bins = axis.collections[0]
            # Hexagons are about a 60th of the range wide: each value is in one whose centre is nearer than that.
            width = np.ptp([statistic.natural, values]) / 60
            centres = bins.get_offsets()
            for point in zip(statistic.natural, values, strict=True):
                assert np.abs(centres - point).max(axis=1).min() < width
            assert bins.get_array().sum() == len(values)
            limits = [min(statistic.natural.min(), values.min()), max(statistic.natural.max(), values.max())]
            assert read_lines(axis)[0].tolist() == [[limits[0]] * 2, [limits[1]] * 2]


def test_without_triples_of_sites_their_panel_is_empty():
    natural = np.array([[0, 0], [1, 1], [0, 1]], np.uint8)
    figure = figures.FIGURES["correlations"](natural, np.ones(3), {1.0: natural[[0, 0, 1]]}, 1.0, 2)
    assert [axis.axison for axis in figure.axes] == [True, True, False]


def test_orders_draw_pearson_and_slope_of_two_and_three_sites_over_temperature(draw):
    axes = draw("orders").axes
    tau = np.array([0.25, 0.5, 0.7, 1, 2])
    for order, label in ((2, "two sites"), (3, "three sites")):
        assert_allclose(read_line(axes[0], label), np.column_stack([tau, 0.1 * order + 0.2 * tau]))
        assert_allclose(read_line(axes[1], label), np.column_stack([tau, 0.5 + 0.1 * order - 0.05 * tau]))
    natural = [[find_line(axis, f"{name}: natural sequences").get_ydata()[0] for name in ("two sites", "three sites")]
               for axis in axes[:2]]  # fmt: skip
    assert natural == [[0.91, 0.92], [0.97, 0.98]]
    assert [axis.get_ylabel() for axis in axes] == [
        "Pearson of connected correlations", "slope of connected correlations", "r20",
    ]  # fmt: skip
    for axis in axes[:2]:
        assert list(find_line(axis, "recommended").get_xdata()) == [0.7, 0.7]
        assert_allclose(read_spans(axis), [[0.6, 0.8]])
        assert axis.get_ylim()[0] == 0
        assert read_ticks(axis)[0.7] == "0.7"


def test_r20_is_drawn_over_orders_with_the_95_percent_interval(draw):
    axis = draw("orders").axes[2]
    *samples, natural = read_error_bars(axis)
    order = np.array([2, 3, 4])
    for tau, points in zip((0.5, 0.7, 1, 2), samples, strict=True):
        assert_allclose(points[:, :2], np.column_stack([order, 0.9 - 0.1 * order - 0.1 * tau]))
        assert_allclose(points[:, 3] - points[:, 1], 1.96 * 0.01 * order)
    assert natural[:, 1].tolist() == [0.95, 0.94, 0.93]
    assert_allclose(natural[:, 3] - natural[:, 1], 1.96 * 0.01 * order)
    labels = [bars.get_label() for bars in axis.containers]
    assert labels == ["τ = 0.5", "τ = 0.7", "τ = 1", "τ = 2", "natural sequences"]
    # Of three sites at 2: 0.9 - 0.4 - 0.2 is the least of four.
    assert axis.get_ylim() == (0, 1.02) and axis.get_xlabel() == "sites of a marginal"


def test_distances_are_drawn_as_shares_of_the_highest_count(draw):
    pairs, nearest, _ = draw("distances").axes
    # ACGU, ACGA, AC-U, ACGC, GCGU, GUGU: six pairs (12, 13, 14, 15, 24, 56) differ in one site, six (16, 23, 25, 34,
    # 35, 45) in two and three (26, 36, 46) in three.
    assert_allclose(read_band(pairs.collections[0])[:, [0, 2]],
                    [[0, 0], [0.25, 1], [0.5, 1], [0.75, 0.5], [1, 0]])  # fmt: skip
    # Held-out ones are 0.25 and 0.5 from the nearest natural one.
    assert_allclose(read_band(nearest.collections[0])[:, [0, 2]],
                    [[0, 0], [0.25, 1], [0.5, 1], [0.75, 0], [1, 0]])  # fmt: skip
    # Samples at 0.7 are 0, 0, 0.25 and 0.25 away; those at 2 are 0.5, 0.75, 0.75 and 1.
    assert read_line(nearest, "τ = 0.7")[:, 1].tolist() == [1, 1, 0, 0, 0]
    assert read_line(nearest, "τ = 2")[:, 1].tolist() == [0, 0, 0.5, 1, 0.5]
    # Samples at 0.5 are ACGU, ACGU, ACGA and GCGU: pairs differ in 0, 1, 1, 1, 1 and 2 sites.
    assert read_line(pairs, "τ = 0.5").tolist() == [[0, 0.25], [0.25, 1], [0.5, 0.25], [0.75, 0], [1, 0]]
    assert pairs.get_xlabel() == "distance between two of a set"
    assert nearest.get_xlabel() == "distance to the nearest natural sequence"


def test_entropies_of_sites_have_natural_ones_to_the_right(draw, sequences):
    axis = draw("distances").axes[2]
    natural, sets, q = sequences
    for points, samples in zip(read_lines(axis, "o"), sets.values(), strict=True):
        assert_allclose(points, np.column_stack([site_entropies(natural, q), site_entropies(samples, q)]))
    # The diagonal ends at the entropy of the uniform distribution.
    assert_allclose(read_lines(axis, style=":"), [[[0, 0], [np.log(5)] * 2]])
    assert axis.get_xlabel() == "entropy of a site, natural (nats)"
    assert axis.get_ylabel() == "entropy of a site, samples (nats)"


# ---------------------------------------------------------------- logo


def boxes(axis):
    """Left, bottom, width and height of each glyph."""
    return [patch.get_path().get_extents().bounds for patch in axis.patches]


def test_glyphs_are_stacked_by_height_at_their_site(draw, evidence, sequences):
    natural, designs = draw("logo").axes
    heights = logo_heights(sequences[0], evidence.alphabet)
    visible = [np.sort(site[site > 0.04]) for site in heights]
    columns = [[box for box in boxes(natural) if abs(box[0] + 0.45 - site) < 0.1] for site in range(4)]
    for glyphs, tall in zip(columns, visible, strict=True):
        assert_allclose([height for *_, height in glyphs], tall, rtol=1e-6)
    # In the first column A of four sequences stands on G of two.
    low, high = columns[0]
    assert low[1] == pytest.approx(0) and high[1] == pytest.approx(low[3])
    # Designs are AC-U and GCGA: the second column is C alone, of two bits.
    second = [box for box in boxes(designs) if abs(box[0] + 0.45 - 1) < 0.1]
    assert len(second) == 1 and second[0][3] == pytest.approx(2)
    assert (natural.get_ylabel(), designs.get_ylabel()) == ("natural, bits", "designs, bits")
    assert natural.get_ylim() == (0, 2)


def test_symbols_have_their_own_colours(draw):
    natural = draw("logo").axes[0]
    # In the first column ochre G below green A.
    first = [patch.get_facecolor() for box, patch in zip(boxes(natural), natural.patches, strict=True) if box[0] < 0]
    assert first == [to_rgba("#b8860b"), to_rgba("#009e73")]
    colours = _residue_colours(alphabet("protein"))
    assert [colours[symbol] for symbol in "LSDKG"] == ["#0072b2", "#009e73", "#d55e00", "#7a5195", "#b8860b"]
    assert _residue_colours(alphabet("rna"))["U"] == _residue_colours(alphabet("dna"))["T"] == "#d55e00"


def test_a_logo_is_broken_after_60_columns_and_numbered_by_the_reference(draw, evidence):
    length = 63
    natural = np.ones((2, length), np.uint8)
    columns = evidence.conservation.reindex(range(length)).assign(number=np.arange(length) + 98.0)
    columns.loc[7, "number"] = np.nan
    figure = figures.FIGURES["logo"](natural, [], columns, evidence.alphabet)
    first, second = figure.axes
    assert len(first.patches) == 60 and len(second.patches) == 3
    # Numbers that 5 divides, of sites from 0; that of 105 has no residue in the reference.
    assert list(read_ticks(first).items())[:3] == [(2, "100"), (12, "110"), (17, "115")]
    assert read_ticks(second) == {62: "160"}
    assert second.get_xlabel() == "residue of the reference" and first.get_ylabel() == "natural, bits"
    assert not first.patches[0].get_rasterized()


def test_a_long_logo_is_rasterised(evidence):
    figure = figures.FIGURES["logo"](
        np.ones((2, 151), np.uint8), [], evidence.conservation.reindex(range(151)), evidence.alphabet
    )
    assert figure.axes[0].patches[0].get_rasterized()


def test_the_natural_set_alone_is_drawn_without_designs(draw, evidence):
    without = replace(evidence, design_table=evidence.design_table[:0])
    assert [axis.get_ylabel() for axis in draw("logo", without).axes] == ["natural, bits"]
