"""Everything that changes in the course of a training, and its form in a checkpoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from temperance.engines.base import Learner
from temperance.training.step import Learning
from temperance.training.strengths import Strength


@dataclass
class TrainingState:
    """Everything that changes in the course of training, except the source of randomness.

    Attributes
    ----------
    learning : Learning
        Model, persistent chains, and the time of the steps' decay.
    position, step, total : int
        Index of the present penalty, steps taken with it, and steps taken in all.
    last : bool
        Whether the present penalty is the last one.
    near : bool
        Whether the gradient is near its sampling noise.
    retries, more_steps : int
        Times that independent chains have not agreed at this penalty, and the step up to which it is trained on because
        of that, 0 if not.
    attempt_at, patience : int
        Step of the next test of convergence, and steps between it and the one before.
    seconds : float
        Wall-clock time of the training so far, earlier runs that it was resumed from included.
    records : list of tuple
        Rows of the history, as of `temperance.training.pcd.HISTORY_COLUMNS`.
    tried : list of Strength
        Penalties that are finished, when one is to be chosen.
    best : dict
        Arrays of the model and its chains at the best penalty so far.
    """

    learning: Learning
    position: int = 0
    step: int = 0
    total: int = 0
    last: bool = False
    near: bool = False
    retries: int = 0
    more_steps: int = 0
    attempt_at: int = 0
    patience: int = 0
    seconds: float = 0.0
    records: list[tuple[float, ...]] = field(default_factory=list)
    tried: list[Strength] = field(default_factory=list)
    best: dict[str, np.ndarray] = field(default_factory=dict)

    def begin(self, position: int) -> None:
        """Set the counters for training at another penalty.

        Parameters
        ----------
        position : int
            Its index on the path.
        """
        self.position, self.step, self.near, self.retries, self.more_steps = position, 0, False, 0, 0
        self.attempt_at = self.patience = 0


# Version of the saved state's form; a state of an earlier form is not resumed from.
STATE_FORM = 2
# Attributes of a state that JSON holds.
_PLAIN = (
    "position",
    "step",
    "total",
    "last",
    "near",
    "retries",
    "more_steps",
    "attempt_at",
    "patience",
    "seconds",
    "records",
)


def copy_arrays(learning: Learning) -> dict[str, np.ndarray]:
    """Copy the arrays of a model in training and its chains.

    Parameters
    ----------
    learning : Learning
        Learner, chains and time of the decay.

    Returns
    -------
    dict
        The learner's arrays, `chains` (C, L) and `decay_time` (1,).
    """
    learner, chains, decay_time = learning
    arrays = {**learner.arrays, "chains": chains, "decay_time": np.asarray(decay_time)[None]}
    return {name: np.array(values) for name, values in arrays.items()}


def save_state(state: TrainingState, rng: np.random.Generator) -> dict[str, Any]:
    """Gather what `restore_state` needs: arrays, and values that JSON can hold.

    Parameters
    ----------
    state : TrainingState
        Present state.
    rng : numpy.random.Generator
        Source of randomness, whose state is saved, too.

    Returns
    -------
    dict
    """
    arrays = copy_arrays(state.learning) | {f"best_{name}": values for name, values in state.best.items()}
    if state.tried:
        arrays["tried_energies"] = np.array([strength.energies for strength in state.tried])
    tried = [{name: value for name, value in vars(row).items() if name != "energies"} for row in state.tried]
    plain = {name: getattr(state, name) for name in _PLAIN}
    return arrays | plain | {"tried": tried, "random_state": rng.bit_generator.state}


def restore_state(
    state: TrainingState, saved: Mapping[str, Any], rng: np.random.Generator, learner_at: Callable[[int], Learner]
) -> None:
    """Bring a training, and its source of randomness, to the saved state.

    Parameters
    ----------
    state : TrainingState
        Overwritten.
    saved : mapping
        What `save_state` returned.
    rng : numpy.random.Generator
        Overwritten, too.
    learner_at : callable
        Position of a penalty on the path -> a new learner with that penalty.
    """
    for name in _PLAIN:
        setattr(state, name, saved[name])
    del state.learning
    state.learning = Learning(learner_at(state.position).restore(saved), saved["chains"], saved["decay_time"][0])
    state.tried = [Strength(energies=saved["tried_energies"][n], **row) for n, row in enumerate(saved["tried"])]
    state.best = {name[5:]: values for name, values in saved.items() if name.startswith("best_")}
    rng.bit_generator.state = saved["random_state"]
