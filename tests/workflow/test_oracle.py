"""A small family's run against a second program that recomputes its numbers from the documentation (`oracle`)."""

import html
import json
import math

import numpy as np
import pandas as pd
import pytest
from oracle.alignment import draw_rows
from oracle.designs import (
    are_complete_clusters,
    find_conserved,
    find_most_gaps,
    find_thresholds,
    list_lost,
    list_mutations,
    select_designs,
)
from oracle.judges import measure_auc
from oracle.models import FamilyResults, ModelResults
from oracle.run import FamilyRun, SubsetRun
from oracle.scores import recompute_scores
from oracle.statistics import Between
from workflow_run import fasta, snakemake

from temperance.core.files import load_arrays
from temperance.engines.registry import choose_engine
from temperance.potts.model import load
from temperance.sampling.replica_exchange import sample

SUBSETS = ["n100-r1", "n100-r2", "f1-r1", "f1-r2"]
FLOORS = 0.25, 0.6
PLAN = {
    "alignment": "family.fasta",
    "subsets": {"sizes": [100, "all"], "replicates": 2},
    "train": {"chains": 300, "sweeps": 3, "max_steps": 150, "path_steps": 20, "confirm_chains": 1000,
              "l2_couplings": 0.05, "l2_path": [0.2]},
    "sample": {"temperatures": [0.5, 0.7, 1.0, 1.3], "sequences": 256, "ladders": 16, "sweeps": 4, "max_sweeps": 4,
               "max_rhat": 1.07, "min_ess": 100, "spacing": 0.12},
    "annealing": {"chains": 100, "steps": 100},
    "optimum": {"novelty_floor": FLOORS[0], "diversity_floor": FLOORS[1], "bootstrap": 4000},
    "design": {"number": 40, "candidates": 512},
}  # fmt: skip
# Columns of the tables that the second program does not give a value or bounds.
NOT_RECOMPUTED = {"note": "Words for the reader; that there are some where something has to be said is tested."}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("oracle")
    (folder / "family.fasta").write_text(fasta(draw_rows(seed=1)))
    run = snakemake(folder, PLAN)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="module")
def family(finished):
    return FamilyRun(finished / "results" / "family")


@pytest.fixture(scope="module")
def results(family):
    models = [ModelResults(SubsetRun(family, name), FLOORS) for name in SUBSETS]
    return FamilyResults(models, FLOORS)


@pytest.fixture(scope="module")
def candidates(family, results):
    """The sequences among which designs were chosen, which are not saved: the sampler draws them again."""
    source = json.loads((family.folder / "designs.json").read_text())["provenance"]
    plan = {name: value for name, value in source["settings"].items() if name != "engine"}
    model = load(results.largest[0].subset.folder / "model.safetensors")[0]
    engine = choose_engine(source["settings"]["engine"])
    samples = sample(model, engine, source["seed"], starts=results.largest[0].subset.training, **plan)
    return samples.sequences.reshape(-1, model.L)


def differences(result, expected, share=1e-5):
    """List what differs: numbers by more than a share of themselves, or outside their bounds; anything else at all."""
    wrong = []
    for name, value in expected.items():
        if isinstance(value, Between):
            # The tables have six digits.
            agrees = result[name] in value or np.isclose(result[name], (value.low, value.high), rtol=share).any()
        elif isinstance(value, str | bool | np.bool_):
            agrees = result[name] == value
        else:
            agrees = np.isclose(result[name], value, rtol=share, atol=1e-9, equal_nan=True)
        if not agrees:
            wrong.append(f"{name}: {result[name]} instead of {value}")
    return wrong


def read(path):
    return pd.read_csv(path, sep="\t", keep_default_na=True)


def test_weights_and_clusters_are_counted(family, results):
    arrays = load_arrays(family.folder / "alignment.safetensors")[0]
    np.testing.assert_allclose(arrays["weights"], family.weights)
    np.testing.assert_allclose(family.split["heldout_weights"], family.heldout_weights)
    assert len(set(family.weights)) > 3
    labels = family.judge[0]["clusters"]
    assert len(set(zip(labels, family.clusters, strict=True))) == len(set(labels)) == len(set(family.clusters))
    for result in results.results:
        weights = load_arrays(result.subset.folder / "subset.safetensors")[0]["weights"]
        np.testing.assert_allclose(weights, result.subset.weights)


