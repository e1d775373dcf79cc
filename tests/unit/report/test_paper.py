"""What the page on the paper says, and what its figures draw, from tables that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose
from paper_tables import FITS, lattice_curves, lattice_levels, lattice_models, sector_models, two_level
from read_axes import read_error_bars, read_line, read_lines

from temperance.report import figures_of_paper, paper
from temperance.validation.paper_two_level import tabulate_example


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_the_example_is_told_by_group():
    values = paper.describe_example(tabulate_example())
    assert values["groups"]["group"].tolist() == ["low, found", "low, missed", "high"]
    # 0.025 over exp(-5) / (3 + 7 exp(-5)).
    assert values["high_ratio"] == pytest.approx(0.025 * (3 * np.exp(5) + 7))
    assert values["minima"].round(4).to_dict() == {"forward": 0.6214, "reverse": 0.3719}


def test_two_level_models_are_told_by_whole_gaps_and_crossings():
    values = paper.describe_two_levels(two_level())
    assert values["two_level"].columns.tolist() == [4, 7]
    # 10 / 4 - 0.3.
    assert values["two_level"].loc[10, 4] == "2.20"
    assert values["gap_crossings"] == pytest.approx({10: 5, 30: 5, 100: 5})
    # Of gap 7 alone: 20 / 10 + 1.5.
    assert values["cover"][10] == pytest.approx(3.5)


def test_lattice_models_are_told_with_their_spread():
    values = paper.describe_lattice(lattice_models())
    assert values["lattice"]["tau_r"] == "0.68 ± 0.10"
    assert values["lattice"]["range"] == "0.58, 0.78"
    assert values["crossing"] == pytest.approx(3) and values["crossing_l2"] == pytest.approx(3.5)
    # M 10,000 at convergence: T / 3 + 2.
    assert_allclose(values["faded"], np.array([2.05, 2.3, 2.8, 3.2, 4.0, 5.0]) / 3 + 2)
    # 1.105, 1.205 and 1.305 with the paper's training; larger by 3 with L2 and by 6 at convergence.
    assert values["forward"] == "least mean without a penalty 1.205 ± 0.058 (standard error), at T 2.05, M 10,000"
    assert values["penalised"] == pytest.approx(4.205) and values["penalised_at"] == (2.05, 10000)
    # 0.6833 from the middle of 0.6870 and 0.7565, in tenths.
    assert values["deviation"] == pytest.approx(-0.384, abs=2e-3)
    assert values["largest"] == {"paper": "4.0", "l2": "40.0", "converged": "400.0"}
    first = values["cases"][0]
    assert first == [
        "2.05, 71", "0.68 ± 0.10; 1.90 ± 0.10", "1.68 ± 0.10; 4.9 (1 of 3 above 5)",
        "2.68 ± 0.10; above 5 (3 of 3)", "8.4, 7.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.7, 0.8, 0.9], "0.80 ± 0.10"),
        ([2.0, 3.0, np.inf], "3.0 (1 of 3 above 5)"),
        ([2.0, 30.0, np.inf], "above 5 (2 of 3)"),
        ([1.0, 5.0, 5.0], "3.67 ± 2.31"),
    ],
)
def test_optima_that_are_too_hot_are_counted(values, text):
    assert paper.format_optimum(pd.Series(values)) == text


def test_levels_are_told_by_sign_and_share():
    values = paper.describe_levels(lattice_levels())
    # Parts at T 2.3 are -2.5 to 2.5, the same with the other sign at T 4.
    assert values["positive"] == values["negative"] == "3 to 5"
    assert values["ground"] == {2.3: -2.5, 4.0: 2.5}
    assert values["high_energy"] == -4
    # Nine and eleven states; q is 0.02 and 0.04.
    assert values["high_p"] == pytest.approx(20 / 36)
    assert values["high_q"] == pytest.approx(0.6) and values["high_q_sd"] == pytest.approx(0.2 * 2**0.5)
    assert values["high_reverse"] == pytest.approx(9 / 15) and values["high_data"] == pytest.approx(9 / 15)
    assert values["whole"].to_dict() == {"data": 12, "reverse": 15}


@pytest.mark.parametrize(("numbers", "text"), [([3, 4, 5], "3 to 5"), ([1, 3, 4], "1, 3, 4")])
def test_runs_of_levels_are_named_by_their_ends(numbers, text):
    assert paper._span(np.array(numbers)) == text


def test_the_page_has_every_table():
    page = paper.render_page(tabulate_example(), two_level(), lattice_models(), lattice_levels(), sector_models())
    assert "| low, missed | 1 | 0.3282 | 0.0250 | -0.0644 | 0.8449 |\n| high | 7 |" in page
    assert "| mean τ_r at D = | 4 | 7 |\n|---|---|---|\n| M 10 | 2.20 | 1.13 |\n| M 30 |" in page
    assert "| 2.05, 71 | 0.68 ± 0.10; 1.90 ± 0.10 |" in page
    # Of the first table: gap 7 has kappa > C in both models, and tau_r above 1 in one of the two.
    assert "| two levels, diagram: τ_r passes 1 | near D = 6 | D = 5.00 at M 10; D = 5.00 at M 30" in page
    assert "levels 3 to 5 have positive parts" in page
    for name in ("two-level-example", "two-level-diagram", "ising-example", "ising-diagram", "sign-rule", "levels",
                 "sector"):  # fmt: skip
        assert f"](paper/{name}.svg)" in page
    assert "| 1e-08 | 32.0%; 41.0 | 34.0%; 41.0 |" in page
    assert "| 0.5 | 12.0%; 31.0 | 14.0%; 31.0 |" in page
    # 41 nats are 10 of the 20 from 31 to 51, as are half of 0.1 and of 0.5.
    assert "| 0.2 | 41.0 | 32.0% | 17.0% | 0.75 |" in page


def test_stopped_models_are_compared_with_converged_ones():
    """Means in 1 / tau of T / 3 + n and a tenth more and less; tau_f of 1 + 50 / M + 3 n and one to three tenths."""
    rows = paper.describe_stopping(lattice_models())["stopping"]
    assert [row[0] for row in rows] == ["54", "71", "500", "10,000"]
    temperatures = np.array([2.05, 2.3, 2.8, 3.2, 4.0, 5.0])

    def average(values, steps):
        return 3 / sum(1 / (values + step) for step in steps)

    stopped, penalised, converged = (average(temperatures / 3 + n, (-0.1, 0, 0.1)) for n in range(3))
    for text, other in zip(rows[0][1:3], (penalised, converged), strict=True):
        ratios = stopped / other - 1
        assert text == f"{ratios.mean():+.1%} ({ratios.min():+.1%} to {ratios.max():+.1%})"
    ratio = average(1 + 50 / 500, (0.1, 0.2, 0.3)) / average(4 + 50 / 500, (0.1, 0.2, 0.3)) - 1
    # Of six temperatures three are below 3 and have tau_r below 1 where models stopped; all others are above.
    values = paper.describe_stopping(lattice_models())
    assert values["cells"] == 24 and values["same_side"] == {"l2": 12, "converged": 12}
    assert rows[2][3] == f"{ratio:+.1%} ({ratio:+.1%} to {ratio:+.1%})"


# ---------------------------------------------------------------- figures


def test_parts_of_the_example_and_their_sum_are_drawn():
    table = tabulate_example()
    reverse, forward = figures_of_paper.two_level_example(table).axes
    for axis, name, least in ((reverse, "reverse", 0.3719), (forward, "forward", 0.6214)):
        whole = read_line(axis, "all states")
        assert whole[:, 1].min() == pytest.approx(least, abs=1e-4)
        parts = sum(read_line(axis, group)[:, 1] for group in ("high", "low, found", "low, missed"))
        assert_allclose(parts, whole[:, 1])
        assert axis.get_ylabel() == {"reverse": "KL(Q || P), nats", "forward": "KL(P || Q), nats"}[name]
    assert [text.get_text() for axis in (reverse, forward) for text in axis.texts] == ["τ_r = 0.63", "τ_f = 1.36"]


def test_diagrams_have_their_temperatures_in_colour_and_number():
    left, right, _ = figures_of_paper.two_level_diagram(two_level()).axes
    # Harmonic mean of 2.3 and 2.1; the temperature 1.0 is of gap 7: 1.229 and 1.029.
    assert left.texts[0].get_text() == f"{2 / (1 / 2.3 + 1 / 2.1):.2f}"
    assert left.images[0].get_array()[0, 0] == pytest.approx(2 / (1 / 2.3 + 1 / 2.1))
    assert right.texts[0].get_text() == f"{2 / (1 / 3 + 1 / 4):.2f}"
    models = lattice_models()
    models.loc[models["fit"] == "converged", "tau_f"] = np.inf
    axes = figures_of_paper.ising_diagram(models).axes
    fits = ("stopped as in the paper", "converged, L2 0.01", "converged, no penalty")
    assert [axis.get_title() for axis in axes[:6]] == [f"{name}, {fit}" for name in ("τ_r", "τ_f") for fit in fits]
    assert axes[5].texts[0].get_text() == "> 10" and axes[5].images[0].get_array().max() == 2.5
    # T 2.05, M 54: harmonic means of 0.58, 0.68 and 0.78, and with L2 of 1.58, 1.68 and 1.78.
    assert [axis.texts[0].get_text() for axis in axes[:2]] == ["0.67", "1.68"]


def test_the_example_of_the_lattice_marks_optima_within_its_axis():
    curves = lattice_curves()
    levels = lattice_levels().query("temperature == 2.05 and M == 71 and replicate == 1")
    models = pd.DataFrame({"fit": FITS, "tau_r": [0.6, 0.8, 0.7], "tau_f": [1.0, 3.0, np.inf]})
    probabilities, reverse, forward = figures_of_paper.ising_example(levels, curves, models).axes
    assert_allclose(read_line(probabilities, "truth P")[:, 1], 1 / 36)
    assert_allclose(read_line(probabilities, "converged, L2 0.01")[:, 1], 0.02)
    assert [point.tolist() for point in read_lines(forward, "o")] == [[[1, 3.5]], [[3, 2.5]]]
    assert_allclose(np.concatenate(read_lines(reverse, "o")), [[0.6, 0.3], [0.8, 0.4], [0.7, 0.35]])


def test_the_sign_rule_is_drawn_with_its_crossings_and_levels():
    models, chosen = lattice_models(), paper.select_few(lattice_levels())
    few = models[(models["M"] == 54) & (models["fit"] == "paper")]
    gaps, temperatures, cold, hot = figures_of_paper.sign_rule(two_level().query("M == 30"), few, chosen).axes
    kappa, capacity = read_error_bars(temperatures)
    assert_allclose(kappa[:, :2], [[t, 10 - t] for t in (2.05, 2.3, 2.8, 3.2, 4.0, 5.0)])
    assert_allclose(capacity[:, 1], 7)
    assert [axis.texts[0].get_text() for axis in (gaps, temperatures)] == ["κ = C at 5.00", "κ = C at 3.00"]
    assert_allclose([bar.get_height() for bar in cold.patches], np.arange(6) - 2.5)
    assert_allclose([bar.get_height() for bar in hot.patches], 2.5 - np.arange(6))
    assert cold.get_title() == "T = 2.3: +0.00 in all"


def test_levels_are_drawn_with_their_parts():
    axes = figures_of_paper.levels(paper.select_few(lattice_levels()).query("temperature == 2.3")).axes
    assert [axis.get_title() for axis in axes] == [
        "probabilities and numbers of states", "both divergences", "data and model from the truth",
    ]  # fmt: skip
    (model,) = read_error_bars(axes[0])
    # Of 0.02 and 0.04: the mean, and the error 0.01 on either side.
    assert_allclose(model, [[4 * level - 20, 0.03, 0.02, 0.04] for level in range(6)])
    assert [text.get_text() for text in axes[0].texts] == ["1", "3", "5", "7", "9", "11"]
    heights = [bar.get_height() for bar in axes[1].patches]
    assert_allclose(heights, [0, 1, 2, 3, 4, 5] + 6 * [0.5])


def test_the_sector_is_drawn_over_the_penalty_and_over_the_temperature():
    figure = figures_of_paper.sector(sector_models(), {0.2: 48.0, 0.4: 52.0})
    left, right = figure.axes
    assert_allclose(read_line(left, "sector at T = 0.2"), [[0.32, 41], [0.22, 51], [0.52, 56]])
    assert_allclose(read_line(right, "sector at T = 0.4"), [[0.14, 31], [0.22, 47], [0.24, 51]])
    assert [text.get_text() for text in left.texts] == ["1e-08", "0.03", "1"]
    assert [text.get_text() for text in right.texts] == ["0.5", "0.9", "1"]
    # 1.15 times 0.24, the most of tempered models at T = 0.4.
    assert right.get_xlim() == pytest.approx((0, 0.276))
    for axis in (left, right):
        stars = [line.get_xydata().tolist() for line in axis.lines if line.get_marker() == "*"]
        assert stars == [[[0, 48]], [[0, 52]]]
