"""Effects of mutations that a model predicts, and their agreement with measured ones."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from temperance.core.alphabet import AMBIGUOUS, Alphabet
from temperance.core.errors import InputError
from temperance.potts.model import Potts

_NAMES = ("mutant", "mutation", "mutations", "variant")
_SCORES = ("score", "dms_score", "fitness", "effect")


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


def read_measured(path: str | Path) -> pd.DataFrame:
    """Read a table of measured effects of mutations, separated by tabs or commas.

    Parameters
    ----------
    path : str or Path
        File with a header and the columns mutant (`A12V`, several joined by `:` or `,`) and score, or synonyms of
        these; other columns are ignored.

    Returns
    -------
    pandas.DataFrame
        One row a mutant with a finite score: mutant, measured, line (of the file).

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or has a line without mutant and number; names file and line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"mutants.table: {path}: cannot be read ({error})") from None
    lines = text.splitlines()
    rows = list(csv.reader(lines, delimiter="\t" if lines and "\t" in lines[0] else ","))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    positions = [next((header.index(name) for name in names if name in header), -1) for names in (_NAMES, _SCORES)]
    if -1 in positions:
        raise InputError(
            f"mutants.table: {path}, line 1: '{lines[0][:40] if lines else ''}'; expected a header with the columns "
            "mutant and score"
        )
    measurements = []
    for number, cells in enumerate(rows[1:], 2):
        if not any(cells):
            continue
        try:
            mutant, score = cells[positions[0]].strip(), float(cells[positions[1]])
        except (IndexError, ValueError):
            raise InputError(
                f"mutants.table: {path}, line {number}: expected a mutant and a number in the columns mutant and score"
            ) from None
        if np.isfinite(score):
            measurements.append((mutant, score, number))
    return pd.DataFrame(measurements, columns=["mutant", "measured", "line"])


def score_measured(
    table: pd.DataFrame, model: Potts, sequence: np.ndarray, columns: pd.DataFrame, alphabet: Alphabet, path: str | Path
) -> pd.DataFrame:
    """Score measured mutants by the model's change of the log-probability.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `read_measured`.
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
        column.

    Raises
    ------
    InputError
        If a mutant is not written as `A12V`, or more than a tenth of those with columns are of another sequence.
    """
    # Where the reference has a gap there is no residue to mutate.
    site_by_number = {int(number): site for site, number in enumerate(columns["number"]) if number > 0}
    states = {symbol: state for state, symbol in enumerate(alphabet.symbols)}
    mutants, scorable = np.repeat(sequence[None], len(table), axis=0), np.zeros(len(table), bool)
    mismatches = []
    for row, mutant in enumerate(table["mutant"]):
        changes = [re.fullmatch(r"([A-Za-z])(\d+)([A-Za-z*-])", part.strip()) for part in re.split(r"[:,;]", mutant)]
        if not all(changes):
            raise InputError(
                f"mutants.table: {path}, line {table['line'][row]}: '{mutant[:30]}'; expected A12V or A12V:G30S"
            )
        covered = []
        for change in changes:
            site, new = site_by_number.get(int(change[2])), states.get(change[3].upper())  # type: ignore[index]
            covered.append(site is not None and new is not None)
            if not covered[-1]:
                continue
            if alphabet.symbols[sequence[site]] != change[1].upper():  # type: ignore[index]
                mismatches.append(mutant)
            mutants[row, site] = new
        scorable[row] = all(covered)
    if len(mismatches) > 0.1 * max(1, scorable.sum()):
        raise InputError(
            f"mutants.table: {path}: {len(mismatches)} mutants do not fit the reference, {mismatches[0]} for example; "
            "numbers count from the reference's first residue, or from 39 if it is named NAME/39-91 (columns.tsv)"
        )
    scores = np.full(len(table), np.nan)
    if scorable.any():
        scores[scorable] = model.energies(sequence[None])[0] - model.energies(mutants[scorable])
    return table.assign(score=scores)


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
    ranks = rankdata(pairs, axis=1)
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(ranks)[0, 1]) if (np.ptp(ranks, axis=1) > 0).all() else float("nan")
