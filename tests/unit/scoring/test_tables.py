"""Tables of scores of a family that can be counted by hand: four sites, states a, b and the gap, three temperatures."""

import numpy as np
import pandas as pd
import pytest

from temperance.potts.model import Potts
from temperance.scoring.marginals import Reference
from temperance.scoring.tables import Family, score_natural, score_samples, score_temperatures

A, B, GAP = 0, 1, 2
NATURAL = np.array(
    [[A, A, A, A], [A, A, A, B], [B, B, A, GAP], [B, B, GAP, GAP], [B, B, B, B]], np.uint8
)  # training: 0, 2; held out: 3, 4; other: 1
WEIGHTS = np.array([1.0, 1.0, 1.0, 1.0, 2.0])
# An A lowers the energy by a nat, a B by two, and A at both ends by another.
FIELDS = np.tile(np.array([1.0, 2.0, 0.0], np.float32), (4, 1))


@pytest.fixture(scope="module")
def model():
    couplings = np.zeros((4, 3, 4, 3), np.float32)
    couplings[0, A, 3, A] = couplings[3, A, 0, A] = 1.0
    return Potts(FIELDS, couplings)


@pytest.fixture(scope="module")
def family():
    training, heldout = np.array([0, 2]), np.array([3, 4])
    pool = np.array([0, 1, 2])
    return Family(
        NATURAL, WEIGHTS, training, NATURAL[training], heldout, NATURAL[heldout], np.array([1.0, 3.0]),
        NATURAL[pool], WEIGHTS[pool], gap=GAP,
    )  # fmt: skip


def count_b(sequences):
    return (np.asarray(sequences) == B).sum(axis=1).astype(float)


@pytest.fixture(scope="module")
def natural(model, family):
    clusters = np.array([7, 7, 8, 8, 9])
    return score_natural(model, family, {"b": count_b}, np.random.default_rng(0), clusters)


def test_natural_sequences(natural):
    table = natural[natural["set"] != "random"]
    assert table["set"].tolist() == ["training", "training", "heldout", "heldout", "other"]
    assert table["energy"].tolist() == [-5, -5, -4, -8, -5]
    assert table["gaps"].tolist() == [0, 0.25, 0.5, 0, 0]
    assert table["cluster"].tolist() == [7, 8, 8, 9, 7]
    assert table["weight"].tolist() == [1, 1, 1, 3, 1]
    assert table["scale_weight"].tolist() == [1, 1, 1, 2, 1]
    assert table["b"].tolist() == [0, 2, 2, 4, 1]
    heldout = table[table["set"] == "heldout"]
    # BB-- is one site from BBA-, of the training set; BBBB two sites from it.
    assert heldout["distance_training"].tolist() == [0.25, 0.5]
    assert heldout["distance_natural"].tolist() == [0.25, 0.5]


def test_random_sequences_are_of_all_states(natural, model):
    random = natural[natural["set"] == "random"]
    assert (random["scale_weight"] == 0).all()
    # Of uniform states: a nat a site, and a ninth of another.
    assert random["energy"].mean() == pytest.approx(-4 - 1 / 9, abs=4 * 1.7 / len(random) ** 0.5)


# Two temperatures, two ladders, two draws each.
SAMPLES = np.array(
    [
        [[[A, A, A, A], [A, A, A, GAP]], [[B, B, A, GAP], [B, B, B, B]]],
        [[[GAP, GAP, A, A], [A, B, A, B]], [[GAP, GAP, GAP, GAP], [GAP, A, GAP, A]]],
    ],
    np.uint8,
)
DRAWN = {"temperatures": np.array([0.5, 1.0]), "sequences": SAMPLES}


@pytest.fixture(scope="module")
def samples(model, family, natural):
    return score_samples(model, family, {"b": count_b}, DRAWN, natural, "b")


