"""What a model says of mutants of one sequence, and how that agrees with a table of measured ones."""

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


def reference_states(columns: pd.DataFrame, sequences: np.ndarray, letters: Alphabet) -> np.ndarray:
    """Encode the reference, (L,) uint8; what is no residue is a gap, or, without gaps, the commonest state."""
    codes = letters.codes()
    states = np.array([codes[ord(symbol)] if symbol else AMBIGUOUS for symbol in columns["residue"]])
    instead = [np.bincount(column).argmax() for column in sequences.T] if letters.gap is None else letters.gap
    return np.where(states < letters.q, states, instead).astype(np.uint8)


def single_mutants(model: Potts, sequence: np.ndarray, columns: pd.DataFrame, letters: Alphabet) -> pd.DataFrame:
    """Every single mutant of a sequence (L,), gaps left as they are.

    Returns
    -------
    pandas.DataFrame
        mutant (`A12V`, by number in the reference, else by column), site, column, number, wild, mutated, score: the
        energy of the sequence less that of the mutant, nats; positive ones are better than the sequence.
    """
    sites = np.arange(model.L)
    # Field of each state at each site, all others being as they are in the sequence.
    local = model.fields.astype(np.float64) + model.couplings[:, :, sites, sequence].sum(axis=2, dtype=np.float64)
    gain = local - local[sites, sequence][:, None]
    named = columns["number"].fillna(columns["column"]).astype(int).to_numpy()
    rows = [
        (f"{letters.symbols[sequence[i]]}{named[i]}{letters.symbols[state]}", i + 1, columns["column"][i],
         columns["number"][i], letters.symbols[sequence[i]], letters.symbols[state], gain[i, state])
        for i in sites if sequence[i] != letters.gap
        for state in range(model.q) if state not in (sequence[i], letters.gap)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["mutant", "site", "column", "number", "wild", "mutated", "score"])


def measured(path: str | Path) -> pd.DataFrame:
    """Read a table of measured mutants, tabs or commas: mutant (`A12V`, several joined by `:` or `,`), score.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"mutants.table: {path}: cannot be read ({error})") from None
    lines = text.splitlines()
    rows = list(csv.reader(lines, delimiter="\t" if lines and "\t" in lines[0] else ","))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    places = [next((header.index(name) for name in names if name in header), -1) for names in (_NAMES, _SCORES)]
    if -1 in places:
        raise InputError(
            f"mutants.table: {path}, line 1: '{lines[0][:40] if lines else ''}'; expected a header with the columns "
            "mutant and score"
        )
    found = []
    for number, cells in enumerate(rows[1:], 2):
        if not any(cells):
            continue
        try:
            mutant, score = cells[places[0]].strip(), float(cells[places[1]])
        except (IndexError, ValueError):
            raise InputError(
                f"mutants.table: {path}, line {number}: no mutant and number in columns mutant and score"
            ) from None
        if np.isfinite(score):
            found.append((mutant, score, number))
    return pd.DataFrame(found, columns=["mutant", "measured", "line"])


def score_measured(
    table: pd.DataFrame, model: Potts, sequence: np.ndarray, columns: pd.DataFrame, letters: Alphabet, path: str | Path
) -> pd.DataFrame:
    """`table` with the model's score of each mutant, nan where a mutated residue has no column.

    Raises
    ------
    InputError
        If most mutants that have columns are of another sequence.
    """
    # Where the reference has a gap there is no residue to mutate.
    site_of = {int(number): site for site, number in enumerate(columns["number"]) if number > 0}
    states = {symbol: state for state, symbol in enumerate(letters.symbols)}
    mutants, rows, strange = np.repeat(sequence[None], len(table), axis=0), np.zeros(len(table), bool), []
    for row, mutant in enumerate(table["mutant"]):
        changes = [re.fullmatch(r"([A-Za-z])(\d+)([A-Za-z*-])", part.strip()) for part in re.split(r"[:,;]", mutant)]
        if not all(changes):
            raise InputError(
                f"mutants.table: {path}, line {table['line'][row]}: '{mutant[:30]}'; A12V, or A12V:G30S, is right"
            )
        able = []
        for change in changes:
            site, new = site_of.get(int(change[2])), states.get(change[3].upper())  # type: ignore[index]
            able.append(site is not None and new is not None)
            if not able[-1]:
                continue
            if letters.symbols[sequence[site]] != change[1].upper():  # type: ignore[index]
                strange.append(mutant)
            mutants[row, site] = new
        rows[row] = all(able)
    if len(strange) > 0.1 * max(1, rows.sum()):
        raise InputError(
            f"mutants.table: {path}: {len(strange)} mutants are of another sequence, {strange[0]} say; numbers count "
            "from the reference's first residue, or from 39 if it is named NAME/39-91 (columns.tsv)"
        )
    scores = np.full(len(table), np.nan)
    if rows.any():
        scores[rows] = model.energies(sequence[None])[0] - model.energies(mutants[rows])
    return table.assign(score=scores)


def spearman(one: Sequence[float], other: Sequence[float], rng: np.random.Generator, draws: int) -> dict[str, float]:
    """Rank correlation with its 95 % bootstrap interval over pairs: value, low, high, pairs."""
    pairs = np.array([one, other], float)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    count = pairs.shape[1]
    if count < 3:
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "pairs": count}

    def of(rows: np.ndarray) -> float:
        ranks = rankdata(rows, axis=1)
        with np.errstate(invalid="ignore"):
            return float(np.corrcoef(ranks)[0, 1]) if (np.ptp(ranks, axis=1) > 0).all() else float("nan")

    resampled = [of(pairs[:, rng.integers(0, count, count)]) for _ in range(draws)]
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return {"value": of(pairs), "low": float(low), "high": float(high), "pairs": count}
