import os
import subprocess
import sys

import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts, spins

from temperance.core.errors import InputError
from temperance.engines.registry import choose_engine
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies, measure_agreement
from temperance.sampling.systematic_resampling import systematic_resample
from temperance.stats.resampling import effective_number
from temperance.training import evaluate_imported, pcd, train
from temperance.training.effective_parameters import Noise
from temperance.training.run import HISTORY_COLUMNS, Plan
from temperance.training.step import Step
from temperance.truth.enumerable import KINDS
from temperance.validation.law import ExponentialFamily

STATES = all_states(5, 3)
PLAN = {
    "chains": 4000,
    "sweeps": 3,
    "confirm_chains": 8000,
    "l2_couplings": 0.003,
    "pseudocount": 0.0,
}


@pytest.fixture(scope="module")
def family():
    model = random_potts(5, 3, seed=3, scale=0.5)
    p = boltzmann(model, STATES, 1)
    rng = np.random.default_rng(0)
    return model, STATES[rng.choice(len(STATES), 20_000, p=p)]


@pytest.mark.parametrize(
    ("length", "rate", "longest", "stop", "l2", "strengths", "target"),
    [
        # Of 25 sites steps are twice as large a share, of 200 moves twice as long.
        (25, 0.2, 0.7, "converged", 0.1, (0.3, 0.1), None),
        (200, 0.1, 1.4, "converged", "auto", (1.0, 0.3, 0.1, 0.01), None),
        (100, 0.1, 0.7 * 2**0.5, "pearson", 0.1, (0.1,), 0.9),
    ],
)
def test_every_setting_is_handed_on(length, rate, longest, stop, l2, strengths, target, monkeypatch):
    calls = []

    class Recorded:
        def __init__(self, *arguments):
            calls.append(arguments)

        def train(self, progress):
            return "trained"

    monkeypatch.setattr(pcd, "Run", Recorded)
    sequences, weights = np.random.default_rng(0).integers(0, 3, (4, length), np.uint8), np.array([0.5, 0.5, 1, 3])
    result = train(
        sequences, weights, 3, choose_engine("numba"), 1, heldout=sequences[:2], heldout_weights=weights[2:],
        chains=120, sweeps=4, learning_rate=0.1, max_move=0.7, decay_steps=33, l2_fields=0.03, l2_couplings=l2,
        l2_path=(0.01, 1.0, 0.3, 0.1), path_steps=7, max_steps=9, max_minutes=3.5, check_every=4, confirm_chains=77,
        stop=stop, target_pearson=0.9,
    )  # fmt: skip
    assert result == "trained"
    ((plan, _, data, test, _, chains, heldout, _),) = calls
    # A fifth of the chains are probes; after the first penalty moves are shorter.
    assert plan == Plan(
        fields=True, l2_fields=0.03, strengths=strengths, choose=l2 == "auto", path_steps=7, max_steps=9,
        max_minutes=3.5, check_every=4, confirm_chains=77, target=target,
        first=Step(24, 4, pytest.approx(rate), pytest.approx(longest), 33),
        warm=Step(24, 4, pytest.approx(rate), pytest.approx(0.3 * longest), 33),
    )  # fmt: skip
    assert chains == 120 and heldout.weights.tolist() == [1, 3] and test.weights is weights
    # The pseudocount is one sequence of an effective number of five.
    expected = frequencies(sequences, 3, weights).with_pseudocount(0.2)
    np.testing.assert_allclose(data.single, expected.single, rtol=1e-6)
    np.testing.assert_allclose(data.pair, expected.pair, rtol=1e-5)


@pytest.mark.parametrize("engine", ["numba", "jax"])
def test_the_true_model_is_learnt(family, engine):
    truth, sequences = family
    plan = PLAN | {"l2_couplings": 0.0, "decay_steps": 100, "chains": 20_000}
    result = train(sequences, np.ones(len(sequences)), 3, choose_engine(engine), 1, **plan)
    learnt = result.model
    exact = truth.zero_sum()
    assert np.abs(learnt.fields - exact.fields).max() < 0.15
    assert measure_agreement(exact.couplings.ravel(), learnt.couplings.ravel()).pearson > 0.97
    enumerated = frequencies(STATES, 3, boltzmann(learnt, STATES, 1)).connected()
    assert measure_agreement(frequencies(sequences, 3).connected(), enumerated).pearson > 0.99
    assert result.confirmation.equilibrated


