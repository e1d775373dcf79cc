"""The effective number of parameters, against the spectrum of an enumerated model's Fisher information."""

import itertools

import numpy as np
import pytest

from temperance.engines.registry import choose_engine
from temperance.training.effective_parameters import estimate_effective_parameters, predict_tau_f

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


def test_devices_count_alike(model):
    """One probe, so that the two have the same one: products in single precision agree to its digits."""
    sequences, probabilities, _ = model
    samples = sequences[np.random.default_rng(3).choice(len(sequences), 300, p=probabilities)]
    counts = [
        estimate_effective_parameters(samples, Q, 0.1, np.random.default_rng(4), choose_engine(name))
        for name in ("numba", "jax")
    ]
    assert counts[1] == pytest.approx(counts[0], rel=1e-4)


def test_too_few_samples_say_nothing(model):
    sequences, probabilities, _ = model
    rng = np.random.default_rng(2)
    assert np.isnan(
        estimate_effective_parameters(sequences[rng.choice(len(sequences), 100, p=probabilities)], Q, 0.001, rng)
    )


def test_penalty_and_noise_cancel_at_the_evidence_optimum():
    assert predict_tau_f(200.0, 100.0, 2.0, 7.0) == 1
    assert predict_tau_f(200.0, 100.0, 3.0, 10.0) == pytest.approx(0.9)
