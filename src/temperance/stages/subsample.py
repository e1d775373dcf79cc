"""Draw a training set of one size, and weight its sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from temperance.core.files import load_arrays, provenance, save_arrays
from temperance.core.settings.stages import SubsampleStage
from temperance.core.sizes import resolve_size
from temperance.msa.split import draw_subset
from temperance.msa.weights import sequence_weights

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
    subset : Path
        Indices of sequences of the alignment, and their weights within the training set.
    """

    subset: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: SubsampleStage, seed: int, family: str, size: tuple[int | float, int]
) -> None:
    """Draw one training set at random from the sequences for training, and weight its sequences.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : SubsampleStage
        Identity by which sequences are weighted.
    seed : int
        Random seed of the job.
    family : str
        Name of the family.
    size : (int or float, int)
        Size, a count or a share of the training sequences; and number of the replicate, from 1.

    Raises
    ------
    InputError
        If there are fewer training sequences than the size, or fewer than two would be drawn.
    """
    sequences = load_arrays(inputs.alignment)[0]["sequences"]
    training = load_arrays(inputs.split)[0]["training"]
    count = resolve_size(size[0], len(training), family)
    indices = draw_subset(training, count, np.random.default_rng(seed))
    weights = sequence_weights(sequences[indices], settings.identity)
    save_arrays(outputs.subset, {"indices": indices, "weights": weights}, provenance(settings.configured(), seed))
    log.info("%d sequences, Meff %.0f", count, weights.sum())
