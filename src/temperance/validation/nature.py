"""Quality of samples at tau_train, by truths that are solved exactly."""

from itertools import product

import numpy as np
import pandas as pd

from temperance.core.seeds import derive_seed
from temperance.engines.registry import choose_engine
from temperance.potts import enumeration
from temperance.validation.law import measure_model
from temperance.validation.law_systems import PAIRWISE, pairwise_spins
from temperance.validation.nature_fits import tabulate_fits, tabulate_lattice


def nature(seed: int) -> pd.DataFrame:
    """Tabulate how good samples of models are by the truth at tau_train, by how the models were obtained.

    Parameters
    ----------
    seed : int
        Random seed of truths, training sets, training and sampling.

    Returns
    -------
    pandas.DataFrame
        Rows of `tabulate_penalties`, with fit "penalty", of `nature_fits.tabulate_fits` and `tabulate_lattice`.
    """
    tables = [
        tabulate_penalties(seed).assign(fit="penalty"), tabulate_fits(seed),
        tabulate_lattice(seed, choose_engine("numba")),
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def tabulate_penalties(
    seed: int, replicates: int = 8, sizes: tuple[int, ...] = (100, 1000), penalties: tuple[float, ...] = (0.003, 0.03),
) -> pd.DataFrame:  # fmt: skip
    """Tabulate how good samples of models are by the truth, against temperature, and at tau_train, tau_f and tau_r.

    Parameters
    ----------
    seed : int
        Random seed of truths and training sets.
    replicates : int
        Training sets of each size.
    sizes : tuple of int
        Sequences of a training set.
    penalties : tuple of float
        L2 penalties on couplings.

    Returns
    -------
    pandas.DataFrame
        One row a model and temperature: family, M, l2_couplings, replicate, point (curve, or what the temperature is:
        one, tau_train, tau_f, tau_r), temperature, true_energy (mean over samples), natural_energy and training_energy
        (true energies, too: mean over the truth, and over the training set; nats).
    """
    rows = []
    for name, draw in (PAIRWISE | {"planted": pairwise_spins("planted", gap=6)}).items():
        truth, family, *_ = draw(np.random.default_rng(derive_seed(seed, name, "truth")))
        natural, capacity = float(enumeration.boltzmann(truth) @ truth), enumeration.heat_capacity(truth)
        for size, l2, replicate in product(sizes, penalties, range(1, replicates + 1)):
            rng = np.random.default_rng(derive_seed(seed, name, str(l2), str(size), str(replicate)))
            model = measure_model(family, truth, size, rng, l2)
            points = [("curve", tau) for tau in np.geomspace(0.5, 2, 21)]
            points += [("one", 1.0), *((point, getattr(model, point)) for point in ("tau_train", "tau_f", "tau_r"))]
            rows += [
                {"family": name, "M": size, "l2_couplings": l2, "replicate": replicate, "point": point,
                 "temperature": tau, "true_energy": float(enumeration.boltzmann(model.energies, 1 / tau) @ truth),
                 "natural_energy": natural, "training_energy": natural - model.luck * capacity}
                for point, tau in points
            ]  # fmt: skip
    return pd.DataFrame(rows)
