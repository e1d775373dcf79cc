"""What the figures of studies and of claims of theory draw."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose
from read_axes import find_line, read_error_bars, read_legend, read_line, read_lines, read_ticks

from temperance.report import figures_of_theory
from temperance.report.figures_of_law import average_law, average_nature, share_missing
from temperance.report.figures_of_theory import (
    CLAIMS,
    _cell,
    average_by_strength,
    clip_optima,
)

SHIFTS = {"tau_f": 0.94, "tau_r": 1, "tau_j": 1.06}


def summary():
    """Two families, two values of a setting, two sizes and three optima: taus are 0.5 to 2.8 in steps of 0.1."""
    rows = [
        {"family": family, "value": value, "M": size, "optimum": name}
        for family in ("planted", "gapless")
        for value in (0.0, 2.5)
        for size in (300, 30)
        for name in ("tau_f", "tau_r", "tau_j")
    ]
    taus = 0.5 + 0.1 * np.arange(24)
    table = pd.DataFrame(rows).assign(tau=taus, low=taus - 0.05, high=taus + 0.2, not_equilibrated=0, unfinished=0)
    table.loc[3, "not_equilibrated"] = 1
    return table


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_optima_and_their_intervals_are_clipped_to_the_axis():
    table = pd.DataFrame(
        [(300, 1.0, 0.5, 3.0), (30, np.inf, 20.0, np.inf), (100, 0.0, 0.0, 0.4), (10, 0.5, np.nan, np.nan)],
        columns=["M", "tau", "low", "high"],
    ).assign(family="planted", optimum="tau_f")
    points = clip_optima(table)
    assert points["M"].tolist() == [10, 30, 100, 300]
    assert points["tau"].tolist() == [0.5, 10, 0.2, 1]
    # Without an interval there is no bar; one beyond the axis has no length; 0.4 - 0.2; 1 - 0.5 and 3 - 1.
    assert_allclose(points["below"], [0, 0, 0, 0.5])
    assert_allclose(points["above"], [0, 0, 0.2, 2])


def test_each_family_has_a_panel_with_its_three_optima_against_size():
    table = summary()
    figure = figures_of_theory.optima_against_size(table[table["value"] == 2.5])
    # Rows 6 to 11 are of the first family at 2.5, rows 18 to 23 of the second; sizes descend.
    for axis, family, first in zip(figure.axes, ("planted", "gapless"), (6, 18), strict=True):
        assert axis.get_title() == family
        for n, (shift, bars) in enumerate(zip(SHIFTS.values(), read_error_bars(axis), strict=True)):
            small, large = 0.5 + 0.1 * (first + 3 + n), 0.5 + 0.1 * (first + n)
            assert_allclose(bars[0], [30 * shift, small, small - 0.05, small + 0.2])
            assert_allclose(bars[1], [300 * shift, large, large - 0.05, large + 0.2])
        assert axis.get_xscale() == axis.get_yscale() == "log"
        assert axis.get_ylim() == (0.19, 10.5)
        assert read_ticks(axis, vertical=True) == {
            0.2: "≤ 0.2", 0.5: "0.5", 1: "1", 2: "2", 5: "5", 10: "≥ 10",
        }  # fmt: skip
    assert read_legend(figure) == ["τ_f: covers the family", "τ_r: accepted by the truth", "τ_J: both"]


def test_a_phase_diagram_has_a_row_a_family_and_a_column_an_optimum():
    table = summary()
    figure = figures_of_theory.phase_diagram(table, "truth.gap")
    *panels, bar = figure.axes
    for row, family in enumerate(("planted", "gapless")):
        for column, name in enumerate(SHIFTS):
            axis = panels[3 * row + column]
            rows = table[(table["family"] == family) & (table["optimum"] == name)].set_index(["value", "M"])["tau"]
            expected = [[rows[value, size] for size in (30, 300)] for value in (0.0, 2.5)]
            # Colours end at 2.5.
            assert_allclose(axis.images[0].get_array(), np.minimum(expected, 2.5))
            texts = {tuple(text.get_position()): text.get_text().split("\n")[0].strip("*") for text in axis.texts}
            assert texts == {(x, y): f"{expected[y][x]:.2f}" for x in (0, 1) for y in (0, 1)}
            assert read_ticks(axis) == {0: "30", 1: "300"}
            assert read_ticks(axis, vertical=True) == {0: "0", 1: "2.5"}
    assert panels[1].get_title() == "planted, τ_r: accepted by the truth"
    assert panels[0].get_ylabel() == panels[3].get_ylabel() == "truth.gap"
    assert panels[3].get_xlabel() == "training sequences M"
    assert bar.get_ylabel() == "optimal temperature"
    # Cells in dark colours, from 1.7 on, have white text: 1.6 (row 11) has not, 1.7 (row 12) has.
    assert panels[2].texts[2].get_color() == "black" and panels[3].texts[0].get_color() == "white"
    assert panels[0].images[0].norm.vmin == 0.4 and panels[0].images[0].norm.vmax == 2.5


@pytest.mark.parametrize(
    ("tau", "low", "high", "unsound", "text"),
    [
        (0.9, 0.8, 1.1, (0, 0), "0.90\n0.80 to 1.10"),
        (0.9, 0.8, 20.0, (0, 0), "0.90\n0.80 to ∞"),
        (0.9, 0.8, 19.9, (1, 0), "0.90*\n0.80 to 19.90"),
        (0.9, np.nan, np.nan, (0, 1), "0.90*"),
        (0.05, 0.0, 1.0, (0, 0), "cold edge"),
        (0.051, np.nan, 1.0, (0, 0), "0.05"),
        (20.0, 1.0, np.inf, (0, 0), "∞"),
    ],
)
def test_a_cell_tells_its_temperature_interval_and_whether_it_is_sound(tau, low, high, unsound, text):
    cell = {"tau": tau, "low": low, "high": high, "not_equilibrated": unsound[0], "unfinished": unsound[1]}
    assert _cell(pd.Series(cell)) == text


# ---------------------------------------------------------------- claims


def test_claims_on_optima_are_averaged_in_inverse_temperature():
    table = pd.DataFrame(
        {"family": "planted", "value": 1, "M": 30, "tau_f": [0.5, 1.0], "tau_r": [2.0, 2.0], "tau_j": [1.0, 4.0]}
    )
    for name in ("lowering", "raising", "data"):
        (axis,) = CLAIMS[name](table).axes
        points = [bars[0, :2] for bars in read_error_bars(axis)]
        # Means of beta: (2 + 1) / 2, 1 / 2 and (1 + 1 / 4) / 2.
        assert_allclose(points, [[30 * 0.94, 1 / 1.5], [30, 2], [30 * 1.06, 1 / 0.625]])


def test_taus_are_averaged_by_penalty_with_the_95_percent_interval():
    table = pd.DataFrame(
        {"value": [1.0, 0.0, 0.0, 0.0, 1.0], "tau_f": [2.0, 0.5, 0.5, 2.0, 3.0], "norm_temperature": [1, 1, 1, 4, 1.5]}
    )
    means, half_widths = average_by_strength(table)
    assert list(means.index) == [0, 1]
    # (0.5 + 0.5 + 2) / 3, whose median is 0.5, and (2 + 3) / 2.
    assert means["tau_f"].tolist() == [1, 2.5] and means["norm_temperature"].tolist() == [2, 1.25]
    # Variances (0.25 + 0.25 + 1) / 2 = 0.75 over three, and 0.5 over two.
    assert_allclose(half_widths["tau_f"], [1.96 * 0.5, 1.96 * 0.5])
    # (1 + 1 + 4) / 2 = 3 over three, and 0.125 over two.
    assert_allclose(half_widths["norm_temperature"], [1.96, 1.96 * 0.25])


def test_regularisation_is_drawn_against_the_penalty_and_against_the_norm():
    table = pd.DataFrame(
        [(size, value, tau + size / 100, norm) for size in (30, 100) for value, tau, norm in
         ((0.0, 0.5, 1.0), (0.0, 0.7, 1.2), (1.0, 2.0, 0.4), (1.0, 2.4, 0.6))],
        columns=["M", "value", "tau_f", "norm_temperature"],
    )  # fmt: skip
    penalty, norm = figures_of_theory.regularisation(table).axes
    for size, left, container in zip((30, 100), read_error_bars(penalty), norm.containers, strict=True):
        # No penalty is at the left end; errors of two values are half their distance.
        means = np.array([0.6, 2.2]) + size / 100
        assert_allclose(left[:, :2], np.column_stack([[0.001, 1], means]))
        assert_allclose(left[:, 3] - left[:, 1], 1.96 * np.array([0.1, 0.2]))
        assert_allclose(container.lines[0].get_xydata(), np.column_stack([[1.1, 0.5], means]))
        across, upwards = container.lines[2]
        assert_allclose([np.ptp(bar[:, 0]) / 2 for bar in across.get_segments()], 1.96 * np.array([0.1, 0.1]))
        assert_allclose([np.ptp(bar[:, 1]) / 2 for bar in upwards.get_segments()], 1.96 * np.array([0.1, 0.2]))
    curve = read_line(norm, "τ_f = 1 / temperature of the couplings")
    assert_allclose(curve[:, 0] * curve[:, 1], 1)
    assert norm.get_xlabel() == "temperature of the couplings: truth's norm over model's"
    assert penalty.get_xlabel() == "L2 strength of couplings (0 at the left end)"
    assert read_ticks(norm) == {0.3: "0.3", 0.5: "0.5", 1: "1", 2: "2", 3: "3"}
    assert [bars.get_label() for bars in penalty.containers] == ["M = 30", "M = 100"]


def test_divergences_of_scaled_parameters_are_drawn_against_temperature_over_scale():
    table = pd.DataFrame(
        [(scale, tau, tau / scale, scale + tau, scale * tau) for scale in (0.5, 2.0) for tau in (1.0, 4.0)],
        columns=["scale", "temperature", "tau_over_scale", "reverse", "forward"],
    )
    axes = figures_of_theory.scaling(table).axes
    assert read_line(axes[0], "a = 0.5").tolist() == [[1, 1.5], [4, 4.5]]
    assert read_line(axes[0], "a = 2").tolist() == [[1, 3], [4, 6]]
    assert [line.tolist() for line in read_lines(axes[1])] == [[[2, 1.5], [8, 4.5]], [[0.5, 3], [2, 6]]]
    assert [line.tolist() for line in read_lines(axes[2])] == [[[2, 0.5], [8, 2]], [[0.5, 2], [2, 8]]]
    assert [(axis.get_xlabel(), axis.get_ylabel()) for axis in axes] == [
        ("τ", "KL(Q || P), nats"), ("τ / a", "KL(Q || P), nats"), ("τ / a", "KL(P || Q), nats"),
    ]  # fmt: skip
    # Lines that cover each other are of different widths: 9 and 5.
    assert [line.get_linewidth() for line in axes[1].lines] == [9, 5]


def test_limits_are_drawn_with_their_asymptotes():
    table = pd.DataFrame(
        {
            "temperature": [0.1, 1.0, 100.0], "entropy": [0.7, 3.0, 5.5], "uniform_entropy": 5.6,
            "ground_entropy": 0.69, "ground_share": [1.0, 0.3, 0.01], "distance_to_model": [0.7, 0.0, 0.8],
            "distance_to_uniform": [0.95, 0.8, 0.1],
        }
    )  # fmt: skip
    entropy, distances = figures_of_theory.limits(table).axes
    curve, *asymptotes = read_lines(entropy)
    assert curve.tolist() == [[0.1, 0.7], [1, 3], [100, 5.5]]
    assert [line[0, 1] for line in asymptotes] == [5.6, 0.69]
    assert [(text.get_text(), text.xy) for text in entropy.texts] == [
        ("L ln q", (200, 5.6)), ("ln of the number of ground states", (200, 0.69)),
    ]  # fmt: skip
    assert read_line(distances, "share of the ground states")[:, 1].tolist() == [1, 0.3, 0.01]
    assert read_line(distances, "distance to the model at 1")[:, 1].tolist() == [0.7, 0, 0.8]
    assert read_line(distances, "distance to uniform").tolist() == [[0.1, 0.95], [1, 0.8], [100, 0.1]]


def test_the_power_transform_is_a_line_and_the_potts_site_its_points():
    table = pd.DataFrame(
        [(tau, state, 0.5 / (state + tau), 0.4 / (state + tau)) for tau in (0.5, 1.0) for state in (0, 1)],
        columns=["temperature", "state", "power", "potts"],
    )
    (axis,) = figures_of_theory.power(table).axes
    # States are numbered from 1.
    assert_allclose(read_line(axis, "τ = 0.5"), [[1, 1], [2, 0.5 / 1.5]])
    assert_allclose(read_line(axis, "τ = 1"), [[1, 0.5], [2, 0.25]])
    points = read_lines(axis, "o")
    assert_allclose(points, [[[1, 0.8], [2, 0.4 / 1.5]], [[1, 0.4], [2, 0.2]]])
    assert find_line(axis, "the same site as a Potts model").get_marker() == "o"


def test_calibration_marks_the_closed_form_and_the_best_beta_with_its_interval():
    table = pd.DataFrame(
        [(spread, beta, spread + beta, spread * beta, 1 / (2 * spread**2), 0.6 * spread, 0.5 * spread, 0.9 * spread)
         for spread in (0.5, 1.0) for beta in (0.5, 2.0)],
        columns=["spread", "beta", "nll", "ece", "beta_closed_form", "beta_found", "beta_low", "beta_high"],
    )  # fmt: skip
    nll, ece, best = figures_of_theory.calibration(table).axes
    assert read_line(nll, "σ = 0.5").tolist() == [[0.5, 1], [2, 2.5]]
    assert read_line(ece, "σ = 1").tolist() == [[0.5, 0.5], [2, 2]]
    for axis in (nll, ece):
        assert [line[0, 0] for line in read_lines(axis, style=":")] == [2, 0.5]
    assert_allclose([bars[0] for bars in read_error_bars(best)], [[0.5, 0.3, 0.25, 0.45], [1, 0.6, 0.5, 0.9]])
    curve = read_line(best, "1 / (2 σ²)")
    assert_allclose(curve[:, 1], 1 / (2 * curve[:, 0] ** 2))
    assert_allclose(curve[[0, -1], 0], [0.45, 1.1])
    assert (nll.get_ylabel(), ece.get_ylabel(), best.get_ylabel()) == (
        "negative log-likelihood, nats", "expected calibration error", "best β",
    )  # fmt: skip


def law_table():
    """Two training sets of 100 sequences without a penalty, and two with one; C / p is 1 / 5."""
    known = {"family": "spins", "M": 100, "parameters": 10.0, "heat_capacity": 2.0}
    return pd.DataFrame(
        [
            known | {"l2_couplings": 0.0, "tau_f": 1.3, "tau_r": 0.9, "luck": 0.2, "law_f": 1.05, "law_r": 0.8},
            known | {"l2_couplings": 0.0, "tau_f": 0.8, "tau_r": 0.5, "luck": -0.3, "law_f": 1.05, "law_r": 0.8},
            known
            | {"l2_couplings": 0.0, "tau_f": np.nan, "tau_r": np.nan, "luck": np.nan, "law_f": 1.05, "law_r": 0.8},
            known | {"l2_couplings": 0.1, "tau_f": 0.9, "tau_r": 0.7, "luck": 0.1, "law_f": 0.9, "law_r": 0.6},
            known | {"l2_couplings": 0.1, "tau_f": 1.0, "tau_r": 0.8, "luck": 0.0, "law_f": 0.9, "law_r": 0.6},
        ]
    )


def test_optima_are_averaged_without_what_chance_adds():
    means = average_law(law_table()).set_index("l2_couplings")
    # Without chance tau_f is 1.1 and 1.1, and tau_r 0.7 and 0.8; with the penalty 0.8 and 1.0, and 0.6 and 0.8.
    assert_allclose(means["tau_f"], [1.1, 0.9])
    assert_allclose(means["tau_r"], [0.75, 0.7])
    assert_allclose(means["error_f"], [0, 1.96 * 0.1], atol=1e-12)
    assert_allclose(means["error_r"], [1.96 * 0.05, 1.96 * 0.1])


def test_what_few_models_have_is_no_average():
    """Of two training sets of 20 sequences one has a maximum of the likelihood, of three of 100 two."""
    rows = law_table().iloc[[0, 2]].assign(M=20)
    means = average_law(pd.concat([law_table(), rows]))
    assert sorted(means["M"]) == [100, 100]


def test_models_that_cannot_represent_the_truth_have_a_law_of_tau_f_alone():
    table = law_table().assign(law_r=np.nan, tau_r=np.nan)
    forward, reverse, penalised = figures_of_theory.law(table).axes
    assert_allclose(read_line(forward, "spins"), [[100, 1]])
    assert not reverse.containers and len(reverse.lines) == 1
    assert_allclose(penalised.containers[0].lines[0].get_xydata(), [[0.9, 0.9]])


def test_the_law_is_drawn_in_its_own_unit_and_against_what_was_measured():
    forward, reverse, penalised = figures_of_theory.law(law_table()).axes
    # M C / p is 20.
    for axis, law, measured, half in ((forward, 0.05, 0.1, 0), (reverse, -0.2, -0.25, 1.96 * 0.05)):
        (bars,) = read_error_bars(axis)
        assert_allclose(bars[0, :2], [100, 20 * measured])
        assert_allclose(bars[0, 3] - bars[0, 1], 20 * half, atol=1e-9)
        assert_allclose(read_line(axis, "spins"), [[100, 20 * law]])
    points = [container.lines[0].get_xydata()[0] for container in penalised.containers]
    assert_allclose(points, [[0.9, 0.9], [0.6, 0.7]])
    assert (forward.get_ylabel(), reverse.get_ylabel()) == ("M C / p (τ_f − 1)", "M C / p (τ_r − 1)")


def nature_table():
    """Two training sets at a strong penalty and one at a weak one, which is not drawn."""
    rows = [
        (0.1, 1, "curve", 0.5, -3.0), (0.1, 1, "curve", 1.0, -2.0), (0.1, 1, "tau_train", 0.9, -2.5),
        (0.1, 1, "tau_f", 1.1, -1.9), (0.1, 1, "tau_r", 0.8, -2.6), (0.1, 2, "curve", 0.5, -3.4),
        (0.1, 2, "curve", 1.0, -2.2), (0.1, 2, "tau_train", 0.7, -2.7), (0.1, 2, "tau_f", 1.3, -1.7),
        (0.1, 2, "tau_r", 0.6, -2.8), (0.01, 1, "curve", 0.5, -9.0), (0.1, 1, "one", 1.0, -2.0),
        (0.1, 2, "one", 1.0, -2.2),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["l2_couplings", "replicate", "point", "temperature", "true_energy"])
    training = table["replicate"].map({1: -2.4, 2: -2.8})
    return table.assign(family="spins", M=100, natural_energy=-2.55, training_energy=training, fit="penalty")


def fits_table():
    """Of two fits of two training sets samples lack 2 at temperature 1, and 0.5 and nothing at tau_train."""
    rows = [
        ("spins", fit, replicate, point, tau, energy)
        for fit, replicate, at_one, tau_train, best in (
            ("early", 1, -3.0, 0.8, -5.0), ("early", 2, -3.0, 0.6, -4.0), ("profile", 1, -3.0, 1.0, -3.0),
        )
        for point, tau, energy in (("one", 1.0, at_one), ("tau_train", tau_train, best))
    ]  # fmt: skip
    columns = ["family", "fit", "replicate", "point", "temperature", "true_energy"]
    return pd.DataFrame(rows, columns=columns).assign(M=100, training_energy=-5.0)


def test_quality_is_averaged_at_each_temperature_of_the_curve_and_at_each_named_one():
    means = average_nature(nature_table()).set_index(["l2_couplings", "point"]).loc[0.1]
    assert_allclose(means.loc["curve", ["temperature", "true_energy"]], [[0.5, -3.2], [1.0, -2.1]])
    assert_allclose(means.loc["tau_train", ["temperature", "true_energy"]], [0.8, -2.6])
    # Below and above their own training sets: by -0.1 and 0.1.
    assert_allclose(means.loc["tau_train", ["excess", "error"]], [0, 1.96 * 0.1], atol=1e-12)


def test_what_is_missing_at_tau_train_is_a_share_of_what_is_missing_at_one():
    shares = share_missing(fits_table()).set_index("fit")
    assert_allclose(
        shares.loc["early", ["temperature", "one", "tau_train", "share"]].astype(float), [0.7, 2, 0.5, 0.25]
    )
    assert shares.loc["profile", "share"] == 1


def test_quality_is_drawn_against_temperature_with_the_named_ones():
    table = pd.concat([nature_table(), fits_table()], ignore_index=True)
    axis, fits = [axis for axis in figures_of_theory.nature(table).axes if axis.get_visible()]
    # Of the penalised models samples lack 0.5 at temperature 1, and nothing at tau_train.
    assert_allclose(read_line(fits, "spins"), [[0, 0], [0.25, 1], [1, 2]], atol=1e-12)
    assert [label.get_text() for label in fits.get_yticklabels()] == ["L2 0.1", "early", "profile"]
    assert_allclose(read_line(axis, "M = 100"), [[0.5, -3.2], [1.0, -2.1]])
    assert_allclose(read_line(axis, "natural sequences")[:, 1], -2.55)
    marks = {line.get_marker(): line.get_xydata()[0] for line in axis.lines if len(line.get_xydata()) == 1}
    assert_allclose([marks[marker] for marker in "Pos"], [[0.8, -2.6], [1.2, -1.8], [0.7, -2.7]])


def test_every_claim_has_its_figure():
    assert {name: function.__name__ for name, function in CLAIMS.items()} == {
        "lowering": "optimal_temperatures", "raising": "optimal_temperatures", "data": "optimal_temperatures",
        "regularisation": "regularisation", "law": "law", "nature": "nature", "scaling": "scaling", "limits": "limits",
        "power": "power", "calibration": "calibration", "identifiability": "identifiability", "escort": "escort",
        "free_energy": "free_energy", "overfitting": "overfitting", "attention": "attention",
        "distillation": "distillation",
    }  # fmt: skip
