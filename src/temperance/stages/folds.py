"""List all compact folds of the 3 x 3 x 3 lattice."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import provenance, save_arrays
from temperance.truth.lattice_folds import all_folds

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """None."""


class Outputs(NamedTuple):
    """Contacts, (103346, 28)."""

    folds: Path


def run(outputs: Outputs) -> None:
    """List the folds."""
    contacts = all_folds()
    save_arrays(outputs.folds, {"contacts": contacts}, provenance({}))
    log.info("%d folds", len(contacts))
