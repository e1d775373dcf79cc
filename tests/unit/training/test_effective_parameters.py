"""The effective number of parameters, against the spectrum of an enumerated model's Fisher information."""

import itertools

import numpy as np
import pytest
import scipy.linalg

from temperance.engines.registry import choose_engine
from temperance.potts.enumeration import all_sequences, boltzmann
from temperance.training.effective_parameters import (
    Noise,
    estimate_effective_parameters,
    estimate_noise,
    predict_tau_f,
)
from temperance.truth.enumerable import KINDS
from temperance.validation.law import ExponentialFamily, derive_law

L, Q = 7, 3
PROBES = 12


@pytest.fixture(scope="module")
def model():
    """All sequences of a model with random couplings, their probabilities, and eigenvalues of the information of pairs.

    Of what is left of pairs of states when single states, whose fields are free, have been projected out.
    """
    rng = np.random.default_rng(0)
    sequences = np.array(list(itertools.product(range(Q), repeat=L)), np.uint8)
    features, energies = [], np.zeros(len(sequences))
    for i, j in itertools.combinations(range(L), 2):
        onehot = np.eye(Q * Q)[Q * sequences[:, i].astype(int) + sequences[:, j]]
        energies -= onehot @ rng.normal(0, 0.5, Q * Q)
        features.append(onehot)
    probabilities = np.exp(-energies) / np.exp(-energies).sum()
    singles = np.hstack([np.eye(Q)[sequences[:, i]] for i in range(L)])
    singles, features = (
        (table - probabilities @ table) * probabilities[:, None] ** 0.5 for table in (singles, np.hstack(features))
    )
    residuals = features - singles @ np.linalg.lstsq(singles, features)[0]
    return sequences, probabilities, np.linalg.eigvalsh(residuals.T @ residuals)


# With fields that are penalised as pairs are it would be 12 instead of 20 at the strongest penalty.
@pytest.mark.parametrize("samples", [300, 10_000])
@pytest.mark.parametrize("l2", [1.0, 0.1, 0.01])
def test_it_is_the_trace_over_the_exact_spectrum(model, l2, samples):
    sequences, probabilities, spectrum = model
    exact = L * (Q - 1) + (spectrum / (spectrum + l2)).sum()
    rng = np.random.default_rng(1)
    estimates = [
        estimate_effective_parameters(sequences[rng.choice(len(sequences), samples, p=probabilities)], Q, l2, rng)
        for _ in range(PROBES)
    ]
    # The variance of one probe is 2 p_eff at most, and the samples vary besides.
    assert np.mean(estimates) == pytest.approx(exact, abs=4 * (3 * exact / PROBES) ** 0.5)
    assert np.std(estimates) > 1


@pytest.mark.parametrize("l2", [1.0, 0.1])
def test_without_fields_it_is_the_trace_over_couplings_of_the_zero_sum_gauge(model, l2):
    sequences, probabilities, _ = model
    centred = np.eye(Q) - 1 / Q
    features = np.hstack(
        [
            np.einsum("sa,sb->sab", centred[sequences[:, i]], centred[sequences[:, j]]).reshape(-1, Q * Q)
            for i, j in itertools.combinations(range(L), 2)
        ]
    )
    features = (features - probabilities @ features) * probabilities[:, None] ** 0.5
    spectrum = np.linalg.eigvalsh(features.T @ features)
    exact, rng = (spectrum / (spectrum + l2)).sum(), np.random.default_rng(1)
    estimates = [
        estimate_effective_parameters(
            sequences[rng.choice(len(sequences), 3000, p=probabilities)], Q, l2, rng, fields=False
        )
        for _ in range(PROBES)
    ]
    assert np.mean(estimates) == pytest.approx(exact, abs=4 * (3 * exact / PROBES) ** 0.5)


def test_what_few_samples_cannot_show_is_corrected_for(model):
    """Without the correction 100 samples show 42.6 of 49.5 effective parameters."""
    sequences, probabilities, spectrum = model
    exact, rng = L * (Q - 1) + (spectrum / (spectrum + 0.1)).sum(), np.random.default_rng(1)
    assert exact == pytest.approx(49.5, abs=0.1)
    estimates = [
        estimate_effective_parameters(sequences[rng.choice(len(sequences), 100, p=probabilities)], Q, 0.1, rng)
        for _ in range(100)
    ]
    assert np.mean(estimates) == pytest.approx(exact, abs=2)


