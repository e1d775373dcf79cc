"""The temperatures that a family's models call for. Outputs: a row a model, and the family's recommendation."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.alphabet import alphabet
from temperance.job import job
from temperance.novelty import natural_diversity
from temperance.optimum import TradeOff, columns, optima_row, recommend, sensitivity
from temperance.store import load_arrays, load_json, load_table, provenance, save_json, save_table
from temperance.thermodynamics import equilibrated_above
from temperance.verdict import verdict

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["optimum"], snakemake.params.seed
    floors, draws = (settings["novelty_floor"], settings["diversity_floor"]), settings["bootstrap"]
    rng = np.random.default_rng(seed)
    arrays, metadata = load_arrays(snakemake.input.alignment)
    q = alphabet(metadata["alphabet"]).q
    parts = load_arrays(snakemake.input.split)[0]
    diversity = natural_diversity(arrays["sequences"][parts["heldout"]], q, parts["heldout_weights"])
    rows, trade_offs = [], []
    folders = [Path(scores).parent for scores in snakemake.input.scores]
    for folder, (size, replicate) in zip(folders, snakemake.params.subsets, strict=True):
        tempered = load_arrays(folder / "samples.safetensors")[0]
        scored = load_table(folder / "samples.parquet")
        trade_off = TradeOff.of(scored, tempered["sequences"], diversity, q)
        best = recommend([trade_off], *floors, rng, draws)
        training = load_json(folder / "training.json")
        row = {"size": size, "replicate": replicate, "M": training["M"], "Meff": training["Meff"]}
        row |= optima_row(load_table(folder / "optima.tsv"))
        row |= load_table(folder / "calibration-optimum.tsv").iloc[0].to_dict()
        row["equilibrated_above"] = equilibrated_above(load_table(folder / "thermodynamics.tsv"))
        rows.append(row | columns("tau", best.tau) | best.expected())
        trade_offs.append((size, trade_off))
    largest = snakemake.params.subsets[-1][0]
    of_largest = [trade_off for size, trade_off in trade_offs if size == largest]
    best = recommend(of_largest, *floors, rng, draws)
    table = pd.DataFrame(rows)
    first_of_largest = next(n for n, (size, _) in enumerate(snakemake.params.subsets) if size == largest)
    said = verdict(table, load_json(folders[first_of_largest] / "landscape.json"), best.tau)
    save_table(snakemake.output.table, table)
    save_table(snakemake.output.sensitivity, sensitivity(of_largest, *floors, rng))
    source = provenance(settings, seed)
    save_json(snakemake.output.recommendation, asdict(best) | {"size": largest} | asdict(said) | {"provenance": source})
    for sentence in said.sentences:
        log.info("%s", sentence)
    log.info("temperature %.2f [%.2f, %.2f]", best.tau.value, best.tau.low, best.tau.high)
