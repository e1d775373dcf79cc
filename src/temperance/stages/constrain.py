"""Find the sites that constraints of designs are about."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, load_json, load_table
from temperance.core.settings.stages import ConstrainStage
from temperance.design.constraints import Constraints

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `ingest`."""

    alignment: Path
    sequences: Path
    summary: Path


class Outputs(NamedTuple):
    """Allowed states, the seed, and how many mutations it may have."""

    constraints: Path


def run(inputs: Inputs, outputs: Outputs, settings: ConstrainStage) -> None:
    """Translate the constraints, which name columns of the alignment."""
    arrays, metadata = load_arrays(inputs.alignment)
    constraints = Constraints.from_settings(
        settings.constraints, arrays["columns"], load_json(inputs.summary)["columns_read"],
        alphabet(metadata["alphabet"]), load_table(inputs.sequences)["name"].to_numpy(), arrays["sequences"],
    )  # fmt: skip
    constraints.save(outputs.constraints)
    allowed = constraints.allowed
    log.info("%d of %d states allowed, seed: %s", allowed.sum(), allowed.size, constraints.seed is not None)
