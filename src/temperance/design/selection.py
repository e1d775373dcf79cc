"""Selection of designs: from samples at the recommended temperature to a short, varied list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage

from temperance.core.alphabet import GAP, Alphabet
from temperance.msa.fasta import format_fasta

# Quantile of the natural sequences' shares of gaps up to which a design may have gaps.
_GAP_QUANTILE = 0.95
_NEAREST = ("nearest_natural", "nearest_training")


def qualify(
    scored: pd.DataFrame, thresholds: Mapping[str, float], novelty_floor: float, most_gaps: float
) -> np.ndarray:
    """Tell which candidates are new enough, score high enough with every judge and have few enough gaps.

    Parameters
    ----------
    scored : pandas.DataFrame
        One row a candidate: distance_natural and gaps (shares of sites), and a column of scores a judge.
    thresholds : mapping
        Judge -> least score.
    novelty_floor : float
        Least distance to the nearest natural sequence, a share of sites.
    most_gaps : float
        Largest share of gaps.

    Returns
    -------
    np.ndarray
        (N,) bool.

    Examples
    --------
    >>> table = pd.DataFrame({"distance_natural": [0.2, 0.3, 0.3], "gaps": [0.0, 0.5, 0.1], "hmm": [9.0, 9.0, 7.0]})
    >>> qualify(table, {"hmm": 8.0}, 0.2, 0.4).tolist()
    [True, False, False]
    """
    qualified = (scored["distance_natural"] >= novelty_floor - 1e-9) & (scored["gaps"] <= most_gaps + 1e-9)
    for judge, least in thresholds.items():
        qualified &= scored[judge] >= least
    return qualified.to_numpy(bool)


def natural_gaps(natural: pd.DataFrame) -> float:
    """Compute the 95 % quantile of the share of gaps of natural sequences, by weight.

    Parameters
    ----------
    natural : pandas.DataFrame
        One row a sequence: set, gaps and scale_weight, as of `temperance.scoring.tables.score_natural`.

    Returns
    -------
    float
        Share of sites, 0 to 1.

    Examples
    --------
    >>> table = pd.DataFrame({"set": "other", "gaps": [0.3, 0.1, 0.2], "scale_weight": [1.0, 90.0, 9.0]})
    >>> natural_gaps(table)
    0.2
    """
    real = natural[natural["set"] != "random"].sort_values("gaps")
    cumulative = real["scale_weight"].cumsum() / real["scale_weight"].sum()
    return float(real["gaps"].iloc[int(np.searchsorted(cumulative, _GAP_QUANTILE - 1e-9))])


def select(sequences: np.ndarray, fidelity: np.ndarray, qualified: np.ndarray, number: int) -> np.ndarray:
    """Choose at most `number` designs, the most faithful first, then each the one farthest from all before it.

    Candidates are the distinct sequences among those that qualify (greedy max-min selection; Gonzalez, Theor. Comput.
    Sci. 38:293, 1985).

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    fidelity, qualified : np.ndarray
        (N,) float, bool: score that picks the first design and settles ties, and who may be chosen (`qualify`).
    number : int
        Largest number of designs.

    Returns
    -------
    np.ndarray
        (K,) int: indices of the designs in the order of their choice, K <= `number`.
    """
    _, candidates = np.unique(sequences, axis=0, return_index=True)
    candidates = candidates[qualified[candidates]]
    if not len(candidates):
        return candidates
    candidates = candidates[np.argsort(-fidelity[candidates], kind="stable")]
    chosen = [0]
    distance = (sequences[candidates] != sequences[candidates[0]]).sum(axis=1)
    while len(chosen) < min(number, len(candidates)):
        farthest = int(np.argmax(distance))
        chosen.append(farthest)
        distance = np.minimum(distance, (sequences[candidates] != sequences[candidates[farthest]]).sum(axis=1))
    return candidates[chosen]


def select_likeliest(
    sequences: np.ndarray, probabilities: np.ndarray, fidelity: np.ndarray, qualified: np.ndarray, number: int,
    spread: float,
) -> np.ndarray:  # fmt: skip
    """Choose at most `number` designs in turn, each the likeliest to be functional by the next of several models.

    Candidates are the distinct sequences among those that qualify and differ enough from all designs before. By one
    model, this is greedy choice of the highest probabilities. By models of resampled results, it is Thompson sampling
    of a batch: a candidate on which the models disagree comes first by some of them, so that designs are either likely
    to work or tell the models apart.

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    probabilities : np.ndarray
        (B, N) probability of being functional by each model, nan where it is not known; design n takes row n, and the
        first after the last.
    fidelity, qualified : np.ndarray
        (N,) float, bool: score that settles ties, and who may be chosen (`qualify`).
    number : int
        Largest number of designs.
    spread : float
        Least share of sites in which two designs differ.

    Returns
    -------
    np.ndarray
        (K,) int: indices of the designs in the order of their choice, K <= `number`.

    References
    ----------
    Thompson, Biometrika 25:285, 1933; Kandasamy, Krishnamurthy, Schneider, Poczos, AISTATS 2018 (a batch of draws);
    Eckles, Kaptein, arXiv:1410.4009 (bootstrap in place of a posterior distribution).
    """
    _, candidates = np.unique(sequences, axis=0, return_index=True)
    candidates = candidates[qualified[candidates]]
    candidates = candidates[np.argsort(-fidelity[candidates], kind="stable")]
    # A probability is missing where a judge's score is.
    candidates = candidates[np.isfinite(probabilities[:, candidates]).all(axis=0)]
    least = max(spread * sequences.shape[1] - 1e-9, 1)
    chosen: list[int] = []
    while len(chosen) < number and len(candidates):
        best = candidates[probabilities[len(chosen) % len(probabilities), candidates].argmax()]
        chosen.append(int(best))
        candidates = candidates[(sequences[candidates] != sequences[best]).sum(axis=1) >= least]
    return np.array(chosen, int)


def design_table(
    sequences: np.ndarray, scored: pd.DataFrame, chosen: np.ndarray, names: np.ndarray, alphabet: Alphabet, family: str,
    recommended: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Tabulate the chosen designs with their scores, nearest natural sequences, clusters and sequences.

    Designs of one cluster are all alike in 80 % of their sites or more (complete linkage).

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8, all candidates.
    scored : pandas.DataFrame
        One row a candidate, as of `temperance.scoring.tables.score_samples`.
    chosen : np.ndarray
        (K,) indices of the designs, as of `select` or `select_likeliest`.
    names : np.ndarray
        (M,) names of the natural sequences.
    alphabet : Alphabet
        States of a site.
    family : str
        Name of the family, with which the designs' names begin.
    recommended : bool
        Whether the temperature at which they were sampled is recommended.

    Returns
    -------
    pandas.DataFrame
        One row a design: name, temperature, recommended, scores, nearest_natural and nearest_training (names of
        sequences), cluster (from 1), aligned, sequence (without gaps).
    """
    table = scored.iloc[chosen].drop(columns=["ladder", "draw", *_NEAREST, "fidelity"])
    table.insert(0, "name", [f"{family}_design_{number:03d}" for number in range(1, len(chosen) + 1)])
    table.insert(2, "recommended", recommended)
    for column in _NEAREST:
        table[column] = names[scored[column].to_numpy()[chosen]]
    table["cluster"] = _clusters(sequences[chosen])
    table["aligned"] = alphabet.decode(sequences[chosen])
    table["sequence"] = [row.replace(GAP, "") for row in table["aligned"]]
    return table.reset_index(drop=True)


