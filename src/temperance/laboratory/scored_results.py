"""Measured sequences with judges' scores: which are natural, which are relatives, and how new they are."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from temperance.laboratory.findings import DESIGN, NATURAL
from temperance.msa.clusters import label_clusters
from temperance.msa.weights import find_nearest
from temperance.scoring.cross_fitted import CrossFittedJudge
from temperance.scoring.judges import Judge

# Sequences of at least this identity are relatives, whose results repeat each other.
_RELATIVES = 0.8


def score_results(
    results: pd.DataFrame, sequences: np.ndarray, natural: np.ndarray, panel: Mapping[str, Judge], has_groups: bool
) -> pd.DataFrame:
    """Score measured sequences by judges, and say which are natural, which relatives, and how new they are.

    Parameters
    ----------
    results : pandas.DataFrame
        Of `temperance.laboratory.results_table.read_results`.
    sequences : np.ndarray
        (N, L) uint8, of `temperance.laboratory.placement.place_sequences`.
    natural : np.ndarray
        (M, L) uint8 natural sequences.
    panel : mapping
        Judges by name; the one that was learnt from natural sequences scores these as it does without them.
    has_groups : bool
        Whether a group tells designs; else natural are those that the alignment has.

    Returns
    -------
    pandas.DataFrame
        One row a sequence: table, line, name, measured, group, kind, cluster, distance_natural, and a column a judge.
    """
    table = results.drop(columns=["source", "sequence"])
    numbers = {row.tobytes(): number for number, row in enumerate(natural)}
    members = np.array([numbers.get(row.tobytes(), -1) for row in sequences])
    is_natural = (table["group"] == "").to_numpy() if has_groups else members >= 0
    table["kind"] = np.where(is_natural, NATURAL, DESIGN)
    table["cluster"] = label_clusters(sequences, _RELATIVES)
    # A natural sequence is compared with all others.
    table["distance_natural"] = 1 - find_nearest(sequences, natural, members)[1]
    for name, judge in panel.items():
        scores = judge(sequences)
        if isinstance(judge, CrossFittedJudge):
            # The judge overrates sequences that it was learnt from.
            scores = np.where(members >= 0, judge.natural_scores[members], scores)
        table[name] = scores
    return table
