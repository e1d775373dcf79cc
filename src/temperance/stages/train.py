"""Train a Potts model on one training set."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, provenance
from temperance.core.progress import Progress
from temperance.core.settings.stages import TrainStage
from temperance.engines.registry import choose_engine
from temperance.potts.formats.registry import read_model
from temperance.training import evaluate_imported, train

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    subset : Path
        Indices and weights of the training set, from `subsample`.
    imported : Path, optional
        Model trained elsewhere, which is evaluated instead of training one.
    trained : Path, optional
        Folder of the models that `train_together` has trained in one job.
    """

    alignment: Path
    split: Path
    subset: Path
    imported: Path | None = None
    trained: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    model : Path
        Fields and couplings.
    history : Path
        Course of training, one row a check.
    strengths : Path
        Penalties that were tried, one row a strength.
    summary : Path
        How training ended, as JSON.
    """

    model: Path
    history: Path
    strengths: Path
    summary: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: TrainStage, seed: int, engine_name: str,
    checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Train a model, evaluate an imported one, or copy one that was trained together with the family's others.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : TrainStage
        Training.
    seed : int
        Random seed of the job.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.
    checkpoint : callable
        Makes a `Checkpoint` from a mapping that identifies the computation.

    Raises
    ------
    InputError
        If training diverges, fewer than two columns of the training set vary, the imported model is faulty, the engine
        needs a card that the computer does not have, or the card has too little memory.
    """
    folder = outputs.model.parent
    if inputs.trained:
        for path in outputs:
            shutil.copy(inputs.trained / folder.name / path.name, path)
        log.info("trained together with the family's other models; see train_together.log")
        return
    options, (arrays, metadata) = settings.train.model_dump(), load_arrays(inputs.alignment)
    alphabet, subset = find_alphabet(metadata["alphabet"]), load_arrays(inputs.subset)[0]
    engine, sequences = choose_engine(engine_name), arrays["sequences"][subset["indices"]]
    source: dict[str, Any] = provenance(options | {"engine": engine.name}, seed)
    job_checkpoint = checkpoint(source)
    if inputs.imported:
        imported = read_model(inputs.imported, alphabet, sequences.shape[1])
        result = evaluate_imported(
            imported, sequences, subset["weights"], engine, seed, confirm_chains=options["confirm_chains"],
            progress=log.info,
        )  # fmt: skip
        source["model"] = str(inputs.imported)
    else:
        parts = load_arrays(inputs.split)[0]
        result = train(
            sequences, subset["weights"], alphabet.q, engine, seed, progress=Progress(log.info),
            checkpoint=job_checkpoint, heldout=arrays["sequences"][parts["heldout"]],
            heldout_weights=parts["heldout_weights"], **options,
        )  # fmt: skip
    result.save(folder, alphabet, source)
    job_checkpoint.clear()
    log.info(result.outcome)
