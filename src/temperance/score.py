"""Tables of scores: one row a sample, a natural sequence, or a temperature."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.alphabet import Alphabet
from temperance.fidelity import Judge, hmm_judge, profile_judge, threshold, truth_judge
from temperance.gibbs import uniform_chains
from temperance.novelty import effective_share, mean_pairwise_distance
from temperance.orders import Reference
from temperance.potts import Potts
from temperance.programs import Program, of_some
from temperance.statistics import agreement, site_frequencies
from temperance.store import load_arrays
from temperance.weights import nearest

_MOST_REFERENCES = 2000


@dataclass(frozen=True)
class Family:
    """The natural sequences of a family, as one model sees them.

    Attributes
    ----------
    natural : np.ndarray
        (M, L) all of them.
    members, training : np.ndarray
        (N,) and (N, L) those that the model was trained on: which of all, and themselves.
    heldout, heldout_weights : np.ndarray
        (H, L) and (H,).
    pool, pool_weights : np.ndarray
        (P, L) and (P,) everything that may be trained on.
    """

    natural: np.ndarray
    members: np.ndarray
    training: np.ndarray
    heldout: np.ndarray
    heldout_weights: np.ndarray
    pool: np.ndarray
    pool_weights: np.ndarray

    @classmethod
    def load(cls, alignment: str | Path, split: str | Path, subset: str | Path) -> "Family":
        arrays = load_arrays(alignment)[0]
        natural, weights = arrays["sequences"], arrays["weights"]
        parts = load_arrays(split)[0]
        chosen = load_arrays(subset)[0]["indices"]
        heldout = natural[parts["heldout"]]
        pool = parts["training"]
        return cls(natural, chosen, natural[chosen], heldout, parts["heldout_weights"], natural[pool], weights[pool])


def judges(
    files: dict[str, str | Path], programs: dict[str, Any], family: Family, letters: Alphabet, threads: int
) -> dict[str, Judge]:
    """Every judge that the family can have, by name."""
    panel: dict[str, Judge] = {"profile": profile_judge(family.heldout, family.heldout_weights, letters.q)}
    if "hmm" in files:
        panel["hmm"] = hmm_judge(files["hmm"], letters, threads)
    if "truth" in files:
        panel |= truth_judge(files["truth"])
    return panel | {name: Program.of(name, given, letters, threads) for name, given in programs.items()}


def score_natural(model: Potts, family: Family, panel: dict[str, Judge], rng: np.random.Generator) -> pd.DataFrame:
    """Training, held-out and uniformly random sequences under the model and the judges.

    Returns
    -------
    pandas.DataFrame
        set, weight, energy (nats), one column a judge; for held-out sequences also distance_training (share of sites
        to the nearest of the subset), distance_natural (to the nearest of the pool), and built_hmm (whether the HMM
        was built from it).
    """
    sets = {
        "training": _some(family.training, rng),
        "heldout": family.heldout,
        "random": uniform_chains(_MOST_REFERENCES, model.L, model.q, rng),
    }
    tables = []
    for name, sequences in sets.items():
        table = pd.DataFrame(
            {"set": name, "weight": 1.0, "energy": model.energies(sequences)}, index=range(len(sequences))
        )
        if name == "heldout":
            table["weight"] = family.heldout_weights
            table["built_hmm"] = np.arange(len(sequences)) % 2 == 0
            table["distance_training"] = 1 - nearest(sequences, family.training)[1]
            table["distance_natural"] = 1 - nearest(sequences, family.pool)[1]
        if name != "random":
            for judge, score in panel.items():
                table[judge] = of_some(score, sequences, np.zeros(len(sequences)))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _some(sequences: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(sequences) <= _MOST_REFERENCES:
        return sequences
    return sequences[np.sort(rng.choice(len(sequences), _MOST_REFERENCES, replace=False))]


def natural_scores(natural: pd.DataFrame, judge: str) -> np.ndarray:
    """Scores, ascending, of the held-out sequences that did not build the HMM."""
    heldout = natural[natural["set"] == "heldout"]
    apart = heldout[~heldout["built_hmm"].astype(bool)]
    return np.sort((apart if len(apart) else heldout)[judge].dropna().to_numpy())


def natural_threshold(natural: pd.DataFrame, optimum: dict[str, Any]) -> float:
    """Score, of the judge of fidelity, from which a sequence is natural-like; `optimum` as in the configuration."""
    judge = optimum["fidelity"]
    return threshold(judge, natural_scores(natural, judge), optimum["percentile"])


def score_samples(
    model: Potts,
    family: Family,
    panel: dict[str, Judge],
    drawn: dict[str, np.ndarray],
    natural: pd.DataFrame,
    optimum: dict[str, Any],
) -> pd.DataFrame:
    """One row a sample: temperature, ladder, draw, energy, distances, judges, percentile, natural_like, fidelity.

    `percentile` is that of the judge's score among held-out natural ones, `fidelity` p_nat itself, or for other
    judges whether the score is natural-like.
    """
    judge = optimum["fidelity"]
    temperatures, ladders, draws, length = drawn["sequences"].shape
    flat = drawn["sequences"].reshape(-1, length)
    nearest_natural, to_natural = nearest(flat, family.natural)
    nearest_training, to_training = nearest(flat, family.training)
    table = pd.DataFrame(
        {
            "temperature": np.repeat(drawn["temperatures"], ladders * draws),
            "ladder": np.tile(np.repeat(np.arange(ladders), draws), temperatures),
            "draw": np.tile(np.arange(draws), temperatures * ladders),
            "energy": model.energies(flat),
            "distance_training": 1 - to_training,
            "distance_natural": 1 - to_natural,
            "nearest_training": family.members[nearest_training],
            "nearest_natural": nearest_natural,
        }
    )
    for name, score in panel.items():
        table[name] = of_some(score, flat, table["temperature"].to_numpy())
    scores = natural_scores(natural, judge)
    table["percentile"] = 100 * np.searchsorted(scores, table[judge], side="right") / len(scores)
    table["natural_like"] = (table[judge] >= natural_threshold(natural, optimum)).astype(float)
    table["fidelity"] = table["p_nat"] if judge == "p_nat" else table["natural_like"]
    return table


def score_orders(
    family: Family, drawn: dict[str, np.ndarray], q: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, Reference]:
    """How marginals of the samples of each temperature follow those of held-out sequences, and these.

    Returns
    -------
    pandas.DataFrame
        temperature and what `Reference.followed_by` gives. Rows without a temperature are of as many natural sequences
        that may be trained on, drawn by their weights: what a perfect model's samples would reach, about.
    """
    reference = Reference.of(family.heldout, family.heldout_weights, q, rng)
    length = family.natural.shape[1]
    sets = [(temperature, sequences.reshape(-1, length)) for temperature, sequences
            in zip(drawn["temperatures"], drawn["sequences"], strict=True)]  # fmt: skip
    count = min(len(family.pool), len(sets[0][1]))
    natural = rng.choice(len(family.pool), count, replace=False, p=family.pool_weights / family.pool_weights.sum())
    sets.append((np.nan, family.pool[natural]))
    tables = [reference.followed_by(sequences).assign(temperature=temperature) for temperature, sequences in sets]
    return pd.concat(tables, ignore_index=True), reference


def score_temperatures(
    samples: pd.DataFrame,
    drawn: dict[str, np.ndarray],
    ladder: pd.DataFrame,
    states: pd.DataFrame,
    orders: pd.DataFrame,
    reference: Reference,
    panel: Iterable[str],
) -> pd.DataFrame:
    """One row a temperature: means with standard errors over independent ladders, statistics, diagnostics."""
    length, q = reference.pairs.single.shape
    rungs = ladder[ladder["requested"]].sort_values("temperature")
    rows = []
    for t, (temperature, group) in enumerate(samples.groupby("temperature")):
        sequences = drawn["sequences"][t].reshape(-1, length)
        single = site_frequencies(sequences, q)
        of_orders = orders[orders["temperature"] == temperature].set_index("order")
        rows.append(
            {"temperature": temperature, "sequences": len(group)}
            | _means(group, "fidelity", "fidelity")
            | _means(group, "natural_like", "natural_like")
            | _means(group, "percentile", "percentile")
            | _means(group, "distance_natural", "novelty")
            | _means(group, "distance_training", "distance_training")
            | _means(group, "energy", "energy")
            | {name: value for judge in panel for name, value in _means(group, judge, judge).items()}
            | {
                "identical": float((group["distance_natural"] == 0).mean()),
                "diversity": mean_pairwise_distance(sequences, q),
                "effective_share": effective_share(sequences),
                "pearson_single": agreement(reference.pairs.single.ravel(), single.ravel()).pearson,
            }
            | {
                f"{name}_{of}": of_orders[name].get(order, np.nan)
                for order, of in ((2, "pair"), (3, "triple"))
                for name in ("pearson", "slope")
            }
        )
    table = pd.DataFrame(rows)
    for column in ("ess", "rhat", "acceptance"):
        table[column] = rungs[column].to_numpy()
    return table.assign(equilibrated=states["equilibrated"].to_numpy())


def _means(group: pd.DataFrame, column: str, name: str) -> dict[str, Any]:
    by_ladder = group.groupby("ladder")[column].mean()
    return {name: float(by_ladder.mean()), f"{name}_error": float(by_ladder.std() / by_ladder.count() ** 0.5)}
