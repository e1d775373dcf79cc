"""Engines against enumeration: marginals and pair marginals within five standard errors."""

import jax
import numpy as np
import pytest
from kernel_in_numpy import emulated_engine
from scipy.stats import ks_2samp
from small_systems import all_states, boltzmann, random_potts

from temperance.core.errors import InputError
from temperance.core.threads import use_threads
from temperance.engines import registry
from temperance.engines.base import DAMPING, MOMENTUM
from temperance.engines.chains import draw_profile_chains, draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.potts.frequencies import correlation_agreement, frequencies
from temperance.potts.model import Potts
from temperance.potts.pair_kernels import pairs_of_sites

CHAINS = 60_000


@pytest.fixture(params=["numba", "jax", "cuda"])
def engine(request):
    """What the CUDA kernel computes is done in NumPy here."""
    return emulated_engine() if request.param == "cuda" else choose_engine(request.param)


def count_chains(engine):
    """Fewer where NumPy, which takes its time, stands in for a card."""
    return CHAINS // 3 if engine.name == "cuda" else CHAINS


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.6, 10.0])
@pytest.mark.parametrize(("length", "q"), [(4, 3), (3, 9), (6, 2)])
def test_marginals_are_exact(engine, length, q, temperature):
    check_marginals(engine, length, q, temperature)


@pytest.mark.parametrize("q", [33, 60])
def test_marginals_of_wide_alphabets_are_exact(q):
    """As many registers as the kernel unrolls differently for."""
    # With so many pairs of states some are seen a few times only, and such counts are not normal.
    check_marginals(choose_engine("numba"), 2, q, 1.0, floor=1 / CHAINS)


def check_marginals(engine, length, q, temperature, floor=1e-6):
    model, count = random_potts(length, q, seed=length, scale=0.7), count_chains(engine)
    states = all_states(length, q)
    exact = frequencies(states, q, boltzmann(model, states, temperature))
    chains = draw_uniform_chains(count, length, q, np.random.default_rng(0))
    chains = np.asarray(engine.sweep(engine.prepare(model), chains, 1 / temperature, seed=5, sweeps=20))
    marginals = frequencies(chains, q)
    for mine, truth in ((marginals.single, exact.single), (marginals.pair, exact.pair)):
        error = np.sqrt(truth * (1 - truth) / count) + floor
        assert (np.abs(mine - truth) / error).max() < 5


@pytest.mark.parametrize("temperature", [0.6, 1.0, np.inf])
def test_forbidden_states_are_never_taken_and_the_others_as_the_condition_says(engine, temperature):
    model, states, rng = random_potts(4, 5, seed=1, scale=0.7), all_states(4, 5), np.random.default_rng(0)
    allowed = np.ones((4, 5), bool)
    allowed[0, [0, 1]], allowed[1, [3, 4]], allowed[3, :4] = False, False, False
    restricted = model.restrict(allowed)
    held = allowed[np.arange(4), states].all(axis=1)
    p = boltzmann(model, states, temperature) * held
    exact = frequencies(states, 5, p / p.sum())
    count = count_chains(engine)
    start = draw_profile_chains(count, allowed / allowed.sum(axis=1, keepdims=True), rng)
    chains = np.asarray(engine.sweep(engine.prepare(restricted), start, 1 / temperature, seed=5, sweeps=20))
    assert allowed[np.arange(4), chains].all()
    marginals = frequencies(chains, 5)
    for mine, truth in ((marginals.single, exact.single), (marginals.pair, exact.pair)):
        error = np.sqrt(np.maximum(truth * (1 - truth), 0) / count) + 1e-6
        assert (np.abs(mine - truth) / error).max() < 5
    np.testing.assert_allclose(restricted.energies(chains[:100]), model.energies(chains[:100]), rtol=1e-5)
    prepared = np.asarray(engine.energies(engine.prepare(restricted), chains[:100]))
    np.testing.assert_allclose(prepared, model.energies(chains[:100]), rtol=1e-4, atol=1e-4)


