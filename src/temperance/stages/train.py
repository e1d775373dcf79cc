"""Train a Potts model on one subset."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, provenance
from temperance.core.progress import Progress
from temperance.core.settings.stages import TrainStage
from temperance.engines.registry import choose_engine
from temperance.potts.formats.registry import read_model
from temperance.training import evaluate_imported, train

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `ingest`, `split` and `subsample`; a model from elsewhere; a folder of models that one job has trained."""

    alignment: Path
    split: Path
    subset: Path
    imported: Path | None = None
    trained: Path | None = None


class Outputs(NamedTuple):
    """The model, how training went, penalties that were tried, how training ended."""

    model: Path
    history: Path
    strengths: Path
    summary: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: TrainStage, seed: int, engine_name: str,
    checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Train a model, evaluate one from elsewhere, or take one from the folder of those trained together."""
    folder = outputs.model.parent
    if inputs.trained:
        for path in outputs:
            shutil.copy(inputs.trained / folder.name / path.name, path)
        log.info("learnt together with the family's other models: train_together.log")
        return
    options, (arrays, metadata) = settings.train.model_dump(), load_arrays(inputs.alignment)
    letters, subset = alphabet(metadata["alphabet"]), load_arrays(inputs.subset)[0]
    engine, sequences = choose_engine(engine_name), arrays["sequences"][subset["indices"]]
    source: dict[str, Any] = provenance(options | {"engine": engine.name}, seed)
    last = checkpoint(source)
    if inputs.imported:
        imported = read_model(inputs.imported, letters, sequences.shape[1])
        result = evaluate_imported(
            imported, sequences, subset["weights"], engine, seed, confirm_chains=options["confirm_chains"],
            progress=log.info,
        )  # fmt: skip
        source["model"] = str(inputs.imported)
    else:
        parts = load_arrays(inputs.split)[0]
        result = train(
            sequences, subset["weights"], letters.q, engine, seed, progress=Progress(log.info), checkpoint=last,
            heldout=arrays["sequences"][parts["heldout"]], heldout_weights=parts["heldout_weights"], **options,
        )  # fmt: skip
    result.save(folder, letters, source)
    last.clear()
    log.info(result.outcome)
