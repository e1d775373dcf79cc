"""The temperatures that a family's models call for. Outputs: a row a model, operating points, the recommendation."""

from pathlib import Path

import numpy as np
import pandas as pd

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, load_json, provenance, save_json, save_table
from temperance.scoring.diversity import natural_diversity
from temperance.temperature.explanation import explain
from temperance.temperature.family import SubsetResults, decide, points_of_all, untrained_because
from temperance.temperature.recommendation import sensitivity
from temperance.workflow.job import job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["optimum"], snakemake.params.seed
    floors, draws = (settings["novelty_floor"], settings["diversity_floor"]), settings["bootstrap"]
    rng = np.random.default_rng(seed)
    arrays, metadata = load_arrays(snakemake.input.alignment)
    q = alphabet(metadata["alphabet"]).q
    parts = load_arrays(snakemake.input.split)[0]
    diversity = natural_diversity(arrays["sequences"][parts["heldout"]], q, parts["heldout_weights"])
    family = Path(snakemake.input.alignment).parent
    results = [SubsetResults.read(family / subset, floors, diversity, q) for subset in snakemake.params.subsets]
    table = pd.DataFrame([one.row_with(decide([one], floors, rng, draws)[0]) for one in results])
    largest = [one for one in results if one.size == results[-1].size]
    best, diagnosis = decide(largest, floors, rng, draws)
    landscape = load_json(family / largest[0].subset / "landscape.json")
    sentences = explain(diagnosis, table, landscape, best)
    rungs, points = [one.rungs for one in largest], [one.points for one in largest]
    untrained = untrained_because(diagnosis)
    save_table(snakemake.output.table, table)
    save_table(snakemake.output.points, points_of_all(results, best.operating_points))
    save_table(snakemake.output.sensitivity, sensitivity(rungs, points, *floors, rng, untrained=untrained))
    said = {"size": largest[0].size, "diagnosis": diagnosis.name, "sentences": sentences}
    save_json(snakemake.output.recommendation, best.summary() | said | {"provenance": provenance(settings, seed)})
    for sentence in [best.headline, *best.reasons, *best.limits, *best.notes, *sentences]:
        log.info("%s", sentence)
