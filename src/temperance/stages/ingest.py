"""Read, encode, filter and weight an alignment."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import provenance, save_arrays, save_json, save_table
from temperance.core.settings.stages import IngestStage
from temperance.msa.prepare import prepare_alignment

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """File to read.

    Attributes
    ----------
    alignment : Path
        Alignment in any of the supported formats.
    """

    alignment: Path


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    alignment : Path
        Encoded sequences, their weights, and numbers of the columns that were kept.
    sequences : Path
        Names and weights of the sequences.
    audit : Path
        Sequences and columns that were dropped, and why.
    columns : Path
        Columns that were kept, with residues and their numbers in the reference.
    summary : Path
        Counts of sequences and columns, and the effective number of sequences, as JSON.
    """

    alignment: Path
    sequences: Path
    audit: Path
    columns: Path
    summary: Path


def run(inputs: Inputs, outputs: Outputs, settings: IngestStage) -> None:
    """Read, encode, filter and weight an alignment.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : IngestStage
        Alphabet, filter, and identity by which sequences are weighted.

    Raises
    ------
    InputError
        If the file is no alignment of the alphabet, or the filter leaves too little of it.
    """
    path, alphabet = str(inputs.alignment), find_alphabet(settings.alphabet)
    raw, filtered, weights = prepare_alignment(
        path, alphabet, settings.ambiguous, settings.identity, **settings.filter.model_dump()
    )
    arrays = {"sequences": filtered.sequences, "columns": filtered.columns.astype(np.int32), "weights": weights}
    source, audit = provenance(settings.configured()), filtered.audit_table()
    summary = {
        "source": path,
        "alphabet": alphabet.name,
        "sequences_read": len(raw.names),
        "columns_read": int(raw.sequences.shape[1]),
        "M": len(filtered.names),
        "L": int(filtered.sequences.shape[1]),
        "q": alphabet.q,
        "Meff": float(weights.sum()),
        "sequences_dropped": int((audit["what"] == "sequence").sum()),
        "columns_dropped": int((audit["what"] == "column").sum()),
        "reference": filtered.reference,
    }
    save_arrays(outputs.alignment, arrays, source | {"alphabet": alphabet.name})
    save_table(outputs.sequences, pd.DataFrame({"name": filtered.names, "weight": weights}))
    save_table(outputs.audit, audit)
    save_table(outputs.columns, filtered.columns_table())
    save_json(outputs.summary, summary | {"provenance": source})
    if annotation := [name for what, name, _ in raw.audit if what == "annotation"]:
        more = f" and {len(annotation) - 3} more" if len(annotation) > 3 else ""
        log.info("rows that are no sequences are dropped: %s%s", ", ".join(annotation[:3]), more)
    log.info(
        "kept %d of %d sequences and %d of %d columns; q = %d states, Meff = %.0f effective sequences",
        *(summary[key] for key in ("M", "sequences_read", "L", "columns_read", "q", "Meff")),
    )
