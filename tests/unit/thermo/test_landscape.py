"""The energy landscape by hand: valleys, energies of sets of sequences, gaps, random-energy temperatures."""

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.engines.registry import choose_engine
from temperance.potts.model import Potts
from temperance.thermo.landscape import (
    Valleys,
    estimate_freezing_and_folding,
    find_valleys,
    measure_gaps,
    summarise_energies,
)

# Two sites of two states: energies 0 of 00, -1 of 01, -1 of 10 and -3 of 11, in fields of 1 and a coupling of 1.
COUPLINGS = np.zeros((2, 2, 2, 2), np.float32)
COUPLINGS[0, 1, 1, 1] = COUPLINGS[1, 1, 0, 1] = 1
MODEL = Potts(np.array([[0.0, 1.0], [0.0, 1.0]], np.float32), COUPLINGS)
# An antiferromagnet: 01 has energy -1, 10 energy -2, and 00 and 11 none; both are minima.
TWO_VALLEYS = Potts(
    np.array([[0.0, 0.5], [0.5, 0.0]], np.float32),
    np.array([[[[0.0, 0], [0, 1]], [[0, 0], [1, 0]]], [[[0, 1], [0, 0]], [[1, 0], [0, 0]]]], np.float32),
)


def test_the_lowest_valley_is_found_with_the_number_of_quenches_that_end_in_it():
    # E(01) = -(0 + 0 + 1) = -1, E(10) = -(0.5 + 0.5 + 1) = -2, E(00) = -0.5 and E(11) = -0.5.
    assert TWO_VALLEYS.energies(np.array([[0, 1], [1, 0], [0, 0], [1, 1]], np.uint8)).tolist() == [-1, -2, -0.5, -0.5]
    starts = np.array([[0, 1], [0, 1], [1, 0]], np.uint8)
    valleys = find_valleys(TWO_VALLEYS, choose_engine("numba"), 1, starts)
    assert valleys.summary(alphabet("01")) == {"energy": -2.0, "sequence": "10", "hits": 1, "quenches": 3}
    assert sorted(valleys.energies) == [-2, -1]


def test_starts_count_in_the_bound_beside_the_minima():
    """From 00 all quenches end at 11: 1 of energy 0 and 1 of energy -3, each once."""
    valleys = find_valleys(MODEL, choose_engine("numba"), 1, np.zeros((4, 2), np.uint8))
    assert (valleys.energy, valleys.hits, valleys.quenches, valleys.sequence.tolist()) == (-3, 4, 4, [1, 1])
    np.testing.assert_allclose(valleys.log_z_bound(np.array([0.0, 1.0, 2.0])), np.log([2, 1 + np.e**3, 1 + np.e**6]))


def test_a_summary_has_the_sequence_in_letters():
    valleys = Valleys(-7.5, np.array([2, 0, 1], np.uint8), 3, 9, np.array([-7.5]))
    assert valleys.summary(alphabet("-AB")) == {"energy": -7.5, "sequence": "B-A", "hits": 3, "quenches": 9}


def test_energies_of_sets_have_mean_and_standard_deviation():
    training, heldout = np.array([[1, 1], [1, 1], [0, 0], [0, 1]], np.uint8), np.array([[1, 1], [0, 1]], np.uint8)
    single = np.array([[0.0, 1.0], [0.5, 0.5]])
    sets = summarise_energies(
        MODEL, training, heldout, np.array([3.0, 1.0]), single, np.array([1.0, 2.0, 6.0]), np.random.default_rng(0)
    )
    assert sets.index.tolist() == ["uniform", "profile", "training", "heldout", "samples"]
    assert sets["sequences"].tolist() == [2000, 2000, 4, 2, 3]
    # Training: -3, -3, 0, -1; of squares 19 / 4 - (7 / 4)^2. Held out, of weights 3 and 1: -3 and -1. Samples: 1, 2, 6.
    assert sets.loc["training"].tolist() == pytest.approx([-1.75, (19 / 4 - 49 / 16) ** 0.5, 4])
    assert sets.loc["heldout"].tolist() == pytest.approx([-2.5, 0.75**0.5, 2])
    assert sets.loc["samples"].tolist() == pytest.approx([3, (14 / 3) ** 0.5, 3])
    # Random sequences are 0, -1, -1, -3 alike: a mean of -5/4, a variance of 11/4 - 25/16; those with the first site in
    # state 1 are -1 or -3. Means of 2000 are known to a standard deviation over 45.
    assert sets.loc["uniform", ["mean", "sd"]].tolist() == pytest.approx([-1.25, (19 / 16) ** 0.5], abs=0.07)
    assert sets.loc["profile", ["mean", "sd"]].tolist() == pytest.approx([-2, 1], abs=0.07)


