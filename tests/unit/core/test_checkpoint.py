"""What was killed goes on as if nothing had happened."""

import time

import numpy as np
import pytest
from kernel_in_numpy import emulated_engine
from small_systems import random_potts

from temperance.core.checkpoint import Checkpoint
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.sampling.replica_exchange import sample
from temperance.training import train

TASK = {"settings": {"sweeps": 3}, "seed": 1}
ENGINES = {
    "numba": lambda: choose_engine("numba"),
    "jax": lambda: choose_engine("jax"),
    "cuda": lambda: emulated_engine(),
}


class Death(BaseException):
    pass


class Deadly(Checkpoint):
    """Writes at every opportunity, and kills at one of them."""

    left = np.inf

    def with_task(self, **values):
        inner = Deadly(self._path, {**self._task, **values}, 0.0)
        inner.left = self.left
        return inner

    def save(self, state):
        super().save(state)
        self.left -= 1
        if self.left < 0:
            raise Death


def interrupted(path, compute, moments):
    """What `compute` makes of a checkpoint after it was killed at these opportunities."""
    for moment in moments:
        kill(path, compute, moment)
    return compute(Checkpoint(path, TASK, 0.0))


def kill(path, compute, moment):
    checkpoint = Deadly(path, TASK)
    checkpoint.left = moment
    with pytest.raises(Death):
        compute(checkpoint)


@pytest.fixture(scope="module")
def sequences():
    model = random_potts(8, 3, seed=3, scale=0.5)
    engine = choose_engine("numba")
    chains = draw_uniform_chains(500, 8, 3, np.random.default_rng(0))
    return engine.sweep(engine.prepare(model), chains, 1.0, 5, 20)


def training(sequences, engine, l2):
    plan = {
        "l2_couplings": l2,
        "l2_path": [0.3, 0.03],
        "path_steps": 10,
        "heldout": sequences[-100:],
        "heldout_weights": np.ones(100),
        "chains": 300,
        "sweeps": 2,
        "confirm_chains": 600,
        "check_every": 5,
        "max_steps": 40,
    }
    weights = np.ones(len(sequences))
    return lambda checkpoint: train(sequences, weights, 3, engine, 7, checkpoint=checkpoint, **plan)


def sampling(sequences, engine):
    plan = {"sequences": 192, "ladders": 12, "sweeps": 3, "max_sweeps": 12, "max_rhat": 0.5, "keep_all": True}
    model = random_potts(8, 3, seed=4)
    return lambda checkpoint: sample(model, engine, 7, [0.5, 1.0], starts=sequences, checkpoint=checkpoint, **plan)


@pytest.mark.parametrize("l2", [0.01, "auto"])
@pytest.mark.parametrize("engine", ENGINES)
def test_training_that_was_killed_ends_with_the_same_model(tmp_path, sequences, engine, l2):
    """Killed on the path, after a penalty was chosen, and at the last penalty."""
    compute = training(sequences, ENGINES[engine](), l2)
    whole, resumed = compute(Checkpoint()), interrupted(tmp_path / "x", compute, [0, 1, 1, 2])
    assert resumed.strengths.equals(whole.strengths)
    assert resumed.l2_couplings == whole.l2_couplings
    np.testing.assert_array_equal(resumed.model.couplings, whole.model.couplings)
    np.testing.assert_array_equal(resumed.model.fields, whole.model.fields)
    assert resumed.confirmation == whole.confirmation
    assert resumed.stopped == whole.stopped
    assert resumed.history.drop(columns="seconds").equals(whole.history.drop(columns="seconds"))
    assert resumed.history["seconds"].is_monotonic_increasing