@pytest.mark.parametrize("number", range(len(SUBSETS)), ids=SUBSETS)
def test_scores_are_those_of_the_samples(results, number):
    subset = results.results[number].subset
    table = read(subset.folder / "scores.tsv")
    assert len(table) == len(subset.temperatures) > 4
    wrong = []
    for rung, row in table.iterrows():
        expected = recompute_scores(subset, rung)
        assert set(expected) | (set(NOT_RECOMPUTED) & set(table)) == set(table)
        wrong += [f"temperature {row['temperature']}, {text}" for text in differences(row, expected)]
    assert wrong == []


def test_the_scores_of_judges_tell_natural_from_shuffled_sequences_as_often_as_is_said(family, results):
    rng = np.random.default_rng(0)
    for judge in ("profile", "hmm"):
        chances = [measure_auc(family, judge, rng) for _ in range(20)]
        for result in results.results:
            assert abs(result.judges[judge]["auc"] - np.mean(chances)) < 5 * np.std(chances, ddof=1)
    for result in results.results:
        assert result.judges["potts"]["auc"] == family.judge[1]["auc"]
        assert [name for name, judge in result.judges.items() if judge["trusted"]] == result.deciding == ["potts"]


@pytest.mark.parametrize("number", range(len(SUBSETS)), ids=SUBSETS)
def test_optima_are_those_of_the_saved_energies(family, results, number):
    table = read(family.folder / "optimum.tsv")
    assert (table["size"] + "-r" + table["replicate"].astype(str)).tolist() == SUBSETS
    expected = results.results[number].recompute_row()
    assert set(expected) | (set(NOT_RECOMPUTED) & set(table)) == set(table)
    assert differences(table.iloc[number], expected) == []


def test_operating_points_are_where_curves_cross(family, results):
    table = read(family.folder / "operating_points.tsv")
    rows = results.recompute_points()
    assert len(rows) == len(table)
    wrong = []
    for (_, row), (expected, noted) in zip(table.iterrows(), rows, strict=True):
        assert set(expected) | (set(NOT_RECOMPUTED) & set(table)) == set(table)
        wrong += [f"{row['subset']}, {row['name']}: {text}" for text in differences(row, expected)]
        wrong += [] if noted == isinstance(row["note"], str) else [f"{row['subset']}, {row['name']}: {row['note']}"]
    assert wrong == []


def test_the_recommendation_follows_from_the_rule(finished, family, results):
    recommendation = json.loads((family.folder / "recommendation.json").read_text())
    bounds, limit, expected, percentiles = results.recommendation
    assert recommendation["status"] == "recommended"
    tau = {
        "tau": recommendation["tau"]["value"],
        "tau_low": recommendation["tau"]["low"],
        "tau_high": recommendation["tau"]["high"],
    }
    assert differences(tau, bounds) == []
    assert recommendation["sampling_temperature"] == recommendation["tau"]["value"]
    assert recommendation["limit"] == pytest.approx(limit, rel=1e-4)
    assert differences(recommendation["expected"], expected) == []
    assert set(recommendation["expected"]) == set(expected) | {"percentiles"}
    for judge, values in percentiles.items():
        assert differences(recommendation["expected"]["percentiles"][judge], values) == []
    points = {(point.name, point.decides) for point in results.pooled}
    assert {(point["name"], point["decides"]) for point in recommendation["operating_points"]} == points
    headline = f"Sample at τ = {bounds['tau']:.2f} (95% interval {tau['tau_low']:.2f} to {tau['tau_high']:.2f})."
    # Both replicates of the largest size are of all training sequences.
    headline += " One training set: how much another one would change this is not known."
    assert recommendation["headline"] == headline
    shares = (
        f"they differ from their nearest natural sequence in {expected['novelty']:.0%} of sites (floor "
        f"{FLOORS[0]:.0%}) and are {expected['diversity']:.0%} as varied as natural sequences (floor {FLOORS[1]:.0%})"
    )
    for page in (finished / "results" / "report.html", family.folder / "report.html"):
        text = html.unescape(page.read_text())
        assert text.index(headline) < text.index(shares) < text.index("<figure ")


def test_floors_and_judges_bind(results):
    """What is recommended would be another temperature without either: the family tests the rule."""
    first, tau = results.largest[0], results.recommendation[0]["tau"]
    rung = first.rungs.temperatures.tolist().index(tau)
    assert rung > 0
    assert first.rungs.equilibrated[:rung].any()
    assert first.rungs.novelty[rung - 1].mean() < FLOORS[0] + 0.02
    assert not all(result.rungs.equilibrated.all() for result in results.results)


