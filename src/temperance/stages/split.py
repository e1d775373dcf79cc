"""Hold out sequences that no training sequence resembles."""

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
    """Of `ingest`."""

    alignment: Path


class Outputs(NamedTuple):
    """Indices of training, held-out and discarded sequences, and weights of those that are held out."""

    split: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: SplitStage, seed: int, family: str, sizes: Sequence[int | float]
) -> None:
    """Split the sequences.

    `sizes` of training sets are checked before anything is trained.
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
    log.info("%d for training, %d held out, %d discarded", *(len(arrays[k]) for k in list(arrays)[:3]))
