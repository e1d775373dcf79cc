"""Translate the constraints on designs from columns of the alignment to sites of the model."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, load_json, load_table
from temperance.core.settings.stages import ConstrainStage
from temperance.design.constraints import Constraints

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    alignment, sequences, summary : Path
        Encoded alignment, names of its sequences, and its summary, from `ingest`.
    """

    alignment: Path
    sequences: Path
    summary: Path


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    constraints : Path
        Allowed states of each site, the seed sequence, and the largest number of mutations.
    """

    constraints: Path


def run(inputs: Inputs, outputs: Outputs, settings: ConstrainStage) -> None:
    """Translate the constraints on designs from columns of the alignment to sites of the model.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : ConstrainStage
        Constraints, which count columns from 1 in the alignment as it was read.

    Raises
    ------
    InputError
        If a constraint names a column, residue or sequence that does not exist, or constraints contradict each other.
    """
    arrays, metadata = load_arrays(inputs.alignment)
    constraints = Constraints.from_settings(
        settings.constraints, arrays["columns"], load_json(inputs.summary)["columns_read"],
        alphabet(metadata["alphabet"]), load_table(inputs.sequences)["name"].to_numpy(), arrays["sequences"],
    )  # fmt: skip
    constraints.save(outputs.constraints)
    allowed = constraints.allowed
    seed = "no seed" if constraints.seed is None else "a seed"
    log.info("%d of %d residues of all columns allowed, %s", allowed.sum(), allowed.size, seed)