def test_early_stopping_is_confirmed_on_independent_chains_and_named(family):
    _, sequences = family
    plan = PLAN | {"stop": "pearson", "target_pearson": 0.98}
    result = train(sequences, np.ones(len(sequences)), 3, choose_engine("numba"), 1, **plan)
    assert result.stopped == "target"
    assert result.target == 0.98
    assert 0.98 <= result.confirmation.pearson <= result.confirmation.ceiling + 0.02
    assert result.history["pearson"].iloc[0] < result.confirmation.pearson
    assert list(result.history.columns) == HISTORY_COLUMNS
    assert (result.history["l2_couplings"] == 0.003).all()
    # What sampling alone gives depends on data and number of chains, and the gradient on the model.
    assert result.history["gradient_noise"].nunique() == 1 < result.history["gradient_norm"].nunique()


def test_a_target_above_the_ceiling_is_not_asked_for(family):
    _, sequences = family
    few = sequences[:400]
    plan = PLAN | {"stop": "pearson", "target_pearson": 0.9999, "confirm_chains": 500, "max_steps": 400}
    result = train(few, np.ones(400), 3, choose_engine("numba"), 1, **plan)
    assert result.confirmation.ceiling < 0.99
    assert result.stopped in ("target", "converged")


@pytest.mark.parametrize(("size", "l2"), [(100, 0.003), (100, 0.01), (300, 0.003)])
def test_covered_temperatures_are_those_of_the_enumerated_optimum(size, l2):
    """Stopped at a Pearson correlation, as training once was by default, they are 0.86 to 0.98 times as high."""
    ratios = []
    for replicate in range(3):
        truth = random_potts(7, 3, seed=replicate, scale=0.5)
        energies = enumeration.energies_of_all(truth)
        sequences = enumeration.draw_sequences(energies, 7, 3, size, np.random.default_rng(100 + replicate))
        plan = {"l2_couplings": l2, "chains": 2000, "sweeps": 5}
        result = train(sequences, np.ones(size), 3, choose_engine("numba"), replicate, **plan)
        assert result.stopped == "converged"
        optimum = enumeration.fit_pairwise(frequencies(sequences, 3).with_pseudocount(1 / size), l2)
        trained, best = (
            exact_optima.find_optima(energies, enumeration.energies_of_all(m)).tau_f for m in (result.model, optimum)
        )
        ratios.append(trained / best)
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)


def count_sequences(energies, l2, size):
    """Sequences that bring both optima near 1, by the law with the exact traces of a model of 7 sites and 3 states."""
    family = ExponentialFamily.pairwise(7, 3)
    parameters, penalties = family.parameters(energies), family.penalties(l2)
    information, slope = family.cumulants(parameters)[1], family.information_slope(parameters, parameters)
    inverse = np.linalg.inv(information + np.diag(penalties))
    spread = inverse @ information @ inverse
    traces = (np.trace(matrix) for matrix in (inverse @ information, information @ spread, slope @ spread))
    capacity = parameters @ information @ parameters
    noise = Noise(*traces, capacity, parameters @ slope @ parameters / capacity)
    return noise.count_sequences(size, penalties @ parameters**2)


