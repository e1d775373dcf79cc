"""Stages that judge and score, without Snakemake, on a small family: each value against a count of its own."""

import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small_systems import random_potts

from temperance.baselines.registry import draw, independent
from temperance.core.alphabet import alphabet
from temperance.core.artefacts import COLUMNS
from temperance.core.checkpoint import NONE
from temperance.core.files import load_arrays, load_table, save_arrays, save_json, save_table
from temperance.core.settings.scoring import BaselineSettings
from temperance.core.settings.stages import STAGES
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.registry import choose_engine
from temperance.msa.clusters import label_clusters
from temperance.msa.frequencies import profile_frequencies
from temperance.msa.hmmer import build_hmm
from temperance.potts.model import Potts
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.discrimination import Discrimination
from temperance.scoring.judges import hmm_judge
from temperance.scoring.tables import Family, judge_standings, score_orders
from temperance.stages import compare, covariance_model, hmm, judge, score
from temperance.temperature.calibration import calibrate
from temperance.temperature.divergence import sampled_training_temperature
from temperance.temperature.levels import enumerate_levels, estimate_levels
from temperance.truth import Truth

LETTERS, L, Q = alphabet("protein"), 8, 21
HELDOUT, POOL, MEMBERS = np.arange(24), np.arange(24, 54), np.arange(26, 50, 2)
# Two held-out sequences after the other differ in one site.
RELATIVES = np.repeat(np.arange(12), 2)
TEMPERATURES, LADDERS, DRAWS = np.array([0.5, 1.0, 2.0]), 3, 4
LOG_Z = [30.0, 25.0, 24.0]
# Labels that no computation would give.
CLUSTERS = np.arange(60) % 7
SETTINGS = {"judges": {}, "optimum": {"fidelity": "potts", "folding": False, "bootstrap": 60}}
# A program of the user's, which counts the states W, the last ones, in five sequences of a set.
COUNTER = """
import sys
records = open(sys.argv[1]).read().split(">")[1:]
open(sys.argv[2], "w").writelines(f"{record.split()[0]}\\t{record.count('W')}\\n" for record in records)
"""
PROGRAM = {"command": [sys.executable, "-c", COUNTER, "{fasta}", "{scores}"], "sequences": 5}


def distances(sequences, references):
    """Share of sites that differ from the nearest reference."""
    return (sequences[:, None] != references[None]).mean(axis=2).min(axis=1)


def percentiles(scores, natural, weights):
    """Percent of the natural weight below each score, and half of what is level with it."""
    below, level = (compare(natural[None], scores[:, None]) @ weights for compare in (np.less, np.equal))
    return 100 * (below + level / 2) / weights.sum()


def over_ladders(values):
    """Mean, and standard error of ladders' means, of each temperature."""
    means = np.asarray(values).reshape(-1, LADDERS, DRAWS).mean(axis=2)
    return means.mean(axis=1), means.std(axis=1, ddof=1) / LADDERS**0.5


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """Sixty sequences of eight sites in the files of the stages before: 24 held out, 30 for training, 6 in between."""
    folder, rng = tmp_path_factory.mktemp("family"), np.random.default_rng(0)
    natural = rng.integers(0, Q, (60, L), dtype=np.uint8)
    natural[1:24:2] = natural[0:24:2]
    natural[1:24:2, 3] = (natural[1:24:2, 3] + 1) % Q
    # Some training sequences resemble held-out ones a little, as samples do natural ones.
    natural[24:36, :4] = natural[0:24:2, :4]
    weights, heldout_weights, subset_weights = rng.uniform(0.2, 1, 60), rng.uniform(0.2, 1, 24), rng.uniform(0.2, 1, 12)
    save_arrays(folder / "alignment", {"sequences": natural, "weights": weights}, {"alphabet": "protein"})
    parts = {"heldout": HELDOUT, "training": POOL, "heldout_weights": heldout_weights}
    save_arrays(folder / "split", parts, {})
    save_arrays(folder / "subset", {"indices": MEMBERS, "weights": subset_weights}, {})
    model = random_potts(L, Q, 1, scale=0.5)
    model.save(folder / "model", LETTERS, {})
    samples = natural[rng.integers(0, 60, 36)]
    samples[rng.random(samples.shape) < 0.3] = 7
    sequences = samples.reshape(3, LADDERS, DRAWS, L)
    save_arrays(folder / "samples", {"temperatures": TEMPERATURES, "sequences": sequences}, {})
    rungs = {
        "temperature": [4.0, 2.0, 1.0, 0.5], "requested": [False, True, True, True], "ess": [1.0, 2.0, 3.0, 4.0],
        "rhat": [1.1, 1.2, 1.3, 1.4], "drift": [0.1, 0.2, 0.3, 0.4], "acceptance": [0.9, 0.8, 0.7, np.nan],
    }  # fmt: skip
    save_table(folder / "ladder.tsv", pd.DataFrame(rungs))
    save_table(folder / "states.tsv", pd.DataFrame({"equilibrated": [False, True, True], "log_z": LOG_Z}))
    potts = random_potts(L, Q, 2, scale=0.5)
    pair_judge = CrossFittedJudge(potts, rng.normal(size=60), CLUSTERS, Discrimination(0.875, 0.0625))
    pair_judge.save(folder / "judge", LETTERS, {})
    hmm.run(hmm.Inputs(folder / "alignment", folder / "split"), hmm.Outputs(folder / "hmm"), "family")
    truth = random_potts(L, Q, 3)
    truth.save(folder / "truth", LETTERS, {"kind": "teacher", "log_z": 22.0, "log_z_error": 0.0})
    return SimpleNamespace(
        folder=folder, natural=natural, weights=weights, heldout_weights=heldout_weights, model=model,
        subset_weights=subset_weights, samples=samples, sequences=sequences, judge=pair_judge,
        truth=truth,
    )  # fmt: skip


