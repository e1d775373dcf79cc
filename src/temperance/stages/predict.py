"""Predict contacts and effects of mutations from the largest model, and measure conservation of the family."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from temperance.core.files import load_arrays, load_table, provenance, save_json, save_table
from temperance.core.settings.stages import PredictStage
from temperance.msa.conservation import conservation
from temperance.potts.model import load
from temperance.predict.contacts import contact_table, coupling_scores, precision, structure_distances
from temperance.predict.mutants import read_measured, reference_states, score_measured, single_mutants, spearman

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """The largest model; of `ingest` and `split`; a structure and a table of measured mutants, where they are known."""

    model: Path
    alignment: Path
    columns: Path
    split: Path
    structure: Path | None = None
    measured: Path | None = None


class Outputs(NamedTuple):
    """A row a pair of columns, a single mutant, a column; and how the first two agree with what is known."""

    contacts: Path
    mutants: Path
    conservation: Path
    summary: Path


def run(inputs: Inputs, outputs: Outputs, settings: PredictStage, seed: int) -> None:
    """Predict contacts and mutants."""
    model, letters, _ = load(inputs.model)
    columns = load_table(inputs.columns, text=["residue"])
    arrays, pool = load_arrays(inputs.alignment)[0], load_arrays(inputs.split)[0]["training"]
    wanted, distances = settings.structure, None
    summary: dict[str, Any] = {"separation": wanted.separation}

    if inputs.structure:
        distances, sites, identity = structure_distances(
            str(inputs.structure), wanted.chain, wanted.atoms, columns, letters
        )
        summary["structure"] = {"sites": sites, "identity": identity, "cutoff": wanted.cutoff}
    contacts = contact_table(coupling_scores(model, letters), columns, distances)
    if distances is not None:
        ranks = precision(contacts, model.L, wanted.cutoff, wanted.separation)
        summary["precision"] = ranks.to_dict("records")
        log.info("precision %s", ", ".join(f"{row.precision:.2f} of {row.rank}" for row in ranks.itertuples()))

    reference = reference_states(columns, arrays["sequences"], letters)
    mutants = single_mutants(model, reference, columns, letters)
    if inputs.measured:
        path, rng = str(inputs.measured), np.random.default_rng(seed)
        compared = score_measured(read_measured(path), model, reference, columns, letters, path)
        agreement = spearman(compared["measured"], compared["score"], rng, settings.bootstrap)
        summary["mutants"] = agreement | {"measured": len(compared)}
        mutants = mutants.merge(compared[["mutant", "measured"]].drop_duplicates("mutant"), on="mutant", how="left")
        log.info("Spearman %.3f (%.3f to %.3f) over %d mutants", *agreement.values())

    save_table(outputs.contacts, contacts)
    save_table(outputs.mutants, mutants)
    weights = arrays["weights"][pool]
    save_table(outputs.conservation, conservation(arrays["sequences"][pool], weights, columns, letters))
    save_json(outputs.summary, summary | {"provenance": provenance(settings.configured(), seed)})
