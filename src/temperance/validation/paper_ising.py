"""Models of the Ising lattice of arXiv:2512.09152, trained in three ways, and what their divergences are made of."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.potts import enumeration, exact_optima
from temperance.temperature.levels import divide_by_group
from temperance.truth.enumerable import ising
from temperance.validation.even_spins import EvenSpins, double

SIZES = (54, 71, 150, 500, 2000, 10000)
REPLICATES = 10
# Ways of training, with a strength of the L2 penalty; that of the paper has none and ends early.
FITS = {"paper": 0.0, "l2": 0.01, "converged": 0.0}
# Temperatures and sizes of the table of optima.
CASES = ((2.05, 71), (2.3, 54), (2.8, 54), (3.2, 54), (4.0, 54), (5.0, 54), (2.05, 500), (4.0, 500))
# The largest training set that is analysed by energy level.
_FEW = 71
_TAUS = np.geomspace(0.2, 5, 41)


class LatticeTables(NamedTuple):
    """Hold the tables of the models of one temperature of the lattice.

    Attributes
    ----------
    models : pandas.DataFrame
        One row a model: temperature (of the truth), M, replicate, fit (a key of `FITS`), tau_f, tau_r, kappa and
        heat_capacity (at sampling temperature 1), largest (largest absolute coupling, nats).
    levels : pandas.DataFrame
        Models of few data, one row an energy level: temperature, M, replicate, fit, and the columns of
        `levels.divide_by_group`, of which group is the true energy in units of the coupling.
    curves : pandas.DataFrame
        Models of the largest such size and the first replicate, one row a sampling temperature: temperature, M,
        replicate, fit, tau, forward, reverse (nats).
    """

    models: pd.DataFrame
    levels: pd.DataFrame
    curves: pd.DataFrame


def tabulate_lattice(
    temperature: float,
    seed: int,
    rows: int = 4,
    columns: int = 4,
    sizes: tuple[int, ...] = SIZES,
    replicates: int = REPLICATES,
) -> LatticeTables:
    """Tabulate models of an Ising lattice at one temperature: a coupling for every pair, no fields.

    Parameters
    ----------
    temperature : float
        Of the truth, in units of the coupling of neighbours.
    seed : int
        Random seed of training sets and of starts.
    rows, columns : int
        Of the lattice, which is periodic.
    sizes : tuple of int
        Sequences of a training set.
    replicates : int
        Training sets of each size; the same ones for every way of training.

    Returns
    -------
    LatticeTables
    """
    spins = EvenSpins.of_size(rows * columns)
    all_levels = ising(rows, columns, temperature=1.0)
    levels = all_levels[: len(all_levels) // 2]
    truth, probabilities = levels / temperature, enumeration.boltzmann(all_levels / temperature)
    models, parts, curves = [], [], []
    for size in sizes:
        for replicate in range(1, replicates + 1):
            rng = np.random.default_rng(derive_seed(seed, "ising", temperature, size, replicate))
            states = rng.choice(len(all_levels), size, p=probabilities)
            correlations = spins.correlate(np.minimum(states, len(all_levels) - 1 - states))
            # As half of a symmetric matrix that is the mean of a normal one and its transpose.
            start = np.sqrt(0.5) * rng.standard_normal(len(correlations))
            for fit, l2 in FITS.items():
                couplings = spins.descend(correlations, start) if fit == "paper" else spins.fit(correlations, l2)
                energies = spins.compute_energies(couplings)
                optima = exact_optima.find_optima(truth, energies)
                name = {"temperature": temperature, "M": size, "replicate": replicate, "fit": fit}
                models.append(
                    name
                    | {"tau_f": optima.tau_f, "tau_r": optima.tau_r,
                       "kappa": enumeration.true_heat_capacity(truth, energies),
                       "heat_capacity": enumeration.heat_capacity(energies), "largest": np.abs(couplings).max()}
                )  # fmt: skip
                if size > _FEW:
                    continue
                counts = np.bincount(states, minlength=len(all_levels))
                parts.append(
                    divide_by_group(all_levels, all_levels / temperature, double(energies), counts).assign(**name)
                )
                if size == _FEW and replicate == 1:
                    curves += [
                        name
                        | {"tau": tau, "forward": exact_optima.forward_divergence(truth, energies, 1 / tau),
                           "reverse": exact_optima.reverse_divergence(truth, energies, 1 / tau)}
                        for tau in _TAUS
                    ]  # fmt: skip
    return LatticeTables(pd.DataFrame(models), pd.concat(parts, ignore_index=True), pd.DataFrame(curves))
