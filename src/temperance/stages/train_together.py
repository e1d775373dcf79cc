"""Train the Potts models of all subsets of a family in one job, one after the other."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, provenance
from temperance.core.progress import Progress
from temperance.core.settings.stages import TrainStage
from temperance.engines.registry import choose_engine
from temperance.training import train

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `ingest`, `split`, and `subsample` for each subset."""

    alignment: Path
    split: Path
    subsets: list[Path]


class Outputs(NamedTuple):
    """A folder with a folder of each subset, in which is what `train` writes."""

    trained: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: TrainStage, seeds: Mapping[str, int], engine_name: str,
    checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Train the model of each subset with the seed that a job of its own would have."""
    options, (arrays, metadata) = settings.train.model_dump(), load_arrays(inputs.alignment)
    letters, engine = alphabet(metadata["alphabet"]), choose_engine(engine_name)
    sequences, parts = arrays["sequences"], load_arrays(inputs.split)[0]
    checkpoints = []
    for (label, seed), path in zip(seeds.items(), inputs.subsets, strict=True):
        subset, source = load_arrays(path)[0], provenance(options | {"engine": engine.name}, seed)
        checkpoints.append(checkpoint(source, label))
        result = train(
            sequences[subset["indices"]], subset["weights"], letters.q, engine, seed,
            progress=Progress(log.info, label=label), checkpoint=checkpoints[-1],
            heldout=sequences[parts["heldout"]], heldout_weights=parts["heldout_weights"], **options,
        )  # fmt: skip
        folder = outputs.trained / label
        folder.mkdir(parents=True, exist_ok=True)
        result.save(folder, letters, source)
        log.info("%s %s", label, result.outcome)
    # Snakemake deletes the folders of a job that does not end: until then, what is done comes back from here.
    for saved in checkpoints:
        saved.clear()
