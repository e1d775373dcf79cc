"""Models to compare with, against enumeration and closed forms."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from small_systems import all_states, boltzmann, random_potts

from temperance.baselines.attention import Attention
from temperance.baselines.registry import draw, independent, learn
from temperance.baselines.site_conditionals import Autoregressive, learn_conditionals, pseudolikelihood
from temperance.engines.registry import choose_engine
from temperance.msa.frequencies import site_frequencies
from temperance.msa.weights import find_nearest
from temperance.potts.frequencies import frequencies

GIVEN = {"l2_fields": None, "l2_couplings": None, "path": ""}
SAMPLE = {"temperatures": [1.5, 0.5, 1.0], "sequences": 400, "ladders": 8, "sweeps": 2, "max_sweeps": 4}


@pytest.fixture(scope="module")
def system():
    """A Potts model of 4 sites and 3 states in the zero-sum gauge, all its sequences and their probabilities."""
    model = random_potts(4, 3, 5, scale=0.5).zero_sum()
    states = all_states(4, 3)
    return model, states, boltzmann(model, states, 1.0)


def test_pseudolikelihood_finds_the_model_that_all_sequences_come_from(system):
    model, states, weights = system
    fit = pseudolikelihood(states, weights, 3, 0.0, 0.0, tolerance=1e-12)
    np.testing.assert_allclose(fit.couplings, model.couplings, atol=2e-3)
    np.testing.assert_allclose(fit.fields, model.fields, atol=2e-3)


def test_conditionals_are_where_the_penalised_loss_is_flat(system):
    _, states, weights = system
    seen, l2 = ~np.eye(4, dtype=bool), 0.03
    fields, couplings = learn_conditionals(states, weights, 3, seen, 0.01, l2, tolerance=1e-12)
    one_hot = np.eye(3)[states]
    for site in range(4):
        logits = fields[site] + np.einsum("mjb,ajb->ma", one_hot, couplings[site])
        miss = one_hot[:, site] - np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
        np.testing.assert_allclose(weights @ miss, 0.01 * fields[site], atol=1e-3)
        slope = np.einsum("m,ma,mjb->ajb", weights, miss, one_hot)
        np.testing.assert_allclose(slope[:, seen[site]], l2 * couplings[site][:, seen[site]], atol=1e-3)


def test_an_autoregressive_model_is_normalised_and_drawn_from_as_it_says(system):
    _, states, weights = system
    model = Autoregressive.learn(states, weights, 3, 0.0, 0.001)
    rng = np.random.default_rng(0)
    for temperature in (0.5, 1.0, 2.0):
        exact = np.exp(model.log_probabilities(states, temperature))
        assert exact.sum() == pytest.approx(1, abs=1e-6)
        sequences = model.draw(20_000, temperature, rng)
        counts = np.bincount(sequences @ 3 ** np.arange(3, -1, -1), minlength=81)
        np.testing.assert_allclose(counts / 20_000, exact, atol=5 * (exact.max() / 20_000) ** 0.5)


def test_an_autoregressive_model_of_a_chain_is_exact():
    # Each site depends on the one before it alone, and entropies grow along the chain.
    first, steps = np.array([0.85, 0.15]), [np.array([[1 - p, p], [p, 1 - p]]) for p in (0.15, 0.3, 0.4)]
    states = all_states(4, 2)
    weights = first[states[:, 0]]
    for k, step in enumerate(steps):
        weights = weights * step[states[:, k], states[:, k + 1]]
    model = Autoregressive.learn(states, weights, 2, 0.0, 0.0, tolerance=1e-12)
    assert model.order.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(np.exp(-model.energies(states)), weights, atol=1e-4)


def test_what_separates_tempered_sites_from_a_tempered_joint_is_found(system):
    _, states, weights = system
    model = Autoregressive.learn(states, weights, 3, 0.0, 0.001)
    sites = model.log_probabilities(states, 0.5)
    joint = 2 * model.log_probabilities(states)
    joint -= logsumexp(joint)
    comparison = model.compare_to_joint_tempering(model.draw(40_000, 0.5, np.random.default_rng(2)), 0.5)
    assert comparison["joint_energy"] == pytest.approx(np.exp(joint) @ model.energies(states), abs=0.03)
    assert comparison["joint_divergence"] == pytest.approx(np.exp(sites) @ (sites - joint), abs=0.01)
    assert 0.3 < comparison["joint_share"] < 1
    at_one = model.compare_to_joint_tempering(model.draw(500, 1.0, np.random.default_rng(2)), 1.0)
    assert at_one["joint_divergence"] == pytest.approx(0, abs=1e-9) and at_one["joint_share"] == pytest.approx(1)


def test_the_profile_model_has_the_frequencies_of_its_sites_at_every_temperature(system):
    _, states, weights = system
    counts = 5000 * weights
    model = independent(states, counts, 3)
    single = site_frequencies(states, 3, counts)
    samples = draw(model, SAMPLE | {"sequences": 20_000}, states, choose_engine("numba"), 1)
    at_one = site_frequencies(samples.sequences[1].reshape(-1, 4), 3)
    np.testing.assert_allclose(at_one, single, atol=0.02)
    np.testing.assert_allclose(
        logsumexp(samples.log_likelihood(states), axis=0), 0, atol=1e-5
    )  # normalised at each temperature


def test_attention_draws_from_the_boltzmann_distribution_of_its_energy():
    # Two memories of one site have one component: its density can be integrated.
    sequences, weights = np.array([[0], [1]], np.uint8), np.array([1.0, 3.0])
    model = Attention.from_sequences(sequences, weights, 2)
    assert model.basis.shape == (1, 2)
    beta = model.beta(1.0)

    def density(x):
        return np.exp(-beta * (x - model.memories[:, 0]) ** 2 / 2) @ model.weights

    whole = quad(density, -10, 10)[0]
    edge = float(((np.eye(2)[0] + np.eye(2)[1]) / 2 - model.mean) @ model.basis[0])
    first = quad(density, *sorted((edge, np.copysign(10, model.memories[0, 0] - edge))))[0] / whole
    samples = model.draw(40_000, 1.0, np.random.default_rng(0))
    assert (samples == 0).mean() == pytest.approx(first, abs=0.01)
    energies = model.energies(sequences)
    at = model.memories[:, 0]
    np.testing.assert_allclose(energies, [-np.log(density(x)) for x in at], rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_attention_is_the_share_of_each_memory_in_the_density(temperature):
    rng = np.random.default_rng(2)
    sequences, weights = rng.integers(0, 3, (6, 5), dtype=np.uint8), np.array([1.0, 2, 1, 1, 4, 1])
    model = Attention.from_sequences(sequences, weights, 3)
    queries = rng.integers(0, 3, (7, 5), dtype=np.uint8)
    components = (np.eye(3)[queries].reshape(7, -1) - model.mean) @ model.basis.T
    squares = ((components[:, None] - model.memories) ** 2).sum(axis=2)
    terms = weights / 10 * np.exp(-model.beta(temperature) * squares / 2)
    np.testing.assert_allclose(
        model.attend(queries, temperature), terms / terms.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-7
    )
    np.testing.assert_allclose(model.energies(queries, temperature), -np.log(terms.sum(axis=1)), rtol=1e-4)


def test_attention_is_hard_when_cold_and_the_shares_when_hot():
    sequences, weights = np.array([[0, 0, 0], [1, 1, 1], [0, 1, 1]], np.uint8), np.array([1.0, 2, 1])
    model = Attention.from_sequences(sequences, weights, 2)
    np.testing.assert_allclose(model.attend(sequences, 0.01), np.eye(3), atol=1e-6)
    np.testing.assert_allclose(model.attend(sequences, 1e5), np.tile([0.25, 0.5, 0.25], (3, 1)), atol=1e-3)


def test_attention_retrieves_when_cold_and_generates_when_hot():
    rng = np.random.default_rng(3)
    sequences = rng.integers(0, 20, (30, 40), dtype=np.uint8)
    model = Attention.from_sequences(sequences, np.ones(30), 21)
    near = {tau: find_nearest(model.draw(100, tau, rng), sequences)[1].mean() for tau in (0.01, 1.0, 4.0)}
    assert near[0.01] > 0.97 > 0.9 > near[1.0] > near[4.0]


@pytest.mark.parametrize("kind", ["boltzmann", "profile", "pseudolikelihood", "autoregressive", "attention"])
def test_every_kind_is_learnt_drawn_from_and_scores(kind, system):
    _, states, weights = system
    rng = np.random.default_rng(4)
    training = states[rng.choice(81, 300, p=weights)]
    settings = {"chains": 200, "max_steps": 20, "confirm_chains": 400, "l2_couplings": 0.01}
    engine = choose_engine("numba")
    model = learn(GIVEN | {"kind": kind}, settings, training, np.ones(300), 3, engine, 7)
    samples = draw(model, SAMPLE, training, engine, 7)
    assert samples.temperatures.tolist() == [0.5, 1.0, 1.5] and samples.sequences.shape == (3, 8, 50, 4)
    assert samples.rungs["temperature"].tolist() == pytest.approx([0.5, 1.0, 1.5])
    assert model.energies(states).shape == (81,)
    likelihood = samples.log_likelihood(states)
    if kind == "attention":
        assert np.isnan(likelihood).all()
    else:
        np.testing.assert_allclose(logsumexp(likelihood, axis=0), 0, atol=0.1)
        expected = np.exp(likelihood[:, 1])
        at_one = frequencies(samples.sequences[1].reshape(-1, 4), 3).single
        np.testing.assert_allclose(at_one, np.einsum("m,mia->ia", expected, np.eye(3)[states]), atol=0.12)
    colder = model.energies(samples.sequences[0].reshape(-1, 4)).mean()
    assert colder < model.energies(samples.sequences[2].reshape(-1, 4)).mean()


def test_l2_is_what_is_asked_for(system):
    _, states, weights = system
    training = states[np.random.default_rng(5).choice(81, 200, p=weights)]
    weak, strong = (
        learn(GIVEN | {"kind": "pseudolikelihood", "l2_couplings": l2}, {}, training, np.ones(200), 3, None, 1)
        for l2 in (0.001, 1.0)
    )
    assert np.abs(strong.couplings).max() < 0.2 * np.abs(weak.couplings).max()
