"""Designs: from samples at the recommended temperature to a short, varied list."""

import numpy as np
import pandas as pd

from temperance.alphabet import GAP, Alphabet


def select(
    sequences: np.ndarray, fidelity: np.ndarray, novelty: np.ndarray, number: int, least: float, novelty_floor: float
) -> np.ndarray:
    """Indices of at most `number` designs, the most faithful first, then each the one farthest from all before it.

    Candidates are distinct, have at least `least` fidelity and differ from every natural sequence in at least
    `novelty_floor` of their sites (greedy max-min selection; Gonzalez, Theor. Comput. Sci. 38:293, 1985).

    Parameters
    ----------
    sequences : np.ndarray
        (N, L) uint8.
    fidelity, novelty : np.ndarray
        (N,).
    """
    _, first = np.unique(sequences, axis=0, return_index=True)
    able = first[(fidelity[first] >= least) & (novelty[first] >= novelty_floor - 1e-9)]
    if not len(able):
        return able
    able = able[np.argsort(-fidelity[able], kind="stable")]
    chosen = [0]
    distance = (sequences[able] != sequences[able[0]]).sum(axis=1)
    while len(chosen) < min(number, len(able)):
        farthest = int(np.argmax(distance))
        chosen.append(farthest)
        distance = np.minimum(distance, (sequences[able] != sequences[able[farthest]]).sum(axis=1))
    return able[chosen]


def design_table(
    sequences: np.ndarray, scored: pd.DataFrame, chosen: np.ndarray, names: np.ndarray, letters: Alphabet, family: str
) -> pd.DataFrame:
    """One row a design: name, scores, the nearest natural sequence, the sequence aligned and without gaps."""
    table = scored.iloc[chosen].drop(columns=["ladder", "draw", "nearest_natural", "natural_like", "fidelity"])
    table.insert(0, "name", [f"{family}_design_{number:03d}" for number in range(1, len(chosen) + 1)])
    table["nearest_natural"] = names[scored["nearest_natural"].to_numpy()[chosen]]
    table["aligned"] = letters.decode(sequences[chosen])
    table["sequence"] = [row.replace(GAP, "") for row in table["aligned"]]
    return table.reset_index(drop=True)


def fasta(designs: pd.DataFrame) -> str:
    """Designs, gaps removed, with temperature, energy and distance to the nearest natural sequence in the title."""
    return "".join(
        f">{row.name} temperature={row.temperature:.3g} energy={row.energy:.2f} novelty={row.distance_natural:.3f}\n"
        f"{row.sequence}\n"
        for row in designs.itertuples(index=False)
    )
