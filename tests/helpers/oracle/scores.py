"""Rows of scores.tsv, recomputed from the samples of each temperature."""

import math

import numpy as np

from oracle.judges import EQUAL
from oracle.run import JUDGES
from oracle.sequences import (
    compare_ladders,
    correlate,
    correlate_pairs,
    correlate_triples,
    count_frequencies,
    weigh,
)
from oracle.statistics import Between, average_ladders, measure_drift, measure_ess, measure_rhat
from oracle.temperatures import expect_acceptance

# Random triples that are drawn, with replacement, of all triples of sites.
TRIPLES, TRIALS = 300, 500


def recompute_scores(subset, rung):
    """Recompute a row of scores.tsv; what rests on random draws of the run is bounded."""
    samples, sequences = subset.samples[rung], subset.sequences[rung]
    ladders, draws, length = sequences.shape
    flat, family = sequences.reshape(-1, length), subset.family
    row = {"temperature": subset.temperatures[rung], "sequences": ladders * draws}
    averages = {"fidelity": samples["percentile_potts"] / 100, "novelty": samples["distance_natural"]}
    averages |= {name: samples[name] for name in ("distance_training", "energy", "gaps")}
    for judge in JUDGES:
        averages |= {name: samples[name] for name in (judge, f"percentile_{judge}")}
        above = [score > 50 + 100 * EQUAL for score in np.ravel(samples[f"percentile_{judge}"])]
        row[f"above_median_{judge}"] = sum(above) / len(above)
    for name, values in averages.items():
        row[name], row[f"{name}_error"] = average_ladders(values)
    row["identical"] = sum(1 for distance in np.ravel(samples["distance_natural"]) if distance == 0) / len(flat)
    row["diversity"], row["diversity_error"] = average_ladders(np.array(compare_ladders(sequences))[:, None])
    row["effective_share"] = sum(weigh(flat)) / len(flat)
    row["pearson_single"] = correlate(family.frequencies.ravel(), count_frequencies(flat, family.q).ravel())[0]
    row["pearson_pair"], row["slope_pair"] = correlate(family.pair_correlations, correlate_pairs(flat, family.q))
    energies = subset.energies[subset.find_rung(rung)]
    row |= {"ess": measure_ess(energies), "rhat": measure_rhat(energies), "drift": measure_drift(energies)[0]}
    row |= bound_triples(subset, rung) | {"acceptance": bound_exchanges(subset, rung)}
    return row | {"equilibrated": bool(subset.equilibrated[rung])}


def bound_triples(subset, rung):
    """Bound the correlation and the slope of three-site correlations at random triples of sites, of many draws.

    The run has drawn triples of its own: its values have to be within five standard deviations of theirs.
    """
    rng, family = np.random.default_rng(rung), subset.family
    x = family.triple_correlations
    y = correlate_triples(subset.sequences[rung].reshape(-1, family.natural.shape[1]), family.q, family.triples)
    moments = np.array([x.sum(axis=1), y.sum(axis=1), (x**2).sum(axis=1), (y**2).sum(axis=1), (x * y).sum(axis=1)])
    values = []
    for _ in range(TRIALS):
        chosen = np.unique(rng.integers(len(moments.T), size=TRIPLES))
        mean_x, mean_y, xx, yy, xy = moments[:, chosen].sum(axis=1) / (len(chosen) * family.q**3)
        covariance, variance = xy - mean_x * mean_y, xx - mean_x**2
        values.append((covariance / math.sqrt(variance * (yy - mean_y**2)), covariance / variance))
    means, errors = np.mean(values, axis=0), np.std(values, axis=0)
    return {name: Between(mean - 5 * error, mean + 5 * error)
            for name, mean, error in zip(("pearson_triple", "slope_triple"), means, errors, strict=True)}  # fmt: skip


def bound_exchanges(subset, rung):
    """Bound the share of accepted exchanges with the next colder rung.

    Of the coldest that was kept, no energies of a colder one are saved, if there was one.
    The chance of one exchange is its mean over all pairs of draws of both rungs; at least half as many trials as there
    are draws are independent.
    """
    index, last = subset.find_rung(rung), len(subset.betas) - 1
    if index == last:
        return Between(0, 1, may_lack=True)
    colder = index + 1
    chance = expect_acceptance(
        subset.betas[index], subset.energies[index], subset.betas[colder], subset.energies[colder]
    )
    error = math.sqrt(chance * (1 - chance) / (subset.energies[0].size / 2))
    return Between(chance - 4 * error, chance + 4 * error)