def _clusters(sequences: np.ndarray) -> np.ndarray:
    """Label the cluster of each of sequences (N, L), from 1."""
    if len(sequences) < 2:
        return np.ones(len(sequences), int)
    # The tolerance keeps a distance of exactly 0.2 below the threshold in spite of rounding.
    return fcluster(linkage(sequences, "complete", "hamming"), 0.2 + 1e-9, "distance")


def insert_before(table: pd.DataFrame, column: str, values: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
    """Insert columns in a table, in front of another one.

    Parameters
    ----------
    table : pandas.DataFrame
        Is changed.
    column : str
        Column that they come before.
    values : mapping
        Columns by name.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["a"], "sequence": ["AC"]})
    >>> insert_before(table, "sequence", {"lost": ["A1G"]})
    >>> table.columns.tolist()
    ['name', 'lost', 'sequence']
    """
    for name, cells in values.items():
        table.insert(table.columns.tolist().index(column), name, cells)


def mutations(aligned: Iterable[str], seed: Sequence[str], columns: Sequence[int]) -> list[str]:
    """List the mutations by which each design differs from a seed, or from conserved residues, such as `A12V G30-`.

    Parameters
    ----------
    aligned : iterable of str
        Aligned designs of L symbols.
    seed : sequence of str
        L symbols; sites where it is empty are left out.
    columns : sequence of int
        Numbers of the L columns, by which mutations are named.

    Returns
    -------
    list of str
        Mutations of each design, separated by spaces.
    """
    sites = [(old, column, n) for n, (old, column) in enumerate(zip(seed, columns, strict=True)) if old]
    return [" ".join(f"{old}{column}{row[n]}" for old, column, n in sites if row[n] != old) for row in aligned]


def format_designs(designs: pd.DataFrame, sequence: str = "sequence") -> str:
    """Format designs as FASTA with name, temperature, energy and novelty in the titles.

    Titles of designs from a temperature that is not recommended say so.

    Parameters
    ----------
    designs : pandas.DataFrame
        As of `design_table`.
    sequence : {'sequence', 'aligned'}
        Column that holds the sequences to write.

    Returns
    -------
    str
        FASTA, one record a design.
    """
    titles = (
        f"{row['name']} temperature={row['temperature']:.3g}{'' if row['recommended'] else ' NOT-RECOMMENDED'} "
        f"energy={row['energy']:.2f} novelty={row['distance_natural']:.3f}"
        for row in designs.to_dict("records")
    )
    return format_fasta(titles, designs[sequence])


def plates(designs: pd.DataFrame) -> pd.DataFrame:
    """Assign designs to the wells of 96-well plates, row after row.

    Parameters
    ----------
    designs : pandas.DataFrame
        As of `design_table`.

    Returns
    -------
    pandas.DataFrame
        One row a design: plate (from 1), well (A1 to H12), name, sequence, recommended, length.
    """
    number = np.arange(len(designs))
    wells = [f"{'ABCDEFGH'[n // 12]}{n % 12 + 1}" for n in number % 96]
    table = pd.DataFrame({"plate": number // 96 + 1, "well": wells})
    table[["name", "sequence", "recommended"]] = designs[["name", "sequence", "recommended"]]
    return table.assign(length=[len(sequence) for sequence in designs["sequence"]])
