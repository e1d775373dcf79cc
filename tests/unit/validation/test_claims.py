"""The claims of docs/claims on systems that are solved exactly, and how often stated intervals hold."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from temperance.core.seeds import derive_seed
from temperance.engines.registry import choose_engine
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.report import figures_of_theory
from temperance.report.figures_of_law import average_law, average_nature
from temperance.sampling.replica_exchange import sample
from temperance.thermo.annealing import Annealed
from temperance.truth.enumerable import KINDS
from temperance.validation import claims
from temperance.validation import coverage as coverage_of_intervals
from temperance.validation.coverage import _intervals, coverage
from temperance.validation.nature import tabulate_penalties
from temperance.validation.study import summarise

ROOT = Path(__file__).parents[3]
SIZES = (30, 300, 10000)


def means(table):
    return summarise(table).set_index(["family", "optimum", "M"]).sort_index()


def test_lowering_helps_where_there_is_a_gap():
    table = means(claims.lowering(1, replicates=4, sizes=SIZES))
    assert (table.loc[("planted", "tau_r")]["tau"] < 0.9).all()
    assert (table.loc[("planted", "tau_r")]["high"].loc[300:] < 0.97).all()
    hopfield = [abs(np.log(table.loc[("hopfield", "tau_r", size), "tau"])) for size in SIZES]
    assert hopfield[0] > hopfield[1] > hopfield[2]
    assert hopfield[2] < 0.02
    planted = table.loc[("planted", "tau_r")]["tau"]
    assert planted.loc[10000] == pytest.approx(planted.loc[300], rel=0.1)


def test_raising_helps_without_a_gap_and_where_the_model_is_overfitted():
    table = means(claims.raising(1, replicates=4, sizes=(100, 300)))
    for optimum in ("tau_f", "tau_r"):
        assert (table.loc[("gapless", optimum)]["low"] > 1).all()
    assert (table.loc[("planted", "tau_f")]["low"] > 1).all()


def test_optima_go_to_one_with_the_number_of_sequences():
    table = means(claims.data(1, replicates=4, sizes=SIZES))
    for family in ("hopfield", "gapless", "critical"):
        for optimum in ("tau_f", "tau_r", "tau_j"):
            away = np.abs(np.log(table.loc[(family, optimum)]["tau"].clip(upper=100)))
            assert away[30] > away[10000]
            assert away[10000] < 0.05
    # Without a gap, and from below all the same: its fluctuations freeze out fast.
    assert table.loc[("critical", "tau_r", 30), "high"] < 0.9


def test_l2_acts_as_a_temperature():
    """The couplings' own temperature rises with the penalty, and tau_f falls as its inverse does."""
    table = claims.regularisation(1, replicates=3, strengths=(0, 0.03, 0.3, 1), sizes=(1000,))
    mean = table.groupby("value")[["tau_f", "norm_temperature"]].mean()
    assert mean["norm_temperature"].is_monotonic_increasing
    assert mean["tau_f"].is_monotonic_decreasing
    np.testing.assert_allclose(mean["tau_f"], 1 / mean["norm_temperature"], rtol=0.1)


def test_with_fields_a_strong_penalty_brings_tau_f_back_to_one():
    """Nothing but single sites is left, whose frequencies are right; the truth accepts its samples less than ever."""
    rng = np.random.default_rng(1)
    truth = KINDS["gapless"](10, 2, rng, width=0.5)
    data = frequencies(enumeration.draw_sequences(truth, 10, 2, 10000, rng), 2).with_pseudocount(1e-4)
    energies = [enumeration.energies_of_all(enumeration.fit_pairwise(data, l2)) for l2 in (0.003, 0.3, 100)]
    optima = [exact_optima.find_optima(truth, energy) for energy in energies]
    weak, strong, none = (optimum.tau_f for optimum in optima)
    assert abs(weak - 1) < 0.03 and strong < 0.95 and abs(none - 1) < 0.03
    assert optima[2].tau_r < optima[1].tau_r < 0.9
    divergences = [exact_optima.forward_divergence(truth, energy, 1.0) for energy in energies]
    assert divergences[0] < 0.02 < divergences[1] < divergences[2]


