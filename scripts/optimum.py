"""The temperatures that a family's models call for. Outputs: a row a model, and the family's recommendation."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from temperance.alphabet import alphabet
from temperance.job import job
from temperance.novelty import natural_diversity
from temperance.optimum import TradeOff, columns, optima_row, recommend
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
    for number, (size, replicate) in enumerate(snakemake.params.subsets):
        tempered = load_arrays(snakemake.input.tempered[number])[0]
        scored = load_table(snakemake.input.samples[number])
        trade_off = TradeOff.of(scored, tempered["sequences"], diversity, q)
        best = recommend([trade_off], *floors, rng, draws)
        training = load_json(snakemake.input.training[number])
        row = {"size": size, "replicate": replicate, "M": training["M"], "Meff": training["Meff"]}
        row |= optima_row(load_table(snakemake.input.optima[number]))
        row |= load_table(snakemake.input.calibration[number]).iloc[0].to_dict()
        row["equilibrated_above"] = equilibrated_above(
            load_table(Path(snakemake.input.optima[number]).with_name("thermodynamics.tsv"))
        )
        rows.append(row | columns("tau", best.tau) | best.expected())
        trade_offs.append((size, trade_off))
    largest = snakemake.params.subsets[-1][0]
    best = recommend([trade_off for size, trade_off in trade_offs if size == largest], *floors, rng, draws)
    table = pd.DataFrame(rows)
    first_of_largest = next(n for n, (size, _) in enumerate(snakemake.params.subsets) if size == largest)
    said = verdict(
        table, load_json(Path(snakemake.input.optima[first_of_largest]).with_name("landscape.json")), best.tau
    )
    save_table(snakemake.output.table, table)
    source = provenance(settings, seed)
    save_json(snakemake.output.recommendation, asdict(best) | {"size": largest} | asdict(said) | {"provenance": source})
    for sentence in said.sentences:
        log.info("%s", sentence)
    log.info("temperature %.2f [%.2f, %.2f]", best.tau.value, best.tau.low, best.tau.high)
