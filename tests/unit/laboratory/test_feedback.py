"""How strongly results are learnt from: choices counted by hand, and trainings of a small family."""

import numpy as np
import pytest

from temperance.core.checkpoint import Checkpoint
from temperance.core.errors import InputError
from temperance.core.settings.training import TrainSettings
from temperance.laboratory.feedback import LeftOutEnergies, choose_feedback, leave_out_results, tabulate_strengths
from temperance.laboratory.feedback_training import NaturalTraining, learn_from_results
from temperance.laboratory.findings import Measurements
from temperance.potts.model import Potts


def measurements(functional, clusters=None, designed=True, sequences=None):
    count = len(functional)
    sequences = np.arange(count, dtype=np.uint8)[:, None] if sequences is None else sequences
    return Measurements(
        sequences, np.zeros((count, 0)), [], np.array(functional, bool), np.full(count, designed),
        np.arange(count) if clusters is None else np.array(clusters), 2,
    )  # fmt: skip


def choose(functional, energies, folds, fixed=None, strengths=(0, 0.1, 1)):
    left_out = LeftOutEnergies(np.array(strengths, float), np.array(energies, float), np.array(folds))
    return choose_feedback(measurements(functional), left_out, fixed, np.random.default_rng(0), 200)


FUNCTIONAL = [True, True, False, False] * 10
# By energies, the functional ones are first, in the middle of the others, or last.
RIGHT, EVEN, WRONG = [0, 0, 1, 1] * 10, [0, 1, 0, 1] * 10, [1, 1, 0, 0] * 10
FOLDS = [0] * 20 + [1] * 20


def test_the_strength_that_ranks_best_is_chosen_if_it_beats_no_results():
    gain = choose(FUNCTIONAL, [EVEN, RIGHT, EVEN], FOLDS)
    assert (gain.strength, gain.quoted, gain.results) == (0.1, "design", 40)
    assert (gain.plain.value, gain.auc.value, gain.gain.value) == (0.5, 1, 0.5)
    assert gain.gain.low > 0.2 and gain.why.endswith(f"a gain of 0.50 ({gain.gain.low:.2f} to {gain.gain.high:.2f}).")
    # Of equals the weaker; of no use, none; but what the user sets is assessed and used.
    assert choose(FUNCTIONAL, [EVEN, RIGHT, RIGHT], FOLDS).strength == 0.1
    none = choose(FUNCTIONAL, [EVEN, WRONG, EVEN], FOLDS)
    assert (none.strength, none.gain.value) == (0, 0) and none.why.endswith("which may be chance.")
    fixed = choose(FUNCTIONAL, [EVEN, WRONG], FOLDS, 0.3, (0, 0.3))
    assert (fixed.strength, fixed.auc.value, fixed.gain.value) == (0.3, 0, -0.5)
    # A strength at which training diverged is not considered.
    diverged = choose(FUNCTIONAL, [EVEN, [np.nan, *RIGHT[1:]], RIGHT], FOLDS)
    assert diverged.strength == 1


def test_each_fold_is_assessed_at_the_strength_that_the_others_choose():
    """0.1 is right in the first fold and wrong in the second, 1 the reverse: each chooses what fails in the other."""
    first, second = RIGHT[:20] + WRONG[20:], WRONG[:20] + RIGHT[20:]
    gain = choose(FUNCTIONAL, [EVEN, first, second], FOLDS)
    assert gain.auc.value == 0 and gain.strength == 0


def test_strengths_are_tabulated_by_kind():
    measured = measurements([True, False, True, False])
    measured = Measurements(
        measured.sequences, measured.scores, [], measured.functional, np.array([False, False, True, True]),
        measured.clusters, 2,
    )  # fmt: skip
    energies = np.array([[0, 1, 0, 0], [1, 0, 0, 1.0], [0, np.nan, 0, 0]])
    table = tabulate_strengths(measured, LeftOutEnergies(np.array([0, 0.1, 1]), energies, np.array([0, 0, 1, 1])))
    # At 1 training diverged for a natural sequence.
    assert table[["strength", "kind", "results", "auc"]].to_numpy().tolist() == [
        [0, "natural", 2, 1], [0.1, "natural", 2, 0],
        [0, "design", 2, 0.5], [0.1, "design", 2, 1], [1, "design", 2, 0.5],
    ]  # fmt: skip


