"""Students of a teacher's site conditionals: closed forms of what they learn, and how their losses are compared."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax

from temperance.potts.enumeration import boltzmann, conditional_logits, draw_sequences, entropy, find_positions
from temperance.potts.model import Potts
from temperance.validation.distillation import (
    LENGTH,
    Q,
    choose_penalties,
    compare_temperatures,
    distillation,
    draw_teacher,
    learn,
    measure,
)

EVERY = ~np.eye(LENGTH, dtype=bool)


@pytest.fixture(scope="module")
def teacher():
    return draw_teacher("gapless", 1)


@pytest.fixture(scope="module")
def sequences(teacher):
    return draw_sequences(teacher, LENGTH, Q, 100, np.random.default_rng(1))


def soften(teacher, sequences, temperature):
    """Site conditionals of the teacher at a temperature."""
    return softmax(conditional_logits(teacher, LENGTH, Q)[find_positions(sequences, Q)] / temperature, axis=2)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_a_profile_learns_the_mean_of_the_labels(teacher, sequences, temperature):
    targets = soften(teacher, sequences, temperature)
    student = learn(sequences, targets, temperature, np.zeros_like(EVERY), 1e-9)
    assert not student.couplings.any()
    assert_allclose(softmax(student.fields / temperature, axis=1), targets.mean(axis=0), atol=2e-4)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_a_student_that_contains_its_teacher_recovers_it_from_soft_labels(teacher, sequences, temperature):
    student = learn(sequences, soften(teacher, sequences, temperature), temperature, EVERY, 1e-6)
    conditional, joint = measure(student, teacher)
    assert 0 <= conditional < 1e-4 and 0 <= joint < 1e-3
    hard = learn(sequences, np.eye(Q)[sequences], 1.0, EVERY, 0.03)
    assert measure(hard, teacher)[0] > 0.05


def test_the_penalty_shrinks_by_what_its_gradient_says():
    """One site of two states that was 0 in three of four sequences: softmax(h) - 3/4 + l2 h = 0, and h1 = -h0."""
    sequences = np.array([[0], [0], [0], [1]], np.uint8)
    student = learn(sequences, np.eye(2)[sequences], 1.0, np.zeros((1, 1), bool), 0.1)
    h = float(student.fields[0, 0])
    assert softmax(student.fields[0])[0] - 0.75 + 0.1 * h == pytest.approx(0, abs=1e-5) and 0.3 < h < 0.55


def test_a_uniform_student_lacks_the_teachers_information(teacher):
    uniform = Potts(np.zeros((LENGTH, Q)), np.zeros((LENGTH, Q, LENGTH, Q)))
    conditional, joint = measure(uniform, teacher)
    p = boltzmann(teacher)
    assert joint == pytest.approx(LENGTH * np.log(Q) - entropy(p))
    conditionals = softmax(conditional_logits(teacher, LENGTH, Q), axis=2)
    assert conditional == pytest.approx(
        np.log(Q) + float(p @ (conditionals * np.log(conditionals)).sum(axis=(1, 2))) / LENGTH
    )


def test_soft_labels_are_worth_more_than_ten_times_as_many_samples():
    table = distillation(
        1, kinds=("hopfield",), sizes=(30, 300), temperatures=(1.0, 4.0), penalties=(0.001, 0.1), replicates=2
    )
    assert len(table) == 2 * 2 * 3 * 3 * 2
    means = compare_temperatures(table, "conditional").set_index(["student", "M", "labels", "temperature"])["mean"]
    for student in ("sparse", "pairwise"):
        assert means[student, 30, "soft", 1.0] < means[student, 300, "hard", 1.0] < means[student, 30, "hard", 1.0]
    # What a student cannot represent stays, at any temperature; a profile lacks more than a sparse one.
    assert means["profile", 300, "soft", 1.0] > 0.2 > means["sparse", 300, "soft", 1.0] > 0.05
    assert means["sparse", 300, "soft", 4.0] == pytest.approx(means["sparse", 300, "soft", 1.0], rel=0.05)


def losses():
    """Two replicates of one student, two penalties; loss by labels, temperature, penalty and replicate."""
    values = {
        ("soft", 1.0): {0.1: (1.0, 2.0), 1.0: (9.0, 1.9)}, ("soft", 2.0): {0.1: (5.0, 6.0), 1.0: (0.5, 2.1)},
        ("hard", 1.0): {0.1: (4.0, 5.0), 1.0: (7.0, 7.0)},
    }  # fmt: skip
    return pd.DataFrame(
        [
            ("x", "profile", 30, replicate, labels, temperature, l2, loss)
            for (labels, temperature), by_penalty in values.items()
            for l2, pair in by_penalty.items()
            for replicate, loss in enumerate(pair, 1)
        ],
        columns=["family", "student", "M", "replicate", "labels", "temperature", "l2", "joint"],
    )


def test_each_student_has_the_penalty_of_its_least_mean_loss():
    best = choose_penalties(losses(), "joint").groupby(["labels", "temperature"])["l2"].unique()
    assert {key: value.tolist() for key, value in best.items()} == {
        ("soft", 1.0): [0.1], ("soft", 2.0): [1.0], ("hard", 1.0): [0.1],
    }  # fmt: skip


def test_labels_are_compared_on_the_same_sequences():
    table = compare_temperatures(losses(), "joint").set_index(["labels", "temperature"])
    assert table.loc[("soft", 2.0), ["mean", "change"]].tolist() == pytest.approx([1.3, -0.2])
    # Changes -0.5 and 0.1: a standard error of 0.3, and Student's t of one degree of freedom, 12.706.
    assert table.loc[("soft", 2.0), "half_width"] == pytest.approx(12.706 * 0.3, rel=1e-3)
    assert table.loc[("hard", 1.0), ["change", "half_width"]].tolist() == pytest.approx([3, 0])
    assert table.loc[("soft", 1.0), ["mean", "change"]].tolist() == pytest.approx([1.5, 0])
