"""Sample a model at all temperatures by replica exchange."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, provenance, save_arrays, save_table
from temperance.core.settings.stages import SampleStage
from temperance.engines.registry import choose_engine
from temperance.potts.model import load
from temperance.sampling.replica_exchange import sample

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    model : Path
        Potts model of the training set, from `train`.
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    subset : Path
        Indices and weights of the training set, from `subsample`.
    """

    model: Path
    alignment: Path
    subset: Path


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    samples : Path
        Sequences at the requested temperatures, and energies of every rung of replica exchange.
    ladder : Path
        Diagnostics, one row a rung.
    """

    samples: Path
    ladder: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: SampleStage, seed: int, engine_name: str, keep_all: bool,
    checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Sample a model at all temperatures by replica exchange.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : SampleStage
        Temperatures, number of sequences, and criteria of equilibration.
    seed : int
        Random seed of the job.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.
    keep_all : bool
        Whether to keep the sequences of all rungs, not of the requested temperatures alone.
    checkpoint : callable
        Makes a `Checkpoint` from a mapping that identifies the computation.

    Raises
    ------
    InputError
        If the engine needs a card that the computer does not have.
    """
    options = settings.sample.model_dump()
    model, alphabet, _ = load(inputs.model)
    subset = load_arrays(inputs.subset)[0]
    training = load_arrays(inputs.alignment)[0]["sequences"][subset["indices"]]
    engine = choose_engine(engine_name)
    source = provenance(options | {"engine": engine.name}, seed)
    job_checkpoint = checkpoint(source)
    samples = sample(
        model, engine, seed, starts=training, weights=subset["weights"], keep_all=keep_all, progress=log.info,
        checkpoint=job_checkpoint, **options,
    )  # fmt: skip
    save_arrays(outputs.samples, samples.arrays(), source | {"alphabet": alphabet.name})
    save_table(outputs.ladder, samples.rungs.assign(round_trips=samples.round_trips, sweeps=samples.sweeps))
    job_checkpoint.clear()
    expected = samples.rungs[samples.rungs.origin.isin(["listed", "refined"])]
    failed = expected[~expected.equilibrated]
    if len(failed):
        log.warning(
            "warning: %d of %d temperatures, from %.3g to %.3g, are not equilibrated (R-hat up to %.3f): their samples "
            "depend on where chains began. More sweeps (sample.max_sweeps) or a stronger penalty (train.l2_couplings) "
            "may help",
            len(failed), len(expected), failed.temperature.min(), failed.temperature.max(), failed.rhat.max(),
        )  # fmt: skip
