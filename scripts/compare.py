"""Learn, sample and score a model to compare with. Outputs: its optimum, a row a temperature, samples."""

import numpy as np
import pandas as pd

from temperance.baselines.registry import draw, learn
from temperance.baselines.site_conditionals import Autoregressive
from temperance.core.files import load_arrays, load_json, load_table, provenance, save_arrays, save_table
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
from temperance.workflow.job import checkpoint, job

with job(snakemake) as log:
    settings, seed = snakemake.params.settings, snakemake.params.seed
    given, optimum = snakemake.params.model, settings["optimum"]
    _, letters, _ = load(snakemake.input.model)
    family = Family.load(snakemake.input.alignment, snakemake.input.split, snakemake.input.subset)
    weights, natural = load_arrays(snakemake.input.subset)[0]["weights"], load_table(snakemake.input.natural)
    engine, rng = choose_engine(snakemake.params.engine), np.random.default_rng(seed)
    asked = snakemake.input.get("other")
    # The temperatures of the family's own model, which were chosen for it.
    own = load_arrays(snakemake.input.samples)[0]["temperatures"].tolist()
    sampling = settings["sample"] | {"temperatures": own, "spacing": None}
    source = provenance({"model": given, "train": settings["train"], "sample": sampling}, seed)
    learning, drawing = (checkpoint(snakemake, source | {"engine": engine.name}, part) for part in ("learn", "draw"))
    if asked:
        model = read_model(asked, letters, family.natural.shape[1])
    else:
        model = learn(given, settings["train"], family.training, weights, letters.q, engine, seed, learning)
    drawn = draw(model, sampling, family.training, engine, seed, drawing)
    panel = judges(
        dict(snakemake.input.items()), settings["judges"], family, letters, snakemake.threads, optimum["folding"]
    )
    samples = score_samples(model, family, panel, drawn.arrays(), natural, optimum)
    orders, reference = score_orders(family, drawn.arrays(), letters.q, rng)
    scores = score_temperatures(samples, drawn.arrays(), drawn.rungs, drawn.rungs, orders, reference, panel)
    scores["log_likelihood"] = (
        np.average(drawn.log_likelihood(family.heldout), axis=0, weights=family.heldout_weights) / model.L
    )
    if isinstance(model, Autoregressive):
        beyond = [
            model.beside_joint(at.reshape(-1, model.L), tau)
            for at, tau in zip(drawn.sequences, drawn.temperatures, strict=True)
        ]
        scores = pd.concat([scores, pd.DataFrame(beyond)], axis=1)
    diversity = natural_diversity(family.heldout, letters.q, family.heldout_weights)
    floors = optimum["novelty_floor"], optimum["diversity_floor"]
    rungs = RungScores.measure(
        samples, drawn.sequences, diversity, letters.q, drawn.rungs["equilibrated"].to_numpy(bool)
    )  # fmt: skip
    training_energy = float(np.average(model.energies(family.training), weights=weights))
    tau_train = sampled_training_temperature(rungs.temperatures, rungs.energy, training_energy, rng)
    units = judge_units(natural, rungs.percentiles)
    points = operating_points(
        rungs, {"tau_train": (tau_train, 0.0)}, floors, read_judges(snakemake.input.standings), units
    )
    best = recommend([rungs], [points], *floors, rng, optimum["bootstrap"])
    training = load_json(snakemake.input.training)
    row = {"model": snakemake.wildcards.model, "kind": given["kind"], "M": training["M"]}
    row |= {key: value for point in points for key, value in estimate_columns(point.name, point.estimate).items()}
    row |= best.row() | {"log_likelihood": scores["log_likelihood"].max()}
    there = np.isclose(scores["temperature"], best.sampling_temperature)
    row["fidelity"] = float(scores["fidelity"][there].iloc[0]) if best.recommended and "fidelity" in scores else np.nan
    save_table(snakemake.output.optimum, pd.DataFrame([row]))
    save_table(snakemake.output.scores, scores)
    save_arrays(snakemake.output.samples, drawn.arrays(), source | {"alphabet": letters.name})
    learning.clear()
    drawing.clear()
    log.info("%s: %s", given["kind"], best.headline)
