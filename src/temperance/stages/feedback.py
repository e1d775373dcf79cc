"""Train a second model that learns from results, and compare it with the one of natural sequences alone."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from temperance.core.alphabet import Alphabet
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, load_json, load_table, provenance, save_json
from temperance.core.settings.stages import FeedbackStage
from temperance.laboratory.feedback_training import NaturalTraining, learn_from_results
from temperance.laboratory.findings import DESIGN, Measurements
from temperance.potts.model import load

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    measured : Path
        Measured sequences, from `measured`.
    model, training, subset : Path
        Potts model of the largest subset, how its training ended, and that subset.
    alignment : Path
        Encoded alignment, from `ingest`.
    """

    measured: Path
    model: Path
    training: Path
    subset: Path
    alignment: Path


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    model : Path
        The model that learnt from results; that of natural sequences alone where results are of no proven use.
    summary : Path
        Strength, and how well models of each strength rank sequences whose results they have not seen, as JSON.
    """

    model: Path
    summary: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: FeedbackStage, seed: int, checkpoint: Callable[..., Checkpoint]
) -> None:
    """Choose how strongly results are learnt from, and train a model with all of them.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : FeedbackStage
        Training, identity of relatives, bootstrap draws and strength.
    seed : int
        Random seed of the job.
    checkpoint : callable
        Makes a `Checkpoint` from a mapping that identifies the computation.

    Raises
    ------
    InputError
        If the strength is too large for these results.
    """
    model, alphabet, _ = load(inputs.model)
    subset, source = load_arrays(inputs.subset)[0], provenance(settings.configured(), seed)
    sequences = load_arrays(inputs.alignment)[0]["sequences"][subset["indices"]]
    l2_couplings = load_json(inputs.training)["l2_couplings"]
    natural = NaturalTraining(model, sequences, subset["weights"], l2_couplings, settings.train, settings.identity)
    measured = _load_measured(inputs.measured, alphabet)
    summary = {"strength": 0.0, "why": "Without a threshold no result says what is functional.", "strengths": []}
    if measured:
        arrays = {"fields": model.fields, "measured": measured.sequences, "functional": measured.functional}
        job_checkpoint = checkpoint(source | arrays)
        model, summary = learn_from_results(
            natural, measured, settings.feedback, settings.bootstrap, seed, job_checkpoint
        )
        job_checkpoint.clear()
    log.info("results are learnt from with strength %g. %s", summary["strength"], summary["why"])
    model.save(outputs.model, alphabet, source | {"strength": summary["strength"]})
    save_json(outputs.summary, summary | {"provenance": source})


def _load_measured(path: Path, alphabet: Alphabet) -> Measurements | None:
    """Load measured sequences; None where nothing says which are functional."""
    table = load_table(path, text=["name", "group", "aligned"])
    if table["functional"].isna().any():
        return None
    return Measurements(
        alphabet.encode(list(table["aligned"])), np.zeros((len(table), 0)), [], table["functional"].to_numpy(bool),
        (table["kind"] == DESIGN).to_numpy(), table["cluster"].to_numpy(), alphabet.q,
    )  # fmt: skip
