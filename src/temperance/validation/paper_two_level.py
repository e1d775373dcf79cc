"""Two-level models of arXiv:2512.09152: its worked example and its diagram over energy gap and number of draws."""

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.potts import enumeration
from temperance.temperature.levels import divide_by_group
from temperance.validation.two_level import find_two_level_optima, fit_two_levels

GAPS = tuple(np.arange(4, 9.75, 0.5))
SIZES = (10, 20, 30, 50, 100)
_TEMPERATURES = np.geomspace(0.25, 4, 33)
_EXAMPLE_GAP = 5.0
# Ten draws of which state 0 has six and state 1 four: the frequencies of the example's five.
_EXAMPLE_COUNTS = np.array([3, 2, 0, 0, 0, 0, 0, 0, 0, 0])
_EXAMPLE_GROUPS = np.array(["low, found"] * 2 + ["low, missed"] + ["high"] * 7)


def tabulate_example() -> pd.DataFrame:
    """Tabulate divergences of the example over temperature: ten states, three of them low, two of these found.

    Returns
    -------
    pandas.DataFrame
        One row a temperature and group of states: temperature, tau_f, tau_r, kappa, heat_capacity (of the model, the
        same in every row), gap (of the model, nats), and the columns of `levels.divide_by_group`. Temperatures are a
        grid, 1 and the two optima.
    """
    truth = np.where(np.arange(10) < 3, 0.0, _EXAMPLE_GAP)
    model = fit_two_levels(_EXAMPLE_COUNTS, np.random.default_rng(0))
    tau_f, tau_r = find_two_level_optima(truth, model)
    constants = {
        "tau_f": tau_f, "tau_r": tau_r, "kappa": enumeration.true_heat_capacity(truth, model.energies),
        "heat_capacity": enumeration.heat_capacity(model.energies), "gap": model.gap,
    }  # fmt: skip
    temperatures = np.unique(np.concatenate([_TEMPERATURES, [tau_f, tau_r, 1.0]]))
    return pd.concat(
        [
            divide_by_group(_EXAMPLE_GROUPS, truth, model.energies, _EXAMPLE_COUNTS, 1 / tau).assign(
                temperature=tau, **constants
            )
            for tau in temperatures
        ],
        ignore_index=True,
    )


def tabulate_models(
    seed: int,
    states: int = 100,
    ground_states: int = 30,
    gaps: tuple[float, ...] = GAPS,
    sizes: tuple[int, ...] = SIZES,
    replicates: int = 50,
) -> pd.DataFrame:
    """Tabulate optimal temperatures of two-level models over the truth's gap and the number of draws.

    Parameters
    ----------
    seed : int
        Random seed of the draws.
    states, ground_states : int
        Number of states of the truth, and of those that are low.
    gaps : tuple of float
        Energies of the other states, nats.
    sizes : tuple of int
        Draws that a model is fitted to.
    replicates : int
        Models of each gap and size.

    Returns
    -------
    pandas.DataFrame
        One row a model: gap, M, replicate, tau_f, tau_r, kappa and heat_capacity (at temperature 1).
    """
    rows = []
    for gap in gaps:
        truth = np.where(np.arange(states) < ground_states, 0.0, gap)
        probabilities = enumeration.boltzmann(truth)
        for size in sizes:
            rng = np.random.default_rng(derive_seed(seed, "two_level", gap, size))
            for replicate, counts in enumerate(rng.multinomial(size, probabilities, replicates), 1):
                model = fit_two_levels(counts, rng)
                tau_f, tau_r = find_two_level_optima(truth, model)
                rows.append(
                    {"gap": gap, "M": size, "replicate": replicate, "tau_f": tau_f, "tau_r": tau_r,
                     "kappa": enumeration.true_heat_capacity(truth, model.energies),
                     "heat_capacity": enumeration.heat_capacity(model.energies)}
                )  # fmt: skip
    return pd.DataFrame(rows)
