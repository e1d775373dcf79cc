"""Sample one model of an enumerable truth many times, and count how often intervals hold the exact value."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.files import save_table
from temperance.core.progress import Progress
from temperance.engines.registry import choose_engine
from temperance.validation.coverage import coverage, describe_coverage

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read: none."""


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    table : Path
        Coverage, one row an estimator and temperature.
    """

    table: Path


def run(outputs: Outputs, kind: str, size: str, repeats: int, seed: int, engine_name: str) -> None:
    """Estimate how often confidence intervals cover the exact value, for one system.

    Parameters
    ----------
    outputs : Outputs
        Files to write.
    kind : str
        Kind of the truth, such as planted.
    size : str
        Number of training sequences.
    repeats : int
        Number of times that the trained model is sampled.
    seed : int
        Random seed of the whole run.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.

    Raises
    ------
    InputError
        If the engine needs a card that the computer does not have.
    """
    table = coverage(kind, int(size), repeats, seed, choose_engine(engine_name), Progress(log.info))
    save_table(outputs.table, table)
    log.info(describe_coverage(table))