def test_the_law_says_where_the_optima_of_both_divergences_lie():
    """Both optima by side and size: an ordered truth's samples are better colder, a gapless one's hotter."""
    table = claims.law(1, replicates=4, sizes=(3000,), penalties=(0.01,))
    # Each replicate has a training set of its own; of two levels few counts are possible.
    groups = table.groupby(["family", "l2_couplings", "M"])
    assert (groups["luck"].nunique() > 0.4 * groups.size()).all()
    penalised = [(0, 3000), (0.01, 1000), (0.01, 10000)]
    shapes = {"two_level, gap": (40, [(0, 3000)]), "two_level, gap and levels": (40, [(0, 3000)]),
              "two_level, every state": (40, [(0, 3000)])}  # fmt: skip
    for name, rows in table.groupby("family"):
        size, points = shapes.get(name, (4, penalised))
        assert sorted(set(zip(rows["l2_couplings"], rows["M"], strict=True))) == points, name
        assert len(rows) == size * len(points), name
    means = average_law(table)
    assert len(means) == 6 * 3 + 3 + 3
    for which in "fr":
        away = means[f"tau_{which}"] - means[f"law_{which}"]
        # Four models: their interval by Student's t is 1.6 times as wide; the law itself is good to a tenth.
        allowed = 2 * means[f"error_{which}"] + 0.1 * (means[f"law_{which}"] - 1).abs()
        known = means[f"law_{which}"].notna()
        assert (away.abs() < allowed)[known].all(), means
        assert set(means["family"][~known]) == ({"two_level, pairs"} if which == "r" else set())
    plain = means[means["l2_couplings"] == 0].set_index("family")
    for cooler in ("Ising, T 2.05", "critical", "random field"):
        assert plain.loc[cooler, "tau_r"] < 0.999 and plain.loc[cooler, "tau_f"] > 1.001
    assert plain.loc["gapless", "tau_r"] > 1.02 and plain.loc["two_level, every state", "tau_r"] < 0.999
    sizes = {"Ising, T 2.05": 36, "Ising, T 4": 36, "two_level, every state": 15, "two_level, gap": 1,
             "two_level, gap and levels": 1, "two_level, pairs": 55.4}  # fmt: skip
    np.testing.assert_allclose(plain["parameters"], [sizes.get(name, 55) for name in plain.index], rtol=1e-3)


def test_samples_at_tau_train_are_as_good_as_the_training_sequences():
    """To second order in the penalty, where the model can represent the truth; a planted gap is missed at any."""
    table = tabulate_penalties(1, replicates=2, sizes=(1000,), penalties=(0.003, 0.03))
    models = table[table["point"] == "tau_train"].groupby(["family", "l2_couplings"])
    assert (models["training_energy"].nunique() == 2).all()
    means = average_nature(table)
    named = means[means["point"] != "curve"].pivot_table("excess", ["family", "l2_couplings"], "point")
    for family in ("Ising, T 2.05", "Ising, T 4", "hopfield", "critical"):
        weak, strong = named.loc[(family, 0.003)], named.loc[(family, 0.03)]
        assert weak["one"] > 0.008 and abs(weak["tau_train"]) < 0.25 * weak["one"], family
        # Ten times the penalty is nearly as much worse at 1.
        assert 5 < strong["one"] / weak["one"] < 11, family
        assert abs(strong["tau_train"]) < 0.2 * strong["one"], family
    planted = named.loc["planted"]
    assert (planted["tau_train"] > 1.8).all() and (planted["tau_r"] < planted["tau_train"] - 0.5).all()
    assert np.ptp(planted["tau_train"]) < 0.1 < np.ptp(planted["one"])


def test_scaling_parameters_and_temperature_together_changes_nothing():
    table = claims.scaling(1)
    of_scale = [group[["entropy", "forward", "reverse"]].to_numpy() for _, group in table.groupby("scale")]
    for other in of_scale[1:]:
        np.testing.assert_allclose(other, of_scale[0], rtol=1e-4)
    np.testing.assert_allclose(table["temperature"], table["scale"] * table["tau_over_scale"])


def test_the_limits_of_temperature():
    table = claims.limits(1)
    cold, hot = table.iloc[0], table.iloc[-1]
    assert cold["ground_share"] > 0.999
    assert cold["entropy"] == pytest.approx(cold["ground_entropy"], abs=0.01)
    assert hot["entropy"] == pytest.approx(10 * np.log(2), rel=1e-3)
    assert hot["distance_to_uniform"] < 0.01
    at_one = table.iloc[(table["temperature"] - 1).abs().argmin()]
    assert at_one["distance_to_model"] < 0.01
    assert table["entropy"].is_monotonic_increasing


def test_tempering_one_site_is_the_power_transform():
    table = claims.power(1)
    np.testing.assert_allclose(table["potts"], table["power"], atol=1e-6)
    np.testing.assert_allclose(table.groupby("temperature")["power"].sum(), 1)


def test_clusters_are_calibrated_at_the_closed_form():
    """Spreads of 1/2 and 1: at beta 2 and 1/2, within the stated interval; no other beta of the table is likelier."""
    table = claims.calibration(1, spreads=(0.5, 1.0), points=1000, classes=3)
    for spread, closed_form in ((0.5, 2.0), (1.0, 0.5)):
        rows = table[table["spread"] == spread]
        assert set(rows["beta_closed_form"]) == {closed_form}
        ((found, low, high),) = set(rows[["beta_found", "beta_low", "beta_high"]].itertuples(index=False, name=None))
        assert low < found < high and low < closed_form < high < 2 * low
        # The next betas of the table are 1.166 times as far.
        likeliest, hottest = rows.loc[rows["nll"].idxmin()], rows.iloc[0]
        assert abs(np.log(likeliest["beta"] / found)) < np.log(1.166)
        assert hottest["beta"] == pytest.approx(0.1) and hottest["ece"] > 2 * likeliest["ece"]


