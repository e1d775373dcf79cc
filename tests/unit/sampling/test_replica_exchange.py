"""Replica exchange against enumeration."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erfc
from small_systems import all_states, boltzmann, random_potts, spins

from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.potts.model import Potts
from temperance.sampling.ladders import Ladders, draw_starting_chains
from temperance.sampling.replica_exchange import _Run, sample
from temperance.sampling.samples import sequences_of_all_rungs
from temperance.sampling.window import COLDEST

TEMPERATURES = [0.3, 0.6, 1.0, 2.0]
STATES = all_states(5, 3)


@pytest.fixture(scope="module")
def model():
    return random_potts(5, 3, seed=4, scale=1.2)


@pytest.fixture(scope="module", params=["numba", "jax"])
def samples(request, model):
    starts = draw_uniform_chains(50, 5, 3, np.random.default_rng(0))
    return sample(
        model, choose_engine(request.param), 7, TEMPERATURES, starts=starts, sequences=6400, ladders=64, sweeps=5
    )


def test_every_temperature_has_the_enumerated_distribution(samples, model):
    for t, temperature in enumerate(TEMPERATURES):
        p = boltzmann(model, STATES, temperature)
        keys = (samples.sequences[t].reshape(-1, 5) @ 3 ** np.arange(5)[::-1]).astype(int)
        counts = np.bincount(keys, minlength=len(STATES)) / len(keys)
        row = samples.rungs[np.isclose(samples.rungs.temperature, temperature)].iloc[0]
        error = np.sqrt(p * (1 - p) / row.ess) + 2 / row.ess
        assert (np.abs(counts - p) / error).max() < 5


def test_energies_belong_to_the_sequences(samples, model):
    requested = np.flatnonzero(samples.rungs["requested"])[::-1]
    for t, r in enumerate(requested):
        expected = model.energies(samples.sequences[t].reshape(-1, 5)).reshape(samples.energies[r].shape)
        np.testing.assert_allclose(samples.energies[r], expected, atol=1e-4)


def test_diagnostics_are_sound(samples):
    assert samples.betas[0] == 0
    assert samples.rungs[samples.rungs.requested].equilibrated.all()
    assert (samples.rungs["acceptance"].iloc[:-1] > 0.15).all()
    assert samples.round_trips > 5


def test_the_ladder_exchanges_as_predicted(samples):
    drops = -np.diff(samples.rungs["mean_energy"])
    predicted = erfc(np.sqrt(np.diff(samples.betas) * drops) / 2)
    assert np.abs(samples.rungs["acceptance"].iloc[:-1] - predicted).max() < 0.2


def test_the_sequences_of_all_rungs_are_kept_when_asked_for(model):
    starts = draw_uniform_chains(10, 5, 3, np.random.default_rng(0))
    arrays = sample(
        model, choose_engine("numba"), 3, [0.2, 0.25, 2.0], starts=starts, sequences=64, ladders=8, keep_all=True
    ).arrays()
    of_all = sequences_of_all_rungs(arrays)
    assert len(of_all) == len(arrays["betas"]) > 3
    np.testing.assert_allclose(model.energies(of_all.reshape(-1, 5)), arrays["energies"].ravel(), atol=1e-4)


def test_what_is_not_equilibrated_is_swept_longer_and_then_said_so(model):
    """No finite run has an R-hat of exactly one."""
    starts = draw_uniform_chains(10, 5, 3, np.random.default_rng(0))
    samples = sample(
        model, choose_engine("numba"), 1, [0.5, 1.0],
        starts=starts, sequences=512, ladders=8, sweeps=1, max_sweeps=8, max_rhat=0.5,
    )  # fmt: skip
    assert samples.sweeps == 8
    assert not samples.rungs["equilibrated"].any()


@pytest.mark.parametrize(("coupling", "swept_longer"), [(0.1, True), (0.0, False)])
def test_ladders_in_two_valleys_of_equal_energy_are_swept_longer(coupling, swept_longer):
    """Half of the ladders start with all spins of a ferromagnet up or down; energies are the same throughout."""
    couplings = np.zeros((80, 2, 80, 2), np.float32)
    couplings[:, 0, :, 0] = couplings[:, 1, :, 1] = coupling
    couplings[np.arange(80), :, np.arange(80)] = 0
    messages: list[str] = []
    samples = sample(
        Potts(np.zeros((80, 2), np.float32), couplings), choose_engine("numba"), 1, [1.0],
        starts=np.repeat(np.array([[0], [1]], np.uint8), 80, axis=1), sequences=256, ladders=16, sweeps=1,
        max_sweeps=16, max_rhat=1.02, min_ess=1, progress=messages.append,
    )  # fmt: skip
    assert (samples.sweeps > 1) == swept_longer
    first = next(message for message in messages if "1 sweep apart" in message)
    assert f"{int(not swept_longer)} of 1 temperatures that may decide are equilibrated" in first
    assert first.startswith("16 draws from each of 16 ladders, 1 sweep apart: ") and "(at most 1.02 is asked)" in first
    assert messages[0].startswith("replica exchange: 16 independent ladders, each of one chain at ")
    # By their energies alone they are.
    assert samples.rungs.loc[samples.rungs["requested"], "equilibrated"].all()


LARGER = all_states(8, 3)


@pytest.fixture(scope="module")
def larger():
    return random_potts(8, 3, seed=4, scale=0.7)


@pytest.fixture(scope="module")
def training(larger):
    """Few sequences, and weights, whose mean energy is that of the model at a temperature of about 0.8."""
    rng = np.random.default_rng(5)
    return rng.choice(LARGER, 12, p=boltzmann(larger, LARGER, 0.8)), rng.uniform(0.2, 1, 12)


def refined(model, training, temperatures, engine="numba", **settings):
    plan = {"sequences": 3200, "ladders": 64, "sweeps": 4, "spacing": 0.1} | settings
    sequences, weights = training
    return sample(model, choose_engine(engine), 3, temperatures, starts=sequences, weights=weights, **plan)


@pytest.fixture(scope="module", params=["numba", "jax"])
def with_window(request, larger, training):
    return refined(larger, training, [0.6, 1.0, 2.0], request.param)


def mean_energy(model, temperature):
    return float(boltzmann(model, LARGER, temperature) @ model.energies(LARGER))


def training_temperature(model, training):
    """By enumeration: where the mean energy is that of the training sequences."""
    energy = np.average(model.energies(training[0]), weights=training[1])
    return brentq(lambda temperature: mean_energy(model, temperature) - energy, 0.05, 20)


def test_samples_of_every_rung_that_was_added_have_the_enumerated_mean_energy(with_window, larger):
    rungs = with_window.rungs[with_window.rungs["requested"]]
    assert {"listed", "refined", "colder"} == set(rungs["origin"])
    for row in rungs.itertuples():
        sequences = with_window.sequences[np.argmin(np.abs(with_window.temperatures - row.temperature))]
        energies = larger.energies(sequences.reshape(-1, 8)).astype(float)
        exact = mean_energy(larger, row.temperature)
        assert abs(energies.mean() - exact) < 5 * energies.std() / row.ess**0.5 + 1e-3
        assert row.mean_energy == pytest.approx(energies.mean(), abs=1e-4)


def test_the_window_is_around_the_enumerated_temperature_of_the_training_sequences(with_window, larger, training):
    exact, temperatures = training_temperature(larger, training), with_window.temperatures
    above, below = temperatures[temperatures >= exact].min(), temperatures[temperatures < exact].max()
    assert 0.9 * above <= below < exact <= above
    end = temperatures[temperatures >= 1.08 * exact].min()
    inside = temperatures[temperatures <= end]
    assert (inside[:-1] >= 0.9 * inside[1:] - 1e-9).all()
    refined = with_window.rungs.loc[with_window.rungs["origin"] == "refined", "temperature"]
    assert refined.max() < 1.4 * exact


def test_the_survey_finds_the_enumerated_temperature_of_the_training_sequences(larger, training):
    messages = []
    refined(larger, training, [0.6, 1.0, 2.0], progress=messages.append)
    told = next(float(m.split(" added around ")[1].split(",")[0]) for m in messages if " around " in m)
    assert told == pytest.approx(training_temperature(larger, training), rel=0.1)


def test_different_lists_bracket_the_same_window(larger, training):
    exact = training_temperature(larger, training)
    for listed in (
        [0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5],
        [0.4, 0.55, 0.7, 0.85, 1.2, 1.5],
        [0.5, 0.8, 1.1],
        [1.6, 3.0],
    ):
        samples = refined(larger, training, listed, sequences=1024, ladders=32)
        temperatures = samples.temperatures
        assert np.isin(listed, temperatures).all()
        inside = temperatures[temperatures <= temperatures[temperatures >= 1.05 * exact][0]]
        assert (inside[:-1] >= 0.9 * inside[1:] - 1e-9).all()
        assert 0.9 * exact < temperatures[temperatures < exact][-1] < exact < temperatures[temperatures > exact][0]
        assert samples.rungs.loc[samples.rungs["requested"], "equilibrated"].all()


def test_rungs_that_the_survey_did_not_see_the_need_of_are_added_in_the_end(larger, training, monkeypatch):
    """A survey whose R-hat is never low enough: one colder rung is tried on the equilibrated ladder, and settles."""
    monkeypatch.setattr("temperance.sampling.replica_exchange._PROMISING_RHAT", 0.0)
    samples = refined(larger, training, [0.6, 1.0, 2.0])
    assert samples.temperatures[0] == 0.54
    assert samples.rungs["origin"].iloc[-1] == "colder"
    coldest = samples.rungs.iloc[-1]
    exact = mean_energy(larger, 0.54)
    assert abs(coldest.mean_energy - exact) < 5 * (coldest.variance / coldest.ess) ** 0.5
    energies = larger.energies(samples.sequences[0].reshape(-1, 8)).reshape(samples.energies[-1].shape)
    np.testing.assert_allclose(energies, samples.energies[-1], atol=1e-4)


def test_colder_rungs_end_where_samples_are_copies_of_training_sequences(model):
    """Every sequence that cold samples could be is a training sequence: nothing colder than 0.3 is new."""
    likely = np.argsort(model.energies(STATES))[:40]
    samples = refined(model, (STATES[likely], np.ones(40)), [0.3, 1.0], sequences=512, ladders=32)
    assert "colder" not in set(samples.rungs["origin"])
    unlike = refined(model, (STATES[-40:], np.ones(40)), [0.3, 1.0], sequences=512, ladders=32)
    assert unlike.temperatures[0] == COLDEST


def test_colder_rungs_end_with_the_first_that_is_not_equilibrated():
    """Two valleys that are far apart: cold ladders stay in the one in which they began."""
    model = spins(np.full((24, 24), 0.25) - 0.25 * np.eye(24))
    starts = np.random.default_rng(0).integers(0, 2, (50, 24), dtype=np.uint8)
    samples = refined(model, (starts, np.ones(50)), [5.0, 7.0], sequences=512, ladders=16, sweeps=1, max_sweeps=1)
    rungs = samples.rungs[samples.rungs["requested"]]
    assert rungs["equilibrated"].iloc[:-1].all()
    assert samples.temperatures[0] == pytest.approx(rungs["temperature"].iloc[-1])
    assert len(samples.temperatures) == len(samples.sequences) == len(rungs)


# ---------------------------------------------------------------- ladders


def test_every_other_ladder_begins_with_given_sequences_in_states_that_are_allowed():
    """Two states of the first site are forbidden: what has one of them gets another, and keeps its other sites."""
    allowed = np.ones((4, 5), bool)
    allowed[0, :2] = False
    starts = np.array([[0, 1, 2, 3], [4, 4, 4, 4]], np.uint8)
    chains = draw_starting_chains(random_potts(4, 5, seed=0).restrict(allowed), starts, 6, 50, np.random.default_rng(0))
    assert chains.shape == (6, 50, 4) and (chains[:, :, 0] >= 2).all()
    first, second = ((chains[:, :, 1:] == row[1:]).all(axis=2) for row in starts)
    assert (first | second)[1::2].all()
    # One in 125 random sequences has the last three sites of either.
    assert (first | second)[::2].mean() < 0.1
    assert 0.3 < second[1::2].mean() < 0.7
    assert (chains[1::2][second[1::2]] == 4).all()
    assert set(chains[1::2][first[1::2]][:, 0]) == {2, 3, 4}


def test_exchanges_and_round_trips_are_counted():
    """Of two rungs with nothing to tell them apart every second sweep exchanges, always.

    A replica goes down at one exchange and up at the next; from the third on each ends a round trip of every ladder.
    """
    free, engine = Potts(np.zeros((3, 2), np.float32), np.zeros((3, 2, 3, 2), np.float32)), choose_engine("numba")
    ladders = Ladders(free, engine, np.array([0.0, 1.0]), np.zeros((5, 2, 3), np.uint8), np.random.default_rng(0))
    buffer = ladders.empty_buffer(4, 4)
    ladders.fill(buffer)
    # Sixteen sweeps, eight exchanges of five ladders.
    assert (buffer.tried.tolist(), buffer.accepted.tolist(), buffer.acceptance.tolist()) == ([40], [40], [1])
    assert buffer.round_trips == 5 * 6


def test_round_trips_are_those_of_a_ladder_and_draws_are_rounded_up():
    """As above: ten sequences of four ladders are three draws, four sweeps apart, with six exchanges."""
    free = Potts(np.zeros((3, 2), np.float32), np.zeros((3, 2, 3, 2), np.float32))
    samples = sample(
        free, choose_engine("numba"), 1, [1.0], starts=np.zeros((2, 3), np.uint8), sequences=10, ladders=4, sweeps=4,
        max_sweeps=4,
    )  # fmt: skip
    assert samples.sequences.shape == (1, 4, 3, 3) and samples.energies.shape == (2, 4, 3)
    assert (samples.round_trips, samples.sweeps) == (6, 4)


def test_the_window_is_around_the_energy_of_the_starts_by_their_weights():
    """Ten spins in a field: sequences of all up and none up weigh 3 to 1, so that 3 of 4 spins are up, at 1 / ln 3."""
    messages: list[str] = []
    sample(
        spins(np.zeros((10, 10)), field=0.5), choose_engine("numba"), 1, [0.6, 1.0, 2.0],
        starts=np.repeat(np.array([[0], [1]], np.uint8), 10, axis=1), weights=np.array([3.0, 1.0]), spacing=0.3,
        sequences=256, ladders=16, sweeps=2, max_sweeps=2, progress=messages.append,
    )  # fmt: skip
    told = next(float(m.split(" added around ")[1].split(",")[0]) for m in messages if " around " in m)
    assert told == pytest.approx(1 / np.log(3), rel=0.3)


@pytest.mark.parametrize(("different", "energy", "worth"), [(1, -1.0, False), (3, -1.0, True), (1, 1.0, True)])
def test_samples_are_cooled_until_a_tenth_of_their_sites_is_new(different, energy, worth):
    """All samples differ from the only start in as many of 20 sites; or their energy is above that of the starts, 0."""
    run = SimpleNamespace(_training_energy=0.0, _starts=np.zeros((1, 20), np.uint8))
    sequences = np.zeros((30, 20), np.uint8)
    sequences[:, :different] = 1
    assert _Run._is_worth_cooling(run, sequences, energy) is worth
