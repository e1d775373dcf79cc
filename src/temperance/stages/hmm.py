"""Build a profile HMM from the held-out sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import load_arrays
from temperance.msa.hmmer import build_hmm

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
    hmm : Path
        Profile HMM, in HMMER's format.
    """

    hmm: Path


def run(inputs: Inputs, outputs: Outputs, family: str) -> None:
    """Build the profile HMM of a family from its held-out sequences.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    family : str
        Name of the family, and of the profile HMM.

    Raises
    ------
    InputError
        If HMMER has no such alphabet.
    """
    arrays, metadata = load_arrays(inputs.alignment)
    heldout = load_arrays(inputs.split)[0]["heldout"]
    build_hmm(arrays["sequences"][heldout], find_alphabet(metadata["alphabet"]), family, outputs.hmm)
    log.info("profile HMM of %d held-out sequences", len(heldout))
