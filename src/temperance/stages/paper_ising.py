"""Tabulate models of the Ising lattice of arXiv:2512.09152 at one temperature."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.validation.paper_ising import tabulate_lattice

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    models : Path
        Optimal temperatures, one row a model.
    levels : Path
        Probabilities and parts of divergences of models of few data, by energy level.
    curves : Path
        Divergences of models of few data over sampling temperature.
    """

    models: Path
    levels: Path
    curves: Path


def run(outputs: Outputs, seed: int, temperature: str) -> None:
    """Train models of one temperature of the lattice in each way and size, and analyse them exactly.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    seed : int
        Random seed of the whole run.
    temperature : str
        Of the lattice, in units of the coupling of neighbours.
    """
    tables = tabulate_lattice(float(temperature), seed)
    for path, table in zip(outputs, tables, strict=True):
        save_table(path, table)
    log.info("%d models", len(tables.models))
