"""tau_train and the gain over single sites, against enumeration; intervals where held-out sequences are relatives."""

import numpy as np
import pytest
from small_systems import random_potts

from temperance.engines.registry import choose_engine
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.sampling.replica_exchange import sample
from temperance.stats.resampling import jackknife_error
from temperance.temperature.divergence import (
    Heldout,
    divergences,
    sampled_training_temperature,
    training_temperature,
)
from temperance.temperature.gain import independent_log_likelihood, likelihood_gain
from temperance.thermo.thermodynamics import estimate_curves

L, Q, M, L2 = 6, 3, 300, 0.05
TEMPERATURES = [0.4, 0.6, 0.8, 0.9, 1.0, 1.5]


@pytest.fixture(scope="module")
def truth():
    return enumeration.energies_of_all(random_potts(L, Q, seed=4, scale=0.6))


@pytest.fixture(scope="module")
def training(truth):
    return enumeration.draw_sequences(truth, L, Q, M, np.random.default_rng(1))


def fit(training, l2):
    return enumeration.fit_pairwise(frequencies(training, Q).with_pseudocount(1 / (50 * M)), l2)


@pytest.fixture(scope="module")
def model(training):
    return fit(training, L2)


@pytest.fixture(scope="module")
def of_all(model):
    return enumeration.energies_of_all(model)


@pytest.fixture(scope="module")
def samples(model, training):
    return sample(
        model, choose_engine("numba"), 5, TEMPERATURES, starts=training, sequences=4096, ladders=32, keep_all=True
    )


@pytest.fixture(scope="module")
def reweighted(samples):
    return estimate_curves(samples.betas, samples.energies, L, Q)


def test_tau_train_is_that_of_enumeration_found_twice(samples, reweighted, model, training, of_all):
    mean = float(model.energies(training).mean())
    expected = exact_optima.matching_temperature(of_all, mean)
    heldout = Heldout(of_all[:50], np.ones(50))
    optimum = divergences(
        reweighted, samples.betas, samples.energies, heldout, np.random.default_rng(0), training_energy=mean
    ).optima["tau_train"]
    assert 0.7 < expected < 0.97
    for estimate in (optimum.minimum, optimum.root):
        assert estimate.low <= expected <= estimate.high
        assert estimate.high - estimate.low < 0.06 * expected
    assert optimum.agree
    assert optimum.shared == 0
    alone = training_temperature(samples.betas, samples.energies, mean, np.random.default_rng(0))
    assert alone.value == pytest.approx(optimum.root.value, abs=0.003)


def test_tau_train_undoes_the_penalty(model, training, of_all):
    """1 - tau_train = l2 |J|^2 / C to first order, and tau_train is 1 without a penalty."""
    mean = float(model.energies(training).mean())
    norm = (model.couplings.astype(float) ** 2).sum() / 2
    tau = exact_optima.matching_temperature(of_all, mean)
    capacity = enumeration.heat_capacity(of_all)
    assert 1 - tau == pytest.approx(L2 * norm / capacity, rel=0.25)
    weak = fit(training, 1e-4)
    energies = enumeration.energies_of_all(weak)
    assert exact_optima.matching_temperature(energies, float(weak.energies(training).mean())) == pytest.approx(
        1, abs=0.01
    )


@pytest.mark.parametrize("l2", [0.02, 0.05, 0.15])
def test_samples_at_tau_train_are_as_good_as_nature(truth, training, l2):
    """For a truth of pairs the mean true energy at tau_train is that of the truth, which it is not at 1."""
    model = fit(training, l2)
    energies = enumeration.energies_of_all(model)
    tau = exact_optima.matching_temperature(energies, float(model.energies(training).mean()))
    natural = enumeration.boltzmann(truth) @ truth
    noise = truth[enumeration.find_positions(training, Q)].std() / M**0.5
    at = {t: float(enumeration.boltzmann(energies, 1 / t) @ truth - natural) for t in (tau, 1.0)}
    assert abs(at[tau]) < 2.5 * noise
    assert at[1.0] > at[tau] + (1 if l2 > 0.02 else 0.3) * noise


def test_a_mean_that_no_temperature_has(of_all):
    assert exact_optima.matching_temperature(of_all, of_all.mean() + 1) == np.inf
    assert exact_optima.matching_temperature(of_all, of_all.min() - 1) == 0


