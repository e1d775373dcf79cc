"""The effective number of parameters, against the spectrum of an enumerated model's Fisher information."""

import itertools

import numpy as np
import pytest

from temperance.training.effective_parameters import covering_temperature, effective_parameters

L, Q = 7, 3
PROBES = 12


@pytest.fixture(scope="module")
def model():
    """All sequences of a model with random couplings, their probabilities, and eigenvalues of its information."""
    rng = np.random.default_rng(0)
    sequences = np.array(list(itertools.product(range(Q), repeat=L)), np.uint8)
    features, energies = [], np.zeros(len(sequences))
    for i, j in itertools.combinations(range(L), 2):
        onehot = np.eye(Q * Q)[Q * sequences[:, i].astype(int) + sequences[:, j]]
        energies -= onehot @ rng.normal(0, 0.5, Q * Q)
        features.append(onehot)
    probabilities = np.exp(-energies) / np.exp(-energies).sum()
    features = np.hstack(features)
    features -= probabilities @ features
    return sequences, probabilities, np.linalg.eigvalsh((features * probabilities[:, None]).T @ features)


# Without its correction an estimate from 300 samples is 13 and 7 % too low.
@pytest.mark.parametrize("samples", [300, 10_000])
@pytest.mark.parametrize("l2", [0.1, 0.01])
def test_it_is_the_trace_over_the_exact_spectrum(model, l2, samples):
    sequences, probabilities, spectrum = model
    exact = (spectrum / (spectrum + l2)).sum()
    rng = np.random.default_rng(1)
    estimates = [
        effective_parameters(sequences[rng.choice(len(sequences), samples, p=probabilities)], Q, l2, rng)
        for _ in range(PROBES)
    ]
    # The variance of one probe is 2 p_eff at most, and the samples vary besides.
    assert np.mean(estimates) == pytest.approx(exact, abs=4 * (3 * exact / PROBES) ** 0.5)
    assert np.std(estimates) > 1


def test_too_few_samples_say_nothing(model):
    sequences, probabilities, _ = model
    rng = np.random.default_rng(2)
    assert np.isnan(effective_parameters(sequences[rng.choice(len(sequences), 100, p=probabilities)], Q, 0.001, rng))


def test_penalty_and_noise_cancel_at_the_evidence_optimum():
    assert covering_temperature(200.0, 100.0, 2.0, 7.0) == 1
    assert covering_temperature(200.0, 100.0, 3.0, 10.0) == pytest.approx(0.9)
