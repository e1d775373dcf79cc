"""Sequences that a reader can take from a chart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from temperance.core.alphabet import Alphabet

# Symbols of all sequences of a chart together, so that a page stays small.
_MOST_SYMBOLS = 300_000


def affordable(length: int, sets: int, most: int) -> int:
    """Compute how many sequences of each set a chart can hold.

    Parameters
    ----------
    length : int
        Symbols of a sequence.
    sets : int
        Number of sets.
    most : int
        Most sequences of a set that a reader can tell apart.

    Returns
    -------
    int
        Sequences, at least 5.

    Examples
    --------
    >>> affordable(100, 5, 400), affordable(1000, 5, 400), affordable(100_000, 5, 400)
    (400, 60, 5)
    """
    return int(np.clip(_MOST_SYMBOLS // (length * sets), 5, most))


def spread_evenly(total: int, count: int) -> np.ndarray:
    """Choose rows at even distances from the first to the last.

    Parameters
    ----------
    total, count : int
        Rows, and how many of them at most.

    Returns
    -------
    np.ndarray
        (min(total, count),) indices, ascending.

    Examples
    --------
    >>> spread_evenly(9, 3).tolist(), spread_evenly(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    return np.linspace(0, total - 1, min(total, count)).round().astype(int)


def tabulate_samples(
    samples: pd.DataFrame,
    sequences: np.ndarray,
    temperatures: Sequence[float] | np.ndarray,
    alphabet: Alphabet,
    count: int,
) -> pd.DataFrame:
    """Tabulate samples of a model, as many of each temperature, with their names, scores and sequences.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample, in the order of the sequences: temperature, ladder, draw, distance_natural and fidelity.
    sequences : np.ndarray
        (T, K, D, L) uint8, at each of the model's temperatures D draws of K ladders.
    temperatures : sequence of float
        Those to tabulate.
    alphabet : Alphabet
        States of a site.
    count : int
        Samples of a temperature.

    Returns
    -------
    pandas.DataFrame
        name, temperature, novelty, fidelity and sequence, aligned.
    """
    flat = sequences.reshape(-1, sequences.shape[-1])
    rows = np.concatenate(
        [
            of_temperature[spread_evenly(len(of_temperature), count)]
            for of_temperature in (np.flatnonzero(np.isclose(samples["temperature"], tau)) for tau in temperatures)
        ]
    )
    chosen = samples.iloc[rows]
    names = [
        f"sample at τ = {row.temperature:.3g}, ladder {row.ladder + 1}, draw {row.draw + 1}"
        for row in chosen.itertuples()
    ]
    return pd.DataFrame(
        {
            "name": names, "temperature": chosen["temperature"].to_numpy(),
            "novelty": chosen["distance_natural"].to_numpy(), "fidelity": chosen["fidelity"].to_numpy(),
            "sequence": alphabet.decode(flat[rows]),
        }
    )  # fmt: skip


def tabulate_designs(designs: pd.DataFrame, judge: str) -> pd.DataFrame:
    """Tabulate designs with the same columns as samples.

    Parameters
    ----------
    designs : pandas.DataFrame
        Rows of `designs.tsv`.
    judge : str
        Judge that measures fidelity.

    Returns
    -------
    pandas.DataFrame
        name, temperature, novelty, fidelity and sequence, aligned.
    """
    fidelity = designs["p_nat"] if judge == "p_nat" else designs[f"percentile_{judge}"] / 100
    return designs[["name", "temperature"]].assign(
        novelty=designs["distance_natural"], fidelity=fidelity, sequence=designs["aligned"]
    )
