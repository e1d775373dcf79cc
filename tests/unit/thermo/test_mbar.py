"""Free energies of the rungs: by Newton's method, by pymbar, and in closed form."""

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid

from temperance.thermo import thermodynamics

# Spins that do not interact: L spins, +1 or -1, of energy -1 or +1 each. Z(beta) = (2 cosh beta)^L.
LENGTH = 20
BETAS = np.linspace(0, 1.2, 9)


@pytest.fixture(scope="module")
def energies():
    """(9, 8, 500): eight ladders of 500 draws a rung."""
    up = 1 / (1 + np.exp(-2 * BETAS))
    draws = np.random.default_rng(4).binomial(LENGTH, up[:, None, None], (len(BETAS), 8, 500))
    return LENGTH - 2.0 * draws


def integrate(energies):
    return cumulative_trapezoid(energies.mean(axis=(1, 2)), BETAS, initial=0)


def test_newton_and_pymbar_solve_the_same_equations(energies):
    newton = thermodynamics._solve(BETAS, energies, integrate(energies))
    np.testing.assert_allclose(newton, thermodynamics._solve_safely(BETAS, energies), atol=1e-7)
    # -ln(Z / 2^L), to a few standard errors of about 0.01.
    np.testing.assert_allclose(newton, -LENGTH * np.log(np.cosh(BETAS)), atol=0.06)


def test_a_solution_makes_each_rung_as_occupied_as_it_was_sampled(energies):
    """MBAR's equations themselves: the mixture weights of rung k over all samples add to N_k = 4,000."""
    free = thermodynamics._solve(BETAS, energies, integrate(energies))
    weights = np.exp(free - np.multiply.outer(energies.ravel(), BETAS))
    occupancies = (weights / weights.sum(axis=1, keepdims=True)).sum(axis=0)
    np.testing.assert_allclose(occupancies, 4000, rtol=1e-6)


def test_pymbar_takes_over_where_newton_does_not_settle(energies, monkeypatch):
    calls = []
    solve_safely = thermodynamics._solve_safely
    monkeypatch.setattr(thermodynamics, "_solve_safely", lambda *data: calls.append(1) or solve_safely(*data))
    far = thermodynamics._solve(BETAS, energies, 1e4 * BETAS)
    assert calls == [1]
    np.testing.assert_allclose(far, thermodynamics._solve(BETAS, energies, integrate(energies)), atol=1e-4)
    assert calls == [1]
