"""Draw a training set of one size, and weigh its sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from temperance.core.files import load_arrays, provenance, save_arrays
from temperance.core.settings.stages import SubsampleStage
from temperance.core.sizes import resolve_size
from temperance.msa.split import subset
from temperance.msa.weights import sequence_weights

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `ingest` and `split`."""

    alignment: Path
    split: Path


class Outputs(NamedTuple):
    """Indices into the alignment, and weights within the subset."""

    subset: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: SubsampleStage, seed: int, family: str, size: tuple[int | float, int]
) -> None:
    """Draw the training set of a size and replicate."""
    sequences = load_arrays(inputs.alignment)[0]["sequences"]
    training = load_arrays(inputs.split)[0]["training"]
    count = resolve_size(size[0], len(training), family)
    chosen = subset(training, count, np.random.default_rng(seed))
    weights = sequence_weights(sequences[chosen], settings.identity)
    save_arrays(outputs.subset, {"indices": chosen, "weights": weights}, provenance(settings.configured(), seed))
    log.info("%d sequences, Meff %.0f", count, weights.sum())
