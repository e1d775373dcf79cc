"""Tables of scores of a family that can be counted by hand: four sites, states a, b and the gap, three temperatures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.files import save_arrays
from temperance.core.settings.scoring import JudgeSettings
from temperance.engines.chains import draw_uniform_chains
from temperance.msa.hmmer import build_hmm
from temperance.potts.model import Potts
from temperance.scoring import tables
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.discrimination import Discrimination, discriminate, shuffle_columns
from temperance.scoring.external import Program
from temperance.scoring.judges import hmm_judge
from temperance.scoring.marginals import Reference
from temperance.scoring.tables import (
    Family,
    judge_standings,
    judges,
    natural_scale,
    natural_threshold,
    score_natural,
    score_orders,
    score_samples,
    score_temperatures,
)

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


NAN = pytest.approx(np.nan, nan_ok=True)


def count_b(sequences):
    return (np.asarray(sequences) == B).sum(axis=1).astype(float)


def equal_neighbours(sequences):
    return (sequences[:, 1:] == sequences[:, :-1]).sum(axis=1).astype(float)


class Few:
    """Counts B's in at most `most` sequences of a set."""

    def __init__(self, most):
        self.most = most

    def __call__(self, sequences):
        return count_b(sequences)


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
    assert (
        random["energy"].tolist() == model.energies(draw_uniform_chains(2000, 4, 3, np.random.default_rng(0))).tolist()
    )
    # Of uniform states: a nat a site, and a ninth of another.
    assert random["energy"].mean() == pytest.approx(-4 - 1 / 9, abs=4 * 1.7 / len(random) ** 0.5)
    assert (random["scale_weight"] == 0).all() and (random["weight"] == 1).all() and (random["cluster"] == -1).all()
    assert random[["b", "gaps", "distance_training", "distance_natural"]].isna().all(axis=None)


def test_novelty_is_measured_from_all_other_natural_sequences(model):
    """Of BBBB, two sites from the training sequence BBA- and from AABB, one from BBB-, which is held out, too."""
    sequences = np.array([[A, A, A, A], [A, A, B, B], [B, B, A, GAP], [B, B, B, B], [B, B, B, GAP]], np.uint8)
    members, heldout, pool = np.array([0, 2]), np.array([3, 4]), np.array([0, 1, 2])
    family = Family(
        sequences, np.ones(5), members, sequences[members], heldout, sequences[heldout], np.ones(2), sequences[pool],
        np.ones(3), GAP,
    )  # fmt: skip
    table = score_natural(model, family, {}, np.random.default_rng(0)).set_index("set")
    assert table.loc["heldout", "distance_training"].tolist() == [0.5, 0.25]
    assert table.loc["heldout", "distance_natural"].tolist() == [0.25, 0.25]
    assert table.loc[["training", "other"], ["distance_training", "distance_natural"]].isna().all(axis=None)
    # Without labels each sequence is a cluster of its own.
    assert table.loc[["training", "heldout", "other"], "cluster"].tolist() == [0, 2, 3, 4, 1]


def test_natural_sequences_have_the_scores_that_the_pair_judge_gave_them_when_it_was_learnt(model, family):
    """Not those of its mean model, which knows most of them; a program scores as many of each set as it is to."""
    judge = CrossFittedJudge(model, np.array([0.5, 1.5, 2.5, 3.5, 4.5]), np.zeros(5, int), Discrimination(0.9, 0.1))
    panel = {"potts": judge, "first": Few(1)}
    table = score_natural(model, family, panel, np.random.default_rng(0))[:5]
    assert table["potts"].tolist() == [0.5, 2.5, 3.5, 4.5, 1.5]
    # The first of the training set, of those held out, and of the others.
    assert table["first"].tolist() == [0, NAN, 2, NAN, 1]


