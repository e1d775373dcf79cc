"""Train and analyse the models of a study's enumerable family exactly, without sampling."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.core.settings import Settings
from temperance.validation.study import tabulate_enumerable

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    models : Path
        Optimal temperatures, one row a model.
    """

    models: Path


def run(outputs: Outputs, points: list[Settings], seed: int, name: str) -> None:
    """Compute the exact optimal temperatures of the models of one family.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    points : list of dict
        The family at each value of the varied setting: family, value, settings.
    seed : int
        Random seed of the whole run.
    name : str
        Name of the family.
    """
    models = tabulate_enumerable(points, seed)
    save_table(outputs.models, models.assign(family=name))
    log.info("%d models", len(models))
