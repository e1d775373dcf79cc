"""Studies: their models are those that the settings ask for, and their summary is counted by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from temperance.core.artefacts import COLUMNS
from temperance.core.files import save_table
from temperance.core.seeds import derive_seed
from temperance.potts import enumeration, exact_optima
from temperance.potts.frequencies import frequencies
from temperance.truth.enumerable import ising
from temperance.validation.study import summarise, tabulate_enumerable, tabulate_sampled


@pytest.mark.parametrize("fields", [True, False])
def test_models_of_spins_have_fields_or_none(fields):
    truth = {"kind": "ising", "rows": 2, "columns": 3, "periodic": False, "temperature": 1.5, "sequences": 40}
    train = {"l2_couplings": 0.01, "l2_fields": 0.3, "fields": fields}
    point = {"family": "spins", "value": 1.5, "settings": {
        "truth": truth, "train": train, "subsets": {"sizes": [30], "replicates": 2}}}  # fmt: skip
    table = tabulate_enumerable([point], seed=5)
    assert table[["value", "M", "replicate"]].to_numpy().tolist() == [[1.5, 30, 1], [1.5, 30, 2]]
    energies = ising(2, 3, periodic=False, temperature=1.5)
    for replicate, row in enumerate(table.itertuples(), 1):
        rng = np.random.default_rng(derive_seed(5, "spins", "draw", replicate))
        training = enumeration.draw_sequences(energies, 6, 2, 40, rng)[:30]
        model = enumeration.fit_pairwise(frequencies(training, 2).with_pseudocount(1 / 30), 0.01, 0.3, fields)
        flipped = model.energies(1 - training).mean()
        assert row.energy_training == pytest.approx(model.energies(training).mean(), rel=1e-5)
        assert (row.energy_training == pytest.approx(flipped, rel=1e-5)) is not fields
        all_energies = enumeration.energies_of_all(model)
        assert row.energy_natural == pytest.approx(enumeration.boltzmann(energies) @ all_energies, rel=1e-5)
        assert row.coupling_norm == pytest.approx(np.sqrt((model.pairs().astype(float) ** 2).sum()), rel=1e-5)
        optima = exact_optima.find_optima(energies, all_energies)
        assert (row.tau_f, row.tau_r) == pytest.approx((optima.tau_f, optima.tau_r), rel=1e-5)
        # The sign rule: colder samples are better where kappa is above the heat capacity.
        assert (row.kappa > row.heat_capacity) == (row.tau_r < 1)
        p = enumeration.boltzmann(all_energies)
        kappa, capacity = np.cov(energies, all_energies, aweights=p, ddof=0)[1]
        assert (row.kappa, row.heat_capacity) == pytest.approx((kappa, capacity), rel=1e-5)


OPTIMA = pd.DataFrame(
    {"optimum": ["tau_f", "tau_r"], "value": [0.9, 0.8], "low": [0.8, 0.7], "high": [1.0, 1.1], "root": [0.91, 0.81],
     "agree": True, "shared": 0.1, "equilibrated": [True, False]}
)  # fmt: skip


def test_results_of_sampled_models_are_collected(tmp_path):
    points, folders = [{"value": 2.5}, {"value": 3.5}], [[], []]
    for number, (value, replicate) in enumerate(((0, 1), (0, 12), (1, 1))):
        folder = tmp_path / str(value) / f"n30-r{replicate}"
        folder.mkdir(parents=True)
        folders[value].append(folder)
        training = {"M": 30 + number, "stopped": "steps", "confirmation": {"pearson": 0.5 + number / 10}}
        (folder / "training.json").write_text(json.dumps(training))
        energies = [{"set": "training", "mean": -8.0 - number}, {"set": "heldout", "mean": -4.0 - number}]
        signs = {"kappa": {"value": 5.0 + number}, "heat_capacity": {"value": 4.0}} if number else {}
        (folder / "landscape.json").write_text(json.dumps({"energies": energies, "sign_rule": signs}))
        save_table(folder / "optima.tsv", OPTIMA.assign(value=OPTIMA["value"] + number))
        scores = {"temperature": [0.5, 1.0], "novelty": [0.1 + number, 0.2], "equilibrated": [number != 1, True]}
        save_table(folder / "scores.tsv", pd.DataFrame(scores).reindex(columns=COLUMNS["scores.tsv"]))
    models, scores = tabulate_sampled(points, folders)
    columns = ["value", "M", "replicate", "pearson", "stopped", "energy_training", "energy_natural", "tau_f",
               "tau_r_low", "tau_r_high", "tau_r_equilibrated", "equilibrated"]  # fmt: skip
    # At one temperature the second model is not equilibrated.
    assert models[columns].to_numpy().tolist() == [
        [2.5, 30, 1, 0.5, "steps", -8, -4, 0.9, 0.7, 1.1, False, True],
        [2.5, 31, 12, 0.6, "steps", -9, -5, 1.9, 0.7, 1.1, False, False],
        [3.5, 32, 1, 0.7, "steps", -10, -6, 2.9, 0.7, 1.1, False, True],
    ]
    np.testing.assert_equal(models[["kappa", "heat_capacity"]].to_numpy(), [[np.nan, np.nan], [6, 4], [7, 4]])
    assert scores[["value", "M", "replicate", "temperature", "novelty"]].to_numpy().tolist() == [
        [2.5, 30, 1, 0.5, 0.1], [2.5, 30, 1, 1.0, 0.2], [2.5, 31, 12, 0.5, 1.1], [2.5, 31, 12, 1.0, 0.2],
        [3.5, 32, 1, 0.5, 2.1], [3.5, 32, 1, 1.0, 0.2],
    ]  # fmt: skip


def test_optima_of_replicates_are_averaged_in_beta_with_student_s_interval():
    """Beta of tau_f 1.9, 2 and 2.1 has a mean of 2 and a standard error of 0.1 / sqrt(3); t of two degrees is 4.302653.

    Beta of tau_r 1, 2 and 3 is ten times as uncertain: its interval reaches beyond infinite temperatures.
    """
    table = pd.DataFrame(
        {"family": "x", "value": 7, "M": 30, "tau_f": [1 / 1.9, 0.5, 1 / 2.1], "tau_r": [1.0, 0.5, 1 / 3],
         "tau_j": [1.0, 0.0, np.inf], "tau_f_equilibrated": [True, False, False],
         "stopped": ["steps", "converged", "time"]}
    )  # fmt: skip
    summary = summarise(table).set_index("optimum")
    half = 4.302653 * 0.1 / 3**0.5
    ends = [0.5, 1 / (2 + half), 1 / (2 - half)]
    assert summary.loc["tau_f", ["tau", "low", "high"]].tolist() == pytest.approx(ends, rel=1e-6)
    assert summary.loc["tau_r", ["tau", "low", "high"]].tolist() == pytest.approx([0.5, 1 / (2 + 10 * half), np.inf])
    # Of tau_j one is below all temperatures, and one above: beta 1 and 0 are averaged.
    assert summary.loc["tau_j", ["tau", "replicates", "outside"]].tolist() == [2, 2, 2]
    assert summary["not_equilibrated"].tolist() == [2, 0, 0] and summary["unfinished"].tolist() == [2] * 3
    assert summary[["family", "value", "M"]].to_numpy().tolist() == [["x", 7, 30]] * 3
    single = summarise(table.iloc[:1]).set_index("optimum")
    assert single.loc["tau_f", "tau"] == pytest.approx(1 / 1.9) and np.isnan(single.loc["tau_f", "low"])
