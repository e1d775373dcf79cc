"""The choice of a penalty, on likelihoods that are countable by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from temperance.training.effective_parameters import Noise
from temperance.training.run import Run
from temperance.training.strengths import HeldoutSequences, Strength, choose_strength, is_likelier, tabulate_strengths

WEIGHTS = np.array([1.0, 1.0, 2.0])
# Three sequences without a relative; and the same, with the last two relatives of each other.
UNRELATED = HeldoutSequences(np.zeros((3, 5), np.uint8), WEIGHTS, np.array([0, 1, 2]))
RELATED = HeldoutSequences(np.zeros((3, 5), np.uint8), WEIGHTS, np.array([0, 1, 1]))


def strength(l2, energies, log_z=0.0, equilibrated=True, error=0.0):
    return Strength(l2, 10, np.array(energies, float), log_z, error, 100.0, equilibrated, 2.5, 60.0, 10.0, 0.01)


def test_a_weaker_penalty_has_to_gain_more_than_its_error():
    strong = strength(0.1, [10, 20, 30])
    # Gains of 1, 3 and 2 nats: mean 2, standard error sqrt(1/16 + 1/16) = 0.35.
    assert is_likelier(strength(0.03, [9, 17, 28]), strong, UNRELATED)
    # ln Z larger by 1.7 leaves 0.3, less than the error; by 1.6 leaves 0.4.
    assert not is_likelier(strength(0.03, [9, 17, 28], log_z=1.7), strong, UNRELATED)
    assert is_likelier(strength(0.03, [9, 17, 28], log_z=1.6), strong, UNRELATED)
    assert not is_likelier(strength(0.03, [9, 17, 28], log_z=1.6, error=0.4), strong, UNRELATED)


def test_the_strongest_of_equally_likely_penalties_is_chosen():
    path = [strength(1.0, [10, 10, 10]), strength(0.3, [5, 5, 5]), strength(0.1, [5, 5, 5]), strength(0.03, [9, 9, 9])]
    assert choose_strength(path, UNRELATED) == 1
    assert choose_strength(path[:1], UNRELATED) == 0


def test_a_model_that_cannot_be_sampled_is_not_chosen():
    path = [strength(0.3, [5, 5, 5]), strength(0.1, [1, 1, 1], equilibrated=False)]
    assert choose_strength(path, UNRELATED) == 0
    assert choose_strength([path[1], path[0]], UNRELATED) == 1


def test_the_table_has_likelihoods_a_site():
    table = tabulate_strengths([strength(0.1, [10, 20, 30], log_z=2.5)], UNRELATED, 20, 5, 0.1)
    row = table.iloc[0]
    # Weighted mean energy 22.5, so -(22.5 + 2.5) / 5.
    assert row["log_likelihood"] == pytest.approx(-5.0)
    # sqrt((1/4)^2 12.5^2 + (1/4)^2 2.5^2 + (1/2)^2 7.5^2) / 5
    assert row["log_likelihood_error"] == pytest.approx(np.sqrt((12.5**2 + 2.5**2) / 16 + 7.5**2 / 4) / 5)
    # Parameters worth 60 / 20 = 3 nats against a penalty of 2.5, over a heat capacity of 10.
    assert row["predicted_tau_f"] == pytest.approx(1.05)
    assert bool(row["chosen"]) and row["penalty"] == 2.5
    # Without an estimate of the noise nothing is said; with it, the law's count.
    assert np.isnan(row["sequences_tau_f"])
    noise = Noise(60.0, 55.0, -20.0, 25.0, -1.0)
    known = tabulate_strengths([replace(strength(0.1, [10, 20, 30]), noise=noise)], UNRELATED, 20, 5, 0.1).iloc[0]
    assert (known["sequences_tau_f"], known["sequences_tau_r"]) == noise.count_sequences(20, 2.5)
    # Of 4.8 sequences 60 parameters are as many as half of their number times 25; of 4.7 more, beyond the law.
    for meff, missing in ((4.8, False), (4.7, True)):
        few = tabulate_strengths([replace(strength(0.1, [10, 20, 30]), noise=noise)], UNRELATED, meff, 5, 0.1).iloc[0]
        assert np.isnan(few["sequences_tau_r"]) == missing
    nobody = HeldoutSequences.from_sequences(np.empty((0, 5), np.uint8), np.empty(0))
    empty = tabulate_strengths([strength(0.1, [])], nobody, 20, 5, 0.1).iloc[0]
    assert np.isnan(empty["log_likelihood"]) and empty["l2_couplings"] == 0.1


def test_relatives_among_held_out_sequences_count_as_one():
    strong, weak = strength(0.1, [10, 20, 30]), strength(0.03, [6, 19, 31])
    # Gains of 4, 1 and -1 nats: mean 0.75. Deviations times shares are 0.8125, 0.0625 and -0.875: their squares sum to
    # 1.196^2 one by one, and to 1.149^2 when the last two are added first.
    assert UNRELATED.mean(strong.energies - weak.energies) == pytest.approx((0.75, 1.19569), abs=1e-5)
    assert RELATED.mean(strong.energies - weak.energies) == pytest.approx((0.75, 2**0.5 * 0.8125), abs=1e-5)
    # Relatives that agree widen the error: gains of 0, 2 and 2 nats, mean 1.5, errors 0.459 and 0.530.
    weak = strength(0.03, [10, 18, 28], log_z=1.01)
    assert is_likelier(weak, strong, UNRELATED)
    assert not is_likelier(weak, strong, RELATED)


def test_clusters_of_held_out_sequences_are_found():
    rng = np.random.default_rng(1)
    founders = rng.integers(20, size=(12, 40)).astype(np.uint8)
    sequences = np.repeat(founders, 3, axis=0)
    sequences[1::3, :2], sequences[2::3, 38:] = 20, 20
    assert (
        HeldoutSequences.from_sequences(sequences, np.ones(36)).clusters.tolist()
        == np.repeat(np.arange(12), 3).tolist()
    )


def test_a_training_tabulates_by_the_effective_number_of_its_sequences():
    """Four sequences of weight 6: parameters are worth 60 / 6 = 10 nats, against a penalty of 2.5, over 10."""
    run = SimpleNamespace(
        _test=SimpleNamespace(weights=np.array([0.5, 0.5, 2.0, 3.0])), _data=SimpleNamespace(single=np.zeros((5, 3))),
        _heldout=UNRELATED, _strength=0.1,
    )  # fmt: skip
    row = Run._table(run, [strength(0.1, [10, 20, 30], log_z=2.5)]).iloc[0]
    assert (
        row["predicted_tau_f"] == pytest.approx(1.75) and row["log_likelihood"] == pytest.approx(-5) and row["chosen"]
    )


def test_the_limit_of_time_is_in_minutes():
    late = [
        Run._late(SimpleNamespace(_plan=SimpleNamespace(max_minutes=limit), _state=SimpleNamespace(seconds=seconds)))
        for limit, seconds in ((2.0, 119.0), (2.0, 121.0), (None, 1e9))
    ]
    assert late == [False, True, False]
