"""Hold out sequences that resemble no training sequence."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from temperance.core.files import load_arrays, provenance, save_arrays
from temperance.core.settings.stages import SplitStage
from temperance.core.sizes import resolve_size
from temperance.msa.split import split
from temperance.msa.weights import sequence_weights

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """File to read.

    Attributes
    ----------
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    """

    alignment: Path


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    split : Path
        Indices of training, held-out and discarded sequences, and weights of the held-out ones.
    """

    split: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: SplitStage, seed: int, family: str, sizes: Sequence[int | float]
) -> None:
    """Split the sequences into training and held-out ones, none of which resembles one of the others.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : SplitStage
        Share and largest identity of held-out sequences, and identity by which they are weighted.
    seed : int
        Random seed of the job.
    family : str
        Name of the family.
    sizes : sequence of int or float
        Sizes of training sets, counts or shares; checked here, before anything is trained.

    Raises
    ------
    InputError
        If too few sequences can be held out or kept for training, or a training set is larger than what is left.
    """
    sequences = load_arrays(inputs.alignment)[0]["sequences"]
    parts = split(sequences, np.random.default_rng(seed), **settings.heldout.model_dump())
    for size in sizes:
        resolve_size(size, len(parts.training), family)
    arrays = {
        "training": parts.training,
        "heldout": parts.heldout,
        "discarded": parts.discarded,
        "heldout_weights": sequence_weights(sequences[parts.heldout], settings.identity),
    }
    save_arrays(outputs.split, arrays, provenance(settings.configured(), seed))
    log.info("%d for training, %d held out, %d discarded", *(len(arrays[name]) for name in list(arrays)[:3]))
