"""Replica exchange, thermodynamics and the optimum against enumeration."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import erfc
from small_systems import all_states, boltzmann, random_potts

from temperance.gibbs import choose_engine, uniform_chains
from temperance.optimum import TradeOff, pareto, recommend, sensitivity
from temperance.tempering import effective_size, of_all_rungs, plan_ladder, sample, split_rhat

TEMPERATURES = [0.3, 0.6, 1.0, 2.0]
STATES = all_states(5, 3)


@pytest.fixture(scope="module")
def model():
    return random_potts(5, 3, seed=4, scale=1.2)


@pytest.fixture(scope="module", params=["numba", "jax"])
def drawn(request, model):
    starts = uniform_chains(50, 5, 3, np.random.default_rng(0))
    return sample(
        model, choose_engine(request.param), 7, TEMPERATURES, starts=starts, sequences=6400, ladders=64, sweeps=5
    )


def test_every_temperature_has_the_enumerated_distribution(drawn, model):
    for t, temperature in enumerate(TEMPERATURES):
        p = boltzmann(model, STATES, temperature)
        keys = (drawn.sequences[t].reshape(-1, 5) @ 3 ** np.arange(5)[::-1]).astype(int)
        counts = np.bincount(keys, minlength=len(STATES)) / len(keys)
        row = drawn.rungs[np.isclose(drawn.rungs.temperature, temperature)].iloc[0]
        error = np.sqrt(p * (1 - p) / row.ess) + 2 / row.ess
        assert (np.abs(counts - p) / error).max() < 5


def test_energies_belong_to_the_sequences(drawn, model):
    requested = np.flatnonzero(drawn.rungs["requested"])[::-1]
    for t, r in enumerate(requested):
        expected = model.energies(drawn.sequences[t].reshape(-1, 5)).reshape(drawn.energies[r].shape)
        np.testing.assert_allclose(drawn.energies[r], expected, atol=1e-4)


def test_diagnostics_are_sound(drawn):
    assert drawn.betas[0] == 0
    assert drawn.rungs[drawn.rungs.requested].equilibrated.all()
    assert (drawn.rungs["acceptance"].iloc[:-1] > 0.15).all()
    assert drawn.round_trips > 5


def test_the_ladder_exchanges_as_predicted(drawn):
    drops = -np.diff(drawn.rungs["mean_energy"])
    predicted = erfc(np.sqrt(np.diff(drawn.betas) * drops) / 2)
    assert np.abs(drawn.rungs["acceptance"].iloc[:-1] - predicted).max() < 0.2


def test_the_sequences_of_all_rungs_are_kept_when_asked_for(model):
    starts = uniform_chains(10, 5, 3, np.random.default_rng(0))
    arrays = sample(
        model, choose_engine("numba"), 3, [0.2, 0.25, 2.0], starts=starts, sequences=64, ladders=8, keep_all=True
    ).arrays()
    of_all = of_all_rungs(arrays)
    assert len(of_all) == len(arrays["betas"]) > 3
    np.testing.assert_allclose(model.energies(of_all.reshape(-1, 5)), arrays["energies"].ravel(), atol=1e-4)


def test_what_is_not_equilibrated_is_swept_longer_and_then_said_so(model):
    """No finite run has an R-hat of exactly one."""
    starts = uniform_chains(10, 5, 3, np.random.default_rng(0))
    found = sample(
        model, choose_engine("numba"), 1, [0.5, 1.0],
        starts=starts, sequences=64, ladders=8, sweeps=1, max_sweeps=8, max_rhat=0.5,
    )  # fmt: skip
    assert found.sweeps == 8
    assert not found.rungs["equilibrated"].any()


def test_a_planned_ladder_holds_what_was_asked_for(model):
    asked = np.array([0.5, 1.0, 4.0])
    betas = plan_ladder(model, choose_engine("numba"), asked, np.random.default_rng(0))
    assert betas[0] == 0
    assert np.isin(asked, betas).all()
    assert (np.diff(betas) > 0).all()


def test_rhat_and_effective_size_see_disagreeing_and_sticky_ladders():
    rng = np.random.default_rng(0)
    good = rng.normal(size=(16, 200))
    assert split_rhat(good) < 1.02
    assert effective_size(good) > 2000
    assert split_rhat(good + np.arange(16)[:, None]) > 1.5
    sticky = np.repeat(rng.normal(size=(16, 10)), 20, axis=1)
    assert effective_size(sticky) < 400
    assert split_rhat(np.repeat(rng.normal(size=(16, 1)), 200, axis=1)) > 10


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