def test_the_penalty_is_chosen_by_held_out_sequences():
    """Few sequences want more regularisation than many, and the chosen penalty is about the best for the truth."""
    truth = random_potts(7, 3, seed=1, scale=0.7)
    energies = enumeration.energies_of_all(truth)
    heldout = enumeration.draw_sequences(energies, 7, 3, 2000, np.random.default_rng(0))
    p, chosen = enumeration.boltzmann(energies), {}
    for size in (20, 6000):
        sequences = enumeration.draw_sequences(energies, 7, 3, size, np.random.default_rng(1))
        result = train(
            sequences, np.ones(size), 3, choose_engine("numba"), 1, heldout=heldout, heldout_weights=np.ones(2000)
        )
        chosen[size] = result.l2_couplings
        assert result.l2_choice == "held-out log-likelihood"
        assert result.strengths.set_index("l2_couplings").loc[result.l2_couplings, "chosen"]
        data = frequencies(sequences, 3).with_pseudocount(1 / size)
        exact_gains, capacities = [], []
        for l2 in result.strengths["l2_couplings"]:
            model = enumeration.energies_of_all(enumeration.fit_pairwise(data, l2))
            exact_gains.append(-(p @ model + enumeration.log_z(model)) / 7)
            capacities.append(enumeration.heat_capacity(model))
        # Penalties on the way are left a little before their optimum.
        np.testing.assert_allclose(result.strengths["log_likelihood"], exact_gains, atol=0.03)
        np.testing.assert_allclose(result.strengths["heat_capacity"], capacities, rtol=0.3)
        if size == 6000:
            counts = result.strengths.set_index("l2_couplings").loc[0.003, ["sequences_tau_f", "sequences_tau_r"]]
            expected = count_sequences(enumeration.energies_of_all(enumeration.fit_pairwise(data, 0.003)), 0.003, size)
            np.testing.assert_allclose(counts.astype(float), expected, atol=0.25 * expected[0])
        best = np.max(exact_gains)
        assert exact_gains[list(result.strengths["l2_couplings"]).index(chosen[size])] > best - 0.02
    assert chosen[20] > chosen[6000]


def test_too_few_held_out_sequences_to_choose_by_are_told(family):
    _, sequences = family
    # Forty are worth 16.
    few = {"heldout": sequences[-40:], "heldout_weights": np.full(40, 0.4)}
    plan = PLAN | {"l2_couplings": "auto", "max_steps": 20, "path_steps": 10, "confirm_chains": 200}
    result = train(sequences[:100], np.ones(100), 3, choose_engine("numba"), 1, **plan, **few)
    assert result.l2_choice == "too few held-out sequences"
    with pytest.raises(InputError, match=r"train\.l2_couplings: auto needs held-out sequences"):
        train(sequences[:100], np.ones(100), 3, choose_engine("numba"), 1, **plan)


def test_an_imported_model_is_evaluated_and_left_as_it_is(family):
    model, sequences = family
    weights, engine = np.ones(len(sequences)), choose_engine("numba")
    result = evaluate_imported(model, sequences, weights, engine, 1, confirm_chains=8000)
    assert result.stopped == "imported" and result.model is model and result.target is None
    assert result.confirmation.equilibrated
    assert result.confirmation.pearson > 0.97
    assert abs(result.confirmation.scale_error) < 0.03
    hot = evaluate_imported(model.scale(0.5), sequences, weights, engine, 1, confirm_chains=8000)
    assert hot.confirmation.scale_error > 0.3


def test_regularised_training_reaches_the_enumerated_optimum(family):
    """At the optimum the data's and the model's frequencies differ by l2 * J, exactly."""
    _, sequences = family
    weights, l2 = np.ones(len(sequences)), 0.1
    plan = PLAN | {"l2_couplings": l2, "chains": 10_000}
    result = train(sequences, weights, 3, choose_engine("numba"), 1, **plan)
    data = frequencies(sequences, 3, weights)
    model = frequencies(STATES, 3, boltzmann(result.model, STATES, 1))
    # The penalty picks the zero-sum gauge of the couplings, so the condition holds for its zero-sum part.
    left = (data.connected() - model.connected()).reshape(-1, 9)
    right = np.array([l2 * result.model.couplings[i, :, j].ravel() for i in range(5) for j in range(i + 1, 5)])
    assert measure_agreement(right.ravel(), left.ravel()).pearson > 0.9
    free = train(sequences, weights, 3, choose_engine("numba"), 1, **(plan | {"l2_couplings": 0.0}))
    assert np.linalg.norm(result.model.couplings) < 0.8 * np.linalg.norm(free.model.couplings)