def rewrite(family, path, rows):
    """Write the alignment with other sequences at some rows."""
    changed = family.natural.copy()
    changed[rows] = (changed[rows] + 5) % Q
    save_arrays(path, {"sequences": changed, "weights": family.weights}, {"alphabet": "protein"})
    return changed


# ---------------------------------------------------------------- judges


def test_the_profile_hmm_is_that_of_held_out_sequences_alone(family, tmp_path):
    """Bytes are those of an HMM of these sequences; others may change, and a held-out one may not."""
    build_hmm(family.natural[HELDOUT], LETTERS, "family", tmp_path / "expected")
    expected = (family.folder / "hmm").read_bytes()
    assert (tmp_path / "expected").read_bytes() == expected
    assert re.search(rb"^NAME +family$", expected, re.M) and re.search(rb"^NSEQ +24$", expected, re.M)
    for rows, equal in ((np.arange(24, 60), True), ([23], False)):
        rewrite(family, tmp_path / "alignment", rows)
        hmm.run(hmm.Inputs(tmp_path / "alignment", family.folder / "split"), hmm.Outputs(tmp_path / "hmm"), "family")
        assert ((tmp_path / "hmm").read_bytes() == expected) == equal


def test_the_covariance_model_is_built_of_held_out_sequences_alone(tmp_path, monkeypatch):
    """Whatever builds it gets these rows; Infernal itself is tested where it is installed."""
    natural = np.random.default_rng(0).integers(0, 5, (6, 4), dtype=np.uint8)
    save_arrays(tmp_path / "alignment", {"sequences": natural, "weights": np.ones(6)}, {"alphabet": "rna"})
    save_arrays(tmp_path / "split", {"heldout": np.array([1, 4]), "training": np.array([0, 2, 3, 5])}, {})
    calls = []
    monkeypatch.setattr(covariance_model, "build_covariance_model", lambda *arguments: calls.append(arguments) or 0)
    inputs = covariance_model.Inputs(tmp_path / "alignment", tmp_path / "split")
    covariance_model.run(inputs, covariance_model.Outputs(tmp_path / "cm"), "family")
    ((sequences, *others),) = calls
    np.testing.assert_array_equal(sequences, natural[[1, 4]])
    assert others == [alphabet("rna"), "family", tmp_path / "cm"]