def test_engines_agree_where_the_states_cannot_be_listed():
    """Two samples of one model of 30 sites and 21 states, by engines that share no random number."""
    model, count = random_potts(30, 21, seed=0, scale=0.15), 4000
    samples = []
    for seed, name in enumerate(("numba", "jax")):
        engine, start = choose_engine(name), draw_uniform_chains(count, 30, 21, np.random.default_rng(seed))
        samples.append(np.asarray(engine.sweep(engine.prepare(model), start, 1.0, seed, sweeps=30)))
    assert ks_2samp(*(model.energies(sample) for sample in samples)).pvalue > 1e-4
    one, other = (frequencies(sample, 21).pair for sample in samples)
    pooled = (one + other) / 2
    often = pooled > 5 / count
    z = (one - other)[often] / np.sqrt(2 * pooled[often] * (1 - pooled[often]) / count)
    assert 0.97 < (z**2).mean() < 1.05
    assert often.sum() > 100_000


def test_each_chain_has_its_own_temperature(engine, small):
    states = all_states(4, 3)
    half = count_chains(engine) // 2
    temperatures = np.repeat([0.8, 3.0], half)
    chains = draw_uniform_chains(2 * half, 4, 3, np.random.default_rng(0))
    chains = np.asarray(engine.sweep(engine.prepare(small), chains, 1 / temperatures, seed=2, sweeps=20))
    for part, temperature in ((chains[:half], 0.8), (chains[half:], 3.0)):
        p = boltzmann(small, states, temperature)
        energies = small.energies(states)
        mean, sd = p @ energies, (p @ energies**2 - (p @ energies) ** 2) ** 0.5
        assert abs(small.energies(part).mean() - mean) < 5 * sd / half**0.5


def test_conditionals_of_one_update_are_exact(engine, small):
    """One sweep from a fixed state: the first site is drawn from its conditional distribution."""
    start = np.tile(np.array([0, 2, 1, 0], np.uint8), (CHAINS, 1))
    chains = np.asarray(engine.sweep(engine.prepare(small), start, 1.0, seed=1, sweeps=1))
    local = small.fields[0] + sum(small.couplings[0, :, j, start[0, j]] for j in (1, 2, 3))
    p = np.exp(local) / np.exp(local).sum()
    counts = np.bincount(chains[:, 0], minlength=3) / CHAINS
    assert (np.abs(counts - p) < 5 * np.sqrt(p * (1 - p) / CHAINS)).all()


def test_a_hot_limit_is_uniform_and_a_cold_one_is_the_conditional_ground_state(engine, small):
    prepared = engine.prepare(small)
    chains = draw_uniform_chains(CHAINS, 4, 3, np.random.default_rng(0))
    hot = frequencies(np.asarray(engine.sweep(prepared, chains, 0.0, seed=1, sweeps=1)), 3).single
    assert np.abs(hot - 1 / 3).max() < 5 * (2 / 9 / CHAINS) ** 0.5
    cold = np.asarray(engine.sweep(prepared, chains[:200], 1e4, seed=1, sweeps=30))
    for i in range(4):
        local = small.fields[i] + sum(small.couplings[i][:, j, cold[:, j]].T for j in range(4) if j != i)
        np.testing.assert_array_equal(cold[:, i], local.argmax(axis=1))


def test_energies_equal_the_models(engine, small):
    states = all_states(4, 3)
    np.testing.assert_allclose(engine.energies(engine.prepare(small), states), small.energies(states), atol=1e-4)


