"""Gather every model of a study's family that went through the whole chain."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.core.settings import Settings
from temperance.validation.study import tabulate_sampled

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """`temperance.core.artefacts.STUDIED_FILES` of every model."""

    results: list[Path]


class Outputs(NamedTuple):
    """A row a model; and a row a model and temperature."""

    models: Path
    scores: Path


def run(
    inputs: Inputs, outputs: Outputs, points: list[Settings], folders: Sequence[Sequence[str]], name: str
) -> None:  # fmt: skip
    """Gather the models in the folders of each point of the family called `name`."""
    models, scores = tabulate_sampled(points, [[Path(folder) for folder in of_point] for of_point in folders])
    save_table(outputs.models, models.assign(family=name))
    save_table(outputs.scores, scores.assign(family=name))
    log.info("%d models", len(models))
