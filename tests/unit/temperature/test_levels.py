"""Parts that groups of states have in divergences."""

import numpy as np
import pandas as pd
import pytest

from temperance.potts import enumeration, exact_optima
from temperance.temperature.levels import (
    assign_levels,
    choose_edges,
    divide_by_group,
    enumerate_levels,
    estimate_levels,
)


def test_a_case_by_hand():
    """Truth 1/2, 1/4, 1/4 and model 1/4, 1/4, 1/2; the data are states 0 and 2."""
    truth, model = np.log([2.0, 4.0, 4.0]), np.log([4.0, 4.0, 2.0])
    parts = divide_by_group(np.array(["b", "a", "b"]), truth, model, np.array([3, 0, 1])).set_index("group")
    assert parts.index.tolist() == ["a", "b"]
    assert parts["states"].tolist() == [1, 2]
    assert parts["p"].tolist() == pytest.approx([1 / 4, 3 / 8])
    assert parts["q"].tolist() == pytest.approx([1 / 4, 3 / 8])
    # 1/2 ln 2 - 1/4 ln 2, and the same the other way round.
    assert parts["forward"].tolist() == pytest.approx([0, np.log(2) / 4])
    assert parts["reverse"].tolist() == pytest.approx([0, np.log(2) / 4])
    assert parts["share"].tolist() == [0, 1]
    # 3/4 ln(3/2) + 1/4 ln 1.
    assert parts["data"].tolist() == pytest.approx([0, 0.75 * np.log(1.5)])
    # In units of ln 2, energies 1, 2, 2 and 2, 2, 1 have means 7/4 and 3/2 over the model.
    slope = np.log(2) ** 2 * np.array([1 / 8 * (1 / 4 - 1 / 2), 1 / 8 * (-3 / 4 - 1 / 2) - 1 / 4 * (1 / 4 + 1 / 2)])
    assert parts["slope"].tolist() == pytest.approx(slope)


@pytest.mark.parametrize("tau", [0.6, 1.0, 1.7])
def test_parts_sum_to_the_whole(tau):
    rng = np.random.default_rng(0)
    truth, model, groups = 2 * rng.normal(size=50), rng.normal(size=50), rng.integers(0, 5, 50)
    whole = divide_by_group(groups, truth, model, beta=1 / tau).sum()
    assert whole["states"] == 50
    assert whole["forward"] == pytest.approx(exact_optima.forward_divergence(truth, model, 1 / tau))
    assert whole["reverse"] == pytest.approx(exact_optima.reverse_divergence(truth, model, 1 / tau))
    step = 1e-5
    near = [exact_optima.reverse_divergence(truth, model, 1 / (tau + sign * step)) for sign in (1, -1)]
    assert whole["slope"] == pytest.approx((near[0] - near[1]) / (2 * step), rel=1e-6)


def test_a_state_that_the_model_all_but_excludes_has_a_finite_part():
    """Probability exp(-1000) is 0 in double precision, but its logarithm is known: 1/2 (1000 - ln 2)."""
    parts = divide_by_group(np.array([0, 1]), np.zeros(2), np.array([0.0, 1000.0]))
    assert parts["forward"].tolist() == pytest.approx([-np.log(2) / 2, (1000 - np.log(2)) / 2])
    assert parts["reverse"].tolist() == pytest.approx([np.log(2), 0])


# ---------------------------------------------------------------- levels of a family's truth


def test_few_distinct_energies_are_levels_and_ranges_of_more_have_shares_of_the_probability():
    edges = choose_edges(np.array([3.0, 1.0, 1.0 + 1e-9, 7.0]), np.ones(4))
    assert edges.tolist() == pytest.approx([2, 5, 7], abs=1e-5)
    levels = assign_levels(np.array([0.0, 1.0, 3.0, 7.0, 7.1, np.inf]), edges)
    assert levels.tolist() == [0, 0, 1, 2, 3, 4]
    # Of 100 equal weights 10 are in each of nine levels, 7 in the next, and 3 above; of other weights as by these.
    energies = np.arange(100.0)[::-1]
    assert np.bincount(assign_levels(energies, choose_edges(energies, np.ones(100)))).tolist() == [10] * 9 + [7, 3]
    weights = np.where(energies < 50, 9.0, 1.0)
    halves = assign_levels(energies, choose_edges(energies, weights))
    assert halves[energies == 49] == 8
    assert np.bincount(halves)[9:].tolist() == [35, 15]


def test_enumerated_levels_have_the_probabilities_and_parts_of_their_states():
    """Truth 1/2, 1/4, 1/4 and model 1/4, 1/4, 1/2; at temperature 1/2 the latter is 1/6, 1/6, 2/3."""
    truth, model = np.log([2.0, 4.0, 4.0]), np.log([4.0, 4.0, 2.0])
    table = enumerate_levels(truth, model, np.array([0.5, 1.0]))
    assert table["temperature"].tolist() == [0.5, 0.5, 1, 1]
    assert table["level"].tolist() == [0, 1, 0, 1]
    assert table["energy"].tolist() == pytest.approx(np.log([2, 4, 2, 4]))
    assert table["p"].tolist() == pytest.approx([1 / 2] * 4)
    assert table["q"].tolist() == pytest.approx([1 / 6, 5 / 6, 1 / 4, 3 / 4])
    assert table["forward"].tolist()[2:] == pytest.approx([np.log(2) / 2, -np.log(2) / 4])
    assert table["reverse"].tolist()[2:] == pytest.approx([-np.log(2) / 4, np.log(2) / 2])
    whole = divide_by_group(np.zeros(3), truth, model, beta=2.0)
    for name in ("forward", "reverse", "slope"):
        assert table[name][:2].sum() == pytest.approx(whole[name][0])


