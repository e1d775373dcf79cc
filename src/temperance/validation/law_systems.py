"""The law of the optimal temperatures, tabulated beside models of truths of several kinds."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.truth.enumerable import KINDS, ising
from temperance.validation.law import (
    ExponentialFamily,
    derive_law,
    measure_learnt_levels,
    measure_model,
)
from temperance.validation.systems import LENGTH, Q


class System(NamedTuple):
    """A truth, and the models that are fitted to it.

    Attributes
    ----------
    truth : np.ndarray
        (S,) true energies, nats.
    family : ExponentialFamily
        Models of which the law is taken.
    replicate_factor : int
        How many times as many training sets as of other systems: with few parameters chance is as large as the law.
    learnt_levels : bool
        Whether the models have two levels whose states are learnt, too.
    """

    truth: np.ndarray
    family: ExponentialFamily
    replicate_factor: int = 1
    learnt_levels: bool = False


Draw = Callable[[np.random.Generator], System]


def pairwise_spins(kind: str, **shape: float) -> Draw:
    """Make the function that draws a truth of ten spins, to which pairwise models are fitted.

    Parameters
    ----------
    kind : str
        A key of `temperance.truth.enumerable.KINDS`.
    **shape
        Its parameters.

    Returns
    -------
    callable
        From a random generator to the system.
    """
    return lambda rng: System(KINDS[kind](LENGTH, Q, rng, **shape), ExponentialFamily.pairwise(LENGTH, Q))


def _lattice(temperature: float) -> System:
    return System(ising(3, 3, temperature=temperature), ExponentialFamily.pairwise(9, 2, fields=False))


def _two_levels(rng: np.random.Generator, learnt: bool) -> System:
    truth = KINDS["two_level"](LENGTH, Q, rng)
    return System(truth, ExponentialFamily.two_levels(truth == 0), replicate_factor=10, learnt_levels=learnt)


# Pairwise models can represent these truths.
PAIRWISE: dict[str, Draw] = {
    "Ising, T 2.05": lambda rng: _lattice(2.05),
    "Ising, T 4": lambda rng: _lattice(4.0),
    "hopfield": pairwise_spins("hopfield"),
    "gapless": pairwise_spins("gapless"),
    "critical": pairwise_spins("critical"),
    "random field": pairwise_spins("critical", width=0.1),
}
# Two levels, by what of them is learnt: every state's energy of a truth of few states; pairs do not represent them.
TWO_LEVELS: dict[str, Draw] = {
    "two_level, gap": lambda rng: _two_levels(rng, learnt=False),
    "two_level, gap and levels": lambda rng: _two_levels(rng, learnt=True),
    "two_level, every state": lambda rng: System(
        KINDS["two_level"](4, 2, rng, ground_states=5, gap=4),
        ExponentialFamily.all_distributions(16),
        replicate_factor=10,
    ),
    "two_level, pairs": pairwise_spins("two_level"),
}
# Penalties, and the sizes of training sets that they are tried on.
_PENALTIES, _PENALISED_SIZES = (0.001, 0.003, 0.01), (1000, 10000)


def law(
    seed: int, replicates: int = 24, sizes: tuple[int, ...] = (300, 1000, 3000, 10000, 30000),
    penalties: tuple[float, ...] = _PENALTIES,
) -> pd.DataFrame:  # fmt: skip
    """Tabulate optimal temperatures of models beside those that a law predicts (`validation.law`).

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    replicates : int
        Training sets of each size; ten times as many for models of few parameters.
    sizes : tuple of int
        Sequences of a training set, for models without a penalty.
    penalties : tuple of float
        L2 penalties on couplings, of models of 1,000 and 10,000 sequences, where there are couplings.

    Returns
    -------
    pandas.DataFrame
        One row a model: family, l2_couplings, M, replicate, parameters (effective number), heat_capacity, tau_f, tau_r
        (nan where the likelihood has no maximum), luck (what chance adds to both, to first order), law_f, law_r (nan
        where models cannot represent the truth).
    """
    rows = []
    for name, draw in (PAIRWISE | TWO_LEVELS).items():
        system = draw(np.random.default_rng(derive_seed(seed, name, "truth")))
        limit = system.family.project(system.truth)
        plan = [(0.0, size) for size in sizes]
        if system.family.is_coupling.any():
            plan += [(l2, size) for l2 in penalties for size in _PENALISED_SIZES]
        laws = {l2: derive_law(system.family, system.truth, l2) for l2 in {l2 for l2, _ in plan}}
        for l2, size in plan:
            law_f, law_r = laws[l2].predict(size)
            point = {"family": name, "l2_couplings": l2, "M": size}
            properties = {"parameters": laws[l2].effective_parameters, "heat_capacity": laws[l2].heat_capacity}
            for replicate in range(1, system.replicate_factor * replicates + 1):
                rng = np.random.default_rng(derive_seed(seed, name, str(l2), str(size), str(replicate)))
                optima = _optima(system, size, rng, l2, limit)
                rows.append(point | {"replicate": replicate} | properties | optima | {"law_f": law_f, "law_r": law_r})
    return pd.DataFrame(rows)


def _optima(
    system: System, size: int, rng: np.random.Generator, l2: float, limit: np.ndarray
) -> dict[str, float]:  # fmt: skip
    """Fit a model to one training set and find its optima; nan where the likelihood has no maximum."""
    try:
        model = (
            measure_learnt_levels(system.truth, size, rng)
            if system.learnt_levels
            else measure_model(system.family, system.truth, size, rng, l2, limit)
        )
    except FloatingPointError:
        return {"tau_f": np.nan, "tau_r": np.nan, "luck": np.nan}
    return {"tau_f": model.tau_f, "tau_r": model.tau_r, "luck": model.luck}