def test_of_many_natural_sequences_some_stand_for_all_of_their_set(model, monkeypatch):
    """Two of six training sequences have three times their weights; held-out ones are all in the table."""
    monkeypatch.setattr(tables, "_MOST_REFERENCES", 2)
    sequences, weights = np.arange(36, dtype=np.uint8).reshape(9, 4) % 3, np.arange(1.0, 10)
    members, heldout = np.arange(6), np.array([6, 7, 8])
    family = Family(
        sequences, weights, members, sequences[:6], heldout, sequences[6:], np.ones(3), sequences[:6], weights[:6], GAP
    )
    table = score_natural(model, family, {}, np.random.default_rng(0), np.arange(9))
    assert table["set"].tolist() == ["training"] * 2 + ["heldout"] * 3 + ["random"] * 2
    training, heldout = table[:2], table[2:5]
    assert training["cluster"].is_monotonic_increasing and set(training["cluster"]) <= set(range(6))
    assert training["scale_weight"].tolist() == [3 * weights[int(m)] for m in training["cluster"]]
    assert table["weight"].tolist() == [1] * 7
    assert heldout["scale_weight"].tolist() == [7, 8, 9] and heldout["cluster"].tolist() == [6, 7, 8]
    other_seed = score_natural(model, family, {}, np.random.default_rng(2), np.arange(9))
    assert training["cluster"].tolist() != other_seed["cluster"][:2].tolist()


def test_gaps_are_none_in_an_alphabet_without_one(family):
    rows = NATURAL[2:4]
    assert family.gap_shares(rows).tolist() == [0.25, 0.5]
    assert replace(family, gap=None).gap_shares(rows).tolist() == [0, 0]
    assert replace(family, gap=A).gap_shares(rows).tolist() == [0.25, 0]


