"""Find the operating points of a family's models, and recommend a sampling temperature."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import load_arrays, load_json, load_table, provenance, save_json, save_table
from temperance.core.settings.stages import OptimumStage
from temperance.scoring.diversity import natural_diversity
from temperance.temperature.explanation import explain
from temperance.temperature.family import SubsetResults, decide, points_of_all, untrained_because
from temperance.temperature.measured_choice import recommend_measured
from temperance.temperature.recommendation import sensitivity

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Files to read.

    Attributes
    ----------
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    split : Path
        Indices of training and held-out sequences, from `split`.
    results : list of Path
        `temperance.core.artefacts.JUDGED_FILES` of each subset.
    calibrated, expected : Path, optional
        Calibrated model with draws of what it expects, and the same as a table, from `measured`, where sequences of the
        family were measured.
    """

    alignment: Path
    split: Path
    results: list[Path]
    calibrated: Path | None = None
    expected: Path | None = None


class Outputs(NamedTuple):
    """Files to write.

    Attributes
    ----------
    table : Path
        Optimal temperatures, one row a model.
    points : Path
        Operating points, one row a point and subset.
    sensitivity : Path
        Recommendations at other novelty and diversity floors.
    recommendation : Path
        Recommended temperature, diagnosis, and the reasons for both, as JSON.
    """

    table: Path
    points: Path
    sensitivity: Path
    recommendation: Path


def run(inputs: Inputs, outputs: Outputs, settings: OptimumStage, seed: int, subsets: Sequence[str]) -> None:
    """Recommend a sampling temperature for the models of the largest training sets, and diagnose them.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    settings : OptimumStage
        Novelty and diversity floors, and the number of bootstrap draws.
    seed : int
        Random seed of the job.
    subsets : sequence of str
        Names of the training sets, in order of size.
    """
    rng, draws = np.random.default_rng(seed), settings.bootstrap
    floors = settings.novelty_floor, settings.diversity_floor
    arrays, metadata = load_arrays(inputs.alignment)
    q = find_alphabet(metadata["alphabet"]).q
    parts = load_arrays(inputs.split)[0]
    diversity = natural_diversity(arrays["sequences"][parts["heldout"]], q, parts["heldout_weights"])
    folders = {path.parent.name: path.parent for path in inputs.results}
    results = [SubsetResults.read(folders[subset], floors, diversity, q) for subset in subsets]
    table = pd.DataFrame([result.row_with(decide([result], floors, rng, draws)[0]) for result in results])
    largest = [result for result in results if result.size == results[-1].size]
    best, diagnosis = decide(largest, floors, rng, draws, len(parts["training"]))
    untrained = untrained_because(diagnosis)
    if inputs.calibrated and inputs.expected and not untrained:
        drawn, known = load_arrays(inputs.calibrated)
        if known["decides"]:
            best = recommend_measured(
                best, largest[0].rungs, (*largest[0].points, *best.operating_points), floors,
                load_table(inputs.expected), drawn["useful"], known["number"], known["extrapolates"],
            )  # fmt: skip
    sentences = explain(diagnosis, table, load_json(folders[largest[0].subset] / "landscape.json"), best)
    rungs, points = [result.rungs for result in largest], [result.points for result in largest]
    save_table(outputs.table, table)
    save_table(outputs.points, points_of_all(results, best.operating_points))
    save_table(outputs.sensitivity, sensitivity(rungs, points, *floors, rng, untrained=untrained))
    findings = {"size": largest[0].size, "diagnosis": diagnosis.name, "sentences": sentences}
    save_json(
        outputs.recommendation, best.summary() | findings | {"provenance": provenance(settings.model_dump(), seed)}
    )
    for sentence in [best.headline, *best.reasons, *best.limits, *best.notes, *sentences]:
        log.info("%s", sentence)
