"""Tables of scores: one row a sample, a natural sequence, or a temperature."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet
from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import load_arrays
from temperance.core.settings.scoring import JudgeSettings
from temperance.engines.chains import draw_uniform_chains
from temperance.msa.clusters import effective_clusters
from temperance.msa.frequencies import site_frequencies
from temperance.msa.weights import draw_by_weight, find_nearest
from temperance.potts.frequencies import measure_agreement
from temperance.potts.model import Potts
from temperance.scoring.covariance_model import covariance_judge
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.discrimination import Discrimination, discriminate, shuffle_columns
from temperance.scoring.diversity import effective_share, ladder_diversity
from temperance.scoring.external import Program, score_subsample
from temperance.scoring.folding import fold_scores
from temperance.scoring.judges import Judge, hmm_judge, profile_judge, truth_judge
from temperance.scoring.marginals import Reference
from temperance.scoring.scale import NaturalScale
from temperance.scoring.standing import TRUTHS, judge_standing
from temperance.truth import Truth

_MOST_REFERENCES = 2000
# Most natural sequences that a judge is to tell from shuffled ones.
_MOST_SHUFFLED = 500


@dataclass(frozen=True)
class Family:
    """Natural sequences of a family, divided as for one model.

    Attributes
    ----------
    natural, weights : np.ndarray
        (M, L) and (M,) all of them.
    members, training : np.ndarray
        (N,) and (N, L) those that the model was trained on: which of all, and themselves.
    heldout_members, heldout, heldout_weights : np.ndarray
        (H,), (H, L) and (H,): which of all, themselves, and their weights among each other.
    pool, pool_weights : np.ndarray
        (P, L) and (P,) everything that may be trained on.
    gap : int or None
        State of the gap, if there is one.
    """

    natural: np.ndarray
    weights: np.ndarray
    members: np.ndarray
    training: np.ndarray
    heldout_members: np.ndarray
    heldout: np.ndarray
    heldout_weights: np.ndarray
    pool: np.ndarray
    pool_weights: np.ndarray
    gap: int | None = None

    @classmethod
    def load(cls, alignment: str | Path, split: str | Path, subset: str | Path) -> "Family":
        """Read a family and its subset from the files of `ingest`, `split` and `subsample`.

        Parameters
        ----------
        alignment, split, subset : path
            Files of these stages, in this order.

        Returns
        -------
        Family
        """
        arrays, metadata = load_arrays(alignment)
        natural, weights = arrays["sequences"], arrays["weights"]
        parts = load_arrays(split)[0]
        chosen = load_arrays(subset)[0]["indices"]
        heldout, pool = parts["heldout"], parts["training"]
        return cls(
            natural, weights, chosen, natural[chosen], heldout, natural[heldout], parts["heldout_weights"],
            natural[pool], weights[pool], find_alphabet(metadata["alphabet"]).gap,
        )  # fmt: skip

    def gap_shares(self, sequences: np.ndarray) -> np.ndarray:
        """Compute the share of sites at which sequences have a gap.

        Parameters
        ----------
        sequences : np.ndarray
            (M, L) uint8.

        Returns
        -------
        np.ndarray
            (M,) from 0 to 1; 0 in an alphabet without a gap.
        """
        return (sequences == self.gap).mean(axis=1) if self.gap is not None else np.zeros(len(sequences))


def judges(
    files: Mapping[str, Any],
    programs: Mapping[str, JudgeSettings],
    family: Family,
    alphabet: Alphabet,
    threads: int,
    folding: bool = False,
) -> dict[str, Judge]:
    """Build every judge that the family can have.

    Parameters
    ----------
    files : mapping
        judge, hmm, covariance, truth: files of the judges; none where there is no such judge.
    programs : dict
        The configuration's `judges`: the user's programs by name.
    family : Family
        Its held-out sequences make the judge `profile`.
    alphabet : Alphabet
        Of the sequences.
    threads : int
        Threads of programs.
    folding : bool
        Whether to add ViennaRNA's folding energy.

    Returns
    -------
    dict
        Judges by name.
    """
    panel: dict[str, Judge] = {"profile": profile_judge(family.heldout, family.heldout_weights, alphabet.q)}
    if files.get("judge"):
        panel["potts"] = CrossFittedJudge.load(files["judge"])
    if files.get("hmm"):
        panel["hmm"] = hmm_judge(files["hmm"], alphabet, threads)
    if files.get("covariance"):
        panel["covariance"] = covariance_judge(files["covariance"], alphabet, threads)
    if files.get("truth"):
        panel |= truth_judge(files["truth"])
    if folding:
        panel["folding"] = lambda sequences: fold_scores(sequences, alphabet)
    return panel | {
        name: Program.from_settings(name, settings, alphabet, threads) for name, settings in programs.items()
    }


def score_natural(
    model: Potts,
    family: Family,
    panel: dict[str, Judge],
    rng: np.random.Generator,
    clusters: np.ndarray | None = None,
    truth: Truth | None = None,
) -> pd.DataFrame:
    """Score natural and uniformly random sequences under the model and the judges.

    Parameters
    ----------
    model : Potts
        Gives the energies.
    family : Family
        The natural sequences.
    panel : dict
        Judges by name.
    rng : numpy.random.Generator
        Draws random sequences, and which of many natural ones are scored.
    clusters : np.ndarray, optional
        (M,) label of the cluster of relatives of each natural sequence; each is its own if not set.
    truth : Truth, optional
        True distribution, where it is known.

    Returns
    -------
    pandas.DataFrame
        set (training of this model, heldout, other natural ones, random), weight, scale_weight (among all natural
        sequences), cluster, energy (nats), true_energy where the truth is known, gaps (share of sites), one column a
        judge; for held-out sequences also distance_training (share of sites to the nearest of the subset) and
        distance_natural (to the nearest other natural sequence).
    """
    clusters = np.arange(len(family.natural)) if clusters is None else clusters
    other_members = np.setdiff1d(np.arange(len(family.natural)), np.union1d(family.members, family.heldout_members))
    sets = {"training": family.members, "heldout": family.heldout_members, "other": other_members}
    tables = []
    for set_name, members in sets.items():
        chosen = members if set_name == "heldout" else _subsample(members, rng)
        sequences = family.natural[chosen]
        energies = model.energies(sequences)
        table = pd.DataFrame({"set": set_name, "weight": 1.0, "energy": energies}, index=range(len(chosen)))
        table["scale_weight"] = family.weights[chosen] * len(members) / max(len(chosen), 1)
        table["cluster"], table["gaps"] = clusters[chosen], family.gap_shares(sequences)
        if truth and len(chosen):
            table["true_energy"] = truth.energies(sequences)
        if set_name == "heldout":
            table["weight"] = family.heldout_weights
            table["distance_training"] = 1 - find_nearest(sequences, family.training)[1]
            table["distance_natural"] = 1 - find_nearest(sequences, family.natural, family.heldout_members)[1]
        for name, judge in panel.items() if len(chosen) else ():
            if isinstance(judge, CrossFittedJudge):
                table[name] = judge.natural_scores[chosen]
            else:
                table[name] = score_subsample(judge, sequences, np.zeros(len(sequences)))
        tables.append(table)
    sequences = draw_uniform_chains(_MOST_REFERENCES, model.L, model.q, rng)
    energies = model.energies(sequences)
    tables.append(
        pd.DataFrame({"set": "random", "weight": 1.0, "energy": energies, "scale_weight": 0.0, "cluster": -1})
    )
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def _subsample(members: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(members) <= _MOST_REFERENCES:
        return members
    return members[np.sort(rng.choice(len(members), _MOST_REFERENCES, replace=False))]


def natural_scale(natural: pd.DataFrame, judge: str) -> NaturalScale:
    """Make the scale of a judge from its scores of all natural sequences of the family.

    Where a judge has scored some sequences of a set only, these stand for the whole set.

    Parameters
    ----------
    natural : pandas.DataFrame
        Of `score_natural`.
    judge : str
        Column of the scores.

    Returns
    -------
    NaturalScale
    """
    real = natural[natural["set"] != "random"]
    scored = real[real[judge].notna()]
    totals, parts = (table.groupby("set")["scale_weight"].sum() for table in (real, scored))
    weights = scored["scale_weight"] * scored["set"].map(totals / parts)
    return NaturalScale.measure(scored[judge].to_numpy(float), weights.to_numpy(float))


def natural_threshold(natural: pd.DataFrame, judge: str, percentile: float) -> float:
    """Find the score from which a design is good enough: 0.5 for p_nat, else that of a percentile of natural sequences.

    Parameters
    ----------
    natural : pandas.DataFrame
        Of `score_natural`.
    judge : str
        Column of the scores.
    percentile : float
        From 0 to 100.

    Returns
    -------
    float
    """
    return 0.5 if judge == "p_nat" else natural_scale(natural, judge).score_at(percentile)


def judge_standings(
    scores: pd.DataFrame, family: Family, panel: dict[str, Judge], rng: np.random.Generator, clusters: np.ndarray
) -> dict[str, Any]:
    """Assess each judge: whether it tells temperatures and natural sequences apart, and may decide; for judges.json.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a temperature, as of `score_temperatures`.
    family : Family
        Its held-out sequences are compared with the same with shuffled columns.
    panel : dict
        Judges by name.
    rng : numpy.random.Generator
        Draws and shuffles sequences.
    clusters : np.ndarray
        (M,) label of the cluster of relatives of each natural sequence.

    Returns
    -------
    dict
        judges: list of what `judge_standing` returns.
    """
    chosen = family.heldout_members[np.sort(rng.permutation(len(family.heldout_members))[:_MOST_SHUFFLED])]
    natural = family.natural[chosen]
    shuffled, units = shuffle_columns(natural, rng), effective_clusters(clusters[chosen])
    rows = []
    for name, judge in panel.items():
        discrimination: Discrimination | None = None
        if isinstance(judge, CrossFittedJudge):
            discrimination = judge.discrimination
        elif name not in TRUTHS:
            groups = np.zeros(len(natural))
            discrimination = discriminate(
                score_subsample(judge, natural, groups), score_subsample(judge, shuffled, groups), units
            )
        rows.append(judge_standing(name, scores[f"percentile_{name}"].to_numpy(float), discrimination))
    return {"judges": rows}


def score_samples(
    model: Potts,
    family: Family,
    panel: dict[str, Judge],
    arrays: dict[str, np.ndarray],
    natural: pd.DataFrame,
    fidelity: str,
    truth: Truth | None = None,
) -> pd.DataFrame:
    """Score samples by the model's energy, distances to natural sequences, and judges.

    Parameters
    ----------
    model : Potts
        Gives the energies.
    family : Family
        The natural sequences.
    panel : dict
        Judges by name.
    arrays : dict
        temperatures (T,) and sequences (T, K, D, L) uint8 of the samples.
    natural : pandas.DataFrame
        Of `score_natural`.
    fidelity : str
        Name of the judge of fidelity.
    truth : Truth, optional
        True distribution, where it is known.

    Returns
    -------
    pandas.DataFrame
        One row a sample: temperature, ladder, draw, energy, gaps (share of sites), true_energy where the truth is
        known, distances, each judge's score and its percentile among all natural sequences of the family, and fidelity:
        p_nat itself, or the percentile by the judge of fidelity divided by 100.
    """
    temperatures, ladders, draws, length = arrays["sequences"].shape
    flat = arrays["sequences"].reshape(-1, length)
    nearest_natural, to_natural = find_nearest(flat, family.natural)
    nearest_training, to_training = find_nearest(flat, family.training)
    table = pd.DataFrame(
        {
            "temperature": np.repeat(arrays["temperatures"], ladders * draws),
            "ladder": np.tile(np.repeat(np.arange(ladders), draws), temperatures),
            "draw": np.tile(np.arange(draws), temperatures * ladders),
            "energy": model.energies(flat),
            "gaps": family.gap_shares(flat),
            "distance_training": 1 - to_training,
            "distance_natural": 1 - to_natural,
            "nearest_training": family.members[nearest_training],
            "nearest_natural": nearest_natural,
        }
    )
    if truth:
        table["true_energy"] = truth.energies(flat)
    for name, score in panel.items():
        table[name] = score_subsample(score, flat, table["temperature"].to_numpy())
        table[f"percentile_{name}"] = natural_scale(natural, name).percentiles(table[name].to_numpy(float))
    table["fidelity"] = table["p_nat"] if fidelity == "p_nat" else table[f"percentile_{fidelity}"] / 100
    return table


def score_orders(
    family: Family, arrays: dict[str, np.ndarray], q: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, Reference]:
    """Compare marginals of two and more sites of each temperature's samples with those of held-out sequences.

    Parameters
    ----------
    family : Family
        The natural sequences.
    arrays : dict
        temperatures (T,) and sequences (T, K, D, L) uint8 of the samples.
    q : int
        States.
    rng : numpy.random.Generator
        Draws sets of sites, and natural sequences.

    Returns
    -------
    pandas.DataFrame
        temperature and the columns of `Reference.compare`. Rows without a temperature are of as many natural sequences,
        drawn by their weights from those that may be trained on: what a perfect model's samples would reach, about.
    Reference
        The marginals of held-out sequences.
    """
    reference = Reference.from_sequences(family.heldout, family.heldout_weights, q, rng)
    length = family.natural.shape[1]
    sets = [(temperature, sequences.reshape(-1, length)) for temperature, sequences
            in zip(arrays["temperatures"], arrays["sequences"], strict=True)]  # fmt: skip
    sets.append((np.nan, draw_by_weight(family.pool, family.pool_weights, len(sets[0][1]), rng)))
    tables = [reference.compare(sequences).assign(temperature=temperature) for temperature, sequences in sets]
    return pd.concat(tables, ignore_index=True), reference


def score_temperatures(
    samples: pd.DataFrame,
    arrays: dict[str, np.ndarray],
    ladder: pd.DataFrame,
    states: pd.DataFrame,
    orders: pd.DataFrame,
    reference: Reference,
    panel: Iterable[str],
) -> pd.DataFrame:
    """Tabulate scores by temperature: means with standard errors over independent ladders, statistics, diagnostics.

    Parameters
    ----------
    samples : pandas.DataFrame
        Of `score_samples`.
    arrays : dict
        temperatures (T,) and sequences (T, K, D, L) uint8 of the samples.
    ladder : pandas.DataFrame
        One row a rung: temperature, requested, ess, rhat, drift, acceptance.
    states : pandas.DataFrame
        (T,) ascending in temperature: equilibrated.
    orders : pandas.DataFrame
        Of `score_orders`.
    reference : Reference
        Of `score_orders`.
    panel : iterable of str
        Names of the judges.

    Returns
    -------
    pandas.DataFrame
        One row a temperature; `functional` is the share of samples that are possible under a truth that forbids
        sequences, of which the mean score is that of possible ones.
    """
    length, q = reference.pairs.single.shape
    rungs = ladder[ladder["requested"]].sort_values("temperature")
    # Truths that forbid sequences give them a score of minus infinity.
    forbids = "truth" in samples and bool(np.isneginf(samples["truth"]).any())
    rows = []
    for t, (temperature, group) in enumerate(samples.groupby("temperature")):
        sequences = arrays["sequences"][t].reshape(-1, length)
        single, distances = site_frequencies(sequences, q), ladder_diversity(arrays["sequences"][t], q)
        order_agreements = orders[orders["temperature"] == temperature].set_index("order")
        rows.append(
            {"temperature": temperature, "sequences": len(group)}
            | _means(group, "fidelity", "fidelity")
            | _means(group, "distance_natural", "novelty")
            | _means(group, "distance_training", "distance_training")
            | _means(group, "energy", "energy")
            | _means(group, "gaps", "gaps")
            | {name: value for judge in panel for name, value in _judge_means(group, judge).items()}
            | ({"functional": float(np.isfinite(group["truth"]).mean())} if forbids else {})
            | {
                "identical": float((group["distance_natural"] == 0).mean()),
                "diversity": float(distances.mean()),
                "diversity_error": float(distances.std(ddof=1) / len(distances) ** 0.5),
                "effective_share": effective_share(sequences),
                "pearson_single": measure_agreement(reference.pairs.single.ravel(), single.ravel()).pearson,
            }
            | {
                f"{name}_{label}": order_agreements[name].get(order, np.nan)
                for order, label in ((2, "pair"), (3, "triple"))
                for name in ("pearson", "slope")
            }
        )
    table = pd.DataFrame(rows)
    for column in ("ess", "rhat", "drift", "acceptance"):
        table[column] = rungs[column].to_numpy()
    return table.assign(equilibrated=states["equilibrated"].to_numpy())


def _judge_means(group: pd.DataFrame, judge: str) -> dict[str, Any]:
    """Mean score of possible sequences and percentile by a judge, and the share above natural sequences' median."""
    percentile = f"percentile_{judge}"
    percentiles = group[percentile].dropna()
    share_above = float((percentiles > 50).mean()) if len(percentiles) else np.nan
    possible = group[group[judge] != -np.inf]
    return (
        _means(possible, judge, judge) | _means(group, percentile, percentile) | {f"above_median_{judge}": share_above}
    )


def _means(group: pd.DataFrame, column: str, name: str) -> dict[str, Any]:
    by_ladder = group.groupby("ladder")[column].mean()
    return {name: float(by_ladder.mean()), f"{name}_error": float(by_ladder.std() / by_ladder.count() ** 0.5)}
