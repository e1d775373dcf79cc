"""Steps of learning: their parts, several trainings at once, and what they take of a card's memory."""

from functools import partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kernel_in_numpy import emulated_engine
from small_systems import all_states, boltzmann, random_potts

from temperance import gibbs_jax, together
from temperance.errors import InputError
from temperance.gibbs import choose_engine, profile_chains
from temperance.gibbs_jax import JaxLearner
from temperance.statistics import frequencies
from temperance.steps import Given, Learning, Step
from temperance.together import fit_together, needed, run_together
from temperance.training import train

STATES = all_states(5, 3)
TRUTH = random_potts(5, 3, seed=3, scale=1.0)


def drawn(count, seed=0):
    return STATES[np.random.default_rng(seed).choice(len(STATES), count, p=boltzmann(TRUTH, STATES, 1))]


@pytest.mark.parametrize(("most", "parts"), [(0.05, 1), (100.0, 2)])
def test_a_step_that_would_leave_few_chains_is_taken_in_parts(most, parts):
    engine, rng, swept = choose_engine("numba"), np.random.default_rng(0), []
    data = frequencies(drawn(3000), 3, dtype=np.float32).with_pseudocount(0.001)
    take = Step(probes=100, sweeps=6, learning_rate=5.0, max_move=most, decay_steps=50)
    state = Learning(engine.learner(data, 0.0, 0.0), profile_chains(1000, data.single, rng))
    sweep = engine.sweep
    engine.sweep = lambda *given: swept.append(int(given[-1])) or sweep(*given)
    engine.repeat(take, None, state, take.given(drawn(100), 1, rng))
    assert swept == [6 // parts] * parts


@pytest.mark.parametrize("engine", [choose_engine("jax"), emulated_engine()], ids=lambda engine: engine.name)
def test_trainings_at_once_give_the_models_of_trainings_alone(engine):
    plan = {"chains": 300, "sweeps": 2, "confirm_chains": 600, "max_steps": 30, "l2_couplings": 0.1, "stop": "pearson"}

    def task(number, engine):
        sequences = drawn((400, 900, 150)[number], number)
        target = (0.9, 0.95, 0.999)[number]
        return train(sequences, np.ones(len(sequences)), 3, engine, number, target_pearson=target, **plan)

    tasks = [partial(task, number) for number in range(3)]
    found = run_together(engine, tasks)
    for alone, at_once in zip([task(engine) for task in tasks], found, strict=True):
        assert (alone.stopped, alone.steps) == (at_once.stopped, at_once.steps)
        np.testing.assert_allclose(at_once.model.couplings, alone.model.couplings, atol=1e-4)
        assert at_once.confirmation.pearson == pytest.approx(alone.confirmation.pearson, abs=1e-4)


def test_one_of_several_that_fails_does_not_keep_the_others_waiting():
    engine = choose_engine("jax")
    prepared, chains = engine.prepare(TRUTH), drawn(10)
    ended = []

    def fails(engine):
        engine.sweep(prepared, chains, 1.0, 1, 1)
        raise InputError("train: no")

    def goes_on(engine):
        for seed in range(3):
            swept = engine.sweep(prepared, chains, 1.0, seed, 2)
        ended.append(np.asarray(swept))

    with pytest.raises(InputError, match="train: no"):
        run_together(engine, [fails, goes_on])
    np.testing.assert_array_equal(ended[0], engine.sweep(prepared, chains, 1.0, 2, 2))


def test_engines_without_a_card_train_one_after_the_other():
    engine = choose_engine("numba")
    assert run_together(engine, [lambda engine: engine.name] * 2) == ["numba"] * 2
    assert fit_together(engine, 50, 21, 40_000) == 1000


def test_as_many_trainings_share_a_card_as_its_memory_holds(monkeypatch):
    card = SimpleNamespace(memory_stats=lambda: {"bytes_limit": 60e9})
    monkeypatch.setattr(together.jax, "devices", lambda: [card])
    engine = choose_engine("jax")
    assert fit_together(engine, 52, 21, 40_000) > 50
    assert fit_together(engine, 1000, 21, 40_000) == 1


@pytest.mark.parametrize(("length", "count"), [(1000, 10_000), (100, 40_000)])
def test_what_a_training_takes_of_a_cards_memory(length, count):
    """As XLA plans it for the device that is here; nothing is run. The card of 80 GB has to hold 1,000 sites."""
    q, steps, sweeps, shape = 21, 10, 10, jax.ShapeDtypeStruct
    number, arrays = shape((), jnp.float32), tuple(shape(s, jnp.float32) for s in ((length, q), (length, q, length, q)))
    learner = JaxLearner(arrays, (number, number), arrays, arrays)
    given = Given(
        shape((steps, 500, length), jnp.uint8),
        shape((steps, sweeps, 2), jnp.uint32),
        shape((steps, sweeps), jnp.float32),
    )
    state = Learning(learner, shape((count, length), jnp.uint8), number)
    take = Step(500, sweeps, 0.2, 1.0, 50)
    planned = gibbs_jax._repeat.lower(choose_engine("jax"), take, None, state, given).compile().memory_analysis()
    total = planned.argument_size_in_bytes + planned.output_size_in_bytes + planned.temp_size_in_bytes
    assert total < needed(length, q, count) < 60e9