def test_gaps_are_distances_of_held_out_sequences_below_random_ones():
    """Uniform at -1 (sd 1.6), profile at -4 (sd 0.5), held-out sequences at -5; two sites of three states."""
    sets = pd.DataFrame(
        {"mean": [-1.0, -4.0, -9.0, -5.0, -7.0], "sd": [1.6, 0.5, 1.0, 1.0, 1.0]},
        index=["uniform", "profile", "training", "heldout", "samples"],
    )
    single = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    gaps = measure_gaps(sets, single, 3, entropy=0.1)
    assert list(gaps) == ["uniform", "profile"]
    assert (gaps["uniform"]["gap"], gaps["profile"]["gap"]) == (2.5, 2.0)
    assert gaps["uniform"]["random_entropy"] == pytest.approx(2 * np.log(3))
    assert gaps["profile"]["random_entropy"] == pytest.approx(np.log(2))
    for name, depth, sd, entropy in (("uniform", 4.0, 1.6, 2 * np.log(3)), ("profile", 1.0, 0.5, np.log(2))):
        assert gaps[name]["freezing_temperature"] == pytest.approx(sd / (2 * entropy) ** 0.5)
        # tau^2 (S0 - S) - tau depth + sd^2 / 2 = 0, the hotter root.
        lost = entropy - 0.1
        expected = (depth + (depth**2 - 2 * sd**2 * lost) ** 0.5) / (2 * lost)
        assert gaps[name]["folding_temperature"] == pytest.approx(expected)
        assert set(gaps[name]) == {"gap", "random_entropy", "freezing_temperature", "folding_temperature"}
    above = measure_gaps(sets.assign(mean=[-9.0, -4.0, 0, -5.0, 0], sd=[2.0, 0.0, 1, 1, 1]), single, 3, entropy=0.1)
    assert (above["uniform"]["gap"], above["profile"]["gap"]) == (-2.0, None)
    assert above["uniform"]["folding_temperature"] is None


def test_random_energy_temperatures_by_hand():
    # sd / sqrt(2 S0) = 3 / sqrt(36) = 0.5; S0 - S = 8, and depth^2 - 2 sd^2 * 8 = 400 - 144 = 256: (20 + 16) / 16.
    assert estimate_freezing_and_folding(depth=20.0, sd=3.0, random_entropy=18.0, entropy=10.0) == {
        "freezing_temperature": pytest.approx(0.5), "folding_temperature": pytest.approx(2.25)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("depth", "sd", "random_entropy", "entropy", "freezing", "folding"),
    [
        (12.0, 3.0, 18.0, 10.0, 0.5, 0.75),  # the two free energies just touch: 144 - 144 = 0
        (11.99, 3.0, 18.0, 10.0, 0.5, None),
        (20.0, 3.0, 18.0, 18.0, 0.5, None),  # no entropy is lost
        (-20.0, 3.0, 18.0, 10.0, 0.5, None),  # the family lies above random sequences
        (20.0, 3.0, 0.0, -10.0, None, (20 + 220**0.5) / 20),
    ],
)
def test_random_energy_temperatures_need_not_exist(depth, sd, random_entropy, entropy, freezing, folding):
    temperatures = estimate_freezing_and_folding(depth, sd, random_entropy, entropy)
    assert temperatures["freezing_temperature"] == (None if freezing is None else pytest.approx(freezing))
    assert temperatures["folding_temperature"] == (None if folding is None else pytest.approx(folding))
