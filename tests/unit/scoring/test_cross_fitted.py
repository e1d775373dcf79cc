import numpy as np
import pytest
from small_systems import random_potts

from temperance.core.alphabet import alphabet
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.potts.model import load
from temperance.scoring.cross_fitted import CrossFittedJudge, assign_folds


def samples(model, count, temperature=1.0, seed=1):
    engine = choose_engine("numba")
    chains = draw_uniform_chains(count, model.L, model.q, np.random.default_rng(seed))
    return engine.sweep(engine.prepare(model), chains, 1 / temperature, seed, 30)


@pytest.fixture(scope="module")
def family():
    return samples(random_potts(14, 4, 1, scale=0.8), 600)


def test_clusters_are_kept_whole_and_folds_weigh_the_same():
    clusters, weights = np.repeat(np.arange(24), 5), np.ones(120)
    folds = assign_folds(clusters, weights, 4, np.random.default_rng(0))
    assert all(len(set(folds[clusters == c])) == 1 for c in range(24))
    assert np.bincount(folds).tolist() == [30] * 4
    # A cluster of most sequences is taken apart, the others are not.
    clusters = np.concatenate([np.zeros(80, int), np.repeat(np.arange(1, 9), 5)])
    folds = assign_folds(clusters, weights, 4, np.random.default_rng(0))
    assert np.bincount(folds[:80], minlength=4).min() >= 10 and np.bincount(folds).tolist() == [30] * 4
    assert all(len(set(folds[clusters == c])) == 1 for c in range(1, 9))
    assert np.bincount(assign_folds(np.zeros(7, int), np.ones(7), 2, np.random.default_rng(0))).tolist() == [4, 3]
    assert sorted(assign_folds(np.arange(3), np.ones(3), 4, np.random.default_rng(0))) == [0, 1, 2]


def test_natural_sequences_are_not_rated_above_new_ones_of_the_same_quality():
    family = samples(random_potts(14, 4, 1, scale=0.8), 120)
    judge = CrossFittedJudge.learn(family, np.ones(len(family)), 4, 1)
    unseen = judge(samples(random_potts(14, 4, 1, scale=0.8), 2000, seed=5)).mean()
    # Most models know them: their scores by the mean model are higher than those of as good sequences that none knows.
    overrated, scale = judge(family).mean() - unseen, judge.natural_scores.mean() - unseen
    assert overrated > 0
    assert abs(scale) < 0.6 * overrated


def test_it_sees_pairs_and_the_cliff_over_temperature(family):
    judge = CrossFittedJudge.learn(family, np.ones(len(family)), 4, 1)
    assert judge.discrimination.low > 0.65
    model = random_potts(14, 4, 1, scale=0.8)
    means = [judge(samples(model, 300, tau, 7)).mean() for tau in (0.7, 1.0, 2.0)]
    assert means[0] > means[1] > means[2]
    truth, scores = -model.energies(samples(model, 500, 1.0, 9)), judge(samples(model, 500, 1.0, 9))
    assert np.corrcoef(truth, scores)[0, 1] > 0.7


def test_independent_sites_are_not_told_from_shuffled_ones(family):
    rng = np.random.default_rng(2)
    shuffled = rng.permuted(family, axis=0)
    judge = CrossFittedJudge.learn(shuffled, np.ones(len(family)), 4, 1)
    assert judge.discrimination.auc == pytest.approx(0.5, abs=0.06)
    assert judge.discrimination.low < 0.6


def test_the_file_is_a_potts_model_and_equal_seeds_give_equal_judges(family, tmp_path):
    path, weights = tmp_path / "judge.safetensors", np.ones(len(family))
    judge = CrossFittedJudge.learn(family, weights, 4, 1)
    judge.save(path, alphabet("ACGU"), {"made": "here"})
    read = CrossFittedJudge.load(path)
    np.testing.assert_array_equal(read(family), judge(family))
    np.testing.assert_array_equal(load(path)[0].energies(family), -judge(family))
    assert read.discrimination == judge.discrimination
    np.testing.assert_array_equal(read.clusters, judge.clusters)
    np.testing.assert_array_equal(read.natural_scores, judge.natural_scores)
    np.testing.assert_array_equal(CrossFittedJudge.learn(family, weights, 4, 1)(family), judge(family))
    assert (CrossFittedJudge.learn(family, weights, 4, 2)(family) != judge(family)).any()
