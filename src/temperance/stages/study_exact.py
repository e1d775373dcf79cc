"""Train and analyse every model of a study's family that can be listed in full, without sampling."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.core.settings import Settings
from temperance.validation.study import tabulate_enumerable

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """None."""


class Outputs(NamedTuple):
    """A row a model."""

    models: Path


def run(outputs: Outputs, points: list[Settings], seed: int, name: str) -> None:
    """Solve the models of all points of the family called `name`."""
    models = tabulate_enumerable(points, seed)
    save_table(outputs.models, models.assign(family=name))
    log.info("%d models", len(models))
