"""Designs: from samples at the recommended temperature to a short, varied list."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage

from temperance.core.alphabet import GAP, Alphabet
from temperance.msa.fasta import fasta

# Share of natural sequences whose gaps are usual.
_USUAL = 0.95
_NEAREST = ("nearest_natural", "nearest_training")


def qualify(
    scored: pd.DataFrame, thresholds: Mapping[str, float], novelty_floor: float, most_gaps: float
) -> np.ndarray:
    """Tell which candidates may become designs.

    Parameters
    ----------
    scored : pandas.DataFrame
        One row a candidate: distance_natural and gaps (shares of sites), and a column of scores a judge.
    thresholds : mapping
        Judge -> least score.
    novelty_floor, most_gaps : float
        Least distance to the nearest natural sequence, and most gaps.

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
    able = (scored["distance_natural"] >= novelty_floor - 1e-9) & (scored["gaps"] <= most_gaps + 1e-9)
    for judge, least in thresholds.items():
        able &= scored[judge] >= least
    return able.to_numpy(bool)


def natural_gaps(natural: pd.DataFrame) -> float:
    """Find the share of gaps that 95 % of natural sequences do not exceed.

    Parameters
    ----------
    natural : pandas.DataFrame
        set, gaps and scale_weight, as of `temperance.scoring.tables.score_natural`.

    Examples
    --------
    >>> table = pd.DataFrame({"set": "other", "gaps": [0.3, 0.1, 0.2], "scale_weight": [1.0, 90.0, 9.0]})
    >>> natural_gaps(table)
    0.2
    """
    real = natural[natural["set"] != "random"].sort_values("gaps")
    shares = real["scale_weight"].cumsum() / real["scale_weight"].sum()
    return float(real["gaps"].iloc[int(np.searchsorted(shares, _USUAL - 1e-9))])


def select(sequences: np.ndarray, fidelity: np.ndarray, able: np.ndarray, number: int) -> np.ndarray:
    """Choose at most `number` designs, the most faithful first, then each the one farthest from all before it.

    Candidates are distinct, and able (greedy max-min selection; Gonzalez, Theor. Comput. Sci. 38:293, 1985).

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    fidelity, able : np.ndarray
        (N,) float, bool.
    """
    _, first = np.unique(sequences, axis=0, return_index=True)
    first = first[able[first]]
    if not len(first):
        return first
    first = first[np.argsort(-fidelity[first], kind="stable")]
    chosen = [0]
    distance = (sequences[first] != sequences[first[0]]).sum(axis=1)
    while len(chosen) < min(number, len(first)):
        farthest = int(np.argmax(distance))
        chosen.append(farthest)
        distance = np.minimum(distance, (sequences[first] != sequences[first[farthest]]).sum(axis=1))
    return first[chosen]


def design_table(
    sequences: np.ndarray, scored: pd.DataFrame, chosen: np.ndarray, names: np.ndarray, letters: Alphabet, family: str,
    recommended: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """One row a design: name, scores, nearest natural and training sequence, cluster, itself aligned and without gaps.

    `recommended` tells whether the temperature is, and is a column.

    Designs of one cluster are all alike in 80 % of their sites or more (complete linkage).
    """
    table = scored.iloc[chosen].drop(columns=["ladder", "draw", *_NEAREST, "fidelity"])
    table.insert(0, "name", [f"{family}_design_{number:03d}" for number in range(1, len(chosen) + 1)])
    table.insert(2, "recommended", recommended)
    for column in _NEAREST:
        table[column] = names[scored[column].to_numpy()[chosen]]
    table["cluster"] = _clusters(sequences[chosen])
    table["aligned"] = letters.decode(sequences[chosen])
    table["sequence"] = [row.replace(GAP, "") for row in table["aligned"]]
    return table.reset_index(drop=True)


def _clusters(sequences: np.ndarray) -> np.ndarray:
    """Label the cluster of each of sequences (N, L), from 1."""
    if len(sequences) < 2:
        return np.ones(len(sequences), int)
    # Room for what rounding makes of a distance of just 0.2.
    return fcluster(linkage(sequences, "complete", "hamming"), 0.2 + 1e-9, "distance")


def mutations(aligned: Iterable[str], seed: str, columns: Sequence[int]) -> list[str]:
    """List what each design has in place of the seed's residues, such as `A12V G30-`, by number of the column."""
    return [
        " ".join(f"{old}{column}{new}" for old, column, new in zip(seed, columns, row, strict=True) if old != new)
        for row in aligned
    ]


def format_designs(designs: pd.DataFrame, sequence: str = "sequence") -> str:
    """Designs, as their column `sequence` has them, with temperature, energy and distance to natural ones as titles.

    Titles of designs from a temperature that is not recommended say so.
    """
    titles = (
        f"{row['name']} temperature={row['temperature']:.3g}{'' if row['recommended'] else ' NOT-RECOMMENDED'} "
        f"energy={row['energy']:.2f} novelty={row['distance_natural']:.3f}"
        for row in designs.to_dict("records")
    )
    return fasta(titles, designs[sequence])


def plates(designs: pd.DataFrame) -> pd.DataFrame:
    """Designs in plates of 96 wells, row after row: plate, well, name, sequence, recommended, length."""
    number = np.arange(len(designs))
    wells = [f"{'ABCDEFGH'[n // 12]}{n % 12 + 1}" for n in number % 96]
    table = pd.DataFrame({"plate": number // 96 + 1, "well": wells})
    table[["name", "sequence", "recommended"]] = designs[["name", "sequence", "recommended"]]
    return table.assign(length=[len(sequence) for sequence in designs["sequence"]])
