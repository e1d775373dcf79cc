"""Build a covariance model from the held-out sequences of an RNA family."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import load_arrays
from temperance.scoring.covariance_model import build_covariance_model

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    """

    alignment: Path
    split: Path


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    model : Path
        Covariance model, in Infernal's format.
    """

    model: Path


def run(inputs: Inputs, outputs: Outputs, family: str) -> None:
    """Build the covariance model of an RNA or DNA family from its held-out sequences.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    family : str
        Name of the family, and of the covariance model.

    Raises
    ------
    InputError
        If Infernal or ViennaRNA is not installed, or Infernal fails.
    """
    arrays, metadata = load_arrays(inputs.alignment)
    heldout = load_arrays(inputs.split)[0]["heldout"]
    alphabet = find_alphabet(metadata["alphabet"])
    base_pairs = build_covariance_model(arrays["sequences"][heldout], alphabet, family, outputs.model)
    log.info("covariance model of %d held-out sequences, which share %d base pairs", len(heldout), base_pairs)
