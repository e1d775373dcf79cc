"""Diversity, and judges that are profiles."""

import numpy as np
import pytest

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.msa.hmmer import build_hmm
from temperance.scoring.diversity import effective_share, ladder_diversity, mean_pairwise_distance, natural_diversity
from temperance.scoring.judges import hmm_judge, profile_judge

RNG = np.random.default_rng(0)


def test_diversity_equals_a_direct_average_over_pairs():
    sequences = RNG.integers(0, 3, (40, 12), dtype=np.uint8)
    distance = (sequences[:, None] != sequences[None]).mean(axis=2)
    assert mean_pairwise_distance(sequences, 3) == pytest.approx(distance.sum() / (40 * 39))
    assert natural_diversity(sequences, 3, np.ones(40)) == pytest.approx(distance.mean())
    ladders = sequences.reshape(4, 10, 12)
    groups = distance.reshape(4, 10, 4, 10).mean(axis=(1, 3))
    expected = [(groups[k].sum() - groups[k, k]) / 3 for k in range(4)]
    np.testing.assert_allclose(ladder_diversity(ladders, 3), expected)
    assert effective_share(np.zeros((10, 5), np.uint8)) == pytest.approx(0.1)


@pytest.mark.parametrize(("name", "q"), [("protein", 21), ("rna", 5), ("dna", 5)])
def test_the_hmm_prefers_the_family(tmp_path, name, q):
    letters = alphabet(name)
    consensus = RNG.integers(1, q, 40)
    family = np.where(RNG.random((120, 40)) < 0.3, RNG.integers(0, q, (120, 40)), consensus).astype(np.uint8)
    path = tmp_path / "family.hmm"
    build_hmm(family[:60], letters, "family", path)
    score = hmm_judge(path, letters)
    others = RNG.integers(1, q, (60, 40), dtype=np.uint8)
    natural, random, gaps = score(family[60:]), score(others), score(np.zeros((2, 40), np.uint8))
    assert np.isfinite(np.concatenate([natural, random, gaps])).all()
    assert np.quantile(natural, 0.1) > np.quantile(random, 0.95)
    assert gaps.max() <= random.min()


def test_the_profile_judge_is_the_log_odds_of_the_site_frequencies():
    family = np.array([[0, 1], [0, 1], [0, 0], [1, 1]], np.uint8)
    score = profile_judge(family, np.ones(4), 2)
    share = 1 / 5
    f = [(1 - share) * 0.75 + share / 2, (1 - share) * 0.75 + share / 2]
    assert score(np.array([[0, 1]], np.uint8))[0] == pytest.approx(np.log(f[0] * 2) + np.log(f[1] * 2))


def test_an_alphabet_without_hmm_is_refused(tmp_path):
    with pytest.raises(InputError, match="HMMER has no alphabet 01"):
        build_hmm(np.zeros((4, 4), np.uint8), alphabet("01"), "x", tmp_path / "x.hmm")