def test_relatives_are_left_out_together_and_a_later_job_goes_on(tmp_path):
    functional = [True, False] * 10
    clusters = np.repeat(np.arange(10), 2)
    measured, seen = measurements(functional, clusters), []

    def energies_without(rows):
        seen.append(rows)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return np.array([np.where(rows, np.nan, len(seen))])

    checkpoint, rng = Checkpoint(tmp_path / "state", {"a": 1}, 0.0), np.random.default_rng(0)
    with pytest.raises(KeyboardInterrupt):
        leave_out_results(measured, [1.0], energies_without, np.zeros(20), 1, rng, checkpoint)
    left_out = leave_out_results(measured, [1.0], energies_without, np.zeros(20), 1, rng, checkpoint)
    assert len(seen) == 6 and left_out.strengths.tolist() == [0, 1]
    # Five folds of two clusters each; all energies are of models that had not seen them.
    assert sorted(left_out.energies[1].tolist()) == [1] * 4 + [2] * 4 + [4] * 4 + [5] * 4 + [6] * 4
    assert all(len(set(clusters[~rows]) & set(clusters[rows])) == 0 for rows in seen)
    one = measurements([True, True, False], [0, 0, 1])
    assert leave_out_results(one, [1.0], energies_without, np.zeros(3), 1, rng) is None


LENGTH, Q = 10, 2
OPTIONS = TrainSettings(chains=500, sweeps=3, path_steps=20)


def family(permuted=False):
    """Independent sites, each 0 as often as 1; functional is what has more ones than zeros at the first five."""
    rng = np.random.default_rng(2)
    natural, results = (rng.integers(0, Q, (count, LENGTH)).astype(np.uint8) for count in (200, 120))
    functional = results[:, :5].sum(axis=1) > 2
    model = Potts(np.zeros((LENGTH, Q), np.float32), np.zeros((LENGTH, Q, LENGTH, Q), np.float32))
    trained = NaturalTraining(model, natural, np.ones(200), 0.3, OPTIONS, None)
    return trained, measurements(rng.permutation(functional) if permuted else functional, sequences=results)


def test_a_model_that_learns_from_results_tells_new_ones_apart():
    trained, measured = family()
    model, summary = learn_from_results(trained, measured, "auto", 200, 1)
    assert summary["strength"] > 0 and summary["plain"] == 0.5 and summary["auc_low"] > 0.7
    assert summary["gain_low"] > 0.2 and summary["gradient"] < 2
    assert [row["strength"] for row in summary["strengths"]] == [0, 0.1, 0.3, 1]
    # Ones at the first five sites are favoured, and chance decides at the others.
    preference = model.zero_sum().fields[:, 1]
    assert preference[:5].min() > 0.2 and preference[:5].mean() > 2 * np.abs(preference[5:]).mean()


class Interrupted(Checkpoint):
    """A checkpoint of a job that is stopped after two folds."""

    def save(self, state):
        super().save(state)
        if state["done"] == 2:
            raise KeyboardInterrupt


def test_a_job_that_was_stopped_goes_on_to_the_numbers_of_one_that_was_not(tmp_path):
    trained, measured = family()
    with pytest.raises(KeyboardInterrupt):
        learn_from_results(trained, measured, 0.3, 20, 1, Interrupted(tmp_path / "state", {}, 0.0))
    resumed = learn_from_results(trained, measured, 0.3, 20, 1, Checkpoint(tmp_path / "state", {}))
    model, summary = learn_from_results(trained, measured, 0.3, 20, 1)
    assert resumed[1] == summary and np.array_equal(resumed[0].fields, model.fields)


def test_of_permuted_results_nothing_is_learnt():
    trained, measured = family(permuted=True)
    model, summary = learn_from_results(trained, measured, "auto", 200, 1)
    assert summary["strength"] == 0 and summary["why"].endswith("which may be chance.")
    assert summary["gain_low"] <= 0 and 0.3 < summary["auc"] < 0.7 and model is trained.model


def test_what_leaves_nothing_of_the_family_is_refused():
    trained, measured = family()
    # Of 22, twenty are not functional: 1 - 2 * 18 / 22 is below zero.
    others, functional = (np.flatnonzero(measured.functional == outcome) for outcome in (False, True))
    few = measured.select(np.concatenate([others[:20], functional[:2]]))
    with pytest.raises(InputError, match=r"measured\.feedback: 2\.0 leaves nothing of the natural sequences"):
        learn_from_results(trained, few, 2.0, 20, 1)
