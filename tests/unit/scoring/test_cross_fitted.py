import numpy as np
import pytest
from small_systems import random_potts

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.msa.clusters import effective_clusters
from temperance.potts.model import load
from temperance.scoring import cross_fitted
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


def test_the_heaviest_go_first_to_the_lightest_fold():
    """Weights 5, 4, 3, 3, 3: 5 | 4, then 3 to the second, 7, to the first, 8, and to the second, 10."""
    weights = np.array([3.0, 5.0, 3.0, 4.0, 3.0])
    folds = [assign_folds(np.arange(5), weights, 2, np.random.default_rng(seed)) for seed in range(5)]
    assert [sorted(np.bincount(of_seed, weights)) for of_seed in folds] == [[8, 10]] * 5
    # Which of equal ones goes where is chance.
    assert len({tuple(of_seed) for of_seed in folds}) > 1


def test_a_cluster_of_a_tenth_of_the_weight_is_kept_and_a_heavier_one_is_not():
    """Ten clusters of four sequences are a tenth each. Two sequences of 20 in 60 are a third, though few."""
    clusters = np.repeat(np.arange(10), 4)
    folds = assign_folds(clusters, np.ones(40), 4, np.random.default_rng(0))
    assert all(len(set(folds[clusters == c])) == 1 for c in range(10))
    clusters, weights = np.array([0, 0, *range(1, 41)]), np.array([10.0, 10.0, *np.ones(40)])
    folds = assign_folds(clusters, weights, 2, np.random.default_rng(0))
    assert folds[0] != folds[1] and np.bincount(folds, weights).tolist() == [30, 30]
    # The scale of weights does not matter.
    assert assign_folds(clusters, weights / 100, 2, np.random.default_rng(0)).tolist() == folds.tolist()
    clusters = np.repeat(np.arange(10), 4)
    folds = assign_folds(clusters, np.full(40, 100.0), 4, np.random.default_rng(0))
    assert all(len(set(folds[clusters == c])) == 1 for c in range(10))


# ---------------------------------------------------------------- what each model has seen


def pairs_of_relatives():
    """Twenty random sequences of ten sites, each followed by one that differs from it in two sites, and weights."""
    rng = np.random.default_rng(4)
    sequences = np.repeat(rng.integers(0, 4, (20, 10), dtype=np.uint8), 2, axis=0)
    for row in sequences[1::2]:
        row[:2] = (row[:2] + 1) % 4
    return sequences, rng.choice([0.5, 1.0], 40)


@pytest.fixture
def learnt(monkeypatch):
    """Learns a judge, and records what its models were fitted to and compared with; the functions are the real ones."""

    def _learn(sequences, weights, seed=3):
        records = {}

        def _record(name):
            function = getattr(cross_fitted, name)
            calls = records[name] = []

            def _recorded(*arguments):
                result = function(*arguments)
                calls.append((*arguments, result))
                return result

            patch.setattr(cross_fitted, name, _recorded)

        with monkeypatch.context() as patch:
            for name in ("fit_gaussian_potts", "shuffle_columns", "discriminate"):
                _record(name)
            judge = CrossFittedJudge.learn(sequences, weights, 4, seed)
        return judge, *records.values()

    return _learn


def seen(sequences, part):
    rows = {row.tobytes() for row in part}
    return np.array([row.tobytes() in rows for row in sequences])


def test_no_model_has_seen_relatives_of_a_sequence_that_it_is_left_out_for(learnt):
    sequences, weights = pairs_of_relatives()
    _, fits, _, _ = learnt(sequences, weights)
    fitted = np.array([seen(sequences, part) for part, *_ in fits])
    # Two splits into four folds; relatives, 80 % identical, are left out together, and each pair twice.
    assert fitted.shape == (8, 40)
    np.testing.assert_array_equal(fitted[:, ::2], fitted[:, 1::2])
    np.testing.assert_array_equal((~fitted).sum(axis=0), 2)
    np.testing.assert_array_equal((~fitted[:4]).sum(axis=0), 1)
    # The second split is another one.
    assert {tuple(row) for row in fitted[:4]} != {tuple(row) for row in fitted[4:]}
    for part, part_weights, q, pseudocount, _ in fits:
        np.testing.assert_array_equal(part_weights, weights[seen(sequences, part)])
        assert (q, pseudocount) == (4, 0.2)