def test_a_family_is_read_from_the_files_of_three_stages(tmp_path):
    """Of six sequences 1, 3, 4 are for training, of which the model has 1 and 4; 5 and 0 are held out; 2 is neither."""
    sequences, weights = np.arange(24, dtype=np.uint8).reshape(6, 4), np.arange(1.0, 7)
    save_arrays(tmp_path / "alignment", {"sequences": sequences, "weights": weights}, {"alphabet": "protein"})
    parts = {"training": np.array([1, 3, 4]), "heldout": np.array([0, 5]), "discarded": np.array([2])}
    save_arrays(tmp_path / "split", parts | {"heldout_weights": np.array([0.25, 0.75])}, {})
    save_arrays(tmp_path / "subset", {"indices": np.array([1, 4]), "weights": np.array([8.0, 9.0])}, {})
    family = Family.load(*(tmp_path / name for name in ("alignment", "split", "subset")))
    expected = {
        "natural": sequences, "weights": weights, "members": [1, 4], "training": sequences[[1, 4]],
        "heldout_members": [0, 5], "heldout": sequences[[0, 5]], "heldout_weights": [0.25, 0.75],
        "pool": sequences[[1, 3, 4]], "pool_weights": [2, 4, 5], "gap": 0,
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_array_equal(getattr(family, name), values, err_msg=name)


# ---------------------------------------------------------------- scales of judges


def test_scored_sequences_stand_for_all_of_their_set():
    """Of training sequences of weight 8, those of weight 2 are scored and count four times; random ones do not count.

    So scores 1, 2, 3 have the weights 4, 4 and 2, the last of held-out sequences, all of which are scored.
    """
    natural = pd.DataFrame(
        {
            "set": ["training"] * 4 + ["heldout"] + ["random"],
            "scale_weight": [1.0, 3.0, 1.0, 3.0, 2.0, 0.0],
            "b": [1.0, np.nan, 2.0, np.nan, 3.0, 0.0],
        }
    )
    scale = natural_scale(natural, "b")
    assert scale.scores.tolist() == [1, 2, 3]
    assert scale.shares == pytest.approx([0, 0.4, 0.8, 1])
    assert [natural_threshold(natural, "b", percentile) for percentile in (40, 41, 81)] == [1, 2, 3]
    # A probability of folding has a threshold of its own.
    assert natural_threshold(natural.rename(columns={"b": "p_nat"}), "p_nat", 81) == 0.5


# ---------------------------------------------------------------- judges


def test_the_panel_has_every_judge_that_there_are_files_of(tmp_path, monkeypatch):
    """States of -ACGU. The profile is that of held-out sequences alone, the others are those of their files."""
    rng, letters = np.random.default_rng(0), alphabet("rna")
    natural = rng.integers(0, 5, (8, 30), dtype=np.uint8)
    heldout, weights = natural[:3], np.array([1.0, 1.0, 3.0])
    family = Family(
        natural, np.ones(8), np.arange(3, 8), natural[3:], np.arange(3), heldout, weights, natural[3:], np.ones(5), 0
    )
    potts = Potts(rng.normal(size=(30, 5)).astype(np.float32), np.zeros((30, 5, 30, 5), np.float32))
    pair_judge = CrossFittedJudge(potts, np.arange(8.0), np.arange(8), Discrimination(0.7, 0.1))
    pair_judge.save(tmp_path / "judge", letters, {})
    build_hmm(natural[:4], letters, "four", tmp_path / "hmm")
    truth = Potts(-potts.fields, potts.couplings)
    truth.save(tmp_path / "truth", letters, {"kind": "teacher", "log_z": 0.0, "log_z_error": 0.0})
    program = JudgeSettings(command=["p"], sequences=7)
    files = {name: tmp_path / name for name in ("judge", "hmm", "truth", "covariance", "subset")}
    # These need programs that may not be installed: what they are called with.
    monkeypatch.setattr(tables, "covariance_judge", lambda *arguments: arguments)
    monkeypatch.setattr(tables, "fold_scores", lambda *arguments: arguments)
    panel = judges(files, {"mine": program}, family, letters, 3, folding=True)
    assert list(panel) == ["profile", "potts", "hmm", "covariance", "truth", "folding", "mine"]
    assert panel["covariance"] == (tmp_path / "covariance", letters, 3)
    assert panel["folding"](natural) == (natural, letters)
    # Weights of 5, and one for the uniform distribution.
    counts = weights @ np.eye(5)[heldout].reshape(3, -1)
    odds = np.log((counts.reshape(30, 5) + 1 / 5) / 6 * 5)
    np.testing.assert_allclose(panel["profile"](natural), odds[np.arange(30), natural].sum(axis=1))
    np.testing.assert_allclose(panel["potts"](natural), -potts.energies(natural))
    np.testing.assert_allclose(panel["hmm"](natural), hmm_judge(tmp_path / "hmm", letters)(natural))
    np.testing.assert_allclose(panel["truth"](natural), potts.energies(natural), rtol=1e-6)
    assert panel["mine"] == Program("mine", ["p"], letters, 3, most=7)
    assert list(judges({"judge": None, "hmm": None}, {}, family, letters, 1)) == ["profile"]


def test_each_judge_is_assessed_on_held_out_sequences_and_the_same_shuffled(model):
    """Held out are five times AAAA and BBBB: shuffled, four B's are in other rows, which have unequal neighbours."""
    natural = np.repeat(np.array([B, A, A, B, A, A, A], np.uint8)[:, None], 4, axis=1)
    natural[0] = [A, B, A, B]
    clusters, heldout = np.array([5, 0, 0, 1, 1, 2, 2]), np.arange(1, 7)
    family = Family(
        natural, np.ones(7), np.arange(1), natural[:1], heldout, natural[1:], np.ones(6), natural[:1], np.ones(1), GAP
    )
    pair_judge = CrossFittedJudge(model, np.zeros(7), clusters, Discrimination(0.875, 0.03125))
    panel = {"equal": equal_neighbours, "potts": pair_judge, "truth": count_b}
    scores = pd.DataFrame(
        {"percentile_equal": [90.0, 60.0], "percentile_potts": [80.0, 10.0], "percentile_truth": [70.0, 66.0]}
    )
    equal, potts, truth = judge_standings(scores, family, panel, np.random.default_rng(3), clusters)["judges"]
    rng = np.random.default_rng(3)
    rng.permutation(6)
    shuffled = equal_neighbours(shuffle_columns(natural[1:], rng))
    # Three clusters of two. All natural sequences have three equal neighbours.
    expected = discriminate(np.full(6, 3.0), shuffled, 3)
    assert expected.auc == pytest.approx(0.5 + 0.5 * (shuffled < 3).mean()) and 0.6 < expected.auc < 1
    assert [row["name"] for row in (equal, potts, truth)] == ["equal", "potts", "truth"]
    assert [row["span"] for row in (equal, potts, truth)] == [30, 70, 4]
    assert [row["auc"] for row in (equal, potts, truth)] == [expected.auc, 0.875, None]
    assert [row["auc_error"] for row in (equal, potts, truth)] == [expected.error, 0.03125, None]
    assert expected.error > 1.05 * discriminate(np.full(6, 3.0), shuffled).error


def test_of_many_held_out_sequences_some_are_shuffled(family, monkeypatch):
    """Three of forty, which the generator draws, in their order."""
    monkeypatch.setattr(tables, "_MOST_SHUFFLED", 3)
    natural = np.random.default_rng(0).integers(0, 3, (50, 8), dtype=np.uint8)
    many = replace(family, natural=natural, heldout_members=np.arange(10, 50))
    calls = []
    scores = pd.DataFrame({"percentile_b": [90.0, 60.0]})
    panel = {"b": lambda sequences: calls.append(sequences) or count_b(sequences)}
    judge_standings(scores, many, panel, np.random.default_rng(1), np.arange(50))
    chosen = 10 + np.sort(np.random.default_rng(1).permutation(40)[:3])
    np.testing.assert_array_equal(calls[0], natural[chosen])
    np.testing.assert_array_equal(np.sort(calls[1], axis=0), np.sort(natural[chosen], axis=0))


# ---------------------------------------------------------------- samples


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


def test_fidelity_is_a_probability_itself_or_a_percentile_of_another_judge(model, family, natural):
    """Of a judge that scores two of the four samples of each temperature, the first and last, others have no place."""
    both = natural.assign(p_nat=natural["b"] / 4, few=natural["b"])
    panel = {"p_nat": lambda rows: count_b(rows) / 4, "few": Few(2)}
    table = score_samples(model, family, panel, DRAWN, both, "p_nat")
    assert table["fidelity"].tolist() == table["p_nat"].tolist() == [0, 0, 0.5, 1, 0, 0.5, 0, 0]
    assert table["few"].tolist() == [0, NAN, NAN, 4, 0, NAN, NAN, 0]
    few = score_samples(model, family, panel, DRAWN, both, "few")["fidelity"]
    assert few.tolist() == [pytest.approx(1 / 12), NAN, NAN, pytest.approx(5 / 6), pytest.approx(1 / 12), NAN, NAN,
                            pytest.approx(1 / 12)]  # fmt: skip


# ---------------------------------------------------------------- temperatures


def test_orders_compare_samples_with_held_out_sequences_and_these_with_the_pool(family):
    """Held out are BB-- and BBBB of weights 1 and 3: words vary where the last two sites are in them.

    Samples that are all BBBB have the more frequent of two words at each of these, and a correlation of 1; those that
    are all BB-- have the other one, and -1; those that are neither have 0.
    """
    one_each = np.array([[[NATURAL[4]]], [[NATURAL[3]]], [[NATURAL[0]]]])
    arrays = {"temperatures": np.array([0.5, 1.0, 2.0]), "sequences": one_each}
    for weights, of_pool in (([1.0, 0.0], 1), ([0.0, 1.0], -1)):
        mixed = replace(family, pool=NATURAL[[4, 3]], pool_weights=np.array(weights))
        table, reference = score_orders(mixed, arrays, 3, np.random.default_rng(0))
        assert table["temperature"].tolist() == [0.5] * 3 + [1.0] * 3 + [2.0] * 3 + [NAN] * 3
        assert table["order"].tolist() == [2, 3, 4] * 4
        assert table["r20"].tolist() == pytest.approx([1] * 3 + [-1] * 3 + [0] * 3 + [of_pool] * 3)
        assert reference.pairs.single[2].tolist() == [0, 0.75, 0.25]
    # As many natural sequences as there are samples of a temperature; one sequence has no correlations.
    assert table["pearson"].isna().all()


def test_the_natural_row_is_of_as_many_sequences_as_samples(family):
    """Of 2,000 draws of two equally frequent sequences, words BB and -- at the last sites are half each, 1 / 45 off."""
    arrays = {"temperatures": np.array([1.0]), "sequences": np.repeat(NATURAL[3:4], 2000, axis=0)[None, None]}
    pool = replace(family, heldout_weights=np.array([1.0, 1.0]), pool=NATURAL[3:], pool_weights=np.array([2.0, 2.0]))
    table, _ = score_orders(pool, arrays, 3, np.random.default_rng(0))
    # Connected correlations of 1/4 between the last two sites, as in the reference.
    assert table["slope"][3] == pytest.approx(1, abs=0.01)
    uneven = replace(pool, pool_weights=np.array([1.0, 3.0]))
    # p (1 - p) is 3 / 16 instead of 1 / 4, but for 2 * 0.0097 of chance; of ten draws p would be 2 or 3 tenths.
    assert score_orders(uneven, arrays, 3, np.random.default_rng(0))[0]["slope"][3] == pytest.approx(0.75, abs=0.05)


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
    # Ladders' means are 0.125 and 0.25, and 0.5 and 0.625.
    assert table["distance_training_error"].tolist() == pytest.approx([0.0625, 0.0625])
    # 0 and 3, and 1 and 0.
    assert table["b"].tolist() == [1.5, 0.5] and table["b_error"].tolist() == pytest.approx([1.5, 0.5])
    assert table["identical"].tolist() == [0.75, 0]
    assert table["percentile_b"].tolist() == pytest.approx([(100 / 6 + 50 + 500 / 6) / 4, (3 * 100 / 12 + 50) / 4])
    # 100 / 12 and (50 + 500 / 6) / 2, and (100 / 12 + 50) / 2 and 100 / 12.
    assert table["percentile_b_error"].tolist() == pytest.approx([(400 / 6 - 100 / 12) / 2, (25 - 100 / 24) / 2])
    for name in ("", "_error"):
        assert (100 * table[f"fidelity{name}"]).tolist() == pytest.approx(table[f"percentile_b{name}"].tolist())
    assert table["above_median_b"].tolist() == [0.25, 0]
    # Differing sites of the four pairs of samples of different ladders: 3, 4, 2, 4, and of the others 2, 2, 4, 4.
    assert table["diversity"].tolist() == pytest.approx([13 / 16, 12 / 16])
    assert table["diversity_error"].tolist() == pytest.approx([0, 0])
    assert table["pearson_pair"].tolist() == [2.5, 3] and table["pearson_triple"].tolist() == [3.5, 4]
    assert table["slope_pair"].tolist() == [2, 2] and table["slope_triple"].tolist() == [3, 3]
    # The ladder's rungs go from hot to cold.
    assert table["ess"].tolist() == [2, 4] and table["rhat"].tolist() == [1.5, 1.25]
    assert table["drift"].tolist() == [0.5, -0.25] and table["acceptance"].tolist() == [0.125, 0.25]
    assert table["equilibrated"].tolist() == [False, True]


def test_impossible_samples_count_as_such_and_not_in_the_mean_true_score(family, samples):
    """Of four samples of two ladders one is impossible at the first temperature, and all are at the second."""
    impossible = [-np.inf, -1, -3, -5] + [-np.inf] * 4
    both = samples.assign(truth=impossible, percentile_truth=[0, 20, 30, 90, 0, 0, 0, 0])
    reference = Reference.from_sequences(family.heldout, family.heldout_weights, 3, np.random.default_rng(1))
    ladder = pd.DataFrame(
        {"temperature": [1.0, 0.5], "requested": True, "ess": 1, "rhat": 1.0, "drift": 0.0, "acceptance": 0.5}
    )
    orders = pd.DataFrame(columns=["temperature", "order", "pearson", "slope"])
    states = pd.DataFrame({"equilibrated": [True, True]})
    table = score_temperatures(both, DRAWN, ladder, states, orders, reference, ["truth"])
    assert table["functional"].tolist() == [0.75, 0]
    # Means of the ladders' possible samples are -1 and -4.
    assert table["truth"].tolist() == pytest.approx([-2.5, NAN], nan_ok=True)
    assert table["percentile_truth"].tolist() == [35, 0]
    possible = both.assign(truth=-1.0)
    assert "functional" not in score_temperatures(possible, DRAWN, ladder, states, orders, reference, ["truth"])


def table_of(sequences, family, samples, orders=()):
    """`score_temperatures` of one temperature, whose rung is the second of three."""
    reference = Reference.from_sequences(family.heldout, family.heldout_weights, 3, np.random.default_rng(1))
    arrays = {"temperatures": np.array([1.0]), "sequences": sequences}
    ladder = pd.DataFrame(
        {"temperature": [2.0, 1.0, 0.5], "requested": [False, True, False], "ess": [1, 2, 3], "rhat": 1.0, "drift": 0.0,
         "acceptance": 0.5}
    )  # fmt: skip
    orders = pd.DataFrame(orders, columns=["temperature", "order", "pearson", "slope"])
    return score_temperatures(
        samples, arrays, ladder, pd.DataFrame({"equilibrated": [True]}), orders, reference, ["b"]
    ).iloc[0]


def test_diversity_has_the_standard_error_over_ladders(model, family, natural):
    """AAAA, AAAA and BBBB: a half, a half and all of the samples of other ladders differ."""
    sequences = np.array([[NATURAL[[0]], NATURAL[[0]], NATURAL[[4]]]])
    arrays = {"temperatures": np.array([1.0]), "sequences": sequences}
    row = table_of(sequences, family, score_samples(model, family, {"b": count_b}, arrays, natural, "b"))
    assert row["diversity"] == pytest.approx(2 / 3)
    # Deviations from 2/3 are 1/6, 1/6 and 1/3: their squares add up to 1/6, over 3 - 1 and over 3.
    assert row["diversity_error"] == pytest.approx((1 / 6 / 2 / 3) ** 0.5)


def test_equal_samples_and_one_site_frequencies_are_counted(model, family, natural):
    """AAAA three times and BBBB: 3 * 1/3 + 1 of 4 are different.

    The shares of states at each site are 3/4, 1/4, 0; of held-out ones 0, 1, 0 at two sites and 0, 3/4, 1/4 at two. All
    have means of 1/3; in twelfths, deviations are 5, -1, -4, and -4, 8, -4 and -4, 5, -1.
    """
    sequences = np.array([[NATURAL[[0, 0]], NATURAL[[0, 4]]]])
    samples = score_samples(
        model, family, {"b": count_b}, {"temperatures": np.array([1.0]), "sequences": sequences}, natural, "b"
    )
    row = table_of(sequences, family, samples)
    assert row["effective_share"] == 0.5
    # Two of four pairs of samples of different ladders differ at all sites.
    assert row["diversity"] == 0.5
    covariance, variance, of_heldout = 2 * (-12 - 21), 4 * 42, 2 * (96 + 42)
    assert row["pearson_single"] == pytest.approx(covariance / (variance * of_heldout) ** 0.5)
    # There are no orders of this temperature in the table.
    assert np.isnan(row[["pearson_pair", "slope_pair", "pearson_triple", "slope_triple"]].to_numpy(float)).all()
    assert row["ess"] == 2


def test_errors_are_over_ladders_that_were_scored(model, family, natural):
    """Of three ladders of BBBB, AABB and AAAA and AAAA one is scored by nobody, and one draw counts half of its ladder.

    B's are 4 and (2 + 0) / 2 = 1: the mean is 2.5, its error (4 - 1) / 2; without a score there is no percentile.
    """
    sequences = np.array([[[NATURAL[4]] * 2, [[A, A, B, B], NATURAL[0]], [NATURAL[0]] * 2]], np.uint8)
    arrays = {"temperatures": np.array([1.0]), "sequences": sequences}
    samples = score_samples(model, family, {"b": count_b}, arrays, natural, "b")
    samples.loc[[0, 4, 5], ["b", "percentile_b", "fidelity"]] = np.nan
    row = table_of(sequences, family, samples)
    assert (row["b"], row["b_error"]) == (2.5, pytest.approx(1.5))
    # Places are 83.3, and 50 and 8.3: one of three is above 50.
    assert row["above_median_b"] == pytest.approx(1 / 3)
    assert row["percentile_b"] == pytest.approx((500 / 6 + (50 + 100 / 12) / 2) / 2)
    assert row["sequences"] == 6
    # A place just above the median counts.
    samples["percentile_b"] = samples["percentile_b"].replace(50.0, 50.5)
    assert table_of(sequences, family, samples)["above_median_b"] == pytest.approx(2 / 3)
    samples[["b", "percentile_b"]] = np.nan
    nothing = table_of(sequences, family, samples)
    assert np.isnan(nothing[["b", "b_error", "percentile_b", "above_median_b"]].to_numpy(float)).all()
