"""Steps of learning: their parts, and what they take of a card's memory."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts

from temperance.core.errors import InputError
from temperance.engines import jax_engine
from temperance.engines.chains import draw_profile_chains
from temperance.engines.jax_learner import JaxLearner
from temperance.engines.memory import check_training, training_bytes
from temperance.engines.registry import choose_engine
from temperance.potts.frequencies import frequencies
from temperance.training.step import Learning, Step, StepRandomness

STATES = all_states(5, 3)
TRUTH = random_potts(5, 3, seed=3, scale=1.0)


def drawn(count, seed=0):
    return STATES[np.random.default_rng(seed).choice(len(STATES), count, p=boltzmann(TRUTH, STATES, 1))]


@pytest.mark.parametrize(("most", "parts"), [(0.05, 1), (100.0, 2)])
def test_a_step_that_would_leave_few_chains_is_taken_in_parts(most, parts):
    engine, rng, swept = choose_engine("numba"), np.random.default_rng(0), []
    data = frequencies(drawn(3000), 3, dtype=np.float32).with_pseudocount(0.001)
    take = Step(probes=100, sweeps=6, learning_rate=5.0, max_move=most, decay_steps=50)
    state = Learning(engine.learner(data, 0.0, 0.0), draw_profile_chains(1000, data.single, rng))
    sweep = engine.sweep
    engine.sweep = lambda *arguments: swept.append(int(arguments[-1])) or sweep(*arguments)
    engine.scan(take, None, state, take.draw_randomness(drawn(100), 1, rng))
    assert swept == [6 // parts] * parts


def test_the_acceptance_of_a_step_is_the_share_of_sites_that_changed():
    """Of three states that are equally likely two are others."""
    engine, rng = choose_engine("numba"), np.random.default_rng(0)
    data = frequencies(STATES, 3, dtype=np.float32)
    take = Step(probes=100, sweeps=3, learning_rate=0.01, max_move=0.1, decay_steps=50)
    state = Learning(engine.learner(data, 0.0, 0.1), draw_profile_chains(2000, data.single, rng))
    _, info = engine.scan(take, None, state, take.draw_randomness(drawn(100), 1, rng))
    # Of ten thousand sites the share has a standard deviation of 0.005.
    assert info.acceptance[0] == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize(("length", "count"), [(1000, 10_000), (100, 40_000)])
def test_what_a_training_takes_of_a_cards_memory(length, count):
    """As XLA plans it for the device that is here; nothing is run. The card of 80 GB has to hold 1,000 sites."""
    q, steps, sweeps, shape = 21, 10, 10, jax.ShapeDtypeStruct
    number, arrays = shape((), jnp.float32), tuple(shape(s, jnp.float32) for s in ((length, q), (length, q, length, q)))
    learner = JaxLearner(arrays, (number, number), number, arrays, arrays)
    randomness = StepRandomness(
        shape((steps, 500, length), jnp.uint8),
        shape((steps, sweeps, 2), jnp.uint32),
        shape((steps, sweeps), jnp.float32),
    )
    state = Learning(learner, shape((count, length), jnp.uint8), number)
    take = Step(500, sweeps, 0.2, 1.0, 50)
    planned = jax_engine._scan.lower(choose_engine("jax"), take, None, state, randomness).compile().memory_analysis()
    total = planned.argument_size_in_bytes + planned.output_size_in_bytes + planned.temp_size_in_bytes
    assert total < training_bytes(length, q, count) < 60e9


def test_a_training_that_a_card_does_not_hold_is_refused_before_it_starts(monkeypatch):
    card = SimpleNamespace(memory_stats=lambda: {"bytes_limit": 31e9, "bytes_in_use": 1e9})
    monkeypatch.setattr(jax, "devices", lambda: [card])
    check_training(choose_engine("jax"), 900, 21, 10_000)
    with pytest.raises(InputError, match=r"needs 31\.6 GB, but only 30\.0 GB of this card are free"):
        check_training(choose_engine("jax"), 1000, 21, 10_000)
    check_training(choose_engine("numba"), 1000, 21, 10_000)