def test_the_pair_judge_is_learnt_from_all_natural_sequences_with_their_weights(family, tmp_path):
    judge.run(judge.Inputs(family.folder / "alignment"), judge.Outputs(tmp_path / "judge"), 5)
    read, expected = (
        CrossFittedJudge.load(tmp_path / "judge"),
        CrossFittedJudge.learn(family.natural, family.weights, Q, 5),
    )
    np.testing.assert_array_equal(read.natural_scores, expected.natural_scores)
    np.testing.assert_array_equal(read.model.couplings, expected.model.couplings)
    np.testing.assert_array_equal(read.clusters, label_clusters(family.natural))
    assert read.discrimination == expected.discrimination
    metadata = load_arrays(tmp_path / "judge")[1]
    assert (metadata["alphabet"], metadata["seed"]) == ("protein", 5)
    assert metadata["settings"] == {"pseudocount": 0.2, "splits": 2, "folds": 4}


# ---------------------------------------------------------------- score


def run_score(family, folder, seed=4, truth=True, **optimum):
    outputs = score.Outputs(
        *(folder / name for name in ("scores.tsv", "samples", "natural", "judges", "orders.tsv", "levels.tsv",
                                     "calibration.tsv", "reliability.tsv", "calibrated.tsv"))
    )  # fmt: skip
    names = ("model", "subset", "samples", "ladder.tsv", "states.tsv", "alignment", "split", "judge")
    settings = {"judges": {"mine": PROGRAM}, "optimum": SETTINGS["optimum"] | optimum}
    hmm_path, truth_path = family.folder / "hmm", family.folder / "truth" if truth else None
    inputs = score.Inputs(*(family.folder / name for name in names), programs=[], hmm=hmm_path, truth=truth_path)
    score.run(inputs, outputs, STAGES["score"].of(settings), seed, 1)
    return outputs


@pytest.fixture(scope="module")
def scored(family, tmp_path_factory):
    return run_score(family, tmp_path_factory.mktemp("scored"))


def test_natural_sequences_are_scored_by_their_own_rows(family, scored):
    table = load_table(scored.natural)
    other = [*range(24, 26), *range(27, 50, 2), *range(50, 60)]
    rows = np.concatenate([MEMBERS, HELDOUT, other])
    real, random = table[: len(rows)], table[len(rows) :]
    assert real["set"].tolist() == ["training"] * 12 + ["heldout"] * 24 + ["other"] * 24
    np.testing.assert_allclose(real["energy"], family.model.energies(family.natural[rows]))
    np.testing.assert_array_equal(real["cluster"], CLUSTERS[rows])
    np.testing.assert_allclose(real["scale_weight"], family.weights[rows])
    np.testing.assert_array_equal(real["weight"][12:36], family.heldout_weights)
    assert (real["weight"].drop(range(12, 36)) == 1).all()
    np.testing.assert_array_equal(real["potts"], family.judge.natural_scores[rows])
    np.testing.assert_allclose(real["hmm"], hmm_judge(family.folder / "hmm", LETTERS)(family.natural[rows]))
    odds = np.log(profile_frequencies(family.natural[HELDOUT], Q, family.heldout_weights) * Q)
    np.testing.assert_allclose(real["profile"], odds[np.arange(L), family.natural[rows]].sum(axis=1))
    np.testing.assert_allclose(real["truth"], -family.truth.energies(family.natural[rows]))
    # The first, the last, and three between them of each set.
    scored_rows = [0, 2, 5, 8, 11, 12, 17, 23, 29, 35, 36, 41, 47, 53, 59]
    assert np.flatnonzero(real["mine"].notna()).tolist() == scored_rows
    np.testing.assert_array_equal(real["mine"][scored_rows], (family.natural[rows[scored_rows]] == 19).sum(axis=1))
    np.testing.assert_allclose(real["gaps"], (family.natural[rows] == 0).mean(axis=1))
    to_training = distances(family.natural[HELDOUT], family.natural[MEMBERS])
    np.testing.assert_allclose(real["distance_training"][12:36], to_training)
    others = [distances(family.natural[[row]], np.delete(family.natural, row, axis=0))[0] for row in HELDOUT]
    np.testing.assert_allclose(real["distance_natural"][12:36], others)
    # The first that the job's seed gives.
    chains = draw_uniform_chains(2000, L, Q, np.random.default_rng(4))
    np.testing.assert_allclose(random["energy"], family.model.energies(chains))


