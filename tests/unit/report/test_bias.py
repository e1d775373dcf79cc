"""What the figure of the model's bias draws."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from read_axes import read_line

from temperance.report import figures
from temperance.report.figures.bias import bias, compare_log_probabilities, label_levels, select_levels

NATURAL = pd.DataFrame(
    {"set": ["training", "heldout", "heldout"], "weight": [1.0, 1.0, 3.0], "energy": [-9.0, -5.0, -4.0],
     "true_energy": [-6.0, -7.0, -3.0]}
)  # fmt: skip
SAMPLES = pd.DataFrame(
    {"temperature": [0.9, 1.05, 1.05], "energy": [-8.0, -6.0, -2.0], "true_energy": [-1.0, -2.0, np.inf]}
)


def test_log_probabilities_of_held_out_sequences_and_possible_samples_near_temperature_one():
    table = compare_log_probabilities(NATURAL, SAMPLES, 10.0, 20.0)
    assert table["set"].tolist() == ["heldout", "heldout", "samples"]
    assert table["true"].tolist() == [-13, -17, -18]
    assert table["predicted"].tolist() == [-5, -6, -4]


def test_without_ln_z_of_the_truth_held_out_sequences_have_equal_means():
    """Energies are 2 above and 1 below the true ones, of weights 1 and 3: true ln Z is less than 10 by 1/4."""
    table = compare_log_probabilities(NATURAL, SAMPLES, 10.0, None)
    assert table["true"].tolist() == pytest.approx([7 - 9.75, 3 - 9.75, 2 - 9.75])
    heldout = table[:2]
    means = np.average(heldout[["true", "predicted"]], axis=0, weights=[1, 3])
    assert means[0] == pytest.approx(means[1])
    judged = compare_log_probabilities(NATURAL, SAMPLES.drop(columns="true_energy"), 10.0, None)
    assert judged.empty


def test_levels_without_probability_are_left_out():
    table = pd.DataFrame(
        {"temperature": [0.5] * 3 + [1.0] * 3 + [2.0] * 3, "level": [0, 1, 2] * 3, "p": [0.9, 0.0, 9e-4] * 3,
         "q": [1.0, 0, 0, 0.9, 0.001, 9e-4, 0.1, 0.1, 0.8]}
    )  # fmt: skip
    # What is probable above temperature 1 alone does not matter.
    assert select_levels(table)["level"].tolist() == [0, 1] * 3


@pytest.mark.parametrize(
    ("energies", "texts"),
    [
        ([-13.9, -10.4, -0.2, np.inf], ["-14", "-10", "0", "impossible"]),
        ([0.0, 0.04, 0.06], ["0.00", "0.04", "0.06"]),
        ([1.0, 1.0], ["1.000", "1.000"]),
    ],
)
def test_energies_have_the_decimals_that_tell_them_apart(energies, texts):
    assert label_levels(np.array(energies)) == texts


def test_probabilities_ratios_and_parts_of_levels_are_drawn(draw, evidence):
    figure = draw("bias")
    scatter, masses, ratios, parts = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "held-out sequences", "samples, τ = 1", "natural, truth P", "model Q, τ = 1", "model Q, τ = 0.7", "KL(Q || P)",
        "KL(P || Q)", "slope of KL(Q || P) in τ",
    ]  # fmt: skip
    # At 1 the model has 0.1 to 0.4 where the truth has 0.4 to 0.1; at 0.7 it has 1/4 of each.
    at_one = np.column_stack([range(4), [1 / 4, 2 / 3, 3 / 2, 4]])
    assert_allclose(read_line(ratios, "model Q, τ = 1"), at_one)
    assert_allclose(read_line(ratios, "model Q, τ = 0.7")[:, 1], [5 / 8, 5 / 6, 5 / 4, 5 / 2])
    heights = {container.get_label(): [bar.get_height() for bar in container] for container in parts.containers
               if hasattr(container, "patches")}  # fmt: skip
    assert heights["KL(Q || P)"] == pytest.approx([0, 0.2, 0.4, 0.6])
    assert heights["KL(P || Q)"] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert heights["slope of KL(Q || P) in τ"] == pytest.approx([-1.5, -0.5, 0.5, 1.5])
    for axis in (masses, ratios, parts):
        assert [tick.get_text() for tick in axis.get_xticklabels()] == ["-8", "-6", "-4", "-2"]
    held_out, samples = (collection.get_offsets() for collection in scatter.collections)
    assert len(held_out) == 2 and len(samples) == 3
    assert axis.get_xlabel() == "true energy of the level, nats"


def test_a_judge_s_levels_have_probabilities_alone(draw, evidence):
    judged = replace(
        evidence, natural=evidence.natural.drop(columns="true_energy"),
        samples=evidence.samples.drop(columns="true_energy"),
    )  # fmt: skip
    figure = draw("bias", judged)
    assert [axis.get_xlabel() for axis in figure.axes] == ["pair judge: energy of the level, nats"] * 2
    assert [axis.get_ylabel() for axis in figure.axes] == ["probability of the level", "Q / P, mean of the level"]


def test_the_temperature_1_is_drawn_once(evidence):
    with figures.theme():
        figure = bias(evidence.levels, compare_log_probabilities(NATURAL, SAMPLES, 1.0, 1.0), 1.02)
    assert [line.get_label() for line in figure.axes[2].lines if "Q" in str(line.get_label())] == ["model Q, τ = 1"]
