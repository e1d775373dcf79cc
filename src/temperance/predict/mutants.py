"""Effects of mutations that a model predicts, and their agreement with measured ones."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.alphabet import AMBIGUOUS, Alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts
from temperance.predict.measured import read_measured

__all__ = ["read_measured", "reference_states", "score_measured", "single_mutants", "spearman"]


def reference_states(columns: pd.DataFrame, sequences: np.ndarray, alphabet: Alphabet) -> np.ndarray:
    """Encode the reference sequence of an alignment.

    Parameters
    ----------
    columns : pandas.DataFrame
        One row a site, with the residue of the reference, empty where it has none.
    sequences : np.ndarray
        (M, L) uint8 family.
    alphabet : Alphabet
        States of a site.

    Returns
    -------
    np.ndarray
        (L,) uint8; what is no residue of the alphabet is a gap or, in an alphabet without one, the family's commonest
        state at the site.
    """
    codes = alphabet.codes()
    states = np.array([codes[ord(symbol)] if symbol else AMBIGUOUS for symbol in columns["residue"]])
    defaults = [np.bincount(column).argmax() for column in sequences.T] if alphabet.gap is None else alphabet.gap
    return np.where(states < alphabet.q, states, defaults).astype(np.uint8)


def single_mutants(model: Potts, sequence: np.ndarray, columns: pd.DataFrame, alphabet: Alphabet) -> pd.DataFrame:
    """Score every single substitution of a sequence by its change of the log-probability; gaps are left as they are.

    Parameters
    ----------
    model : Potts
        Model of L sites.
    sequence : np.ndarray
        (L,) uint8.
    columns : pandas.DataFrame
        One row a site: column, and number in the reference.
    alphabet : Alphabet
        States of a site.

    Returns
    -------
    pandas.DataFrame
        One row a mutant: mutant (`A12V`, by number in the reference, else by column), site (from 1), column, number,
        wild, mutated, score: the energy of the sequence less that of the mutant, nats; positive ones are more probable
        than the sequence.
    """
    sites = np.arange(model.L)
    # Field of each state at each site, every other site being as it is in the sequence.
    local = model.fields.astype(np.float64) + model.couplings[:, :, sites, sequence].sum(axis=2, dtype=np.float64)
    gain = local - local[sites, sequence][:, None]
    numbers = columns["number"].fillna(columns["column"]).astype(int).to_numpy()
    rows = [
        (f"{alphabet.symbols[sequence[i]]}{numbers[i]}{alphabet.symbols[state]}", i + 1, columns["column"][i],
         columns["number"][i], alphabet.symbols[sequence[i]], alphabet.symbols[state], gain[i, state])
        for i in sites if sequence[i] != alphabet.gap
        for state in range(model.q) if state not in (sequence[i], alphabet.gap)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["mutant", "site", "column", "number", "wild", "mutated", "score"])


def score_measured(
    table: pd.DataFrame, model: Potts, sequence: np.ndarray, columns: pd.DataFrame, alphabet: Alphabet, path: str | Path
) -> pd.DataFrame:
    """Score measured mutants by the model's change of the log-probability.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `temperance.predict.measured.read_measured`.
    model : Potts
        Model of L sites.
    sequence : np.ndarray
        (L,) uint8, the unmutated sequence.
    columns : pandas.DataFrame
        One row a site: number in the reference, by which mutants are named.
    alphabet : Alphabet
        States of a site.
    path : str or Path
        Named in error messages.

    Returns
    -------
    pandas.DataFrame
        `table` with the column score, nats, higher for more probable mutants; nan where a mutated residue has no
        column, or no state.

    Raises
    ------
    InputError
        If a mutant is of another sequence, or none can be scored; names file, line, and what the reference has.
    """
    # Where the reference has a gap, or a residue that is no state, there is nothing to mutate.
    states = [_state(residue, alphabet) for residue in columns["residue"]]
    site_by_number = {
        int(number): site
        for site, (number, state) in enumerate(zip(columns["number"], states, strict=True))
        if number > 0 and state not in (None, alphabet.gap)
    }
    mutants, scorable, numbers = np.repeat(sequence[None], len(table), axis=0), np.ones(len(table), bool), set[int]()
    for row, (mutant, line) in enumerate(zip(table["mutant"], table["line"], strict=True)):
        for change in mutant.split(":"):
            wild, number, state = change[0], int(change[1:-1]), _state(change[-1], alphabet)
            numbers.add(number)
            site = site_by_number.get(number)
            if site is not None and (residue := alphabet.symbols[sequence[site]]) != wild:
                raise InputError(
                    f"mutants.table: {path}, line {line}: {mutant}, but residue {number} of the reference is "
                    f"{residue}; its residues are numbered from 1, or from 39 if it is named NAME/39-91 (columns.tsv)"
                )
            if site is None or state is None:
                scorable[row] = False
            else:
                mutants[row, site] = state
    if not scorable.any():
        sites = f"{min(site_by_number)} to {max(site_by_number)}" if site_by_number else "none"
        raise InputError(
            f"mutants.table: {path}: no mutant can be scored: it has residues {min(numbers)} to {max(numbers)}, the "
            f"columns have {sites} of the reference (columns.tsv)"
        )
    scores = np.full(len(table), np.nan)
    scores[scorable] = model.energies(sequence[None])[0] - model.energies(mutants[scorable])
    return table.assign(score=scores)


@cache
def _state(symbol: str, alphabet: Alphabet) -> int | None:
    """Encode a symbol; None if it is no state."""
    state = int(alphabet.codes()[ord(symbol)]) if symbol else AMBIGUOUS
    return state if state < alphabet.q else None


def spearman(x: Sequence[float], y: Sequence[float], rng: np.random.Generator, draws: int) -> dict[str, float]:
    """Compute Spearman's rank correlation with its 95 % bootstrap interval over pairs.

    Parameters
    ----------
    x, y : sequence of float
        Paired values; pairs with a value that is not finite are left out.
    rng : np.random.Generator
        Source of the bootstrap draws.
    draws : int
        Number of bootstrap draws.

    Returns
    -------
    dict
        value, low, high (nan with fewer than three pairs), pairs (their number).
    """
    pairs = np.array([x, y], float)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    count = pairs.shape[1]
    if count < 3:
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "pairs": count}
    resampled = [_rank_correlation(pairs[:, rng.integers(0, count, count)]) for _ in range(draws)]
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return {"value": _rank_correlation(pairs), "low": float(low), "high": float(high), "pairs": count}


def _rank_correlation(pairs: np.ndarray) -> float:
    """Compute Spearman's rank correlation of the rows of `pairs` (2, N); nan where one is constant."""
    ranks = pd.DataFrame(pairs).rank(axis=1).to_numpy()
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(ranks)[0, 1]) if (np.ptp(ranks, axis=1) > 0).all() else float("nan")
