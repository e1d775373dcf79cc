"""The table of thermodynamics by hand, what it is compared with, and which of its temperatures are equilibrated."""

import numpy as np
import pandas as pd
import pytest
from two_states import BETAS, exact_curves, exact_energies, log_z

from temperance.engines.registry import choose_engine
from temperance.potts.model import Potts
from temperance.thermo.annealing import Annealed, _equal_steps, estimate_log_z
from temperance.thermo.energy_curve import interpolate_energies
from temperance.thermo.thermodynamics import (
    Curves,
    compare_log_z,
    estimate_density_of_states,
    find_lowest_equilibrated,
    group_ladders,
    is_equilibrated,
    tabulate_states,
)

NAN = np.nan


# ---------------------------------------------------------------- groups of ladders


@pytest.mark.parametrize(
    ("ladders", "groups"), [(32, 16), (24, 12), (12, 12), (16, 16), (10, 10), (14, 14), (34, 34), (7, 7)]
)
def test_ladders_are_joined_into_between_eight_and_sixteen_groups(ladders, groups):
    assert group_ladders(np.zeros((2, ladders, 3))).shape == (2, groups, 3 * ladders // groups)


# ---------------------------------------------------------------- the table


def by_hand():
    """Averages of two ladders at beta = 0, 0.5 and 2; without the one and the other they are 0.1 more or less."""
    middle = np.array([[3.0, 4.0, 8.0], [0.0, -1.0, -2.0], [2.0, 1.0, 0.5]])
    rows = middle[:, None] + np.array([0, 0.1, -0.1])[:, None]
    return Curves(np.array([0.0, 0.5, 2.0]), *rows, None, None)


def test_the_table_has_each_average_at_its_temperature_with_its_error():
    """The jackknife of two ladders: 0.1 of what differs by 0.1 to either side."""
    heldout, weights = np.array([-1.0, -3.0]), np.array([3.0, 1.0])
    table = tabulate_states(by_hand(), np.array([2.0, 0.5]), heldout, weights, 4)
    # S = ln Z + beta <E>, F = -ln Z / beta, C = beta^2 Var(E); errors are 0.1 times what multiplies ln Z, E and Var(E).
    expected = pd.DataFrame(
        {
            "temperature": [0.5, 2.0],
            "energy": [-2.0, -1.0], "energy_error": [0.1, 0.1],
            "entropy": [8 - 2 * 2.0, 4 - 0.5], "entropy_error": [0.1 * 3, 0.1 * 1.5],
            "free_energy": [-4.0, -8.0], "free_energy_error": [0.05, 0.2],
            "heat_capacity": [4 * 0.5, 0.25], "heat_capacity_error": [0.4, 0.025],
            "log_z": [8.0, 4.0], "log_z_error": [0.1, 0.1],
            # The weighted mean of held-out energies is -1.5.
            "log_likelihood": [(3 - 8) / 4, (0.75 - 4) / 4],
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(table.drop(columns="log_likelihood_error"), expected)
    # Deviations 0.5 and -1.5 of shares 3/4 and 1/4: an error of the mean of 0.375 * sqrt(2).
    error = 0.375 * 2**0.5
    np.testing.assert_allclose(
        table["log_likelihood_error"], np.array([np.hypot(2 * error, 0.1), np.hypot(0.5 * error, 0.1)]) / 4
    )
    relatives = tabulate_states(by_hand(), np.array([2.0]), heldout, weights, 4, np.array([1, 1]))
    np.testing.assert_allclose(relatives["log_likelihood_error"], 0.1 / 4)


def test_other_estimates_of_ln_z_stand_beside_it_from_cold_to_hot():
    states = pd.DataFrame({"temperature": [2.0, 1.0, 0.5], "log_z": [10.0, 20.0, 40.0], "log_z_error": [0.3, 0.3, NAN]})
    annealing = Annealed(np.array([10.5, 26.3, 41.0]), np.array([0.4, 0.4, 0.4]), np.array([90.0, 60.0, 30.0]))
    table = compare_log_z(states, annealing, np.array([10.1, 20.1, 40.1]), np.array([9.0, 19.0, 40.5]))
    assert table["temperature"].tolist() == [0.5, 1.0, 2.0]
    assert table["log_z"].tolist() == [40, 20, 10]
    assert table["log_z_ais"].tolist() == [41.0, 26.3, 10.5]
    assert table["log_z_ais_error"].tolist() == [0.4] * 3
    assert table["ais_ess"].tolist() == [30, 60, 90]
    assert table["log_z_integrated"].tolist() == [40.1, 20.1, 10.1]
    assert table["log_z_bound"].tolist() == [40.5, 19.0, 9.0]
    # Differences over the hypotenuse of 0.3 and 0.4; unknown where the error is.
    np.testing.assert_allclose(table["z_ais"], [NAN, -6.3 / 0.5, -1.0])
    # At 0.5 the bound lies 0.5 above ln Z, whose error is not known, and annealing 1, of which two errors are 0.8; at 1
    # annealing lies 6.3 above, of which two errors of 0.5 are 1; at 2 0.5, which is less than two errors.
    np.testing.assert_allclose(table["missing"], [1 - np.exp(-0.5), 1 - np.exp(-5.3), 0], atol=1e-12)
    # Of few weights 3 nats and four errors of 0.3 count for nothing.
    few = Annealed(annealing.log_z, annealing.error, np.array([90.0, 19.0, 30.0]))
    table = compare_log_z(states, few, np.array([10.1, 20.1, 40.1]), np.array([9.0, 19.0, 40.5]))
    np.testing.assert_allclose(table["missing"], [1 - np.exp(-0.5), 1 - np.exp(-2.1), 0], atol=1e-12)


# ---------------------------------------------------------------- equilibrated or not


def equilibrated(ladder, missing=(0, 0, 0), rhat=(1, 1, 1), max_rhat=1.1):
    states = pd.DataFrame({"temperature": [0.5, 1.0, 2.0], "missing": missing, "rhat_sequences": rhat})
    # Rungs in their own order, with one between that nobody asked for.
    rungs = pd.DataFrame(
        {"temperature": [2.0, 1.5, 1.0, 0.5], "requested": [1, 0, 1, 1],
         "equilibrated": [ladder[2], False, ladder[1], ladder[0]]}
    )  # fmt: skip
    return is_equilibrated(states, rungs, max_rhat).tolist()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"ladder": (True, True, True)}, [True, True, True]),
        ({"ladder": (False, True, True)}, [False, True, True]),
        # Below a temperature at which ladders disagree they may agree, but have to in sequences, too.
        ({"ladder": (True, False, True)}, [True, False, True]),
        ({"ladder": (True, True, True), "rhat": (1.2, 1.21, 9)}, [True, False, False]),
        # A tenth of the probability may be missing. What is missing at a temperature is missing at all colder ones.
        ({"ladder": (True, True, True), "missing": (0, 0.1, 0)}, [True, True, True]),
        ({"ladder": (True, True, True), "missing": (0, 0.11, 0)}, [False, False, True]),
        ({"ladder": (True, True, True), "missing": (0.11, 0, 0)}, [False, True, True]),
    ],
)
def test_a_temperature_is_equilibrated_where_ladders_agree_and_little_is_missing(keys, expected):
    assert equilibrated(**keys) == expected