def test_training_without_fields_reaches_the_enumerated_optimum(family):
    """Of a family whose sites have preferences, which do not enter the couplings."""
    _, sequences = family
    options = PLAN | {"chains": 10_000, "l2_couplings": 0.01, "decay_steps": 100}
    result = train(sequences, np.ones(len(sequences)), 3, choose_engine("numba"), 1, fields=False, **options)
    assert result.stopped == "converged"
    assert not result.model.fields.any()
    for states in (1, 3):
        np.testing.assert_allclose(result.model.couplings.sum(axis=states), 0, atol=1e-4)
    optimum = enumeration.fit_pairwise(frequencies(sequences, 3), 0.01, fields=False)
    difference = result.model.couplings - optimum.couplings
    assert np.abs(difference).max() < 0.03 < 0.3 < np.abs(optimum.couplings).max()


@pytest.mark.parametrize(("limit", "reason"), [({"max_steps": 3}, "steps"), ({"max_minutes": 1e-6}, "time")])
def test_limits_stop_and_are_named(family, limit, reason):
    _, sequences = family
    plan = PLAN | {"l2_couplings": 0.0} | limit
    result = train(sequences[:200], np.ones(200), 3, choose_engine("numba"), 1, **plan)
    assert result.stopped == reason
    assert np.isfinite(result.confirmation.pearson)


def test_weights_count(family):
    _, sequences = family
    few = sequences[:100]
    weights = np.where(few[:, 0] == 0, 5.0, 1.0)
    plan = PLAN | {"max_steps": 60, "l2_couplings": 0.0}
    model = train(few, weights, 3, choose_engine("numba"), 1, **plan).model
    single = frequencies(STATES, 3, boltzmann(model, STATES, 1)).single[0]
    assert np.abs(single - frequencies(few, 3, weights).single[0]).max() < 0.05


def test_equal_seeds_give_equal_models(family):
    _, sequences = family
    plan = PLAN | {"max_steps": 5, "confirm_chains": 100}
    models = [train(sequences[:100], np.ones(100), 3, choose_engine("numba"), seed, **plan).model for seed in (1, 1, 2)]
    np.testing.assert_array_equal(models[0].couplings, models[1].couplings)
    assert (models[0].couplings != models[2].couplings).any()


def test_resampled_chains_of_one_model_are_a_sample_of_the_next():
    here, there = (random_potts(5, 3, seed=seed, scale=0.5) for seed in (3, 4))
    rng, count = np.random.default_rng(0), 200_000
    chains = STATES[rng.choice(len(STATES), count, p=boltzmann(here, STATES, 1))]
    log_weights = here.energies(chains) - there.energies(chains)
    moved = systematic_resample(chains, log_weights, rng.random())
    p = boltzmann(there, STATES, 1)
    seen = np.bincount(moved @ 3 ** np.arange(5), minlength=243)[STATES @ 3 ** np.arange(5)] / count
    effective = count * np.exp(log_weights).mean() ** 2 / np.exp(2 * log_weights).mean()
    assert (np.abs(seen - p) < 5 * np.sqrt(p * (1 - p) / effective) + 1e-4).all()
    np.testing.assert_array_equal(systematic_resample(chains, np.zeros(count), rng.random()), chains)


def test_the_effective_number_of_weights_is_that_of_as_many_equal_ones():
    equal, few = np.full(10, -700.0), np.where(np.arange(10) < 3, 5.0, -900.0)
    np.testing.assert_allclose(effective_number(np.array([equal, few])), [10, 3])
    assert effective_number(np.log([2.0, 1.0])) == pytest.approx(9 / 5)


