"""Studies of enumerable families: their models are those that the settings of training ask for."""

import numpy as np
import pytest

from temperance.core.seeds import derive_seed
from temperance.potts import enumeration
from temperance.potts.frequencies import frequencies
from temperance.truth.enumerable import ising
from temperance.validation.study import tabulate_enumerable


@pytest.mark.parametrize("fields", [True, False])
def test_models_of_spins_have_fields_or_none(fields):
    truth = {"kind": "ising", "rows": 2, "columns": 3, "periodic": False, "temperature": 1.5, "sequences": 40}
    train = {"l2_couplings": 0.01, "l2_fields": 0.3, "fields": fields}
    point = {"family": "spins", "value": 1.5, "settings": {
        "truth": truth, "train": train, "subsets": {"sizes": [30], "replicates": 1}}}  # fmt: skip
    row = tabulate_enumerable([point], seed=5).iloc[0]
    energies = ising(2, 3, periodic=False, temperature=1.5)
    rng = np.random.default_rng(derive_seed(5, "spins", "draw", 1))
    training = enumeration.draw_sequences(energies, 6, 2, 40, rng)[:30]
    model = enumeration.fit_pairwise(frequencies(training, 2).with_pseudocount(1 / 30), 0.01, 0.3, fields)
    flipped = model.energies(1 - training).mean()
    assert row["energy_training"] == pytest.approx(model.energies(training).mean(), rel=1e-5)
    assert (row["energy_training"] == pytest.approx(flipped, rel=1e-5)) is not fields
    optima = enumeration.find_optima(energies, enumeration.energies_of_all(model))
    assert (row["tau_f"], row["tau_r"], row["M"]) == pytest.approx((optima.tau_f, optima.tau_r, 30), rel=1e-5)