@pytest.mark.parametrize(("l2", "samples"), [(0.1, 400), (0.1, 4000), (0.01, 4000)])
def test_the_noise_of_a_fit_has_the_exact_traces(model, l2, samples):
    """With A = (I + L2)^-1 of all parameters: tr(A I), tr(I A I A), and tr of it with d I / d ln beta."""
    sequences, probabilities, _ = model
    # Differences of one-hot states from the last one, of sites and of pairs of sites in the zero-sum gauge.
    sites = np.eye(Q)[sequences][:, :, : Q - 1]
    centred = scipy.linalg.null_space(np.ones((1, Q)))[sequences]
    pairs = [
        (centred[:, i, :, None] * centred[:, j, None, :]).reshape(len(sequences), -1)
        for i, j in itertools.combinations(range(L), 2)
    ]
    features = np.hstack([sites.reshape(len(sequences), -1), *pairs])
    features = features - probabilities @ features
    energies = -np.log(probabilities)
    deviations = energies - probabilities @ energies
    information = features.T @ (probabilities[:, None] * features)
    slope = -features.T @ ((probabilities * deviations)[:, None] * features)
    penalties = np.where(np.arange(len(information)) < L * (Q - 1), 0, l2)
    inverse = np.linalg.inv(information + np.diag(penalties))
    spread = inverse @ information @ inverse
    exact = [np.trace(inverse @ information), np.trace(information @ spread), np.trace(slope @ spread)]
    rng, estimates = np.random.default_rng(1), []
    for _ in range(PROBES):
        drawn = rng.choice(len(sequences), samples, p=probabilities)
        estimates.append(estimate_noise(sequences[drawn], energies[drawn], Q, l2, rng, probes=2))
    values = np.array([estimate[:3] for estimate in estimates])
    error = values.std(axis=0, ddof=1) / PROBES**0.5
    np.testing.assert_array_less(np.abs(values.mean(axis=0) - exact), 3.5 * error + 0.1 * np.abs(exact))
    assert (np.abs(exact) > 5 * error).all(), (exact, error)
    capacity = probabilities @ deviations**2
    assert np.mean([estimate.heat_capacity for estimate in estimates]) == pytest.approx(capacity, rel=0.05)
    skewness = np.mean([estimate.skewness for estimate in estimates])
    assert skewness == pytest.approx(-(probabilities @ deviations**3) / capacity, abs=0.15)


def test_the_law_is_written_out_and_counts_sequences():
    """Of a penalty of 2 nats 1 / 10 is noise of 100 sequences; the rest is a bias of 1.9 / 20."""
    noise = Noise(101.0, 91.0, -120.0, 20.0, -2.0)
    # tau_f: (91 - 1 + 1) / 20; tau_r: (91 - 60 - 1 + 2) / 20.
    assert noise.predict(100, 2.0, 50) == pytest.approx((1 + 0.091 - 0.095, 1 + 0.032 - 0.095))
    # At its own size tau_f is 1 + ((p_eff - 1 + 1) / M - penalty) / C.
    assert noise.predict(100, 2.0, 100)[0] == pytest.approx(predict_tau_f(101, 100, 2.0, 20.0))
    assert noise.count_sequences(100, 1.0) == pytest.approx((4.55 / 0.145, 1.6 / 0.145))
    # With a noise of -(30 + 1 - 2) / 20 it comes from below, and is at 0.9 where its noise is -0.055.
    cooler = noise._replace(freezing=-242.0)
    assert cooler.count_sequences(100, 1.0)[1] == pytest.approx((29 / 20) / 0.055)
    assert cooler.count_sequences(100, 2.2) == (np.inf, np.inf)


@pytest.mark.parametrize(("kind", "cooler"), [("hopfield", False), ("critical", True)])
def test_one_training_tells_how_many_sequences_it_takes(kind, cooler):
    """A model of 300 sequences, 4,000 samples of it, and the law of its truth, which it does not know."""
    rng, family = np.random.default_rng(4), ExponentialFamily.pairwise(10, 2)
    truth, counted = KINDS[kind](10, 2, rng), []
    for _ in range(4):
        shares = rng.multinomial(300, boltzmann(truth)) / 300
        parameters = family.fit(shares @ family.features, family.penalties(0.003))
        energies = -family.features @ parameters
        drawn = rng.choice(1024, 4000, p=boltzmann(energies))
        noise = estimate_noise(all_sequences(10, 2)[drawn], energies[drawn], 2, 0.003, rng)
        counted.append(noise.count_sequences(300, float((family.penalties(0.003) * parameters**2).sum())))
    law = derive_law(family, truth, 0.003)
    expected = law.noise_f / (0.1 + law.bias_f), abs(law.noise_r) / (0.1 + (-1 if cooler else 1) * law.bias_r)
    np.testing.assert_allclose(np.mean(counted, axis=0), expected, rtol=0.25)
    assert (law.noise_r < 0) == cooler


def test_devices_count_alike(model):
    """One probe, so that the two have the same one: products in single precision agree to its digits."""
    sequences, probabilities, _ = model
    samples = sequences[np.random.default_rng(3).choice(len(sequences), 300, p=probabilities)]
    counts = [
        estimate_effective_parameters(samples, Q, 0.1, np.random.default_rng(4), choose_engine(name))
        for name in ("numba", "jax")
    ]
    assert counts[1] == pytest.approx(counts[0], rel=1e-4)
    noises = [
        estimate_noise(samples, np.arange(300.0), Q, 0.1, np.random.default_rng(4), choose_engine(name))
        for name in ("numba", "jax")
    ]
    np.testing.assert_allclose(noises[1], noises[0], rtol=1e-3)


def test_too_few_samples_say_nothing(model):
    sequences, probabilities, _ = model
    rng = np.random.default_rng(2)
    assert np.isnan(
        estimate_effective_parameters(sequences[rng.choice(len(sequences), 100, p=probabilities)], Q, 0.001, rng)
    )
    few = sequences[rng.choice(len(sequences), 40, p=probabilities)]
    assert np.isnan(estimate_noise(few, np.arange(40.0), Q, 1e-5, rng)[:3]).all()


def test_penalty_and_noise_cancel_at_the_evidence_optimum():
    assert predict_tau_f(200.0, 100.0, 2.0, 7.0) == 1
    assert predict_tau_f(200.0, 100.0, 3.0, 10.0) == pytest.approx(0.9)