def test_equilibrated_from_a_temperature_up_is_told_in_any_order():
    states = pd.DataFrame({"temperature": [2.0, 0.5, 1.0], "equilibrated": [True, True, True]})
    assert find_lowest_equilibrated(states) == 0.5
    # What lies below a gap is left out.
    assert find_lowest_equilibrated(states.assign(equilibrated=[True, True, False])) == 2.0
    assert find_lowest_equilibrated(states.assign(equilibrated=[False, True, True])) == np.inf


# ---------------------------------------------------------------- the density of states


def test_the_density_of_states_of_two_states_counts_one_of_each():
    energies = exact_energies(2)
    density = estimate_density_of_states(exact_curves(2), BETAS, energies, 1, 2, bins=4)
    np.testing.assert_allclose(density["energy"], [0.125, 0.875])
    np.testing.assert_allclose(density["width"], 0.25)
    np.testing.assert_allclose(density["log_g"], 0, atol=1e-6)
    np.testing.assert_allclose(density["log_g_error"], 0, atol=1e-9)
    assert estimate_density_of_states(exact_curves(1), BETAS, exact_energies(1), 1, 2)["log_g_error"].isna().all()


def test_the_error_of_the_density_is_that_of_ladders():
    """At infinite temperature alone: of four sequences one ladder has all at energy 1, and the other half of them."""
    energies = np.array([[[1.0, 1, 1, 1], [0, 0, 1, 1]]])
    averages = Curves(np.zeros(1), np.array([[np.log(4)]]), *np.zeros((2, 1, 1)), None, None)
    # Counts are 0 and 2 of energy 0, 4 and 2 of energy 1.
    density = estimate_density_of_states(averages, np.zeros(1), energies, 2, 2, bins=2)
    np.testing.assert_allclose(density["log_g"], np.log([4 * 2 / 8, 4 * 6 / 8]))
    # Standard deviations sqrt(2) of a mean of 1 and of 3, over sqrt(2).
    np.testing.assert_allclose(density["log_g_error"], [1, 1 / 3])


