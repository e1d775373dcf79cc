"""Train the Potts models of all subsets of a family in one job, one after the other."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, provenance
from temperance.core.progress import Progress
from temperance.core.settings.stages import TrainStage
from temperance.engines.registry import choose_engine
from temperance.training import train

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    subsets : list of Path
        Indices and weights of each training set, from `subsample`.
    """

    alignment: Path
    split: Path
    subsets: list[Path]


class Outputs(NamedTuple):
    """Folder to write.

    Attributes
    ----------
    trained : Path
        Folder with a folder for each subset, which holds what `train` writes.
    """

    trained: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: TrainStage, seeds: Mapping[str, int], engine_name: str,
    checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Train the model of each subset with the seed that it would have in a job of its own.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : TrainStage
        Training.
    seeds : mapping of str to int
        Random seeds by name of the subset, in the order of `inputs.subsets`.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.
    checkpoint : callable
        Makes a `Checkpoint` from a mapping that identifies the computation and the name of a subset.

    Raises
    ------
    InputError
        If training diverges, fewer than two columns of a training set vary, the engine needs a card that the
        computer does not have, or the card has too little memory.
    """
    options, (arrays, metadata) = settings.train.model_dump(), load_arrays(inputs.alignment)
    alphabet, engine = find_alphabet(metadata["alphabet"]), choose_engine(engine_name)
    sequences, parts = arrays["sequences"], load_arrays(inputs.split)[0]
    checkpoints = []
    for (label, seed), path in zip(seeds.items(), inputs.subsets, strict=True):
        subset, source = load_arrays(path)[0], provenance(options | {"engine": engine.name}, seed)
        checkpoints.append(checkpoint(source, label))
        result = train(
            sequences[subset["indices"]], subset["weights"], alphabet.q, engine, seed,
            progress=Progress(log.info, label=label), checkpoint=checkpoints[-1],
            heldout=sequences[parts["heldout"]], heldout_weights=parts["heldout_weights"], **options,
        )  # fmt: skip
        folder = outputs.trained / label
        folder.mkdir(parents=True, exist_ok=True)
        result.save(folder, alphabet, source)
        log.info("%s %s", label, result.outcome)
    # Snakemake deletes the output folder of a job that fails: until the end, finished models are restored from here.
    for model_checkpoint in checkpoints:
        model_checkpoint.clear()