def test_samples(samples):
    assert samples["temperature"].tolist() == [0.5] * 4 + [1.0] * 4
    assert samples["ladder"].tolist() == [0, 0, 1, 1] * 2
    assert samples["draw"].tolist() == [0, 1] * 4
    assert samples["energy"].tolist() == [-5, -3, -5, -8, -2, -6, 0, -2]
    assert samples["gaps"].tolist() == [0, 0.25, 0.25, 0, 0.5, 0, 1, 0.5]
    assert samples["distance_natural"].tolist() == [0, 0.25, 0, 0, 0.5, 0.25, 0.5, 0.5]
    assert samples["distance_training"].tolist() == [0, 0.25, 0, 0.5, 0.5, 0.5, 0.75, 0.5]
    assert samples["nearest_natural"].tolist()[:4] == [0, 0, 2, 4]
    # Numbers are those among all natural sequences: the second of the training set is number 2.
    assert samples["nearest_training"].tolist()[:4] == [0, 0, 2, 2]


def test_percentiles_are_of_natural_weight(samples):
    """Natural scores 0, 1, 2, 2, 4 of weights 1, 1, 1, 1, 2: 2 has 2 / 6 below and 2 / 6 equal, which count half."""
    expected = {0: 100 / 12, 1: 25, 2: 50, 4: 100 * 5 / 6}
    assert samples["b"].tolist() == [0, 0, 2, 4, 0, 2, 0, 0]
    assert samples["percentile_b"].tolist() == pytest.approx([expected[b] for b in samples["b"]])
    assert samples["fidelity"].tolist() == pytest.approx([expected[b] / 100 for b in samples["b"]])


def test_temperatures_are_means_with_errors_over_ladders(samples, family):
    reference = Reference.from_sequences(family.heldout, family.heldout_weights, 3, np.random.default_rng(1))
    orders = pd.DataFrame(
        [
            {"order": order, "temperature": temperature, "pearson": temperature + order, "slope": order, "r20": 0}
            for temperature in (0.5, 1.0)
            for order in (2, 3)
        ]
    )
    ladder = pd.DataFrame(
        {
            "temperature": [np.inf, 1.0, 0.5],
            "requested": [False, True, True],
            "ess": [9, 4, 2], "rhat": [1.0, 1.25, 1.5], "drift": [0, -0.25, 0.5], "acceptance": [0.5, 0.25, 0.125],
        }
    )  # fmt: skip
    states = pd.DataFrame({"equilibrated": [False, True]})
    table = score_temperatures(samples, DRAWN, ladder, states, orders, reference, ["b"])
    assert table["temperature"].tolist() == [0.5, 1.0]
    assert table["sequences"].tolist() == [4, 4]
    assert table["energy"].tolist() == [-5.25, -2.5]
    # Ladders' means are -4 and -6.5, and -4 and -1: half their difference.
    assert table["energy_error"].tolist() == pytest.approx([1.25, 1.5])
    assert table["gaps"].tolist() == [0.125, 0.5]
    assert table["gaps_error"].tolist() == pytest.approx([0, 0.25])
    assert table["novelty"].tolist() == [0.0625, 0.4375]
    assert table["novelty_error"].tolist() == pytest.approx([0.0625, 0.0625])
    assert table["distance_training"].tolist() == [0.1875, 0.5625]
    assert table["identical"].tolist() == [0.75, 0]
    assert table["percentile_b"].tolist() == pytest.approx([(100 / 6 + 50 + 500 / 6) / 4, (3 * 100 / 12 + 50) / 4])
    assert table["above_median_b"].tolist() == [0.25, 0]
    # Differing sites of six pairs of samples: 1, 3, 4, 2, 4, 2, and of the others 3, 2, 2, 4, 4, 2.
    assert table["diversity"].tolist() == pytest.approx([16 / 24, 17 / 24])
    assert table["pearson_pair"].tolist() == [2.5, 3] and table["slope_triple"].tolist() == [3, 3]
    # The ladder's rungs go from hot to cold.
    assert table["ess"].tolist() == [2, 4] and table["rhat"].tolist() == [1.5, 1.25]
    assert table["drift"].tolist() == [0.5, -0.25] and table["acceptance"].tolist() == [0.125, 0.25]
    assert table["equilibrated"].tolist() == [False, True]
