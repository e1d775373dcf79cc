import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts, spins

from temperance.engines.registry import choose_engine
from temperance.sampling.population import Population, anneal_population

STATES = all_states(6, 3)
COUNT = 20_000


@pytest.mark.parametrize("name", ["numba", "jax"])
def test_a_population_has_the_enumerated_energies_marginals_and_partition_function(name):
    model, engine = random_potts(6, 3, seed=3, scale=1.0), choose_engine(name)
    population = anneal_population(engine, engine.prepare(model), COUNT, (6, 3), np.random.default_rng(1))
    p, energies = boltzmann(model, STATES, 1), model.energies(STATES)
    exact_log_z = np.log(np.exp(-(energies - energies.min())).sum()) - energies.min()
    assert population.log_z == pytest.approx(exact_log_z, abs=4 * population.log_z_error)
    assert population.energies.mean() == pytest.approx(p @ energies, abs=4 * population.mean_energy_error)
    np.testing.assert_allclose(population.energies, model.energies(np.asarray(population.chains)), atol=1e-3)
    states = np.bincount(np.asarray(population.chains) @ 3 ** np.arange(6), minlength=3**6)
    exact = np.zeros(3**6)
    exact[STATES @ 3 ** np.arange(6)] = p
    assert np.abs(states / COUNT - exact).max() < 5 * np.sqrt(exact.max() / population.families)


def test_modes_that_sweeps_do_not_connect_get_their_weights():
    # Of a magnet of twelve spins no chain turns over at temperature 1; its field makes one side 0.92 of the whole.
    model, states = spins(6 / 12 * (1 - np.eye(12)), field=0.1), all_states(12, 2)
    engine = choose_engine("numba")
    population = anneal_population(engine, engine.prepare(model), COUNT, (12, 2), np.random.default_rng(0))
    up = (states == 0).sum(axis=1) > 6
    exact = boltzmann(model, states, 1)[up].sum()
    assert 0.8 < exact < 0.97
    share = ((np.asarray(population.chains) == 0).sum(axis=1) > 6).mean()
    assert share == pytest.approx(exact, abs=4 * (exact * (1 - exact) / population.families) ** 0.5)


def test_the_error_of_the_partition_function_is_that_of_repeated_runs():
    model, engine = random_potts(6, 3, seed=5, scale=1.5), choose_engine("numba")
    prepared = engine.prepare(model)
    runs = [anneal_population(engine, prepared, 300, (6, 3), np.random.default_rng(seed)) for seed in range(40)]
    spread = np.std([run.log_z for run in runs], ddof=1)
    stated = np.mean([run.log_z_error for run in runs])
    assert 0.5 * stated < spread < 1.5 * stated


def test_families_are_few_where_few_chains_find_the_mode():
    # One sequence 30 nats below all others: one chain in 3^6 starts near it, and all descend from those.
    engine, deep = choose_engine("numba"), random_potts(6, 3, seed=1, scale=0.0)
    deep.fields[:, 0] = 5.0
    shallow = random_potts(6, 3, seed=1, scale=0.1)
    families = [
        anneal_population(engine, engine.prepare(model), 2000, (6, 3), np.random.default_rng(0)).families
        for model in (deep, shallow)
    ]
    assert families[0] < 0.5 * families[1]
    assert 1500 < families[1] <= 2000


def test_errors_are_those_of_families_and_not_of_chains():
    """A hundred chains of four families: energies 0 and 2 have a standard deviation of 1, over the root of 4."""
    population = Population(None, np.repeat([0.0, 2.0], 50), 0.0, 4.0, 6)
    assert population.log_z_error == population.mean_energy_error == 0.5


def test_sweeps_of_all_steps_are_counted():
    model, engine, swept = random_potts(6, 3, seed=5, scale=1.5), choose_engine("numba"), []
    sweep = engine.sweep
    engine.sweep = lambda *arguments: swept.append(int(arguments[-1])) or sweep(*arguments)
    population = anneal_population(engine, engine.prepare(model), 300, (6, 3), np.random.default_rng(1))
    assert len(swept) > 3 and population.sweeps == sum(swept)