# ---------------------------------------------------------------- integration and annealing


def test_the_energy_curve_has_means_and_slopes_of_its_rungs():
    energies = np.array([[[-1.0, 1.0], [-3.0, 3.0]], [[-2.0, 0.0], [-4.0, -2.0]]])
    curve = interpolate_energies(np.array([0.0, 2.0]), energies)
    # Means 0 and -2, variances (1 + 1 + 9 + 9) / 4 = 5 and (0 + 4 + 4 + 0) / 4 = 2.
    np.testing.assert_allclose(curve.spline([0.0, 2.0]), [0, -2])
    np.testing.assert_allclose(curve.spline.derivative()([0.0, 2.0]), [-5, -2])
    # The integral of a cubic by its ends: 2 (0 - 2) / 2 + 4 (-5 + 2) / 12 = -3.
    assert curve.log_z(2.0, 3, 4) == pytest.approx(3 * np.log(4) + 3)
    assert curve.log_z(0.0, 3, 4) == pytest.approx(3 * np.log(4))


def test_integrating_two_states_is_exact_to_the_cubic():
    np.testing.assert_allclose(
        interpolate_energies(BETAS, exact_energies(2)).log_z(BETAS, 1, 2), log_z(BETAS), atol=1e-3
    )


def test_annealing_steps_are_of_equal_thermodynamic_length():
    """A slope of -1 up to 1, and of -9 from there on: a length of 1 + 3 of which 8 steps are halves."""
    betas = np.array([0.0, 1.0, 1.0 + 1e-6, 2.0])

    class Slope:
        def derivative(self):
            return lambda x: np.where(x <= 1, -1.0, -9.0)

    curve = interpolate_energies(betas, np.zeros((4, 1, 2)))
    steps = _equal_steps(type(curve)(betas, Slope()), 2.0, 8)
    np.testing.assert_allclose(steps, [0, 0.5, 1, *(1 + np.arange(1, 7) / 6)], atol=0.02)


def test_annealing_without_interactions_has_ln_z_with_its_error():
    """A field of 3 at one site: ln(1 + exp(3 beta)) at 0.5 and 1, in order."""
    model = Potts(np.array([[0.0, 3.0]], np.float32), np.zeros((1, 2, 1, 2), np.float32))
    betas = np.array([0.5, 1.0])
    rungs = np.array([0.0, 0.5, 1.0])
    shares = 1 / (1 + np.exp(-3 * rungs))
    counts = (200 * shares).round().astype(int)
    energies = np.array([np.repeat([-3.0, 0.0], [n, 200 - n]) for n in counts])[:, None]
    annealing = estimate_log_z(
        model, choose_engine("numba"), 1, betas, interpolate_energies(rungs, energies), chains=2000, steps=30
    )
    expected = np.log(1 + np.exp(3 * betas))
    assert (np.abs(annealing.log_z - expected) < 4 * annealing.error).all()
    # Weights w have (sum w)^2 / sum w^2 = n / (1 + var / mean^2), and their mean an error of sqrt(var / n) / mean.
    np.testing.assert_allclose(annealing.ess, 2000 / (1 + 1999 * annealing.error**2), rtol=1e-3)
    assert (annealing.error < 0.02).all()
    assert (annealing.error > 0.001).all()
