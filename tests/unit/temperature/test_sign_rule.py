"""The sign rule by hand, and by enumeration: what true energy and model energy of samples gain with temperature."""

import numpy as np
import pandas as pd
import pytest

from temperance.engines.registry import choose_engine
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.sampling.replica_exchange import sample
from temperance.sampling.samples import sequences_of_all_rungs
from temperance.stats.estimate import Estimate
from temperance.temperature.divergence import Heldout, divergences
from temperance.temperature.sign_rule import (
    estimate_at_one,
    judge_slopes,
    regress_on_energy,
    select_deciding,
    sign_rule_draws,
    sign_rule_row,
)
from temperance.thermo.thermodynamics import Curves, estimate_curves
from temperance.truth.enumerable import KINDS

# Of Student's t of two ladders, and natural logarithm of 2.
T_OF_TWO, LN2 = 12.706205, 0.6931472


def of_two_ladders():
    """Rows of both ladders and without either, at beta 0, 1 and 2; at 2 energies do not vary."""
    variance = np.array([[4.0, 2, 0], [4, 3, 0], [4, 1, 0]])
    covariance = np.array([[2.0, 3, 5], [2, 6, 5], [2, 1, 5]])
    betas, nothing = np.array([0.0, 1, 2]), np.zeros((3, 3))
    return Curves(betas, nothing, nothing, variance, nothing, covariance)


# Both ladders, the first alone, the second alone.
SHARES = np.array([[0.5, 0.5], [1, 0], [0, 1]])


def test_quantities_are_covariances_and_variances_times_the_square_of_beta():
    """Without the first ladder kappa at 1 is 6, without the second 1: their influences are 3.5 - 6 and 3.5 - 1."""
    draws = sign_rule_draws(of_two_ladders(), SHARES)
    assert list(draws) == ["kappa", "heat_capacity", "energy_slope"]
    np.testing.assert_allclose(draws["kappa"], [[0, 3, 20], [0, 0.5, 20], [0, 5.5, 20]])
    np.testing.assert_allclose(draws["heat_capacity"], [[0, 2, 0], [0, 1, 0], [0, 3, 0]])
    # 3 / 2 of both ladders, 6 / 3 without the first, 1 / 1 without the second.
    np.testing.assert_allclose(draws["energy_slope"], [[0.5, 1.5, np.nan], [0.5, 1, np.nan], [0.5, 2, np.nan]])


def test_at_temperature_one_intervals_are_students():
    draws = {"kappa": np.array([[0.0, 3, 4], [0, 2, 4], [0, 4, 4]])}
    kappa = estimate_at_one(np.array([0.0, 1, 2]), draws, 2)["kappa"]
    assert [kappa.value, kappa.low, kappa.high] == pytest.approx([3, 3 - T_OF_TWO, 3 + T_OF_TWO])
    # Two fifths of the way from 0.8 to 1.3: 1.2, 0.8 and 1.6 beside 4.
    between = estimate_at_one(np.array([0.8, 1.3]), {"kappa": draws["kappa"][:, :2]}, 2)["kappa"]
    assert [between.value, between.high] == pytest.approx([1.2, 1.2 + 0.4 * T_OF_TWO])
    assert estimate_at_one(np.array([0.0, 0.9]), {"kappa": draws["kappa"][:, :2]}, 2) == {}


def test_scores_are_regressed_on_energies_of_all_ladders_together():
    """Deviations -2, 0, 0, 2 and 2, -2, 1, -1: products sum to -6, squares to 8; alone the ladders have slopes 2 and 1.

    The jackknife error is half their difference. A sample without a score counts for nothing.
    """
    energies = np.array([0.0, 2, 2, 4, 100])
    scores, ladders = np.array([4.0, 0, 3, 1, np.nan]), np.array([0, 0, 1, 1, 1])
    found = regress_on_energy(energies, scores, ladders)
    assert [found.value, found.low, found.high] == pytest.approx([0.75, 0.75 - T_OF_TWO / 2, 0.75 + T_OF_TWO / 2])


@pytest.mark.filterwarnings("error")
def test_without_scores_or_where_energies_are_all_alike_there_is_no_slope():
    ladders = np.array([0, 0, 1, 1])
    for energies, scores in ((np.ones(4), np.arange(4.0)), (np.arange(4.0), np.full(4, np.nan))):
        found = regress_on_energy(energies, scores, ladders)
        assert np.isnan([found.value, found.low, found.high]).all()


SAMPLES = pd.DataFrame(
    {
        "temperature": [0.8] * 4 + [1.0] * 4, "ladder": [0, 0, 1, 1] * 2,
        "energy": [0.0, 9, 0, 9, 0, 2, 0, 2],
        "hmm": [1.0] * 4 + [6.0, 0, 4, -2], "potts": [1.0] * 4 + [1.0, 0, 1, 0], "truth": 1.0, "p_nat": 1.0,
        "stability": [1.0] * 4 + [0.0, 4, 0, 4],
    }
)  # fmt: skip


def test_judges_are_regressed_at_temperature_one_in_nats_where_their_unit_is_known():
    """Each ladder's scores fall by 6 bits, by 1 nat, and rise by 4 of an unknown unit, over 2 nats of energy."""
    found = judge_slopes(SAMPLES, ["hmm", "potts", "truth", "p_nat", "stability"])
    assert {judge: slope.value for judge, slope in found.items()} == {
        "hmm": pytest.approx(3 * LN2), "potts": 0.5, "stability": -2.0
    }  # fmt: skip
    assert judge_slopes(SAMPLES[SAMPLES["temperature"] < 1], ["hmm"]) == {}


