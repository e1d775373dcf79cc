"""The law of the optimal temperatures: closed forms of one spin, derivatives by differences, and models of draws."""

import numpy as np
import pytest
from scipy.stats import binom

from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.truth.enumerable import KINDS, ising
from temperance.validation.law import ExponentialFamily, derive_law, measure_learnt_levels, measure_model


def test_features_are_orthonormal_and_none_is_redundant():
    """Three sites of three states: two features a site, four a pair."""
    family = ExponentialFamily.pairwise(3, 3)
    assert family.is_coupling.tolist() == [False] * 6 + [True] * 12
    np.testing.assert_allclose(family.features.T @ family.features / 27, np.eye(18), atol=1e-12)
    np.testing.assert_allclose(family.features.sum(axis=0), 0, atol=1e-12)
    assert ExponentialFamily.pairwise(3, 3, fields=False).features.shape == (27, 12)


def test_parameters_of_an_ising_model_are_its_couplings():
    """Of 2 x 3 spins without periods: seven pairs of neighbours, of coupling 1 / 2."""
    family = ExponentialFamily.pairwise(6, 2, fields=False)
    parameters = family.parameters(ising(2, 3, periodic=False, temperature=2.0))
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    neighbours = {(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)}
    np.testing.assert_allclose(parameters, [0.5 * (pair in neighbours) for pair in pairs], atol=1e-12)


def test_a_truth_that_pairs_cannot_represent_is_refused():
    planted = KINDS["planted"](6, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="not sums over sites and pairs"):
        ExponentialFamily.pairwise(6, 2).parameters(planted)


@pytest.mark.parametrize("l2", [0.0, 0.05])
def test_newtons_fit_is_the_model_of_largest_penalised_likelihood(l2):
    rng = np.random.default_rng(2)
    sequences = rng.integers(0, 3, (400, 4)).astype(np.uint8)
    family = ExponentialFamily.pairwise(4, 3)
    shares = np.bincount(enumeration.find_positions(sequences, 3), minlength=81) / 400
    fitted = family.fit(shares @ family.features, family.penalties(l2))
    other = enumeration.energies_of_all(enumeration.fit_pairwise(frequencies(sequences, 3), l2))
    np.testing.assert_allclose(-family.features @ fitted, other - other.mean(), atol=2e-4)


def test_a_likelihood_without_a_maximum_is_told():
    family = ExponentialFamily.pairwise(2, 2)
    # Both spins are always up.
    with pytest.raises(FloatingPointError, match="no maximum"):
        family.fit(family.features[0], np.zeros(3))


def test_the_slope_of_the_information_is_its_derivative():
    family, rng = ExponentialFamily.pairwise(3, 3), np.random.default_rng(1)
    parameters, direction = rng.normal(size=18), rng.normal(size=18)
    ahead, behind = (family.cumulants(parameters + step * direction)[1] for step in (1e-5, -1e-5))
    np.testing.assert_allclose(family.information_slope(parameters, direction), (ahead - behind) / 2e-5, atol=1e-8)


def one_spin(field):
    """Energies of a spin in a field, and the family of fields."""
    features = np.array([[1.0], [-1.0]])
    return -field * features[:, 0], ExponentialFamily(features, np.array([False]), 2)


def test_the_law_of_one_spin_is_its_closed_form():
    """With m = tanh h, C = h^2 (1 - m^2) and d ln Var(E) / d ln beta = -2 m h: both optima are off by m h / (M C)."""
    truth, family = one_spin(0.7)
    law, magnetisation = derive_law(family, truth), np.tanh(0.7)
    assert law.effective_parameters == pytest.approx(1)
    assert law.heat_capacity == pytest.approx(0.49 * (1 - magnetisation**2))
    expected = 0.7 * magnetisation / law.heat_capacity
    assert law.noise_f == pytest.approx(expected)
    assert law.noise_r == pytest.approx(expected)
    assert (law.bias_f, law.bias_r) == pytest.approx((0, 0), abs=1e-8)
    assert law.predict(200) == pytest.approx((1 + expected / 200,) * 2)


def test_the_law_of_one_spin_is_the_mean_over_all_draws():
    """tau = atanh(2 k / M - 1) / h of k spins up among M: the rest is of order 1 / M^2."""
    truth, family = one_spin(0.7)
    up, size = np.arange(1, 2000), 2000
    chances = binom.pmf(up, size, (1 + np.tanh(0.7)) / 2)
    mean = (chances @ np.arctanh(2 * up / size - 1)) / 0.7
    assert derive_law(family, truth).predict(size)[0] - 1 == pytest.approx(mean - 1, rel=0.01)


def test_the_law_of_a_gap_is_its_closed_form():
    """A share s of the draws is in the upper level: (1 - 2 s) / (2 M D s (1 - s)), as one spin with D = 2 h."""
    truth = KINDS["two_level"](4, 2, np.random.default_rng(0), ground_states=5, gap=4.0)
    law = derive_law(ExponentialFamily.two_levels(truth == 0), truth)
    upper = enumeration.boltzmann(truth)[truth > 0].sum()
    expected = (1 - 2 * upper) / (8 * upper * (1 - upper))
    assert (law.noise_f, law.noise_r) == pytest.approx((expected, expected))
    assert law.heat_capacity == pytest.approx(16 * upper * (1 - upper))