def test_samples_have_percentiles_among_all_natural_sequences_by_weight(family, scored):
    table = load_table(scored.samples)
    np.testing.assert_array_equal(table["temperature"], np.repeat(TEMPERATURES, LADDERS * DRAWS))
    np.testing.assert_allclose(table["energy"], family.model.energies(family.samples))
    np.testing.assert_allclose(table["distance_natural"], distances(family.samples, family.natural))
    np.testing.assert_allclose(table["distance_training"], distances(family.samples, family.natural[MEMBERS]))
    np.testing.assert_allclose(table["potts"], family.judge(family.samples))
    expected = percentiles(family.judge(family.samples), family.judge.natural_scores, family.weights)
    np.testing.assert_allclose(table["percentile_potts"], expected)
    np.testing.assert_allclose(table["fidelity"], expected / 100)
    bits = hmm_judge(family.folder / "hmm", LETTERS)
    expected = percentiles(bits(family.samples), bits(family.natural), family.weights)
    np.testing.assert_allclose(table["percentile_hmm"], expected)
    assert expected.std() > 10
    assert table["mine"].notna().tolist() == [n in (0, 2, 5, 8, 11) for n in range(12)] * 3


def test_levels_are_of_the_true_energy_or_of_the_pair_judges(family, scored, tmp_path):
    """Natural sequences weigh as by themselves; samples of each temperature have ln Z of their own."""
    natural, samples = load_table(scored.natural), load_table(scored.samples)
    np.testing.assert_allclose(samples["true_energy"], family.truth.energies(family.samples), rtol=1e-5)
    table = load_table(scored.levels)
    assert table["temperature"].unique().tolist() == [0.5, 1, 2]
    expected = estimate_levels(natural, samples, "true_energy", dict(zip(TEMPERATURES, LOG_Z, strict=True)), 22.0)
    pd.testing.assert_frame_equal(table, expected, rtol=1e-5, atol=1e-6, check_dtype=False)
    assert np.ptp(table["p"]) > 0.05 and table["reverse"].notna().all()
    judged = run_score(family, tmp_path, truth=False)
    natural, samples = load_table(judged.natural), load_table(judged.samples)
    assert "true_energy" not in samples and "true_energy" not in natural
    table, real = load_table(judged.levels), natural[natural["set"] != "random"]
    lowest = table[(table["temperature"] == 1) & (table["level"] == 0)].iloc[0]
    # A tenth of the natural weight is in the first level, of the least energies by the judge, its highest scores.
    order = np.argsort(-real["potts"].to_numpy())
    shares = np.cumsum(real["scale_weight"].to_numpy()[order]) / real["scale_weight"].sum()
    first = order[: np.searchsorted(shares, 0.1) + 1]
    assert lowest["p"] == pytest.approx(shares[len(first) - 1])
    at_one = samples[samples["temperature"] == 1]
    assert lowest["q"] == pytest.approx((at_one["potts"] >= real["potts"].to_numpy()[first].min()).mean())
    assert table[["forward", "reverse", "slope"]].isna().all(axis=None)


def test_levels_of_an_enumerable_truth_are_exact():
    energies = np.log([2.0, 4.0, 4.0, 8.0])
    truth = Truth(lambda sequences: energies[sequences @ [2, 1]], (0.0, 0.0), energies)
    model = random_potts(2, 2, 5)
    table = score.tabulate_levels(model, pd.DataFrame(), pd.DataFrame(), {0.5: 9.0, 1.0: 9.0}, truth)
    all_energies = model.energies(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8))
    expected = enumerate_levels(energies, all_energies, np.array([0.5, 1.0]))
    pd.testing.assert_frame_equal(table, expected, rtol=1e-5)
    assert table["p"].tolist() == pytest.approx([4 / 9, 4 / 9, 1 / 9] * 2)
    assert set(COLUMNS["levels.tsv"]) <= set(table)