def test_valleys_that_sweeps_do_not_connect_get_their_shares():
    # Over the barrier, half of eight spins turned, goes one chain in a hundred thousand a sweep.
    truth, states = spins(4 / 8 * (1 - np.eye(8)), field=0.05), all_states(8, 2)
    up = (states == 0).sum(axis=1) > 4
    sequences = states[np.random.default_rng(0).choice(len(states), 20_000, p=boltzmann(truth, states, 1))]
    plan = PLAN | {"sweeps": 10, "l2_couplings": 0.001, "max_steps": 100}
    model = train(sequences, np.ones(len(sequences)), 2, choose_engine("numba"), 1, **plan).model
    learnt, true = (boltzmann(potts, states, 1)[up].sum() for potts in (model, truth))
    assert true == pytest.approx(0.69, abs=0.01)
    assert learnt == pytest.approx(true, abs=0.08)


KERNELS = """
import hashlib
import numpy as np
from temperance.engines.registry import choose_engine
from temperance.training import train
from temperance.truth import lattice, lattice_folds

sequences = np.random.default_rng(0).integers(0, 21, (100, 12), np.uint8)
sequences[:, 3] = sequences[:, 7]
plan = dict(chains=200, confirm_chains=400, l2_couplings=0.1, max_steps=20, progress=str)
model = train(sequences, np.ones(100), 21, choose_engine("numba"), 1, **plan).model
competing = lattice.Ensemble(lattice_folds.all_folds()[:500])
drawn = lattice.sample_family(competing, 10.0, 40, 1, chains=8, burn_in=5, spacing=1)
for array in (model.fields, model.couplings, drawn.sequences, drawn.log_p_nat):
    print(hashlib.sha256(array.tobytes()).hexdigest())
"""


def test_kernels_just_compiled_and_kernels_from_the_cache_give_the_same_bytes(tmp_path):
    def run(threads):
        where = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_NUM_THREADS": str(threads), "PYTHONPATH": ":".join(sys.path)}
        command = [sys.executable, "-c", KERNELS]
        return subprocess.run(command, env=os.environ | where, capture_output=True, text=True, check=True).stdout

    compiled = run(2)
    assert list(tmp_path.rglob("*.nbc"))
    assert compiled == run(2) == run(1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sequences_without_any_preference_leave_a_model_without_any(seed):
    """Nothing is known of the scale of a model without energies: noise alone must not set it."""
    sequences, lines = all_states(6, 2), []
    model = train(
        sequences, np.ones(64), 2, choose_engine("numba"), seed, l2_couplings=0.1, chains=400, max_steps=10,
        confirm_chains=400, progress=lines.append,
    ).model  # fmt: skip
    assert not any("diverged" in line for line in lines)
    assert model.energies(sequences).std() < 0.3


def test_divergence_is_said_in_one_line(family):
    _, sequences = family
    with pytest.raises(InputError, match=r"train\.max_move: training diverged"):
        train(
            sequences[:50],
            np.ones(50),
            3,
            choose_engine("numba"),
            1,
            **(PLAN | {"learning_rate": 1e39, "max_move": 1e39}),
        )


def test_training_goes_on_until_the_models_own_temperature_has_settled():
    """The correlations of a ferromagnet are alike at all scales: Pearson is at 0.999 long before the scale is right."""
    truth = KINDS["critical"](12, 2, np.random.default_rng(0))
    sequences = enumeration.draw_sequences(truth, 12, 2, 4000, np.random.default_rng(1))
    trained = train(
        sequences, np.ones(4000), 2, choose_engine("numba"), 3, l2_couplings=0.003, chains=4000, confirm_chains=8000
    )
    reference = enumeration.fit_pairwise(frequencies(sequences, 2).with_pseudocount(1 / 4000), 0.003)
    assert trained.stopped == "converged"
    optima, expected = (
        exact_optima.find_optima(truth, enumeration.energies_of_all(model)) for model in (trained.model, reference)
    )
    for name in ("tau_f", "tau_r", "tau_j"):
        assert abs(getattr(optima, name) / getattr(expected, name) - 1) < 0.06
    assert "scale_error" in trained.history
    assert abs(trained.confirmation.scale_error) < 0.06
