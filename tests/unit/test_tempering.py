"""The recommended temperature, from trade-offs made by hand."""

import numpy as np
import pandas as pd
import pytest

from temperance.optimum import TradeOff, pareto, recommend, sensitivity


def trade_off(fidelity, novelty, diversity=(1, 1, 1), noise=0.0, ladders=20):
    rng = np.random.default_rng(0)
    parts = [np.array(part)[:, None] + noise * rng.normal(size=(3, ladders)) for part in (fidelity, novelty, diversity)]
    return TradeOff(np.array([0.5, 1.0, 1.5]), *parts)


def test_the_recommendation_is_the_most_faithful_above_the_floor():
    found = recommend([trade_off([1, 0.8, 0.2], [0.1, 0.3, 0.5])], 0.2, 0.5, np.random.default_rng(0))
    assert found.tau.value == pytest.approx(0.75, abs=0.01)
    assert found.feasible
    assert found.fidelity == pytest.approx(0.9, abs=0.01)
    assert found.novelty >= 0.2


def test_of_equally_faithful_temperatures_the_most_novel_is_taken():
    found = recommend([trade_off([0.9, 0.9, 0.2], [0.3, 0.4, 0.5], noise=1e-3)], 0.2, 0.5, np.random.default_rng(0))
    assert found.tau.value == pytest.approx(1.0, abs=0.02)
    assert found.tau.low <= found.tau.value <= found.tau.high


def test_the_diversity_floor_binds_too_and_impossible_floors_are_said():
    cold = trade_off([1, 0.8, 0.2], [0.5, 0.5, 0.5], [0.2, 0.6, 1.0])
    assert recommend([cold], 0.2, 0.6, np.random.default_rng(0)).tau.value == pytest.approx(1.0, abs=0.01)
    impossible = recommend([cold], 0.9, 0.6, np.random.default_rng(0))
    assert not impossible.feasible


def test_sensitivity_is_what_other_floors_would_give():
    cold, rng = trade_off([1, 0.8, 0.2], [0.1, 0.3, 0.5]), np.random.default_rng(0)
    table = sensitivity([cold], 0.2, 0.5, rng).set_index(["floor", "value"])
    for (floor, value), row in table.iterrows():
        novelty, diversity = (value, 0.5) if floor == "novelty" else (0.2, value)
        found = recommend([cold], novelty, diversity, np.random.default_rng(0))
        assert (row["tau"], row["fidelity"], row["feasible"]) == (found.tau.value, found.fidelity, found.feasible)
    of_novelty = table.loc["novelty"]
    assert of_novelty.loc[of_novelty["feasible"].astype(bool), "tau"].is_monotonic_increasing
    assert not of_novelty["feasible"].iloc[-1]


def test_the_pareto_front_holds_what_nothing_exceeds():
    rng = np.random.default_rng(0)
    scores = pd.DataFrame(
        {"M": np.repeat([10, 20], 10), "temperature": np.tile(np.arange(10), 2), "fidelity": rng.random(20).round(1),
         "novelty": rng.random(20).round(1), "diversity": 1.0, "equilibrated": True}
    )  # fmt: skip
    front = pareto(scores)
    points = scores[["fidelity", "novelty"]].to_numpy()
    exceeded = [((points >= p).all(axis=1) & (points > p).any(axis=1)).any() for p in points]
    best = {tuple(p) for p, worse in zip(points, exceeded, strict=True) if not worse}
    assert {tuple(p) for p in front[["fidelity", "novelty"]].to_numpy()} == best
    assert front["fidelity"].is_monotonic_decreasing


def test_a_wider_spread_of_replicates_gives_a_wider_interval():
    same = [trade_off([1, 0.8, 0.2], [0.1, 0.3, 0.5])] * 3
    spread = [trade_off([1, 0.8, 0.2], [0.1 + shift, 0.3 + shift, 0.5 + shift]) for shift in (-0.08, 0, 0.08)]
    width = [
        (found := recommend(group, 0.2, 0.5, np.random.default_rng(0)).tau).high - found.low for group in (same, spread)
    ]
    assert width[0] < 0.01 < width[1]


def test_trade_offs_are_means_over_the_draws_of_a_ladder():
    table = pd.DataFrame(
        {"temperature": [1.0, 1.0, 2.0, 2.0], "ladder": [0, 1, 0, 1], "fidelity": [0.1, 0.2, 0.3, 0.4]}
    ).assign(distance_natural=0.5)
    sequences = np.zeros((2, 2, 1, 3), np.uint8)
    sequences[1, 1] = 1
    found = TradeOff.of(table, sequences, 0.5, 2)
    np.testing.assert_allclose(found.fidelity, [[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_allclose(found.diversity, [[0, 0], [2, 2]])