def sample_system(count, seed=0):
    """Natural sequences and samples of 40 states with random energies, and the exact levels."""
    rng = np.random.default_rng(seed)
    truth = 2 * rng.normal(size=40)
    model = truth / 2 + rng.normal(size=40)
    p = enumeration.boltzmann(truth)
    natural, tables = rng.choice(40, count, p=p), []
    for tau in (0.7, 1.0):
        states = rng.choice(40, count, p=enumeration.boltzmann(model, 1 / tau))
        ladders = np.arange(count) % 100
        tables.append(
            pd.DataFrame({"temperature": tau, "ladder": ladders, "energy": model[states], "true": truth[states]})
        )
    real = pd.DataFrame(
        {"set": np.where(np.arange(count) % 2, "heldout", "training"), "weight": 1.0, "scale_weight": 1.0,
         "cluster": np.arange(count), "energy": model[natural], "true": truth[natural]}
    )  # fmt: skip
    # Random sequences are of no level.
    random = pd.DataFrame({"set": ["random"], "weight": 1.0, "scale_weight": 0.0, "cluster": -1, "energy": 9.0})
    log_z = {tau: enumeration.log_z(model, 1 / tau) for tau in (0.7, 1.0)}
    return pd.concat([real, random]), pd.concat(tables), log_z, truth, model


def test_estimates_of_levels_are_within_their_errors_of_enumeration():
    natural, samples, log_z, truth, model = sample_system(40_000)
    table = estimate_levels(natural, samples, "true", log_z, enumeration.log_z(truth))
    real = natural[natural["set"] != "random"]
    edges = choose_edges(real["true"].to_numpy(), real["scale_weight"].to_numpy())
    groups = assign_levels(truth, edges)
    names = ["p", "q", "forward", "reverse", "slope"]
    for tau, rows in table.groupby("temperature"):
        exact = divide_by_group(groups, truth, model, beta=1 / tau).set_index("group").loc[rows["level"]]
        exact = exact.assign(p=exact["p"] * exact["states"], q=exact["q"] * exact["states"])
        z = (rows[names].to_numpy() - exact[names]) / rows[[f"{name}_error" for name in names]].to_numpy()
        z = z.to_numpy()[np.isfinite(z)]
        assert np.abs(z).max() < 4.5
        # Errors are as large as deviations: the mean square of 50 is within 0.6 to 1.6 but for a chance of 1e-3.
        assert 0.5 < (z**2).mean() < 1.9
        assert rows["p"].sum() == pytest.approx(1)
        assert rows["q"].sum() == pytest.approx(1)
    assert table["temperature"].unique().tolist() == [0.7, 1.0]


def test_impossible_samples_are_a_level_of_their_own_and_judges_have_no_divergences():
    natural, samples, log_z, truth, _ = sample_system(400)
    impossible = samples.assign(true=np.where(samples["energy"] > samples["energy"].median(), np.inf, samples["true"]))
    table = estimate_levels(natural, impossible, "true", log_z, enumeration.log_z(truth))
    top = table[np.isinf(table["energy"])].set_index("temperature")
    shares = impossible.groupby("temperature")["true"].apply(lambda values: np.isinf(values).mean())
    assert top["q"].to_dict() == pytest.approx(shares.to_dict())
    assert (top["p"] == 0).all() and (top["forward"] == 0).all()
    assert table[["reverse", "slope"]].isna().all(axis=None) and table["forward"].notna().all()
    judged = estimate_levels(natural, samples, "true")
    assert judged[["forward", "reverse", "slope"]].isna().all(axis=None)
    assert judged[["p", "q", "p_error"]].notna().all(axis=None)
    unknown = estimate_levels(natural, samples, "true", log_z)
    assert unknown[["forward", "reverse"]].isna().all(axis=None) and unknown["slope"].notna().all()


def test_relatives_and_weights_count_in_the_probability_of_a_level():
    """Weights 3 and 1 in two clusters at energy 0, 4 at energy 1: 1/2 each, with deviations 3/16, 1/16 and -1/4."""
    natural = pd.DataFrame(
        {"set": "other", "weight": 1.0, "scale_weight": [1.0, 2, 1, 4], "cluster": [5, 5, 6, 7], "energy": 0.0,
         "true": [0.0, 0, 0, 1]}
    )  # fmt: skip
    samples = pd.DataFrame({"temperature": 1.0, "ladder": [0, 0, 1, 1], "energy": 0.0, "true": [0.0, 1, 1, 1]})
    table = estimate_levels(natural, samples, "true")
    assert table["p"].tolist() == [0.5, 0.5]
    assert table["p_error"].tolist() == pytest.approx([(9 + 1 + 16) ** 0.5 / 16] * 2)
    assert table["q"].tolist() == [0.25, 0.75]
    # Ladders' sums are 1/4 - 2/16 and -2/16.
    assert table["q_error"].tolist() == pytest.approx([2**0.5 / 8] * 2)