def test_temperatures_have_means_and_errors_over_ladders(family, scored):
    table = load_table(scored.scores)
    places = percentiles(family.judge(family.samples), family.judge.natural_scores, family.weights)
    values = {
        "novelty": distances(family.samples, family.natural), "energy": family.model.energies(family.samples),
        "distance_training": distances(family.samples, family.natural[MEMBERS]),
        "gaps": (family.samples == 0).mean(axis=1), "potts": family.judge(family.samples), "fidelity": places / 100,
        "percentile_potts": places, "hmm": hmm_judge(family.folder / "hmm", LETTERS)(family.samples),
    }  # fmt: skip
    for name, of_samples in values.items():
        mean, error = over_ladders(of_samples)
        np.testing.assert_allclose(table[name], mean, rtol=2e-5, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(table[f"{name}_error"], error, rtol=2e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(table["above_median_potts"], (places > 50).reshape(3, -1).mean(axis=1), rtol=1e-5)
    identical = (distances(family.samples, family.natural) == 0).reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(table["identical"], identical, rtol=1e-5)
    assert table["sequences"].tolist() == [12] * 3
    assert table["equilibrated"].tolist() == [False, True, True]
    assert table["ess"].tolist() == [4, 3, 2] and table["rhat"].tolist() == [1.4, 1.3, 1.2]
    assert table["drift"].tolist() == [0.4, 0.3, 0.2] and table["acceptance"].tolist()[1:] == [0.7, 0.8]


def correlations(sequences, weights):
    """Connected correlations of all pairs of sites, and one-site frequencies, by one-hot products."""
    one_hot = np.eye(Q)[sequences].reshape(len(sequences), -1)
    shares = weights / weights.sum()
    single = shares @ one_hot
    connected = (one_hot * shares[:, None]).T @ one_hot - np.outer(single, single)
    left, right = np.triu_indices(L, 1)
    return connected.reshape(L, Q, L, Q)[left, :, right].ravel(), single


def test_orders_are_of_weighted_held_out_sequences(family, scored):
    table, scores = load_table(scored.orders), load_table(scored.scores)
    reference, single = correlations(family.natural[HELDOUT], family.heldout_weights)
    for temperature, sequences in zip(TEMPERATURES, family.sequences.reshape(3, -1, L), strict=True):
        connected, sampled_single = correlations(sequences, np.ones(12))
        row = table[(table["temperature"] == temperature) & (table["order"] == 2)].iloc[0]
        row_of_scores = scores[scores["temperature"] == temperature].iloc[0]
        pearson = np.corrcoef(reference, connected)[0, 1]
        slope = pearson * connected.std() / reference.std()
        assert [row["pearson"], row["slope"]] == pytest.approx([pearson, slope], rel=1e-4)
        assert [row_of_scores["pearson_pair"], row_of_scores["slope_pair"]] == pytest.approx([pearson, slope], rel=1e-4)
        assert row_of_scores["pearson_single"] == pytest.approx(np.corrcoef(single, sampled_single)[0, 1], rel=1e-4)
    assert table["order"].tolist() == [2, 3, 4, 5, 6, 7, 8] * 4
    assert table["temperature"].isna().tolist() == [False] * 21 + [True] * 7
    np.testing.assert_allclose(
        scores["slope_triple"], table[(table["order"] == 3) & table["temperature"].notna()]["slope"], rtol=1e-4
    )


def test_site_conditionals_are_calibrated_on_weighted_held_out_sequences(family, scored):
    """Negative log-likelihoods of each site given the others, and errors over pairs of relatives."""
    heldout, weights = family.natural[HELDOUT], family.heldout_weights
    mutants = np.repeat(heldout[:, None], Q, axis=1)[:, None].repeat(L, axis=1)
    mutants[:, np.arange(L), :, np.arange(L)] = np.arange(Q)
    energies = family.model.energies(mutants.reshape(-1, L)).reshape(24, L, Q).astype(float)
    table = load_table(scored.calibration)
    for row, temperature in zip(table.itertuples(), TEMPERATURES, strict=True):
        p = np.exp(-energies / temperature)
        p /= p.sum(axis=2, keepdims=True)
        losses = -np.log(np.take_along_axis(p, heldout[:, :, None].astype(int), 2)[:, :, 0]).mean(axis=1)
        mean = np.average(losses, weights=weights)
        sums = np.bincount(RELATIVES, weights / weights.sum() * (losses - mean))
        assert row.temperature == temperature
        assert row.npll == pytest.approx(mean, rel=1e-4)
        assert row.npll_error == pytest.approx((sums**2).sum() ** 0.5, rel=1e-4)


def test_the_job_s_seed_and_number_of_draws_determine_what_is_random(family, scored, tmp_path):
    """Random numbers are taken by natural sequences, orders, the bootstrap and the judges, in this order."""
    rng = np.random.default_rng(4)
    draw_uniform_chains(2000, L, Q, rng)
    parts = Family.load(*(family.folder / name for name in ("alignment", "split", "subset")))
    arrays = {"temperatures": TEMPERATURES, "sequences": family.sequences}
    orders, _ = score_orders(parts, arrays, Q, rng)
    np.testing.assert_allclose(load_table(scored.orders)["r20"], orders["r20"], rtol=2e-5)
    calibration = calibrate(
        family.model, family.natural[HELDOUT], family.heldout_weights, TEMPERATURES, rng, 60, RELATIVES
    )
    tau, row = calibration.tau_cal, load_table(scored.calibrated).iloc[0]
    expected = {"tau_cal": tau.value, "tau_cal_low": tau.low, "tau_cal_high": tau.high, "tau_ece": calibration.tau_ece}
    assert row.to_dict() == pytest.approx(expected, rel=1e-5)
    reliability = load_table(scored.reliability)
    np.testing.assert_allclose(reliability, calibration.reliability, rtol=2e-5)
    written = json.loads(scored.judges.read_text())
    assert written["provenance"]["seed"] == 4
    bits = {"hmm": hmm_judge(family.folder / "hmm", LETTERS)}
    # Held-out sequences count as clusters that the pair judge gave them.
    (expected,) = judge_standings(load_table(scored.scores), parts, bits, rng, CLUSTERS)["judges"]
    (row,) = [row for row in written["judges"] if row["name"] == "hmm"]
    assert (row["auc"], row["auc_error"]) == (expected["auc"], expected["auc_error"])
    other = run_score(family, tmp_path, seed=5)
    assert (load_table(other.natural)["energy"][60:] != load_table(scored.natural)["energy"][60:]).mean() > 0.99
    assert load_table(other.samples).equals(load_table(scored.samples))


def test_scores_are_told_from_the_coldest_temperature_to_the_hottest():
    table = pd.DataFrame({"temperature": [1, 0.4, 1.5], "fidelity": [0.5, 0.8, 0.1], "novelty": [0.3, 0.2, 0.71]})
    assert score.describe_scores(table) == (
        "from the coldest to the hottest of 3 sampled temperatures, 0.4 to 1.5, fidelity goes from 0.80 to 0.10 and "
        "novelty goes from 0.20 to 0.71"
    )


def test_tables_have_the_columns_that_pages_read(scored):
    for name in ("scores", "orders", "levels", "calibration", "reliability"):
        assert set(COLUMNS[f"{name}.tsv"]) <= set(load_table(getattr(scored, name)))


def test_judges_are_assessed(scored):
    assessments = {row["name"]: row for row in json.loads(scored.judges.read_text())["judges"]}
    assert list(assessments) == ["profile", "potts", "hmm", "truth", "mine"]
    table = load_table(scored.scores)
    for name, row in assessments.items():
        assert row["span"] == pytest.approx(np.ptp(table[f"percentile_{name}"]), rel=1e-4)
    assert (assessments["potts"]["auc"], assessments["potts"]["auc_error"]) == (0.875, 0.0625)
    assert 0 < assessments["hmm"]["auc"] < 1
    # A shuffled column has the same residues: a judge of single sites gives the same scores on average.
    assert assessments["profile"]["auc"] == pytest.approx(0.5, abs=0.25)


class StageStoppedError(Exception):
    """Ends a stage where it calls a function, with the arguments."""

    def __init__(self, *arguments):
        self.arguments = arguments


@pytest.mark.parametrize("folding", [True, False])
def test_the_folding_energy_is_a_judge_where_it_is_asked_for(family, tmp_path, monkeypatch, folding):
    """Of its arguments the last are the programs' threads, and whether to fold."""

    def call(*arguments):
        raise StageStoppedError(*arguments)

    monkeypatch.setattr(score, "judges", call)
    with pytest.raises(StageStoppedError) as stopped:
        run_score(family, tmp_path, folding=folding)
    assert stopped.value.arguments[-2:] == (1, folding)


# ---------------------------------------------------------------- compare

COLD = [0.2, 0.4, 0.6, 0.8, 1.0]


def profile_fields(family):
    """Logarithms of one-site frequencies of the training set by its weights, of mean 0 at each site."""
    logs = np.log(profile_frequencies(family.natural[MEMBERS], Q, family.subset_weights))
    return logs - logs.mean(axis=1, keepdims=True)


def run_compare(family, scored, folder, other=None, checkpoints=None, **kind):
    save_json(folder / "training.json", {"M": 12})
    # None of the judges decides here.
    standings = [
        {"name": name, "trusted": False, "saturated": False, "why": ""} for name in ("profile", "potts", "hmm")
    ]
    save_json(folder / "standings.json", {"judges": standings})
    save_arrays(folder / "samples", {"temperatures": np.array(COLD)}, {})
    settings = SETTINGS | {
        "train": {}, "sample": {"sequences": 48, "ladders": 6},
        "optimum": SETTINGS["optimum"] | {"novelty_floor": 0.51, "diversity_floor": 0.1},
    }  # fmt: skip
    at = family.folder
    inputs = compare.Inputs(
        at / "model", folder / "training.json", at / "subset", folder / "samples", scored.natural,
        folder / "standings.json", at / "alignment", at / "split", at / "judge", [], hmm=at / "hmm", other=other,
    )  # fmt: skip
    outputs = compare.Outputs(folder / "scores.tsv", folder / "optimum.tsv", folder / "drawn")
    compare.run(
        inputs, outputs, STAGES["compare"].of(settings), BaselineSettings(**kind), "mine", 6, "numba", 1,
        lambda task, part="": (checkpoints if checkpoints is not None else {}).setdefault(part, task) and NONE,
    )  # fmt: skip
    return load_table(outputs.scores), load_table(outputs.optimum).iloc[0], load_arrays(outputs.samples)


def test_a_profile_model_is_learnt_sampled_and_scored_as_the_family_s_own(family, scored, tmp_path):
    checkpoints = {}
    scores, row, (samples, metadata) = run_compare(family, scored, tmp_path, checkpoints=checkpoints, kind="profile")
    # A job that is killed goes on only with equal settings, seed, versions and engine.
    task = {key: metadata[key] for key in ("settings", "seed", "versions")} | {"engine": "numba"}
    assert checkpoints == {"learn": task, "draw": task} and task["settings"]["model"]["kind"] == "profile"
    sequences = samples["sequences"]
    assert samples["temperatures"].tolist() == scores["temperature"].tolist() == COLD
    assert sequences.shape == (5, 6, 8, L) and (metadata["alphabet"], metadata["seed"]) == ("protein", 6)
    fields = profile_fields(family)
    energies = -fields[np.arange(L), sequences].sum(axis=-1)
    np.testing.assert_allclose(scores["energy"], energies.mean(axis=(1, 2)), rtol=1e-4)
    model = independent(family.natural[MEMBERS], family.subset_weights, Q)
    settings = {"temperatures": COLD, "sequences": 48, "ladders": 6}
    np.testing.assert_array_equal(sequences, draw(model, settings, family.natural, choose_engine("numba"), 6).sequences)
    novelty = distances(sequences.reshape(-1, L), family.natural).reshape(5, 6, 8).mean(axis=2)
    np.testing.assert_allclose(scores["novelty"], novelty.mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(scores["novelty_error"], novelty.std(axis=1, ddof=1) / 6**0.5, rtol=1e-4, atol=1e-6)
    places = percentiles(family.judge(sequences.reshape(-1, L)), family.judge.natural_scores, family.weights)
    np.testing.assert_allclose(scores["fidelity"], places.reshape(5, -1).mean(axis=1) / 100, rtol=1e-4)
    # ln Q_tau of held-out sequences by their weights, nats a site.
    heldout = fields[np.arange(L), family.natural[HELDOUT]]
    log_z = {tau: np.log(np.exp(fields / tau).sum(axis=1)) for tau in COLD}
    likelihood = [np.average((heldout / tau - log_z[tau]).mean(axis=1), weights=family.heldout_weights) for tau in COLD]
    np.testing.assert_allclose(scores["log_likelihood"], likelihood, rtol=1e-4)
    assert (row["model"], row["kind"], row["M"]) == ("mine", "profile", 12)
    assert set(COLUMNS["scores.tsv"]) <= set(scores) and set(COLUMNS["optimum.tsv"]) <= set(row.index)
    assert row["log_likelihood"] == pytest.approx(max(likelihood), rel=1e-4)


def test_a_baseline_is_learnt_from_the_training_set_by_the_job_s_seed(family, scored, tmp_path, monkeypatch):
    """Its penalty, where it is to be chosen, by held-out sequences with their weights."""

    def call(*arguments):
        raise StageStoppedError(*arguments)

    monkeypatch.setattr(compare, "learn", call)
    with pytest.raises(StageStoppedError) as stopped:
        run_compare(family, scored, tmp_path, kind="boltzmann", l2_fields=0.25)
    entry, _, sequences, weights, q, engine, seed, _, heldout = stopped.value.arguments
    assert (entry["kind"], entry["l2_fields"], entry["l2_couplings"]) == ("boltzmann", 0.25, None)
    assert (q, engine.name, seed) == (Q, "numba", 6)
    np.testing.assert_array_equal(sequences, family.natural[MEMBERS])
    np.testing.assert_array_equal(weights, family.subset_weights)
    np.testing.assert_array_equal(heldout[0], family.natural[HELDOUT])
    np.testing.assert_array_equal(heldout[1], family.heldout_weights)


def test_the_optimum_of_a_baseline_is_that_of_its_own_samples(family, scored, tmp_path):
    scores, row, (samples, _) = run_compare(family, scored, tmp_path, kind="profile")
    fields = profile_fields(family)
    energies = -fields[np.arange(L), samples["sequences"]].sum(axis=-1).mean(axis=2)
    training = -np.average(fields[np.arange(L), family.natural[MEMBERS]].sum(axis=1), weights=family.subset_weights)
    tau = sampled_training_temperature(np.array(COLD), energies, training, np.random.default_rng(0))
    assert row["tau_train"] == pytest.approx(tau.value, rel=1e-4)
    # The coldest temperature whose novelty, less 2.571 errors of six ladders, is 0.51; the next colder one is not.
    able = np.flatnonzero(scores["novelty"] - 2.570582 * scores["novelty_error"] >= 0.51)
    assert row["coldest"] == row["tau"] == COLD[able[0]] and 0 < able[0] < 4
    assert COLD[able[0]] < row["tau_train_low"] and row["status"] == "recommended" and row["feasible"]
    chosen = scores.iloc[able[0]]
    assert row["fidelity"] == pytest.approx(chosen["fidelity"], rel=1e-4)
    assert row["novelty"] == pytest.approx(chosen["novelty"], rel=1e-4)
    # Differences of draws of different ladders, in units of those of weighted held-out sequences.
    sequences = samples["sequences"][able[0]]
    one_hot = np.eye(Q)[sequences].mean(axis=1)
    pairs = np.mean([1 - (one_hot[i] * one_hot[j]).sum() / L for i in range(6) for j in range(6) if i != j])
    shares = family.heldout_weights / family.heldout_weights.sum()
    natural = 1 - (np.einsum("m,mia->ia", shares, np.eye(Q)[family.natural[HELDOUT]]) ** 2).sum() / L
    assert row["diversity"] == pytest.approx(pairs / natural, rel=1e-4)
    # Judges have temperatures of their own.
    assert {"tau_potts", "tau_hmm", "tau_profile"} <= set(row.index)


def test_a_model_of_a_file_is_taken_as_it_is(family, scored, tmp_path):
    fields = np.random.default_rng(3).normal(size=(L, Q)).astype(np.float32)
    Potts(fields, np.zeros((L, Q, L, Q), np.float32)).save(tmp_path / "other", LETTERS, {})
    scores, row, (samples, _) = run_compare(family, scored, tmp_path, tmp_path / "other", kind="file")
    energies = -fields[np.arange(L), samples["sequences"]].sum(axis=-1)
    np.testing.assert_allclose(scores["energy"], energies.mean(axis=(1, 2)), rtol=1e-4)
    assert row["kind"] == "file"


def test_an_autoregressive_model_is_compared_with_its_tempered_joint_distribution(family, scored, tmp_path):
    """At temperature 1 both are the same; the colder, the farther they are apart."""
    scores, row, _ = run_compare(family, scored, tmp_path, kind="autoregressive", l2_couplings=0.5)
    assert row["kind"] == "autoregressive"
    assert scores["joint_divergence"].iloc[-1] == pytest.approx(0, abs=1e-6)
    assert scores["joint_share"].iloc[-1] == pytest.approx(1)
    assert scores["joint_energy"].iloc[-1] == pytest.approx(scores["energy"].iloc[-1], rel=1e-4)
    assert scores["joint_share"].iloc[0] < 0.99