def test_designs_are_chosen_among_the_candidates(family, results, candidates):
    table = read(family.folder / "designs.tsv").fillna({"lost": ""})
    summary = json.loads((family.folder / "designs.json").read_text())
    subset = results.largest[0].subset
    described = family.describe(subset.model, subset.members, candidates)
    thresholds = find_thresholds(family, ["potts"], PLAN["design"].get("percentile", 50))
    assert summary["least_scores"] == pytest.approx(thresholds)
    assert summary["most_gaps"] == pytest.approx(find_most_gaps(family))
    scores = [described[name] for name in ("potts", "distance_natural", "gaps")]
    good = [scores[0] >= thresholds["potts"], scores[1] >= FLOORS[0] - 1e-9, scores[2] <= summary["most_gaps"] + 1e-9]
    # Each criterion alone keeps some candidates out.
    for criterion in range(3):
        others = [passed for n, passed in enumerate(good) if n != criterion]
        assert (np.all(others, axis=0) & ~good[criterion]).any()
    chosen, qualified = select_designs(
        candidates, described, thresholds, FLOORS[0], summary["most_gaps"], PLAN["design"]["number"]
    )
    assert len(table) == len(chosen) < qualified
    arrays, wrong = load_arrays(family.folder / "alignment.safetensors")[0], []
    conserved, columns = find_conserved(arrays["sequences"], arrays["weights"]), arrays["columns"].tolist()
    for number, index in enumerate(chosen):
        expected = {name: described[name][index] for name in described if not name.startswith("nearest")}
        expected |= {name: family.names[described[name][index]] for name in described if name.startswith("nearest")}
        expected |= {"name": f"family_design_{number + 1:03d}", "recommended": True}
        expected |= {"temperature": results.recommendation[0]["tau"]}
        expected |= dict(zip(("aligned", "sequence"), spell(candidates[index]), strict=True))
        expected["lost"] = list_lost(conserved, expected["aligned"], columns)
        assert set(expected) | {"cluster"} | (set(NOT_RECOMPUTED) & set(table)) == set(table)
        wrong += [f"design {number + 1}, {text}" for text in differences(table.iloc[number], expected)]
    assert wrong == []
    assert are_complete_clusters(candidates[chosen], table["cluster"].to_numpy())
    energies = described["energy"]
    at_temperature = results.recommendation[2]
    error = math.hypot(at_temperature["energy_error"], energies.reshape(16, -1).mean(axis=1).std(ddof=1) / 4)
    assert abs(energies.mean() - at_temperature["energy"]) < 4 * error


def spell(sequence):
    """Write a sequence with and without its gaps."""
    aligned = "".join("-ACDEFGHIKLMNPQRSTVWY"[state] for state in sequence)
    return aligned, aligned.replace("-", "")


def test_mutants_of_a_seed_are_listed_by_their_mutations(finished, family, results):
    """The last test of the run, whose designs it changes."""
    # As many designs as there are candidates: clusters of several come only with all that qualify.
    changes = {"constraints": {"seed": "natural_0", "mutations": 5}, "design": PLAN["design"] | {"number": 512}}
    run = snakemake(finished, PLAN | changes, "--", str(family.folder / "designs.tsv"))
    assert run.returncode == 0, run.stdout + run.stderr
    # The seed itself has none.
    table = read(family.folder / "designs.tsv").fillna({"mutations": ""})
    arrays = load_arrays(family.folder / "alignment.safetensors")[0]
    seed, _ = spell(arrays["sequences"][family.names.index("natural_0")])
    sequences = np.array([["-ACDEFGHIKLMNPQRSTVWY".index(state) for state in row] for row in table["aligned"]])
    subset = results.largest[0].subset
    described = family.describe(subset.model, subset.members, sequences)
    threshold = find_thresholds(family, ["potts"], 50)["potts"]
    assert are_complete_clusters(sequences, table["cluster"].to_numpy())
    assert 1 < table["cluster"].nunique() < len(table)
    assert (described["distance_natural"] < FLOORS[0]).any()
    for number, row in table.iterrows():
        expected = {name: described[name][number] for name in described if not name.startswith("nearest")}
        expected["mutations"] = list_mutations(seed, row["aligned"], arrays["columns"])
        assert differences(row, expected) == []
        assert len(expected["mutations"].split()) <= 5
        assert threshold <= row["potts"] <= table["potts"].iloc[0]