def test_points_of_a_claim_share_truths_and_draws():
    one, two = (claims.regularisation(1, 1, strengths=(s,), sizes=(100,)) for s in (0.01, 0.3))
    assert one["tau_f"].iloc[0] != two["tau_f"].iloc[0]
    assert derive_seed(1, "hopfield", "truth") != derive_seed(1, "planted", "truth")


def test_stated_intervals_hold_the_enumerated_value():
    """Twenty repeats on one system; docs/coverage.md has a hundred on four. 15 of 20 is four errors below 95 %."""
    table = coverage("planted", 300, 20, 5, choose_engine("numba"))
    assert set(table["estimator"]) == {
        "log_z", "log_z_ais", "energy", "entropy", "heat_capacity", "forward", "reverse", "jeffreys", "kappa",
        "energy_slope",
        *(f"tau_{which}, {way}" for which in "frj" for way in ("minimum", "root")),
    }  # fmt: skip
    assert (table["covered"] * 20 >= 15).all(), table
    assert 0.9 < table["covered"].mean() < 0.99


def test_repeats_have_their_own_samples_and_held_out_sequences(monkeypatch):
    """Of four repeats the interval of the first one holds the value of 2."""
    seeds, draws = [], []
    monkeypatch.setattr(coverage_of_intervals, "sample", lambda model, engine, seed, *_, **__: seeds.append(seed))

    def yield_interval(samples, model, engine, truth, energies, rng):
        draws.append(rng.random())
        yield ("log_z", 0.5), 2.0, 1.0, 3.0 if len(draws) == 1 else 1.5

    monkeypatch.setattr(coverage_of_intervals, "_intervals", yield_interval)
    table = coverage("planted", 30, 4, 5, None)
    assert len(set(seeds)) == len(set(draws)) == 4
    assert table.to_dict("records") == [
        {"system": "planted", "M": 30, "estimator": "log_z", "temperature": 0.5, "exact": 2.0, "covered": 0.25,
         "repeats": 4}
    ]  # fmt: skip


def test_an_interval_of_annealing_is_two_standard_errors_to_each_side(monkeypatch):
    """Estimates 1, 2 and 3 at temperatures 2, 1 and 1/2, with errors of a tenth of them."""
    rng, engine, estimates = np.random.default_rng(0), choose_engine("numba"), np.array([1.0, 2.0, 3.0])
    truth = KINDS["planted"](10, 2, rng)
    training = enumeration.draw_sequences(truth, 10, 2, 300, rng)
    model = enumeration.fit_pairwise(frequencies(training, 2).with_pseudocount(1 / 300), 0.1)
    samples = sample(model, engine, 1, [0.5, 1.0, 2.0], starts=training, sequences=64, ladders=8, keep_all=True)
    annealed = Annealed(estimates, estimates / 10, np.full(3, 100.0))
    monkeypatch.setattr(coverage_of_intervals, "estimate_log_z", lambda *_, **__: annealed)
    energies = enumeration.energies_of_all(model)
    intervals = {key: values for key, *values in _intervals(samples, model, engine, truth, energies, rng)}
    for tau, estimate in zip((2.0, 1.0, 0.5), estimates, strict=True):
        value, low, high = intervals["log_z_ais", tau]
        assert (low, high) == pytest.approx((0.804 * estimate, 1.196 * estimate))
        assert value == pytest.approx(enumeration.log_z(energies, 1 / tau)) == intervals["log_z", tau][0]
    slope = enumeration.true_heat_capacity(truth, energies, 2.0) / enumeration.heat_capacity(energies, 2.0)
    assert intervals["energy_slope", 0.5][0] == slope
    optima = exact_optima.find_optima(truth, energies)
    assert intervals["tau_r, root", None][0] == optima.tau_r and intervals["tau_f, minimum", None][0] == optima.tau_f


def test_each_claim_has_a_rule_a_figure_and_a_page():
    rules = (ROOT / "workflow" / "rules" / "common.smk").read_text(encoding="utf-8")
    names = re.findall(r'"(\w+)"', rules[rules.index("CLAIMS = [") : rules.index("]", rules.index("CLAIMS = ["))])
    index = (ROOT / "docs" / "claims" / "README.md").read_text(encoding="utf-8")
    assert sorted(names) == sorted(claims.CLAIMS) == sorted(figures_of_theory.CLAIMS)
    for name in names:
        assert (ROOT / "docs" / "claims" / f"{name}.svg").is_file() and f"({name}.md)" in index
        page = (ROOT / "docs" / "claims" / f"{name}.md").read_text(encoding="utf-8")
        assert f"({name}.svg)" in page
        # Tests that a page names exist.
        for path, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)", page):
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), (name, test)


def test_means_are_taken_in_beta():
    table = pd.DataFrame({"family": "x", "value": None, "M": 10, "tau_f": [1.0, np.inf], "tau_r": 2.0, "tau_j": 0.0})
    summary = summarise(table).set_index("optimum")
    assert summary.loc["tau_f", "tau"] == 2.0
    assert summary.loc["tau_f", "outside"] == 1
    assert summary.loc["tau_r", ["tau", "low", "high"]].tolist() == [2.0, 2.0, 2.0]
    assert summary.loc["tau_j", "outside"] == 2
