"""Collect the results of the models of a study's family that the workflow has sampled."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.core.settings import Settings
from temperance.validation.study import tabulate_sampled

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    results : list of Path
        `temperance.core.artefacts.STUDIED_FILES` of each model.
    """

    results: list[Path]


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    models, scores : Path
        Optimal temperatures, one row a model; and scores, one row a model and temperature.
    """

    models: Path
    scores: Path


def run(
    inputs: Inputs, outputs: Outputs, points: list[Settings], folders: Sequence[Sequence[str]], name: str
) -> None:  # fmt: skip
    """Collect the results of the models of one family.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    points : list of dict
        The family at each value of the varied setting: family, value, settings.
    folders : sequence of sequence of str
        Folders of the models of each point.
    name : str
        Name of the family.
    """
    models, scores = tabulate_sampled(points, [[Path(folder) for folder in point_folders] for point_folders in folders])
    save_table(outputs.models, models.assign(family=name))
    save_table(outputs.scores, scores.assign(family=name))
    log.info("%d models", len(models))
