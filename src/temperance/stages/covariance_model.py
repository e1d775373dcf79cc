"""Build a covariance model from the held-out sequences of an RNA family."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays
from temperance.scoring.covariance_model import build_covariance_model

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `ingest` and `split`."""

    alignment: Path
    split: Path


class Outputs(NamedTuple):
    """In Infernal's format."""

    model: Path


def run(inputs: Inputs, outputs: Outputs, family: str) -> None:
    """Build the covariance model of a family."""
    arrays, metadata = load_arrays(inputs.alignment)
    heldout = load_arrays(inputs.split)[0]["heldout"]
    letters = alphabet(metadata["alphabet"])
    pairs = build_covariance_model(arrays["sequences"][heldout], letters, family, outputs.model)
    log.info("covariance model of %d held-out sequences, which share %d base pairs", len(heldout), pairs)