@pytest.mark.parametrize("has_fields", [True, False])
def test_a_step_is_newtons_for_independent_sites(engine, has_fields):
    """Two steps from the profile model, or without fields from the uniform one, written out pair by pair."""
    rng = np.random.default_rng(0)
    sequences, chains = (rng.integers(0, 4, (n, 6), dtype=np.uint8) for n in (300, 200))
    sequences[:, 3] = sequences[:, 1]
    data, l2 = frequencies(sequences, 4, rng.random(300)).with_pseudocount(0.1), (0.02, 0.3)
    data = data if has_fields else data.with_uniform_sites()
    learner, sample = engine.learner(data, *l2, has_fields), frequencies(chains, 4)
    fields = np.log(data.single) - np.log(data.single).mean(axis=1, keepdims=True)
    values, step = (fields, np.zeros(data.pair.shape)), (0, np.zeros(data.pair.shape))
    spread = 1 - (data.single**2).sum(axis=1)
    for rate, noise_fraction in ((0.1, 1), (0.03, 0.4)):
        ascent = data.single - sample.single - l2[0] * values[0]
        square, noise = has_fields * (ascent**2).sum(), has_fields * spread.sum() / 200
        toward, kept = np.zeros(data.pair.shape), []
        for n, (i, j) in enumerate(zip(*pairs_of_sites(6), strict=True)):
            f, g = data.single[i], data.single[j]
            gradient = (
                data.pair[n] - sample.pair[n] - l2[1] * values[1][n] - np.outer(ascent[i], g) - np.outer(f, ascent[j])
            )
            of_sampling = spread[i] * spread[j] / 200
            square, noise = square + (gradient**2).sum(), noise + of_sampling
            kept.append(max(0, 1 - noise_fraction * of_sampling / (gradient**2).sum()))
            toward[n] = kept[-1] * gradient / (np.outer(f, g) + l2[1] + DAMPING)
        assert min(kept) < 0.5 < max(kept)
        of_data, of_model = (mean_energy(values, shares) for shares in (data, sample))
        penalty = sum(s * (v**2).sum() for s, v in zip(l2, values, strict=True))
        expected = (square**0.5, noise**0.5, of_model - of_data - penalty, penalty)
        learner, stats = learner.update_direction(chains, noise_fraction)
        assert stats == pytest.approx(expected, rel=1e-4)
        toward = has_fields * ascent / (data.single + l2[0] + DAMPING), toward
        step = tuple(MOMENTUM * old + (1 - MOMENTUM) * new for old, new in zip(step, toward, strict=True))
        change = energies_by_pairs(step, sequences)
        np.testing.assert_allclose(learner.energy_change(sequences), change, rtol=1e-3, atol=1e-3)
        learner = learner.step(rate, 1.1)
        values = tuple(1.1 * (value + rate * part) for value, part in zip(values, step, strict=True))
    for mine, expected in zip(learner.parameters, values, strict=True):
        np.testing.assert_allclose(mine, expected, atol=2e-4)
    expected = energies_by_pairs(values, sequences)
    np.testing.assert_allclose(engine.energies(learner.prepared, sequences), expected, atol=1e-2)
    assert learner.mean_data_energy() == pytest.approx(mean_energy(values, data), abs=1e-3)
    assert learner.penalty() == pytest.approx(sum(s * (v**2).sum() for s, v in zip(l2, values, strict=True)), rel=1e-3)


def test_learners_compare_correlations_as_those_of_frequencies(engine):
    rng = np.random.default_rng(0)
    sequences, chains = (rng.integers(0, 4, (n, 6), dtype=np.uint8) for n in (300, 400))
    sequences[:, 3], chains[:, 3] = sequences[:, 1], chains[:, 1]
    data = frequencies(sequences, 4, rng.random(300)).with_pseudocount(0.1)
    agreement, expected = (
        engine.learner(data, 0.0, 0.1).correlation_agreement(chains),
        correlation_agreement(data, chains),
    )
    assert 0.5 < expected.pearson < 0.999 and expected.pearson_noise_corrected > expected.pearson
    for name in ("pearson", "slope", "pearson_noise_corrected", "noise"):
        assert getattr(agreement, name) == pytest.approx(getattr(expected, name), rel=1e-3), name


def mean_energy(values, shares):
    return -sum((f * value).sum() for f, value in zip((shares.single, shares.pair), values, strict=True))


