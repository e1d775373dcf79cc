"""What the figures of free energy, power transform, scale, distillation, attention and overfitting draw."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose
from read_axes import find_line, read_bands, read_error_bars, read_legend, read_line, read_lines, read_ticks

from temperance.report import figures_of_tempering as figures


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_free_energy_and_its_parts_are_drawn_and_excesses_against_the_divergence():
    temperatures = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0]
    table = pd.DataFrame(
        [("planted", tau, kind, tau - 1, tau + 1, tau + 2, excess, 2 * excess) for tau in temperatures
         for kind, excess in (("none", 0.0), ("temperature", 0.25), ("random factors", tau))],
        columns=["family", "temperature", "perturbation", "free_energy", "energy", "entropy", "tau_kl", "excess"],
    )  # fmt: skip
    *parts, perturbed = figures.free_energy(table).axes
    for axis, shift in zip(parts, (-1, 1, 2), strict=True):
        assert_allclose(read_line(axis, "planted"), np.column_stack([temperatures, np.add(temperatures, shift)]))
    # Of every eighth temperature.
    assert read_line(perturbed, "temperature").tolist() == [[0.25, 0.5]] * 2
    assert read_line(perturbed, "random factors").tolist() == [[0.5, 1], [2, 4]]
    assert read_line(perturbed, "equal")[:, 1].tolist() == [0.25, 2]
    assert [axis.get_ylabel() for axis in parts] == ["F = <E> − τ S, nats", "<E>, nats", "S, nats"]


def test_power_transforms_have_lines_of_theory_and_points():
    tau = np.array([0.5, 1.0, 2.0])
    table = pd.DataFrame(
        {"family": "critical", "temperature": tau, "entropy": tau + 1, "heat_capacity": tau**3, "slope": tau + 3,
         "ground_states": 2, "distance_to_ground": tau / 10, "first_level": tau / 20, "renyi": tau + 5,
         "secant": tau + 6}
    )  # fmt: skip
    entropy, slope, distance, renyi = figures.escort(table).axes
    assert_allclose(read_line(entropy, "critical, 2 ground states"), np.column_stack([tau, tau + 1]))
    assert read_lines(entropy, style=":")[0][0, 1] == pytest.approx(np.log(2))
    assert_allclose(read_lines(slope, "None")[0], np.column_stack([tau, tau**2]))
    assert_allclose(read_lines(slope, "o")[0], [[0.5, 3.5], [2, 5]])
    assert_allclose(read_lines(distance, style="-")[0], np.column_stack([1 / tau, tau / 10]))
    assert_allclose(read_lines(distance, style="--")[0], np.column_stack([1 / tau, tau / 20]))
    assert_allclose(read_lines(renyi, "None")[0], np.column_stack([1 / tau, tau + 6]))
    assert_allclose(read_lines(renyi, "o")[0], [[2, 5.5], [0.5, 7]])


def test_models_are_drawn_against_the_temperature_of_training():
    table = pd.DataFrame(
        [(l2, t, 3 * t - l2, t * (1.1 - l2), t * (1.2 - l2), 0.1 + l2, 0.01) for l2 in (0.0, 0.1) for t in (0.5, 1, 2)],
        columns=["l2", "temperature", "norm", "tau_f", "tau_cal", "difference", "difference_rescaled"],
    )
    norm, best, difference = figures.identifiability(table).axes
    assert_allclose(read_line(norm, "no penalty"), [[0.5, 1.5], [1, 3], [2, 6]])
    assert_allclose(read_line(norm, "L2 0.1")[:, 1], [1.4, 2.9, 5.9])
    assert_allclose([line[:, 1] for line in read_lines(best)], [[1.1] * 3, [1.2] * 3, [1.0] * 3, [1.1] * 3])
    # The model that was trained at 1 is what the others are compared with.
    assert_allclose([line[:, 0] for line in read_lines(difference)], [[0.5, 2]] * 4)
    assert_allclose([line[0, 1] for line in read_lines(difference)], [0.1, 0.01, 0.2, 0.01])
    assert read_ticks(norm) == {0.5: "0.5", 1: "1", 2: "2"}


def test_students_are_drawn_with_their_best_penalty_beside_hard_labels():
    rows = [
        (student, labels, temperature, l2, replicate, loss + 0.2 * replicate + (5 if l2 == 1 else 0))
        for student, base in (("profile", 3.0), ("pairwise", 1.0))
        for labels, temperature, loss in (("soft", 1.0, base), ("soft", 4.0, base + 1), ("hard", 1.0, base + 2))
        for l2 in (0.1, 1.0)
        for replicate in (1, 2)
    ]
    names = ["student", "labels", "temperature", "l2", "replicate", "conditional"]
    figure = figures.distillation(pd.DataFrame(rows, columns=names).assign(family="hopfield", M=30))
    profile, pairwise = figure.axes
    assert (profile.get_title(), pairwise.get_title()) == ("hopfield, profile student", "hopfield, pairwise student")
    assert (profile.get_yscale(), pairwise.get_yscale()) == ("linear", "log")
    assert_allclose(read_line(profile, "M = 30, soft"), [[1, 3.3], [4, 4.3]])
    # Two values that differ by 0.2 have a standard error of 0.1.
    assert_allclose(read_bands(profile)[0], [[1, 3.3 - 0.196, 3.3 + 0.196], [4, 4.3 - 0.196, 4.3 + 0.196]])
    assert find_line(profile, "M = 30, hard").get_ydata()[0] == pytest.approx(5.3)
    assert find_line(pairwise, "M = 30, hard").get_ydata()[0] == pytest.approx(3.3)
    assert read_legend(figure) == ["M = 30, soft", "M = 30, hard"]


def test_attention_is_drawn_with_its_references_and_best_temperatures():
    logs = np.array([-1.0, 0.0, 1.0])
    table = pd.concat(
        [pd.DataFrame({"family": "planted", "M": size, "replicate": replicate, "temperature": np.exp(logs),
                       "entropy": logs + size, "loss": (logs - best) ** 2 + size, "divergence": -logs,
                       "profile_loss": size / 100, "truth_loss": 0.2})
         for size, best in ((30, 0.2), (100, -0.4)) for replicate in (1, 2)]
    )  # fmt: skip
    loss, best_loss, entropy, best_divergence = figures.attention(table).axes
    assert_allclose(read_line(loss, "M = 30"), np.column_stack([np.exp(logs), (logs - 0.2) ** 2 + 30]))
    assert find_line(loss, "the truth itself").get_ydata()[0] == 0.2
    assert find_line(loss, "profile model, largest M").get_ydata()[0] == 1
    assert_allclose(read_lines(entropy, "o")[1], np.column_stack([np.exp(logs), logs + 100]))
    (bars,) = read_error_bars(best_loss)
    assert_allclose(bars, [[30, *[np.exp(0.2)] * 3], [100, *[np.exp(-0.4)] * 3]])
    assert_allclose(read_error_bars(best_divergence)[0][:, 1], np.exp(1))


def test_models_are_drawn_against_their_gap():
    gap = np.array([0.1, 0.2, 0.4, 0.3])
    table = pd.DataFrame(
        {"family": "hopfield", "M": 10, "replicate": range(4), "l2": [0.1, 0.1, 0.01, 0.01], "gap_pseudo": gap,
         "gap": 4 * gap, "heat_capacity": 2.0, "tau_cal": 1 + 3 * gap, "tau_cal_train": 1 - gap, "tau_f": 1 + gap,
         "tau_train": 1 - 2 * gap}
    )  # fmt: skip
    figure = figures.overfitting(table)
    calibrated, above, matched = figure.axes
    # Penalties are squares and circles, the weaker one first.
    assert_allclose(read_lines(calibrated, "s")[0], np.column_stack([gap[:2], 3 * gap[:2]]))
    assert_allclose(read_lines(calibrated, "o")[0], np.column_stack([gap[2:], 3 * gap[2:]]))
    assert_allclose(read_lines(above, "s")[0], np.column_stack([gap[:2], 4 * gap[:2]]))
    assert_allclose(read_lines(matched, "o")[0], np.column_stack([2 * gap[2:], 3 * gap[2:]]))
    assert read_legend(figure) == ["hopfield, r = 1.00 (1.00 to 1.00)", "L2 0.01", "L2 0.1", "equal"]
