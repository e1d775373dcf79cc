"""The calibrated model, and predictions of what was left out, on sequences that can be counted."""

import numpy as np
import pytest

from temperance.laboratory.calibrated import (
    STRENGTHS,
    CalibratedModel,
    leave_out_clusters,
    leave_out_random,
    log_likelihood,
)

Q = 3
# Functional with state 1 at the first site; the second site and the score say nothing.
SEQUENCES = np.array([[1, 0], [1, 2], [0, 0], [0, 2]] * 5, np.uint8)
FUNCTIONAL = np.array([True, True, False, False] * 5)
SCORES = np.tile([[1.0], [1.0], [1.0], [1.0]], (5, 1))


def test_log_odds_are_sums_over_residues_and_standardised_scores():
    residues = np.array([[0.0, 1, 2], [10, 20, 30]])
    model = CalibratedModel(residues, ["a", "b"], np.array([0.5, 2]), np.array([1.0, 0]), np.array([2.0, 1]), -3.0)
    scores = np.array([[5.0, 0], [1, 0.25]])
    # -3 + 1 + 30 + 0.5 * (5 - 1) / 2, and -3 + 2 + 10 + 2 * 0.25.
    assert model.log_odds(np.array([[1, 2], [2, 0]], np.uint8), scores).tolist() == [29, 9.5]
    assert model.probabilities(np.array([[2, 0]], np.uint8), np.array([[-35.0, 0.0]]))[0] == 0.5


def test_the_penalised_likelihood_is_at_its_maximum():
    """By symmetry the first site has weights w and -w, all else is zero: C N sigma(-2w) / 2 = w for N sequences."""
    for strength in (0.1, 1.0):
        model = CalibratedModel.learn(SEQUENCES, SCORES, FUNCTIONAL, Q, strength, ["constant"])
        w = model.residues[0, 1]
        assert model.residues[0, 0] == pytest.approx(-w, abs=1e-4) and model.residues[0, 2] == 0
        assert np.abs(model.residues[1]).max() < 1e-4 and model.intercept == pytest.approx(0, abs=1e-4)
        # The gradient of C sum ln sigma(2 w y / 2) - w^2 (two weights of w^2 / 2): each odds is w.
        assert strength * 10 / (1 + np.exp(w)) == pytest.approx(w, rel=1e-2)
        assert model.weights.tolist() == [0] and model.scales.tolist() == [1]


def test_results_that_are_all_alike_say_so_and_no_more():
    model = CalibratedModel.learn(SEQUENCES[:3], SCORES[:3], np.ones(3, bool), Q, 0.1)
    assert model.probabilities(SEQUENCES[3:4], SCORES[3:4])[0] == pytest.approx(3.5 / 4)


def test_a_model_is_read_as_it_was_written(tmp_path):
    model = CalibratedModel.learn(SEQUENCES, np.arange(20.0)[:, None], FUNCTIONAL, Q, 0.1, ["rank"])
    model.save(tmp_path / "model", {"decides": True}, {"more": np.zeros(2)})
    read = CalibratedModel.load(tmp_path / "model")
    assert read.judges == ["rank"]
    scores = np.arange(20.0)[:, None]
    np.testing.assert_array_equal(read.log_odds(SEQUENCES, scores), model.log_odds(SEQUENCES, scores))


def test_relatives_of_what_is_left_out_are_left_out_too():
    """Ten clusters, each with a residue of its own by which it is functional: relatives tell, and nothing else does."""
    labels = np.repeat(np.arange(10), 4)
    sequences = np.zeros((40, 10), np.uint8)
    sequences[np.arange(40), labels] = 1
    functional = labels % 2 == 0
    no_scores = np.zeros((40, 0))
    clusters = leave_out_clusters(sequences, no_scores, functional, labels, 2, 1)
    # Without relatives the sites of other clusters are all that is known, and they are equal for both kinds.
    assert clusters.log_odds[functional].mean() <= clusters.log_odds[~functional].mean()
    random = leave_out_random(sequences, no_scores, functional, 2, 0.3, 1)
    assert random[functional].min() > random[~functional].max()
    assert clusters.strength in STRENGTHS


def test_the_penalty_is_that_of_the_likeliest_predictions():
    """What is certain wants a weak penalty, and what is random a strong one."""
    alone = np.arange(20)
    assert leave_out_clusters(SEQUENCES, SCORES, FUNCTIONAL, alone, Q, 1).strength == STRENGTHS[-1]
    noise = np.random.default_rng(3).random(20) < 0.5
    left_out = leave_out_clusters(SEQUENCES, SCORES, noise, alone, Q, 1)
    assert left_out.strength == STRENGTHS[0]
    assert log_likelihood(left_out.log_odds, noise) > log_likelihood(9.0 * (SEQUENCES[:, 0] - 0.5), noise)


def test_a_single_cluster_of_either_kind_cannot_be_left_out():
    one = np.where(FUNCTIONAL, 0, np.arange(20))
    assert leave_out_clusters(SEQUENCES, SCORES, FUNCTIONAL, one, Q, 1) is None
    assert leave_out_clusters(SEQUENCES, SCORES, np.ones(20, bool), np.arange(20), Q, 1) is None


def test_the_unit_and_the_zero_of_a_score_do_not_matter():
    scores = np.random.default_rng(0).normal(size=(20, 1)) + FUNCTIONAL[:, None]
    model, shifted = (
        CalibratedModel.learn(SEQUENCES, values, FUNCTIONAL, Q, 0.1) for values in (scores, 10 * scores + 300)
    )
    assert model.weights[0] > 0.05
    odds = model.log_odds(SEQUENCES, scores)
    np.testing.assert_allclose(shifted.log_odds(SEQUENCES, 10 * scores + 300), odds, atol=0.02)