def energies_by_pairs(values, sequences):
    fields, couplings = values
    total = np.zeros(len(sequences))
    for i in range(6):
        total -= np.asarray(fields)[i, sequences[:, i]]
    for table, i, j in zip(np.asarray(couplings), *pairs_of_sites(6), strict=True):
        total -= table[sequences[:, i], sequences[:, j]]
    return total


def test_the_model_that_is_learnt_is_the_one_that_is_sampled(engine):
    """Slabs follow moves: chains of the learner and of an engine that is given its parameters are the same."""
    rng = np.random.default_rng(0)
    data = frequencies(rng.integers(0, 3, (50, 5), dtype=np.uint8), 3).with_pseudocount(0.1)
    learner, chains = engine.learner(data, 0.0, 0.01), draw_uniform_chains(300, 5, 3, rng)
    for rate, factor in ((0.3, 1.0), (0.2, 1.5)):
        learner, _ = learner.update_direction(chains, 1.0)
        learner = learner.step(rate, factor)
        again = engine.prepare(Potts.from_pairs(*learner.parameters))
        mine, expected = (engine.sweep(p, chains, 1.0, seed=4, sweeps=5) for p in (learner.prepared, again))
        np.testing.assert_array_equal(mine, expected)


def test_sampled_couplings_are_the_models_to_a_thousandth():
    """What 16 bits leave out, in nats, where one coupling is far above all others."""
    model = random_potts(40, 21, seed=0, scale=0.1)
    model.couplings[0, 1, 5, 2] = model.couplings[5, 2, 0, 1] = 6.0
    prepared = choose_engine("numba").prepare(model)
    sampled = prepared.slabs[..., :21].transpose(1, 2, 0, 3) * prepared.unit
    assert np.abs(sampled - model.couplings).max() <= 0.51 * prepared.unit < 1e-3


def test_the_seed_determines_the_chains_whatever_the_threads(small):
    engine = choose_engine("numba")
    prepared = engine.prepare(small)
    chains = draw_uniform_chains(501, 4, 3, np.random.default_rng(0))
    most = use_threads(1)
    try:
        results = [engine.sweep(prepared, chains, 1.0, seed=9, sweeps=3)]
        use_threads(most)
        results.append(engine.sweep(prepared, chains, 1.0, seed=9, sweeps=3))
    finally:
        use_threads(most)
    for other in results:
        np.testing.assert_array_equal(results[0], other)
    assert (engine.sweep(prepared, chains, 1.0, seed=10, sweeps=3) != results[0]).any()


def test_chains_given_are_not_changed(engine, small):
    chains = draw_uniform_chains(50, 4, 3, np.random.default_rng(0))
    before = chains.copy()
    engine.sweep(engine.prepare(small), chains, 1.0, seed=1, sweeps=2)
    np.testing.assert_array_equal(chains, before)


def test_profile_chains_follow_their_frequencies():
    wanted = np.random.default_rng(1).dirichlet(np.ones(4), 3)
    wanted[0] = [0, 0.5, 0.5, 0]
    single = frequencies(draw_profile_chains(CHAINS, wanted, np.random.default_rng(0)), 4).single
    assert (np.abs(single - wanted) <= 5 * np.sqrt(wanted * (1 - wanted) / CHAINS)).all()


def test_a_card_that_is_not_here_is_asked_for_in_vain():
    with pytest.raises(InputError, match="engine: cuda needs an NVIDIA card"):
        choose_engine("cuda")


def test_a_kernel_that_does_not_run_gives_way_to_plain_jax(monkeypatch, caplog):
    assert choose_engine("auto").name == "numba"
    # On this machine there is no driver, whatever the card is said to be.
    monkeypatch.setattr(registry, "_capability", lambda: 9.0)
    monkeypatch.setattr(registry, "_accelerator", lambda: True)
    if jax.default_backend() == "cpu":
        assert choose_engine("auto").name == "jax"
        assert "the CUDA kernel does not run on this card" in caplog.text
    monkeypatch.setattr(registry, "_capability", lambda: 7.5)
    assert choose_engine("auto").name == "jax"