@pytest.mark.parametrize(("engine", "late"), [("numba", False), ("numba", True), ("jax", False)])
def test_sampling_of_a_refined_ladder_that_was_killed_ends_with_the_same_samples(
    tmp_path, sequences, engine, late, monkeypatch
):
    """Killed in the survey, while added rungs settle, and while it draws, each time a draw on."""
    if late:  # colder rungs are tried when the draws have shown that the ladder is equilibrated, not before
        monkeypatch.setattr("temperance.sampling.replica_exchange._PROMISING_RHAT", 0.0)
    model, engine = random_potts(8, 3, seed=4), ENGINES[engine]()
    plan = {"sequences": 128, "ladders": 16, "sweeps": 4, "max_sweeps": 8, "spacing": 0.15, "keep_all": True}
    plan["max_rhat"] = 1.2
    weights = np.linspace(1, 2, len(sequences))

    def compute(checkpoint):
        return sample(
            model, engine, 7, [0.6, 1.0], starts=sequences, weights=weights, checkpoint=checkpoint, **plan
        )  # fmt: skip

    whole, resumed = (
        compute(Checkpoint()),
        interrupted(tmp_path / "x", compute, [2, 2, 0, 1, 3, *([8, 3] if late else [])]),
    )
    assert {"refined", "colder"} <= set(whole.rungs["origin"])
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(resumed.arrays()[name], array)
    assert resumed.rungs.equals(whole.rungs)
    assert (resumed.round_trips, resumed.sweeps) == (whole.round_trips, whole.sweeps)


@pytest.mark.parametrize("engine", ["numba", "jax"])
def test_sampling_that_was_killed_ends_with_the_same_samples(tmp_path, sequences, engine):
    """Killed while it burns in, while it draws, and after the draws had to be taken again."""
    compute = sampling(sequences, ENGINES[engine]())
    whole, resumed = compute(Checkpoint()), interrupted(tmp_path / "x", compute, [3, 20, 18])
    assert whole.sweeps > 3
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(resumed.arrays()[name], array)
    assert resumed.rungs.equals(whole.rungs)
    assert resumed.round_trips == whole.round_trips


def test_a_checkpoint_is_of_one_task_only(tmp_path, caplog):
    state = {"array": np.arange(3), "number": 0.1, "big": 2**100, "list": [1, [2, "x"]]}
    checkpoint = Checkpoint(tmp_path / "x", TASK).with_task(array=np.arange(5))
    checkpoint.save(state)
    loaded = checkpoint.load()
    np.testing.assert_array_equal(loaded.pop("array"), state.pop("array"))
    assert loaded == state
    assert Checkpoint(tmp_path / "x", TASK).with_task(array=np.arange(6)).load() is None
    assert Checkpoint(tmp_path / "x", TASK | {"seed": 2}).with_task(array=np.arange(5)).load() is None
    assert "damaged" not in caplog.text
    checkpoint.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_due_when_the_last_one_is_old_enough(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    checkpoint, unkept = Checkpoint(tmp_path / "x", TASK, 60), Checkpoint(None, TASK, 0)
    for moment, due in ((159.9, False), (160, True), (161, True)):
        now[0] = moment
        assert (checkpoint.due, unkept.due) == (due, False)
    checkpoint.save({"a": 1})
    for moment, due in ((220.9, False), (221, True)):
        now[0] = moment
        assert checkpoint.due == due
    # One of a further task counts from when it was made, with the same interval.
    further = checkpoint.with_task(part=1)
    now[0] = 280.9
    assert not further.due
    now[0] = 281
    assert further.due
    now[0] = 0
    usual = Checkpoint(tmp_path / "x", TASK)
    now[0] = 59.9
    assert not usual.due
    now[0] = 60
    assert usual.due


def test_without_a_path_nothing_is_kept(tmp_path):
    assert Checkpoint().load() is None
    Checkpoint().clear()
    Checkpoint(tmp_path / "x").clear()


def test_a_checkpoint_that_cannot_be_written_is_told_and_put_off(tmp_path, caplog):
    checkpoint = Checkpoint(tmp_path / "no folder" / "x", TASK, 60)
    checkpoint.save({"a": 1})
    assert "warning: no checkpoint was saved: " in caplog.text and not checkpoint.due


@pytest.mark.parametrize("damage", ["truncated", "empty", "one bit", "other format"])
def test_a_damaged_checkpoint_is_told_and_not_used(tmp_path, sequences, damage, caplog):
    compute, path = training(sequences, choose_engine("numba"), 0.01), tmp_path / "x"
    whole = compute(Checkpoint())
    kill(path, compute, 3)
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = b""
    elif damage == "one bit":
        content[-5] ^= 4
    else:
        content = b"\x80\x04K\x01."
    path.write_bytes(content)
    resumed = compute(Checkpoint(path, TASK, 0.0))
    assert "damaged; starting from the beginning" in caplog.text
    np.testing.assert_array_equal(resumed.model.couplings, whole.model.couplings)
