"""Train a baseline model on one training set, sample it, and score its samples."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from temperance.baselines.registry import draw, learn
from temperance.baselines.site_conditionals import Autoregressive
from temperance.core.checkpoint import Checkpoint
from temperance.core.files import load_arrays, load_json, load_table, provenance, save_arrays, save_table
from temperance.core.settings.scoring import BaselineSettings
from temperance.core.settings.stages import CompareStage
from temperance.engines.registry import choose_engine
from temperance.potts.formats.registry import read_model
from temperance.potts.model import load
from temperance.scoring.diversity import natural_diversity
from temperance.scoring.tables import Family, judges, score_orders, score_samples, score_temperatures
from temperance.stats.estimate import estimate_columns
from temperance.temperature.divergence import sampled_training_temperature
from temperance.temperature.family import read_judges
from temperance.temperature.operating_points import judge_units, operating_points
from temperance.temperature.recommendation import recommend
from temperance.temperature.rungs import RungScores

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    model, training : Path
        Potts model of the same training set, and the summary of its training, from `train`.
    subset : Path
        Indices and weights of the training set, from `subsample`.
    samples : Path
        Tempered samples of the Potts model, whose temperatures the baseline is sampled at, from `sample`.
    natural, standings : Path
        Scores of natural sequences, and the assessment of the judges, from `score`.
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    judge : Path
        Cross-fitted Potts judge, from `judge`.
    programs : list of Path
        Programs and scripts of the user's judges; inputs so that a change of one is noticed.
    hmm, covariance : Path, optional
        Profile HMM and covariance model of the held-out sequences, where the family has these judges.
    truth : Path, optional
        True distribution, where the family was drawn from one.
    other : Path, optional
        Model trained elsewhere, which is read instead of training one.
    """

    model: Path
    training: Path
    subset: Path
    samples: Path
    natural: Path
    standings: Path
    alignment: Path
    split: Path
    judge: Path
    programs: list[Path]
    hmm: Path | None = None
    covariance: Path | None = None
    truth: Path | None = None
    other: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    scores : Path
        Scores of the samples, one row a temperature.
    optimum : Path
        Operating points and recommended temperature of the baseline, in one row.
    samples : Path
        Sequences and their temperatures.
    """

    scores: Path
    optimum: Path
    samples: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: CompareStage, kind: BaselineSettings, name: str, seed: int,
    engine_name: str, threads: int, checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Train or read a baseline model, sample it at the temperatures of the family's Potts model, and score the samples.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : CompareStage
        Training, sampling and judging, with the novelty and diversity floors.
    kind : BaselineSettings
        Kind of the baseline, its penalties and the path of its file.
    name : str
        Name of the baseline, a key of `models` in the configuration.
    seed : int
        Random seed of the job.
    engine_name : {'auto', 'cuda', 'jax', 'numba'}
        Gibbs sampler, `engine` of the configuration.
    threads : int
        Threads of the judges' programs.
    checkpoint : callable
        Makes a `Checkpoint` from a mapping that identifies the computation and the name of a part: learn, draw.

    Raises
    ------
    InputError
        If the model's file or a judge's program is faulty, or the engine needs a card that the computer does not have.
    """
    rng, baseline, training = np.random.default_rng(seed), kind.model_dump(), settings.train.model_dump()
    alphabet = load(inputs.model)[1]
    family = Family.load(inputs.alignment, inputs.split, inputs.subset)
    weights, natural = load_arrays(inputs.subset)[0]["weights"], load_table(inputs.natural)
    engine = choose_engine(engine_name)
    # The baseline is sampled at the temperatures of the Potts model.
    temperatures = load_arrays(inputs.samples)[0]["temperatures"].tolist()
    sampling = settings.sample.model_dump() | {"temperatures": temperatures, "spacing": None}
    source = provenance({"model": baseline, "train": training, "sample": sampling}, seed)
    training_checkpoint, sampling_checkpoint = (
        checkpoint(source | {"engine": engine.name}, part) for part in ("learn", "draw")
    )
    if inputs.other:
        model: Any = read_model(inputs.other, alphabet, family.natural.shape[1])
    else:
        heldout = family.heldout, family.heldout_weights
        model = learn(
            baseline, training, family.training, weights, alphabet.q, engine, seed, training_checkpoint, heldout
        )
    samples = draw(model, sampling, family.training, engine, seed, sampling_checkpoint)
    panel = judges(inputs._asdict(), settings.judges, family, alphabet, threads, settings.folding)
    sample_scores = score_samples(model, family, panel, samples.arrays(), natural, settings.fidelity)
    orders, reference = score_orders(family, samples.arrays(), alphabet.q, rng)
    scores = score_temperatures(sample_scores, samples.arrays(), samples.rungs, samples.rungs, orders, reference, panel)
    likelihood = samples.log_likelihood(family.heldout)
    scores["log_likelihood"] = np.average(likelihood, axis=0, weights=family.heldout_weights) / model.L
    if isinstance(model, Autoregressive):
        comparisons = [
            model.compare_to_joint_tempering(sequences.reshape(-1, model.L), tau)
            for sequences, tau in zip(samples.sequences, samples.temperatures, strict=True)
        ]
        scores = pd.concat([scores, pd.DataFrame(comparisons)], axis=1)
    diversity = natural_diversity(family.heldout, alphabet.q, family.heldout_weights)
    floors = settings.novelty_floor, settings.diversity_floor
    rungs = RungScores.measure(
        sample_scores, samples.sequences, diversity, alphabet.q, samples.rungs["equilibrated"].to_numpy(bool)
    )  # fmt: skip
    training_energy = float(np.average(model.energies(family.training), weights=weights))
    tau_train = sampled_training_temperature(rungs.temperatures, rungs.energy, training_energy, rng)
    units, standings = judge_units(natural, rungs.percentiles), read_judges(inputs.standings)
    points = operating_points(rungs, {"tau_train": (tau_train, 0.0)}, floors, standings, units)
    best = recommend([rungs], [points], *floors, rng, settings.bootstrap)
    row = {"model": name, "kind": kind.kind, "M": load_json(inputs.training)["M"]}
    row |= {key: value for point in points for key, value in estimate_columns(point.name, point.estimate).items()}
    row |= best.row() | {"log_likelihood": scores["log_likelihood"].max()}
    at_temperature = np.isclose(scores["temperature"], best.sampling_temperature)
    row["fidelity"] = (
        float(scores["fidelity"][at_temperature].iloc[0]) if best.recommended and "fidelity" in scores else np.nan
    )
    save_table(outputs.optimum, pd.DataFrame([row]))
    save_table(outputs.scores, scores)
    save_arrays(outputs.samples, samples.arrays(), source | {"alphabet": alphabet.name})
    training_checkpoint.clear()
    sampling_checkpoint.clear()
    log.info("%s: %s", kind.kind, best.headline)
