"""Least free energy, the power transform and the scale of energies, against closed forms and enumeration."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from temperance.core.seeds import derive_seed
from temperance.potts.enumeration import boltzmann
from temperance.validation import tempered
from temperance.validation.law import ExponentialFamily
from temperance.validation.systems import draw_truth

# A two-level system: 30 of 1,024 sequences at energy 0, the others at 6.
GROUND, EXCITED, GAP = 30, 994, 6.0


def sum_levels(tau):
    """Partition function, and mean energy, of the two-level system."""
    weight = EXCITED * np.exp(-GAP / tau)
    return GROUND + weight, GAP * weight / (GROUND + weight)


def test_free_energy_and_its_parts_are_those_of_two_levels():
    table = tempered.free_energy(1, kinds=("two_level",), draws=1)
    itself = table[table["perturbation"] == "none"]
    tau = itself["temperature"].to_numpy()
    assert (tau[0], tau[-1]) == pytest.approx((0.1, 10))
    z, energy = sum_levels(tau)
    assert_allclose(itself["free_energy"], -tau * np.log(z), rtol=1e-12)
    assert_allclose(itself["energy"], energy, rtol=1e-10, atol=1e-15)
    assert_allclose(itself["entropy"], np.log(z) + energy / tau, rtol=1e-12)


def test_no_distribution_has_less_free_energy_than_the_tempered_one():
    table = tempered.free_energy(1, kinds=("planted", "critical"), draws=2)
    itself = table["perturbation"] == "none"
    assert_allclose(table["excess"], table["tau_kl"], rtol=1e-9, atol=2e-12)
    assert table.loc[itself, "excess"].abs().max() < 1e-12
    large = table[table["size"] >= 0.1]
    assert large["excess"].min() > 0 and large["excess"].max() > 1
    # Mirror images are as likely as each other, so that independent sites are uniform.
    energies = draw_truth("critical", 1)
    independent = table[(table["family"] == "critical") & (table["perturbation"] == "independent sites")]
    assert_allclose(
        independent["free_energy"], energies.mean() - independent["temperature"] * 10 * np.log(2), rtol=1e-9
    )
    # Four perturbations do not depend on chance at three sizes, one at all, and two draws are random at each size.
    assert (table.groupby(["family", "temperature"]).size() == 1 + 1 + 3 * (2 + 2)).all()


def test_the_power_transform_of_two_levels():
    table = tempered.escort(1, kinds=("two_level",))
    tau = table["temperature"].to_numpy()
    z, energy = sum_levels(tau)
    assert (table["ground_states"] == GROUND).all()
    assert_allclose(table["entropy"], np.log(z) + energy / tau, rtol=1e-10)
    assert_allclose(table["heat_capacity"], energy * (GAP - energy) / tau**2, rtol=1e-6, atol=1e-12)
    assert_allclose(table["distance_to_ground"], 1 - GROUND / z, rtol=1e-9, atol=1e-13)
    assert_allclose(table["first_level"], 1 - GROUND / z, rtol=1e-9, atol=1e-13)
    away = np.abs(tau - 1) > 1e-3
    order, first = 1 / tau[away], sum_levels(1.0)[0]
    renyi = np.log(z[away] / first**order) / (1 - order)
    assert_allclose(table["renyi"][away], renyi, rtol=1e-8)
    at_one = table[~away].iloc[0]
    assert at_one["renyi"] == pytest.approx(np.log(first) + sum_levels(1.0)[1], rel=1e-10)


def test_identities_of_the_power_transform():
    table = tempered.escort(1, kinds=("hopfield", "critical"))
    assert_allclose(table["slope"], table["heat_capacity"] / table["temperature"], rtol=1e-5, atol=1e-7)
    assert_allclose(table["secant"], table["renyi"], rtol=1e-7)
    assert table["composition"].max() < 1e-12 and (table["reversed"] == 0).all()
    for family, ground_states in (("hopfield", 4), ("critical", 2)):
        rows = table[table["family"] == family]
        assert (np.diff(rows["entropy"]) > 0).all() and (rows["ground_states"] == ground_states).all()
        # The spin-flip and the two patterns: equal energies, to rounding.
        assert rows["entropy"].iloc[0] == pytest.approx(np.log(ground_states), rel=2e-3)


def test_transforms_compose_and_keep_order():
    p = np.array([0.1, 0.2, 0.7])
    assert_allclose(tempered.transform_power(p, 0.5), np.array([1, 4, 49]) / 54)
    assert_allclose(tempered.transform_power(tempered.transform_power(p, 0.5), 2), p)
    assert (np.diff(tempered.transform_power(p, 7.0)) > 0).all()


def test_the_scale_of_a_model_is_the_temperature_that_it_was_trained_at():
    table = tempered.identifiability(1, temperatures=(0.5, 1.0, 2.0), penalties=(0.0, 0.1)).set_index(
        ["l2", "temperature"]
    )
    free, penalised = table.loc[0.0], table.loc[0.1]
    for column in ("norm", "tau_f", "tau_cal"):
        assert_allclose(free[column], free[column].loc[1.0] * free.index, rtol=1e-5)
    assert free["difference"].max() < 1e-7
    # Newton's method of the law's module, on the same draws, finds the same parameters.
    family = ExponentialFamily.pairwise(10, 2)
    draws = np.random.default_rng(derive_seed(1, "identifiability")).multinomial(
        300, boltzmann(draw_truth("hopfield", 1))
    )
    parameters = family.fit(draws / 300 @ family.features, np.zeros(55))
    assert free.loc[1.0, "norm"] == pytest.approx(np.linalg.norm(parameters), rel=1e-6)
    # The same penalty weighs more on a model that was trained hotter, by t^2.
    assert penalised["norm_over_temperature"].is_monotonic_decreasing
    assert (penalised["tau_f"] / penalised.index).is_monotonic_decreasing
    assert penalised.loc[[0.5, 2.0], "difference"].min() > 1e-3 and penalised["difference_rescaled"].max() < 1e-7
