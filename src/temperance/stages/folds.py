"""List all compact folds of the 3 x 3 x 3 lattice."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import provenance, save_arrays
from temperance.truth.lattice_folds import all_folds

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    folds : Path
        Contacts (103346, 28) uint8 of every fold, indices of pairs of residues.
    """

    folds: Path


def run(outputs: Outputs) -> None:
    """Enumerate the compact folds of lattice proteins.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    """
    contacts = all_folds()
    save_arrays(outputs.folds, {"contacts": contacts}, provenance({}))
    log.info("%d folds", len(contacts))