QUANTITIES = {
    "kappa": {"value": 3.0, "low": 2.0, "high": 4.0, "exact": 3.1},
    "energy_slope": {"value": 1.5, "low": 1.2, "high": 1.8},
}


def test_the_row_has_a_column_a_number():
    assert sign_rule_row(QUANTITIES, {"hmm": Estimate(0.5, 0.4, 0.6)}) == {
        "kappa": 3.0, "kappa_low": 2.0, "kappa_high": 4.0, "kappa_exact": 3.1,
        "energy_slope": 1.5, "energy_slope_low": 1.2, "energy_slope_high": 1.8,
        "energy_slope_hmm": 0.5, "energy_slope_hmm_low": 0.4, "energy_slope_hmm_high": 0.6,
    }  # fmt: skip


def test_the_truth_decides_where_it_is_known_and_else_trusted_judges_in_nats():
    slope = Estimate(0.5, 0.4, 0.6)
    slopes = dict.fromkeys(("hmm", "potts", "stability", "profile"), slope)
    judges = {name: {"trusted": name != "profile"} for name in ("hmm", "potts", "stability", "profile")}
    assert select_deciding({}, slopes, judges) == {"hmm": slope}
    assert select_deciding({}, {"covariance": slope}, judges) == {}
    assert select_deciding({}, {"hmm": Estimate(0.5, np.nan, np.nan)}, judges) == {}
    assert select_deciding(QUANTITIES, slopes, judges) == {"truth": Estimate(1.5, 1.2, 1.8)}
    unknown = {"energy_slope": {"value": None, "low": None, "high": None}}
    assert select_deciding(unknown, slopes, judges) == {}


# ---------------------------------------------------------------- against enumeration

LENGTH, Q, M = 8, 2, 60
HELDOUT = 50


@pytest.fixture(scope="module", params=["planted", "gapless"])
def sampled(request):
    """Kind of truth, true and model energies of all sequences, and divergences estimated from tempered samples."""
    rng = np.random.default_rng(0)
    truth = KINDS[request.param](LENGTH, Q, rng)
    training, heldout = (enumeration.draw_sequences(truth, LENGTH, Q, count, rng) for count in (M, HELDOUT))
    model = enumeration.fit_pairwise(frequencies(training, Q).with_pseudocount(1 / M), 0.01)
    drawn = sample(
        model, choose_engine("numba"), 1, [0.5, 0.7, 1.0, 1.5], starts=training, sequences=2048, ladders=32,
        keep_all=True,
    )  # fmt: skip
    sequences = sequences_of_all_rungs(drawn.arrays()).reshape(-1, LENGTH)
    true_energies = truth[enumeration.find_positions(sequences, Q)].reshape(drawn.energies.shape)
    found = divergences(
        estimate_curves(drawn.betas, drawn.energies, LENGTH, Q, true_energies), drawn.betas, drawn.energies,
        Heldout(model.energies(heldout), np.ones(HELDOUT), truth[enumeration.find_positions(heldout, Q)]), rng, 500,
        true_energies=true_energies,
    )  # fmt: skip
    return request.param, truth, enumeration.energies_of_all(model), found


def test_the_reverse_divergence_changes_with_temperature_by_kappa_less_capacity_over_temperature(sampled):
    _, truth, energies, _ = sampled
    for tau in (0.7, 1.0, 1.6):
        colder, hotter = (exact_optima.reverse_divergence(truth, energies, 1 / (tau + h)) for h in (-1e-4, 1e-4))
        kappa = enumeration.true_heat_capacity(truth, energies, 1 / tau)
        change = kappa - enumeration.heat_capacity(energies, 1 / tau) / tau
        assert change == pytest.approx((hotter - colder) / 2e-4, rel=1e-4)


def test_samples_show_the_enumerated_quantities_within_their_errors(sampled):
    """At every inverse temperature; errors are a few per cent at 1, so that a wrong power of beta shows below it."""
    _, truth, energies, found = sampled
    table = found.table[found.table["beta"] > 0.2]
    assert table["beta"].max() >= 2
    kappa, capacity = (
        np.array([function(beta) for beta in table["beta"]])
        for function in (
            lambda beta: enumeration.true_heat_capacity(truth, energies, beta),
            lambda beta: enumeration.heat_capacity(energies, beta),
        )
    )
    for name, exact in {"kappa": kappa, "heat_capacity": capacity, "energy_slope": kappa / capacity}.items():
        assert (np.abs(table[name] - exact) < 4 * table[f"{name}_error"]).all(), name
        at_one = int(np.argmin(np.abs(table["beta"] - 1)))
        assert 0.001 < table[f"{name}_error"].iloc[at_one] / exact[at_one] < 0.06, name
        # Student's t of 32 ladders.
        half = table[f"{name}_high"] - table[name]
        np.testing.assert_allclose(half, 2.039513 * table[f"{name}_error"], rtol=1e-5)
        estimate = found.sign_rule[name]
        row = table.iloc[at_one]
        assert [estimate.value, estimate.low, estimate.high] == pytest.approx(
            [row[name], row[f"{name}_low"], row[f"{name}_high"]]
        )


def test_a_gap_calls_for_colder_samples_and_its_absence_for_hotter_ones(sampled):
    """With few data; the optimum itself, tau_r by enumeration, lies where the energy slope says."""
    kind, truth, energies, found = sampled
    slope, tau_r = found.sign_rule["energy_slope"], exact_optima.find_optima(truth, energies).tau_r
    if kind == "planted":
        assert slope.low > 1.2
        assert tau_r < 1
    else:
        assert slope.high < 0.8
        assert tau_r > 1
