"""The temperatures that a family's models call for. Outputs: a row a model, and the family's recommendation."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from temperance.alphabet import alphabet
from temperance.job import job
from temperance.novelty import natural_diversity
from temperance.optimum import TradeOff, columns, recommend, tau_forward
from temperance.store import load_arrays, load_json, load_table, provenance, save_json, save_table

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
        natural = load_table(snakemake.input.natural[number])
        heldout = natural[natural["set"] == "heldout"]
        energies, weights = heldout["energy"].to_numpy(), heldout["weight"].to_numpy()
        forward = tau_forward(tempered["betas"], tempered["energies"], energies, weights, rng, draws)
        scored = load_table(snakemake.input.samples[number])
        trade_off = TradeOff.of(scored, tempered["sequences"], diversity, q)
        best = recommend([trade_off], *floors, rng, draws)
        training = load_json(snakemake.input.training[number])
        row = {"size": size, "replicate": replicate, "M": training["M"], "Meff": training["Meff"]}
        rows.append(row | columns("tau_f", forward) | columns("tau", best.tau) | best.expected())
        trade_offs.append((size, trade_off))
    largest = snakemake.params.subsets[-1][0]
    best = recommend([trade_off for size, trade_off in trade_offs if size == largest], *floors, rng, draws)
    save_table(snakemake.output.table, pd.DataFrame(rows))
    source = provenance(settings, seed)
    save_json(snakemake.output.recommendation, asdict(best) | {"size": largest, "provenance": source})
    log.info("temperature %.2f [%.2f, %.2f]", best.tau.value, best.tau.low, best.tau.high)
