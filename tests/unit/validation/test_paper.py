"""The tables behind the figures of arXiv:2512.09152, against its known answers."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from temperance.validation.paper_ising import tabulate_lattice
from temperance.validation.paper_two_level import tabulate_example, tabulate_models


def test_the_example_of_two_levels_by_group():
    table = tabulate_example()
    at_one = table[table["temperature"] == 1].set_index("group")
    assert at_one.index.tolist() == ["high", "low, found", "low, missed"]
    assert at_one["states"].tolist() == [7, 2, 1]
    assert at_one["reverse"].round(4).tolist() == [0.4244, 0.1583, -0.0644]
    assert at_one["forward"].round(4).tolist() == [-0.0375, -0.1299, 0.8449]
    constants = table[["tau_f", "tau_r", "kappa", "heat_capacity", "gap"]].drop_duplicates()
    assert constants.round(4).to_numpy().tolist() == [[1.3636, 0.6337, 1.9408, 1.23, 2.7726]]
    assert at_one["slope"].sum() == pytest.approx(1.9408 - 1.23, abs=1e-4)
    whole = table.groupby("temperature")[["forward", "reverse"]].sum()
    # Both optima are among the temperatures.
    assert whole.min().round(4).to_dict() == {"forward": 0.6214, "reverse": 0.3719}
    assert whole.idxmin().round(4).to_dict() == {"forward": 1.3636, "reverse": 0.6337}


def test_two_level_models_over_gap_and_draws():
    table = tabulate_models(1, gaps=(5.0, 8.0), sizes=(10, 100), replicates=60)
    means = table.groupby(["gap", "M"])["tau_r"].mean()
    assert means.to_dict() == pytest.approx({(5, 10): 1.29, (5, 100): 1.17, (8, 10): 0.78, (8, 100): 0.71}, abs=0.04)
    # The sign rule, model by model.
    np.testing.assert_array_equal(table["kappa"] > table["heat_capacity"], table["tau_r"] < 1)
    assert table.groupby("M")["tau_f"].mean().to_dict() == pytest.approx({10: 3.4, 100: 1.5}, abs=0.3)


@pytest.fixture(scope="module")
def lattice():
    with threadpool_limits(1):
        return tabulate_lattice(2.05, 1, sizes=(71, 500), replicates=3)


def test_optima_of_the_lattice_are_the_known_ones(lattice):
    means = lattice.models.groupby(["M", "fit"])[["tau_r", "tau_f", "kappa", "heat_capacity"]].median()
    assert means.loc[71, "l2"].tolist() == pytest.approx([0.79, 1.11, 10.5, 8.4], abs=0.06, rel=0.2)
    assert means.loc[71, "paper"].tolist()[:2] == pytest.approx([0.76, 1.2], abs=0.12)
    assert means.loc[71, "converged"]["tau_r"] == pytest.approx(0.62, abs=0.12)
    assert means.loc[71, "converged"]["tau_f"] > 3
    for fit in ("l2", "paper", "converged"):
        assert means.loc[500, fit].tolist() == pytest.approx([0.95, 1.01, 11.1, 10.6], abs=0.04, rel=0.1)
    # The start is random; the early end leaves couplings smaller than those of a fit without a maximum.
    largest = lattice.models.pivot_table(index="replicate", columns="fit", values="largest", aggfunc="max")
    assert (largest["converged"] > 2 * largest["paper"]).all()


def test_levels_and_curves_of_the_lattice_agree_with_its_models(lattice):
    keys = ["M", "replicate", "fit"]
    models = lattice.models.set_index(keys)
    sums = lattice.levels.groupby(keys)[["states", "forward", "reverse", "slope"]].sum()
    # Training sets of 500 are not analysed by level.
    assert len(sums) == 9 and set(lattice.levels["M"]) == {71}
    assert (sums["states"] == 2**16).all()
    gain = (models["kappa"] - models["heat_capacity"]).loc[sums.index]
    np.testing.assert_allclose(sums["slope"], gain, rtol=1e-3)
    curves = lattice.curves.set_index(["fit", "tau"])
    assert len(curves) == 3 * 41
    for fit in ("paper", "l2", "converged"):
        curve, whole = curves.loc[fit], sums.loc[71, 1, fit]
        at_one = curve.loc[curve.index[np.argmin(np.abs(curve.index - 1))]]
        assert at_one[["forward", "reverse"]].tolist() == pytest.approx(whole[["forward", "reverse"]].tolist())
        best = curve["reverse"].idxmin()
        assert best == pytest.approx(models.loc[71, 1, fit]["tau_r"], rel=0.09)


def test_levels_have_the_probabilities_of_the_truth(lattice):
    levels = lattice.levels[(lattice.levels["replicate"] == 2) & (lattice.levels["fit"] == "l2")].set_index("group")
    # The lattice has 32 bonds. Of one flipped spin four are broken, and 16 spins in two signs can be flipped.
    assert levels["states"].loc[[-32, -24, -20]].tolist() == [2, 32, 64]
    assert (levels["p"] * levels["states"]).sum() == pytest.approx(1)
    assert levels["p"][-24] / levels["p"][-32] == pytest.approx(np.exp(-8 / 2.05))
    assert (levels["q"] * levels["states"]).sum() == pytest.approx(1)
    assert levels["share"].sum() == pytest.approx(1)
    assert (71 * levels["share"]).tolist() == pytest.approx((71 * levels["share"]).round().tolist())
    # Ways of training have the same data, replicates have not.
    data = lattice.levels.groupby(["replicate", "fit"])["data"].sum().unstack()
    assert (data.nunique(axis=1) == 1).all() and data["l2"].nunique() == 3
    assert data["l2"].between(0.5, 3).all()