def test_models_that_cannot_be_reweighted_are_interpolated(samples, model, training, of_all):
    mean = float(model.energies(training).mean())
    expected = exact_optima.matching_temperature(of_all, mean)
    at = [int(np.argmin(np.abs(1 / samples.betas[1:] - t))) + 1 for t in samples.temperatures]
    energies = samples.energies[at].mean(axis=2)
    tau = sampled_training_temperature(samples.temperatures, energies, mean, np.random.default_rng(0))
    assert tau.value == pytest.approx(expected, abs=0.02)
    assert tau.low < tau.value < tau.high


def test_the_gain_is_that_of_enumeration(samples, reweighted, model, training, truth, of_all):
    rng = np.random.default_rng(3)
    chosen = rng.choice(len(truth), 4000, p=enumeration.boltzmann(truth))
    heldout = enumeration.all_sequences(L, Q)[chosen]
    independent = independent_log_likelihood(training, np.ones(M), heldout, Q)
    gain = likelihood_gain(reweighted, Heldout(of_all[chosen], np.ones(4000)), independent, L, 0.9, rng)
    share = 1 / (M + 1)
    single = (1 - share) * frequencies(training, Q).single + share / Q
    logs = np.log(single)[np.arange(L), enumeration.all_sequences(L, Q)].sum(axis=1)
    p = enumeration.boltzmann(truth)
    for tau, estimate in ((1.0, gain.at_one), (0.9, gain.best)):
        expected = p @ (-of_all / tau - enumeration.log_z(of_all, 1 / tau) - logs) / L
        assert estimate.low < expected < estimate.high
        assert estimate.high - estimate.low < 0.06
    assert gain.independent == pytest.approx(p @ logs / L, abs=0.03)
    assert gain.at_one.low > 0.02
    # Below the coldest temperature that was sampled ln Z is not known.
    colder = 0.99 / reweighted.betas[-1]
    beyond = likelihood_gain(reweighted, Heldout(of_all[chosen], np.ones(4000)), independent, L, colder, rng)
    assert beyond.best is None
    assert beyond.at_one is not None


def test_a_profile_model_gains_nothing(training, truth):
    """Independent sites, whose ln Z is known: the gain of the profile over itself is none, whatever is held out."""
    from temperance.baselines.registry import independent

    profile = independent(training, np.ones(M), Q)
    samples = sample(profile, choose_engine("numba"), 5, [0.7, 1.0, 1.4], starts=training, sequences=512, ladders=16)
    known = estimate_curves(samples.betas, samples.energies, L, Q)
    rng = np.random.default_rng(2)
    heldout = enumeration.draw_sequences(truth, L, Q, 400, rng)
    scores = independent_log_likelihood(training, np.ones(M), heldout, Q)
    gain = likelihood_gain(known, Heldout(profile.energies(heldout), np.ones(400)), scores, L, 1.0, rng)
    assert abs(gain.at_one.value) < 4 * float(jackknife_error(known.log_z)[-1]) / L + 1e-3
    assert gain.at_one.high < 0.01


@pytest.mark.parametrize("relatives", [1, 5, 20])
def test_the_interval_of_tau_f_covers_where_sequences_are_relatives(samples, reweighted, truth, of_all, relatives):
    """Held-out sequences in clusters of equals; the interval from single ones is far too narrow."""
    rng, p = np.random.default_rng(relatives), enumeration.boltzmann(truth)
    expected = exact_optima.find_optima(truth, of_all).tau_f
    labels = np.repeat(np.arange(400 // relatives), relatives)
    covered = {"clusters": [], "single": []}
    for _ in range(60):
        energies = of_all[rng.choice(len(truth), 400 // relatives, p=p)][labels]
        for name, clusters in (("clusters", labels), ("single", None)):
            heldout = Heldout(energies, np.ones(400), clusters=clusters)
            tau = divergences(reweighted, samples.betas, samples.energies, heldout, rng, 200).optima["tau_f"].minimum
            covered[name].append(tau.low <= expected <= tau.high)
    assert np.mean(covered["clusters"]) >= 0.85
    if relatives > 1:
        assert np.mean(covered["single"]) < np.mean(covered["clusters"]) - 0.1


def test_clusters_are_drawn_whole():
    """Two clusters of opposite energies: one of two is drawn each time, so means are those of either."""
    heldout = Heldout(np.array([1.0, 1.0, -1.0, -1.0]), np.ones(4), clusters=np.array([5, 5, 2, 2]))
    means, _ = heldout.means(50, np.random.default_rng(0))
    assert means[0] == 0
    assert set(means[1:]) == {-1.0, 1.0}
    assert heldout.units == pytest.approx(2)