@pytest.mark.parametrize(("gap", "cooler"), [(3.0, False), (4.0, True)])
def test_the_law_of_every_state_is_decided_by_the_mean_gap(gap, cooler):
    """With a parameter for each of N states, d ln det I / d ln beta is N times the mean energy less that of all."""
    truth = KINDS["two_level"](4, 2, np.random.default_rng(0), ground_states=5, gap=gap)
    law, p = derive_law(ExponentialFamily.all_distributions(16), truth), enumeration.boltzmann(truth)
    centred = truth - p @ truth
    freezing = -(p @ centred**3) / (p @ centred**2)
    assert law.effective_parameters == pytest.approx(15)
    assert law.noise_f * law.heat_capacity == pytest.approx(14 - freezing / 2)
    noise = 14 - freezing - 8 * (truth.mean() - p @ truth)
    assert law.noise_r * law.heat_capacity == pytest.approx(noise)
    assert (noise < 0) == cooler


def test_of_a_truth_that_pairs_cannot_represent_the_law_of_tau_f_takes_its_own_covariance():
    """One planted pattern: with the model's covariance in place of the truth's it would be 22.2 / (M C), not 38.2."""
    truth = KINDS["planted"](6, 2, np.random.default_rng(0), patterns=1, radius=0, gap=6)
    family, rng, size = ExponentialFamily.pairwise(6, 2), np.random.default_rng(3), 3000
    law, limit = derive_law(family, truth), family.project(truth)
    assert np.isnan(law.noise_r) and law.noise_f * law.heat_capacity == pytest.approx(38.2, abs=0.1)
    models = [measure_model(family, truth, size, rng, limit=limit) for _ in range(150)]
    tau_f = np.array([model.tau_f - model.luck for model in models])
    error = tau_f.std(ddof=1) / 150**0.5
    assert abs(tau_f.mean() - law.predict(size)[0]) < 3 * error + 2e-4 < 0.3 * (law.predict(size)[0] - 1)
    # Infinitely many draws leave tau_f at 1, and tau_r elsewhere.
    optima = exact_optima.find_optima(truth, limit)
    assert optima.tau_f == pytest.approx(1) and abs(optima.tau_r - 1) > 0.02


def test_learnt_levels_follow_the_law_of_the_gap_once_they_are_right():
    """Of 600 draws each of five low states has 115. Of eight some low state has none, and is taken for a high one."""
    truth = KINDS["two_level"](4, 2, np.random.default_rng(0), ground_states=5, gap=4.0)
    learnt = measure_learnt_levels(truth, 600, np.random.default_rng(2))
    exact_levels = measure_model(ExponentialFamily.two_levels(truth == 0), truth, 600, np.random.default_rng(2))
    assert np.array_equal(learnt.energies == 0, truth == 0)
    assert (learnt.tau_f, learnt.tau_r) == pytest.approx((exact_levels.tau_f, exact_levels.tau_f), rel=1e-6)
    assert learnt.luck == pytest.approx(exact_levels.luck)
    few = measure_learnt_levels(truth, 8, np.random.default_rng(2))
    assert not np.array_equal(few.energies == 0, truth == 0)
    # Some are missed, for which the model is best hotter to cover them.
    assert few.tau_f > few.tau_r


def test_one_spin_has_its_optima_where_the_fitted_field_is_the_true_one():
    truth, family = one_spin(0.7)
    optima = measure_model(family, truth, 500, np.random.default_rng(3))
    up = np.random.default_rng(3).multinomial(500, enumeration.boltzmann(truth))[0]
    expected = np.arctanh(2 * up / 500 - 1) / 0.7
    assert optima.tau_f == pytest.approx(expected, rel=1e-6)
    assert optima.tau_r == pytest.approx(expected, rel=1e-6)
    # The magnetisation of the draws is above the true one by so much; to first order tau - 1 is that over C / h.
    excess = 2 * up / 500 - 1 - np.tanh(0.7)
    assert optima.luck == pytest.approx(0.7 * excess / derive_law(family, truth).heat_capacity)


@pytest.mark.parametrize(
    ("truth", "l2", "cooler"),
    [
        (ising(2, 3, temperature=1.6), 0.0, True),
        (ising(2, 3, temperature=4.0), 0.0, False),
        (ising(2, 3, temperature=2.5), 0.005, True),
    ],
)
def test_models_of_many_draws_have_the_optima_of_the_law(truth, l2, cooler):
    """Samples of the ordered truth are better colder, of the disordered one hotter, of the penalised one colder."""
    family, rng, size = ExponentialFamily.pairwise(6, 2, fields=False), np.random.default_rng(5), 2000
    models = [measure_model(family, truth, size, rng, l2) for _ in range(150)]
    optima = np.array([[model.tau_f - model.luck, model.tau_r - model.luck] for model in models])
    mean, error = optima.mean(axis=0), optima.std(axis=0, ddof=1) / 150**0.5
    predicted = np.array(derive_law(family, truth, l2).predict(size))
    np.testing.assert_array_less(np.abs(mean - predicted), 3.5 * error + 2e-4)
    # What is predicted stands out from the error: a law of zero would not pass.
    assert (np.abs(predicted - 1) > 4 * error).all()
    assert (predicted[1] < 1) == cooler
