"""A structure's backbone with the predicted contacts on it, which a reader can turn."""

from typing import Any

import numpy as np
import pandas as pd

from temperance.report.charts.interactive import Interactive, embed_json
from temperance.report.figures.structure import top_pairs
from temperance.report.results import Evidence

# Neighbours along the backbone that are further apart than this, in usual distances, are not joined.
_BREAK = 1.5


def trace_contacts(chain: pd.DataFrame, contacts: pd.DataFrame, summary: dict[str, Any]) -> dict[str, Any]:
    """Collect what the viewer draws: the backbone around its centre, bonds, and the predicted contacts on it.

    Parameters
    ----------
    chain : pandas.DataFrame
        Rows of `chain.tsv`: residue, number, site, x, y, z.
    contacts : pandas.DataFrame
        Rows of `contacts.tsv`, the highest score first.
    summary : dict
        `predictions.json` of a family with a structure.

    Returns
    -------
    dict
        points : (N, 3) angstroms from the centre; labels : N names, as A12; bonds : pairs of neighbours; contacts :
        (first, second, whether they are in contact, score, distance) of the pairs that the contact map shows, as far as
        the structure has both residues; cutoff : angstroms.
    """
    points = chain[["x", "y", "z"]].to_numpy(float)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    joined = np.flatnonzero(steps < _BREAK * np.median(steps)) if len(steps) else np.array([], int)
    index = {int(site): n for n, site in enumerate(chain["site"]) if not pd.isna(site)}
    pairs = top_pairs(contacts, summary).dropna(subset=["distance"])
    return {
        "points": (points - points.mean(axis=0)).round(2).tolist(),
        "labels": [f"{row.residue}{row.number}" for row in chain.itertuples()],
        "bonds": [[int(n), int(n) + 1] for n in joined],
        "contacts": [
            [index[row.i], index[row.j], bool(row.in_contact), round(row.score, 3), round(row.distance, 1)]
            for row in pairs.itertuples() if row.i in index and row.j in index
        ],
        "cutoff": summary["structure"]["cutoff"],
    }  # fmt: skip


def draw_structure(evidence: Evidence) -> Interactive | None:
    """Write the content of `trace_contacts` for the viewer.

    Parameters
    ----------
    evidence : Evidence
        Results of the family.

    Returns
    -------
    Interactive or None
        None where the family has no structure, or one without pairs far enough apart.
    """
    if evidence.chain.empty or "precision" not in evidence.predictions:
        return None
    return embed_json("structure", trace_contacts(evidence.chain, evidence.contacts, evidence.predictions))
