"""Averages over models of the paper's two systems."""

import numpy as np
import pandas as pd
import pytest

from temperance.validation.paper_averages import average_optima, find_crossing


def test_optima_are_averaged_in_inverse_temperature():
    models = pd.DataFrame(
        {"gap": [5.0, 5, 4, 4], "M": [10, 10, 10, 30], "tau_r": [0.5, 1.0, np.inf, 3.0], "tau_f": 1.0}
    )
    grid = average_optima(models, "gap", "tau_r")
    assert grid.index.tolist() == [4, 5] and grid.columns.tolist() == [10, 30]
    # (2 + 1) / 2 is 1 / 0.667.
    np.testing.assert_allclose(grid.to_numpy(), [[np.inf, 3.0], [2 / 3, np.nan]])


def test_means_of_kappa_and_heat_capacity_cross_between_two_values():
    """Differences C - kappa are 1 and 3 (mean 2) at 1, and -1 at 4: they vanish two thirds of the way."""
    models = pd.DataFrame({"gap": [4.0, 1, 1], "kappa": [5.0, 1, 1], "heat_capacity": [4.0, 2, 4]})
    assert find_crossing(models, "gap") == pytest.approx(3)
    assert np.isnan(find_crossing(models[models["gap"] < 4], "gap"))
