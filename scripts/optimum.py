"""The temperatures that a family's models call for. Outputs: a row a model, and the family's recommendation."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from temperance.job import job
from temperance.optimum import TradeOff, recommend, tau_forward
from temperance.store import load_arrays, load_json, load_table, provenance, save_json, save_table

with job(snakemake) as log:
    settings, seed = snakemake.params.settings["optimum"], snakemake.params.seed
    rng = np.random.default_rng(seed)
    rows, trade_offs = [], {}
    files = zip(
        snakemake.params.sizes, snakemake.input.samples, snakemake.input.tempered, snakemake.input.natural,
        snakemake.input.training, strict=True,
    )  # fmt: skip
    for (size, replicate), samples_file, tempered_file, natural_file, training_file in files:
        drawn, natural = load_arrays(tempered_file)[0], load_table(natural_file)
        heldout = natural[natural["set"] == "heldout"]
        forward = tau_forward(
            drawn["betas"], drawn["energies"], heldout["energy"].to_numpy(), heldout["weight"].to_numpy(), rng,
            settings["bootstrap"],
        )  # fmt: skip
        trade_off = TradeOff.of(load_table(samples_file))
        trade_offs.setdefault(size, []).append(trade_off)
        best = recommend([trade_off], settings["novelty_floor"], rng, settings["bootstrap"])
        training = load_json(training_file)
        rows.append(
            {"size": size, "replicate": replicate, "M": training["M"], "Meff": training["Meff"]}
            | {f"tau_f{end}": value for end, value in zip(("", "_low", "_high"), asdict(forward).values(), strict=True)}
            | {f"tau{end}": value for end, value in zip(("", "_low", "_high"), asdict(best.tau).values(), strict=True)}
            | {"fidelity": best.fidelity, "novelty": best.novelty, "feasible": best.feasible, "at_edge": best.at_edge}
        )
    table = pd.DataFrame(rows)
    largest = snakemake.params.sizes[-1][0]
    best = recommend(trade_offs[largest], settings["novelty_floor"], rng, settings["bootstrap"])
    save_table(snakemake.output.table, table)
    save_json(
        snakemake.output.recommendation, asdict(best) | {"size": largest, "provenance": provenance(settings, seed)}
    )
    log.info("temperature %.2f [%.2f, %.2f]", best.tau.value, best.tau.low, best.tau.high)
