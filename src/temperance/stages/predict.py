"""Predict contacts and effects of mutations from the largest model, and measure the family's conservation."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.core.settings.stages import PredictStage
from temperance.msa.conservation import tabulate_conservation
from temperance.potts.model import load
from temperance.predict.contacts import (
    TRACE_COLUMNS,
    contact_table,
    coupling_scores,
    precision,
    structure_distances,
    structure_trace,
)
from temperance.predict.mutants import read_measured, reference_states, score_measured, single_mutants, spearman

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    model : Path
        Potts model of the largest subset.
    alignment, columns : Path
        Encoded alignment, and residues and numbers of its columns, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    structure : Path, optional
        PDB or mmCIF file, to compare contacts with.
    measured : Path, optional
        Table of measured mutants, to compare scores with.
    """

    model: Path
    alignment: Path
    columns: Path
    split: Path
    structure: Path | None = None
    measured: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    contacts : Path
        Scores of contacts, one row a pair of columns.
    mutants : Path
        Scores of single mutants of the reference, one row a mutant.
    conservation : Path
        Consensus and information content, one row a column.
    chain : Path
        Backbone of the structure's chain, one row a residue; without a structure, the header alone.
    summary : Path
        Precision of contacts, and correlation with measured mutants, as JSON; without these where no pair is far
        enough apart, or fewer than three mutants or equal values have no correlation.
    """

    contacts: Path
    mutants: Path
    conservation: Path
    chain: Path
    summary: Path


def run(inputs: Inputs, outputs: Outputs, settings: PredictStage, seed: int) -> None:
    """Score contacts, single mutants and conservation, and compare them with a structure and measured mutants.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : PredictStage
        How contacts are read from the structure, and the number of bootstrap draws.
    seed : int
        Random seed of the job.

    Raises
    ------
    InputError
        If the structure or the table of mutants is faulty, or is of another sequence than the reference.
    """
    model, alphabet, _ = load(inputs.model)
    columns = load_table(inputs.columns, text=["residue"])
    arrays, pool = load_arrays(inputs.alignment)[0], load_arrays(inputs.split)[0]["training"]
    options, distances = settings.structure, None
    chain = pd.DataFrame(columns=TRACE_COLUMNS)
    summary: dict[str, Any] = {"separation": options.separation}

    if inputs.structure:
        distances, sites, identity = structure_distances(
            str(inputs.structure), options.chain, options.atoms, columns, alphabet
        )
        chain = structure_trace(str(inputs.structure), options.chain, columns, alphabet)
        summary["structure"] = {"sites": sites, "identity": identity, "cutoff": options.cutoff}
    contacts = contact_table(coupling_scores(model, alphabet), columns, distances)
    if distances is not None:
        ranks = precision(contacts, model.L, options.cutoff, options.separation)
        if ranks["pairs"].all():
            summary["precision"] = ranks.to_dict("records")
        log.info(
            "precision of the highest-scoring contacts: %s",
            ", ".join(f"{row.precision:.2f} of {row.rank}" for row in ranks.itertuples()),
        )

    reference = reference_states(columns, arrays["sequences"], alphabet)
    mutants = single_mutants(model, reference, columns, alphabet)
    if inputs.measured:
        path, rng = str(inputs.measured), np.random.default_rng(seed)
        measured = score_measured(read_measured(path, alphabet), model, reference, columns, alphabet, path)
        agreement = spearman(measured["measured"], measured["score"], rng, settings.bootstrap)
        if np.isfinite(agreement["value"]):
            summary["mutants"] = agreement | {"measured": len(measured)}
        mutants = mutants.merge(measured[["mutant", "measured"]], on="mutant", how="left")
        log.info(
            "Spearman correlation with measured scores %.3f (%.3f to %.3f) over %d of %d mutants",
            *agreement.values(), len(measured),
        )  # fmt: skip

    save_table(outputs.contacts, contacts)
    save_table(outputs.mutants, mutants)
    save_table(outputs.chain, chain)
    weights = arrays["weights"][pool]
    save_table(outputs.conservation, tabulate_conservation(arrays["sequences"][pool], weights, columns, alphabet))
    save_json(outputs.summary, summary | {"provenance": provenance(settings.configured(), seed)})
