"""Tabulate the two-level models of arXiv:2512.09152."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.validation.paper_two_level import tabulate_example, tabulate_models

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    example : Path
        Divergences of the worked example over temperature, by group of states.
    models : Path
        Optimal temperatures over energy gap and number of draws.
    """

    example: Path
    models: Path


def run(outputs: Outputs, seed: int) -> None:
    """Tabulate the worked example, and models over energy gap and number of draws.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    seed : int
        Random seed of the whole run.
    """
    save_table(outputs.example, tabulate_example())
    models = tabulate_models(seed)
    save_table(outputs.models, models)
    log.info("%d models", len(models))