def test_a_change_of_a_sequence_leaves_the_models_that_judge_its_relatives_as_new(learnt):
    """Of eight models those two that are fitted without sequence 6, which changes, and 7, its relative."""
    sequences, weights = pairs_of_relatives()
    changed = sequences.copy()
    # It still differs from its relative in two sites.
    changed[6, 0], changed[6, 9] = changed[7, 0], (changed[6, 9] + 1) % 4
    (_, before, _, _), (_, after, _, _) = learnt(sequences, weights), learnt(changed, weights)
    unchanged = []
    for (part, *_, model), (_, *_, other) in zip(before, after, strict=True):
        has_seen = seen(sequences, part)[7]
        equal = np.array_equal(model.energies(sequences), other.energies(sequences))
        assert equal == (not has_seen)
        unchanged.append(equal)
    assert sum(unchanged) == 2


def test_natural_scores_are_the_middle_of_models_with_and_without_a_sequence(learnt):
    sequences, weights = pairs_of_relatives()
    judge, fits, _, _ = learnt(sequences, weights)
    fitted = np.array([seen(sequences, part) for part, *_ in fits])
    scores = np.array([-model.energies(sequences) for *_, model in fits])
    # Six models know a sequence and two do not.
    expected = ((scores * fitted).sum(axis=0) / 6 + (scores * ~fitted).sum(axis=0) / 2) / 2
    np.testing.assert_allclose(judge.natural_scores, expected, rtol=1e-5, atol=1e-5)
    # Others are scored by the mean of all models.
    others = np.random.default_rng(0).integers(0, 4, (20, 10), dtype=np.uint8)
    mean = np.mean([-model.energies(others) for *_, model in fits], axis=0)
    np.testing.assert_allclose(judge(others), mean, rtol=1e-5, atol=1e-5)


def test_each_model_is_to_tell_what_it_has_not_seen_from_the_same_shuffled(learnt):
    sequences, weights = pairs_of_relatives()
    judge, fits, shuffles, discriminations = learnt(sequences, weights)
    for (part, *_, model), (compared, _, shuffled), (natural_scores, shuffled_scores, units, _) in zip(
        fits, shuffles, discriminations, strict=True
    ):
        left_out = ~seen(sequences, part)
        np.testing.assert_array_equal(compared, sequences[left_out])
        np.testing.assert_array_equal(natural_scores, -model.energies(sequences)[left_out])
        np.testing.assert_array_equal(shuffled_scores, -model.energies(shuffled))
        assert units == effective_clusters(judge.clusters[left_out], weights[left_out])
    # Relatives are one unit: of pairs of unequal weights a little fewer than half of the sequences.
    assert 3 < discriminations[0][2] < 6
    auc, error = (np.mean([getattr(call[-1], name) for call in discriminations]) for name in ("auc", "error"))
    assert judge.discrimination.auc == pytest.approx(auc)
    # Four folds are compared independently; the second split compares the same sequences again.
    assert judge.discrimination.error == pytest.approx(error / 2)


def test_few_of_a_large_fold_are_compared(learnt, monkeypatch):
    monkeypatch.setattr(cross_fitted, "_MOST_COMPARED", 3)
    sequences, weights = pairs_of_relatives()
    _, fits, shuffles, _ = learnt(sequences, weights)
    for (part, *_), (compared, _, _) in zip(fits, shuffles, strict=True):
        assert len(compared) == 3 and not seen(compared, part).any()


# ---------------------------------------------------------------- what it sees


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
    metadata = load_arrays(path)[1]
    assert (metadata["auc"], metadata["auc_error"]) == (judge.discrimination.auc, judge.discrimination.error)
    assert (metadata["alphabet"], metadata["made"]) == ("ACGU", "here")
    np.testing.assert_array_equal(read.clusters, judge.clusters)
    np.testing.assert_array_equal(read.natural_scores, judge.natural_scores)
    np.testing.assert_array_equal(CrossFittedJudge.learn(family, weights, 4, 1)(family), judge(family))
    assert (CrossFittedJudge.learn(family, weights, 4, 2)(family) != judge(family)).any()
