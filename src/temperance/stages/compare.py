"""Learn a model to compare with on one subset, sample it, and score its samples."""

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
    """Of `train`, `subsample`, `sample`, `score`, `ingest`, `split`; files of judges; a model that is not learnt."""

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
    """A row a temperature; the operating points of the model; its samples."""

    scores: Path
    optimum: Path
    samples: Path


def run(
    inputs: Inputs, outputs: Outputs, settings: CompareStage, kind: BaselineSettings, name: str, seed: int,
    engine_name: str, threads: int, checkpoint: Callable[..., Checkpoint],
) -> None:  # fmt: skip
    """Compare a model; `kind` and `name` are those of the model."""
    rng, baseline, training = np.random.default_rng(seed), kind.model_dump(), settings.train.model_dump()
    letters = load(inputs.model)[1]
    family = Family.load(inputs.alignment, inputs.split, inputs.subset)
    weights, natural = load_arrays(inputs.subset)[0]["weights"], load_table(inputs.natural)
    engine = choose_engine(engine_name)
    # The temperatures of the family's own model, which were chosen for it.
    own = load_arrays(inputs.samples)[0]["temperatures"].tolist()
    sampling = settings.sample.model_dump() | {"temperatures": own, "spacing": None}
    source = provenance({"model": baseline, "train": training, "sample": sampling}, seed)
    learning, drawing = (checkpoint(source | {"engine": engine.name}, part) for part in ("learn", "draw"))
    if inputs.other:
        model: Any = read_model(inputs.other, letters, family.natural.shape[1])
    else:
        model = learn(baseline, training, family.training, weights, letters.q, engine, seed, learning)
    drawn = draw(model, sampling, family.training, engine, seed, drawing)
    panel = judges(inputs._asdict(), settings.judges, family, letters, threads, settings.folding)
    samples = score_samples(model, family, panel, drawn.arrays(), natural, settings.fidelity)
    orders, reference = score_orders(family, drawn.arrays(), letters.q, rng)
    scores = score_temperatures(samples, drawn.arrays(), drawn.rungs, drawn.rungs, orders, reference, panel)
    likelihood = drawn.log_likelihood(family.heldout)
    scores["log_likelihood"] = np.average(likelihood, axis=0, weights=family.heldout_weights) / model.L
    if isinstance(model, Autoregressive):
        beyond = [
            model.compare_to_joint_tempering(at.reshape(-1, model.L), tau)
            for at, tau in zip(drawn.sequences, drawn.temperatures, strict=True)
        ]
        scores = pd.concat([scores, pd.DataFrame(beyond)], axis=1)
    diversity = natural_diversity(family.heldout, letters.q, family.heldout_weights)
    floors = settings.novelty_floor, settings.diversity_floor
    rungs = RungScores.measure(
        samples, drawn.sequences, diversity, letters.q, drawn.rungs["equilibrated"].to_numpy(bool)
    )  # fmt: skip
    training_energy = float(np.average(model.energies(family.training), weights=weights))
    tau_train = sampled_training_temperature(rungs.temperatures, rungs.energy, training_energy, rng)
    units, standings = judge_units(natural, rungs.percentiles), read_judges(inputs.standings)
    points = operating_points(rungs, {"tau_train": (tau_train, 0.0)}, floors, standings, units)
    best = recommend([rungs], [points], *floors, rng, settings.bootstrap)
    row = {"model": name, "kind": kind.kind, "M": load_json(inputs.training)["M"]}
    row |= {key: value for point in points for key, value in estimate_columns(point.name, point.estimate).items()}
    row |= best.row() | {"log_likelihood": scores["log_likelihood"].max()}
    there = np.isclose(scores["temperature"], best.sampling_temperature)
    row["fidelity"] = float(scores["fidelity"][there].iloc[0]) if best.recommended and "fidelity" in scores else np.nan
    save_table(outputs.optimum, pd.DataFrame([row]))
    save_table(outputs.scores, scores)
    save_arrays(outputs.samples, drawn.arrays(), source | {"alphabet": letters.name})
    learning.clear()
    drawing.clear()
    log.info("%s: %s", kind.kind, best.headline)
